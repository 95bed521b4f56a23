"""The application as a whole: what is made ready, and when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mnist_core.server.application import Application
from tests.support.visitors import Pool


def test_the_model_is_loaded_once_when_it_is_asked_for() -> None:
    application = Application(pool=Pool())  # type: ignore[arg-type]
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: application.ready, range(4)))
    assert found == {application.ready}


def test_without_a_model_yours_is_known_to_be_none() -> None:
    application = Application(pool=Pool())  # type: ignore[arg-type]
    assert not application.sessions.open().has_model
