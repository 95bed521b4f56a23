"""The application as a whole: what is made ready, and when."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from mnist_core.server.application import Application
from tests.support.visitors import Pool

PATIENCE_S = 60.0


class WarmedPool(Pool):
    def __init__(self) -> None:
        super().__init__()
        self.warmings: list[str] = []
        self.is_warm = threading.Event()

    def warm(self) -> None:
        self.warmings.append(threading.current_thread().name)
        self.is_warm.set()


def test_the_model_is_loaded_once_when_it_is_asked_for() -> None:
    application = Application(pool=Pool())  # type: ignore[arg-type]
    assert not application.is_ready
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: application.ready, range(4)))
    assert found == {application.ready}
    assert application.is_ready


def test_model_and_worker_are_warmed_once_in_the_background() -> None:
    pool = WarmedPool()
    application = Application(pool=pool)  # type: ignore[arg-type]
    application.warm()
    application.warm()
    assert pool.is_warm.wait(PATIENCE_S)
    assert application.is_ready
    assert pool.warmings == ["warm"]


def test_a_start_alone_warms_nothing() -> None:
    pool = WarmedPool()
    application = Application(pool=pool)  # type: ignore[arg-type]
    application.start()
    application.close()
    assert not application.is_ready
    assert pool.warmings == []


def test_without_a_model_yours_is_known_to_be_none() -> None:
    application = Application(pool=Pool())  # type: ignore[arg-type]
    assert not application.sessions.open().has_model
    assert not application.is_ready
