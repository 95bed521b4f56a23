"""The malformed requests that the load benchmark sends, as `tests/project/test_benchmarks.py` does too."""

from __future__ import annotations

from tests.support.malformed import KINDS, SERVER_FUNCTIONS, malformed_requests


def test_there_are_many_kinds_and_they_vary() -> None:
    assert len(KINDS) >= 30
    components = dict.fromkeys(SERVER_FUNCTIONS, 1)
    made = list(malformed_requests(200, components=components, token="x"))
    assert {each.kind for each in made} == set(KINDS)
    assert len({(each.path, each.body) for each in made}) > 100
