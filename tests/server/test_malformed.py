"""A few of each kind of malformed request, beside a visitor who draws; the load benchmark sends more."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.load import fuzz
from tests.support.app import App
from tests.support.loops import run
from tests.support.malformed import KINDS, SERVER_FUNCTIONS, malformed_requests


def test_no_request_breaks_anything(start_app: Callable[..., App]) -> None:
    app = start_app()
    assert run(fuzz(app.url, 4 * len(KINDS), alone_s=0.2))
    app.end()


def test_there_are_many_kinds_and_they_vary() -> None:
    assert len(KINDS) >= 30
    components = dict.fromkeys(SERVER_FUNCTIONS, 1)
    made = list(malformed_requests(200, components=components, token="x"))
    assert {each.kind for each in made} == set(KINDS)
    assert len({(each.path, each.body) for each in made}) > 100
