"""Waits as they are told against those that come: trainings of known length, on a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from mnist_core.server.engine import OnLost, OnReport
from mnist_core.server.estimates import work_s
from mnist_core.server.job import Job
from mnist_core.server.limits import Limits
from mnist_core.server.worker_pool import WorkerPool
from mnist_core.worker.messages import End, Loaded, Order, Ready, Report, Start, Started
from tests.support.trainings import progressed, start_of

FACTOR = 1.5
MEANINGLESS_S = 2.0  # of a wait this short, a factor says nothing
TICK_S = 0.4


class Machine:
    """An engine of two places and the clock by which its workers start and train.

    slowness: times as long as a usual core; of some kinds of trainings half as much again or less.
    """

    fault = None
    places = 2

    def __init__(self, slowness: float) -> None:
        self.now = 0.0
        self.slowness = slowness
        self.workers: list[Worker] = []
        self.pool = WorkerPool(limits=Limits(), engine=self, clock=lambda: self.now)

    def start(self, on_report: OnReport, on_lost: OnLost) -> Worker:
        self.workers.append(Worker(self, on_report))
        return self.workers[-1]

    def close(self) -> None:
        pass

    def length_s(self, start: Start) -> float:
        off = 1.3 if start.train.optimizer == "adam" else 1 / 1.3 if start.train.augment else 1.0
        return self.slowness * off * work_s(start)

    def tick(self) -> None:
        self.now += TICK_S
        for worker in [*self.workers]:
            worker.tick()


class Worker:
    """Answers after 1.6 s and can train after 1.9 s of a usual core."""

    is_ready = True

    def __init__(self, machine: Machine, on_report: OnReport) -> None:
        self._machine = machine
        self._on_report = on_report
        slowness, now = machine.slowness, machine.now
        self._due: list[tuple[float, Report]] = [
            (now + 1.6 * slowness, Ready()),
            (now + 1.9 * slowness, Loaded(images=60_000)),
        ]

    def send(self, order: Order) -> None:
        if isinstance(order, Start):
            now = max([self._machine.now, *(at for at, _ in self._due)])
            length_s = self._machine.length_s(order)
            steps = [length_s * step / 50 for step in range(1, 50)]
            self._due += [
                (now, Loaded(images=60_000)),
                (now, started(order)),
                *((now + s, progressed(order.run, done=s / length_s, elapsed_s=s)) for s in steps),
                (now + length_s, End(run=order.run, outcome="finished", elapsed_s=length_s)),
            ]

    def kill(self) -> None:
        pass

    def wait(self) -> None:
        pass

    def tick(self) -> None:
        while self._due and self._due[0][0] <= self._machine.now:
            self._on_report(self, self._due.pop(0)[1])


def started(order: Start) -> Started:
    return Started(
        run=order.run,
        train_size=order.train_size,
        measured_on="validation",
        measured_size=5000,
        steps_per_epoch=100,
        parameters=1,
    )


@dataclass
class Visitor:
    """What one of them is told while their training waits, and when it begins."""

    job: Job
    told: list[tuple[float, float]] = field(default_factory=list)
    begun_at: float | None = None

    def look(self, machine: Machine) -> None:
        place = machine.pool.place(self.job)
        if place is not None:
            assert place[1] is not None
            self.told.append((machine.now, place[1]))
        elif self.begun_at is None:
            self.begun_at = machine.now

    def right(self) -> Iterator[bool]:
        assert self.begun_at is not None
        for at, told_s in self.told:
            took_s = self.begun_at - at
            if took_s > MEANINGLESS_S:
                yield 1 / FACTOR <= told_s / took_s <= FACTOR


def lesson(machine: Machine, starts: list[Start]) -> list[Visitor]:
    """All are asked for at once, and each visitor looks now and then until theirs begins."""
    visitors = []
    for start in starts:
        job = machine.pool.submit(start, lambda _: None)
        assert job is not None
        visitors.append(Visitor(job))
    while any(visitor.begun_at is None for visitor in visitors):
        assert machine.now < 10_000
        for visitor in visitors:
            if visitor.begun_at is None:
                visitor.look(machine)
        machine.tick()
    return visitors


FAST = [start_of(preset="fast")] * 30
MIXED = [
    start_of(preset="fast"),
    start_of(preset="notebook"),
    start_of(preset="fast", epochs=10, optimizer="adam"),
    start_of(preset="few"),
    start_of(preset="fast", hidden_sizes=[512, 256], augmentation=True, epochs=2),
    start_of(preset="linear", batch_size=16),
] * 5


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("slowness", [0.7, 8.0])
@pytest.mark.parametrize("starts", [FAST, MIXED], ids=["fast", "mixed"])
def test_nine_in_ten_waits_told_are_right(
    starts: list[Start], slowness: float, warm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody looks after the workers by a clock of the system's.
    monkeypatch.setattr("mnist_core.server.worker_pool._WATCH_S", 1e6)
    machine = Machine(slowness)
    if warm:
        machine.pool.warm()
        for _ in range(200):
            machine.tick()
    visitors = lesson(machine, starts)
    right = [each for visitor in visitors for each in visitor.right()]
    machine.pool.close()
    assert len(right) > 500
    assert sum(right) / len(right) >= 0.9
