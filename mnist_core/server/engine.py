"""Where trainings run, as the pool sees it: processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mnist_core.worker.messages import Order, Report


class TrainingWorker(Protocol):
    """Trains one model after another, wherever it runs."""

    @property
    def is_ready(self) -> bool:
        """Whether it takes orders; one that has yet to find a core does not."""

    def send(self, order: Order) -> None:
        """Send an order; to one that has gone, nothing happens."""

    def kill(self) -> None:
        """End it at once, whatever it does."""

    def wait(self) -> None:
        """Wait until it has ended, after `kill`."""


OnReport = Callable[[TrainingWorker, Report], None]
OnLost = Callable[[TrainingWorker], None]


class Engine(Protocol):
    """Starts workers where there is room for them."""

    @property
    def places(self) -> int:
        """How many workers there may be now, those that there are included."""

    @property
    def fault(self) -> str | None:
        """Why there is none at all, in a sentence for visitors; None where all is well."""

    def start(self, on_report: OnReport, on_lost: OnLost) -> TrainingWorker:
        """Start a worker, which calls `on_report` with each report, and `on_lost` once it has ended.

        Both are called from threads of the engine's.
        """

    def close(self) -> None:
        """Leave nothing behind, once every worker has ended."""
