"""One training on its way through the pool."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal

from mnist_core.worker.messages import (
    End,
    Failed,
    Pause,
    Progress,
    Report,
    Resume,
    RunOrder,
    Set,
    Start,
    Stop,
)

Listener = Callable[[Report], None]


class Job:
    """One training on its way through the pool: waiting, then with a worker, then over."""

    def __init__(
        self, start: Start, listener: Listener, is_wanted: Callable[[], bool] = lambda: True
    ) -> None:
        self.start = start
        self.is_wanted = is_wanted
        self.over = False
        self.stopping = False
        self.rested = start.paused  # its time says nothing about others
        self.progress: Progress | None = None
        self.begun_at: float | None = None
        self.losses = 0  # of workers
        self.is_told = True  # of the last of them: it goes on no sooner
        self._listener = listener

    def note(self, order: RunOrder) -> None:
        """Keep what the next worker must know, be it the first or another."""
        match order:
            case Set():
                self.start = dataclasses.replace(self.start, train=order.train)
            case Pause() | Resume():
                self.start = dataclasses.replace(self.start, paused=isinstance(order, Pause))
                self.rested = True
            case Stop():
                self.stopping = True

    @property
    def saved_bytes(self) -> int:
        return 0 if self.start.savepoint is None else len(self.start.savepoint.state)

    def tell(self, report: Report) -> None:
        if not self.over:
            self.over = isinstance(report, End | Failed)
            if isinstance(report, Progress):
                self.progress = report
            self._listener(report)

    def fail(self, code: Literal["lost", "cancelled", "crowded"]) -> None:
        self.tell(Failed(run=self.start.run, code=code))
