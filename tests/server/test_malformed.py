"""A few of each kind of malformed request, beside a visitor who draws; `load.py fuzz` sends more."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.load import fuzz
from tests.support.browser import serve
from tests.support.malformed import KINDS, SERVER_FUNCTIONS, malformed_requests


def test_no_request_breaks_anything(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with serve(log=log) as url, ThreadPoolExecutor(1) as thread:
        # On a thread of its own: the browser tests have an event loop on this one.
        assert thread.submit(asyncio.run, fuzz(url, 8 * len(KINDS))).result()
    assert "Traceback" not in log.read_text()


def test_there_are_many_kinds_and_they_vary() -> None:
    assert len(KINDS) >= 30
    components = dict.fromkeys(SERVER_FUNCTIONS, 1)
    made = list(malformed_requests(200, components=components, token="x"))
    assert {each.kind for each in made} == set(KINDS)
    assert len({(each.path, each.body) for each in made}) > 100
