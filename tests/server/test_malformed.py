"""A few of each kind of malformed request, beside a visitor who draws; `load.py fuzz` sends more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.load import fuzz
from tests.support.app import App
from tests.support.malformed import KINDS, SERVER_FUNCTIONS, malformed_requests


def test_no_request_breaks_anything(start_app: Callable[..., App]) -> None:
    app = start_app()
    with ThreadPoolExecutor(1) as thread:
        # On a thread of its own: the browser tests have an event loop on this one.
        assert thread.submit(asyncio.run, fuzz(app.url, 8 * len(KINDS))).result()
    app.end()


def test_there_are_many_kinds_and_they_vary() -> None:
    assert len(KINDS) >= 30
    components = dict.fromkeys(SERVER_FUNCTIONS, 1)
    made = list(malformed_requests(200, components=components, token="x"))
    assert {each.kind for each in made} == set(KINDS)
    assert len({(each.path, each.body) for each in made}) > 100
