"""Trainings that only do what a test makes them do, and a clock that a test moves."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from mnist_core.data.datasets import Splits
from mnist_core.models.config import MLPConfig
from mnist_core.server.job import Job
from mnist_core.server.limits import Limits
from mnist_core.server.runs import Run
from mnist_core.server.session import Session
from mnist_core.server.setup import Setup, parse_setup
from mnist_core.training.config import TrainConfig
from mnist_core.worker.messages import Order, Report, Start
from tests.support.trainings import follow


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Pool:
    """A pool without workers: `jobs` are told what a test says."""

    fault: str | None = None

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.addresses: list[str] = []
        self.orders: list[Order] = []
        self.waiting = self.warmings = 0
        self.evaluation: dict[str, Any] = {}

    def submit(self, start: Start, listener: Any, *, address: str, is_wanted: Any) -> Job:
        self.addresses.append(address)
        self.jobs.append(Job(start, listener, is_wanted))
        return self.jobs[-1]

    def warm(self) -> None:
        self.warmings += 1

    def order(self, job: Job, order: Order) -> None:
        self.orders.append(order)

    def cancel(self, job: Job) -> bool:
        return False

    def place(self, job: Job) -> None:
        return None

    def close(self) -> None:
        pass

    def begin(self, session: Session, **changes: Any) -> Run:
        """A training of that visitor, of which nothing has been heard yet."""
        run = session.start(setup(**changes))
        assert run is not None
        return run

    def train(self, session: Session, digits: Splits) -> Run:
        """A short training of that visitor, from its start to its end."""
        run = self.begin(session)
        for report in reports(digits, run):
            self.jobs[-1].tell(report)
        return run


def setup(**changes: Any) -> Setup:
    return parse_setup({"preset": "notebook"} | changes, limits=Limits())


def reports(digits: Splits, run: Run) -> list[Report]:
    """What a worker would say of a short training of `run`."""
    told = _reports(digits, run.setup.model_config())
    return [dataclasses.replace(report, run=run.id) for report in told]


@cache
def _reports(digits: Splits, model: MLPConfig) -> list[Any]:
    start = Start(
        run=0,
        model=model,
        train=TrainConfig(epochs=30, batch_size=20, learning_rate=0.1),
        train_size=200,
        seed=0,
    )
    return follow(start, digits)
