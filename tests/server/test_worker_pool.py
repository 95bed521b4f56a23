"""The pool of training workers: turns, limits, losses; with made-up workers, and with processes."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data.datasets import Splits
from mnist_core.server.limits import Limits
from mnist_core.server.local_worker import OnLost, OnReport
from mnist_core.server.worker_pool import Job, WorkerPool
from mnist_core.worker.messages import (
    Alive,
    End,
    Failed,
    Live,
    Load,
    Order,
    Pause,
    Pictures,
    Progress,
    Report,
    Set,
    Start,
    Step,
    Stop,
)
from tests.support.server import workers_of
from tests.support.trainings import Kind, of_type, short, weights_in


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class MadeUpWorker:
    """A worker that only does what a test makes it do."""

    def __init__(self, on_report: OnReport, on_lost: OnLost) -> None:
        self.orders: list[Order] = []
        self.killed = False
        self._on_report = on_report
        self._on_lost = on_lost

    def send(self, order: Order) -> None:
        self.orders.append(order)

    def kill(self) -> None:
        self.killed = True

    def wait(self) -> None:
        assert self.killed

    def report(self, report: Report) -> None:
        self._on_report(self, report)

    def end(self, *, elapsed_s: float = 1.0) -> None:
        """End the training that it was given last."""
        run = self.started[-1].run
        self.report(End(run=run, outcome="finished", elapsed_s=elapsed_s))

    def die(self) -> None:
        self._on_lost(self)

    @property
    def started(self) -> list[Start]:
        return of_type(self.orders, Start)


class Workshop:
    """A pool and the made-up workers that it has started."""

    def __init__(self, limits: Limits) -> None:
        self.clock = Clock()
        self.workers: list[MadeUpWorker] = []
        self.pool = WorkerPool(
            limits=limits, data=Path("data"), start_worker=self._start, clock=self.clock
        )

    def _start(self, on_report: OnReport, on_lost: OnLost) -> MadeUpWorker:
        self.workers.append(MadeUpWorker(on_report, on_lost))
        return self.workers[-1]

    def submit(
        self, run: int, *, address: str = "", is_wanted: Callable[[], bool] = lambda: True
    ) -> tuple[Job | None, list[Report]]:
        """A training that is asked for, and all that is reported of it."""
        heard: list[Report] = []
        start = short(run=run)
        return self.pool.submit(start, heard.append, address=address, is_wanted=is_wanted), heard


@pytest.fixture
def make() -> Iterator[Callable[..., Workshop]]:
    made: list[Workshop] = []

    def make(**limits: int) -> Workshop:
        made.append(Workshop(Limits(**{"trainings": 1} | limits)))
        return made[-1]

    yield make
    for workshop in made:
        workshop.pool.close()


Make = Callable[..., Workshop]


def test_a_first_worker_is_warm_before_any_training(make: Make) -> None:
    shop = make()
    shop.pool.warm()
    shop.pool.warm()
    (worker,) = shop.workers
    assert worker.orders == [Load(data="data", download=False, pictures=True)]
    shop.submit(1)
    (start,) = worker.started
    assert start.train == short().train
    assert start.load == Load(data="data", download=True, pictures=True)


def test_pictures_are_asked_for_until_they_are_there(make: Make) -> None:
    shop = make(trainings=2)
    shop.submit(1)
    shop.workers[0].report(Pictures(held="test", images=bytes(2 * 784), labels=bytes([3, 4])))
    images, labels = shop.pool.evaluation["test"]
    assert images.shape == (2, 784)
    assert images.dtype == np.uint8
    assert labels.tolist() == [3, 4]
    shop.submit(2)
    assert shop.workers[1].orders[0] == Load(data="data", download=False, pictures=False)


def test_reports_go_to_their_training_until_it_is_over(make: Make) -> None:
    shop = make()
    _, first = shop.submit(1)
    _, second = shop.submit(2)
    (worker,) = shop.workers
    worker.report(Alive(run=1))
    worker.end()
    worker.report(Alive(run=2))
    assert first == [Alive(run=1), End(run=1, outcome="finished", elapsed_s=1.0)]
    assert second == [Alive(run=2)]
    worker.end()
    worker.report(Alive(run=2))  # nobody waits for it
    assert isinstance(second[-1], End)


def test_one_more_training_than_workers_waits_its_turn(make: Make) -> None:
    shop = make()
    job, _ = shop.submit(1)
    waiting, _ = shop.submit(2)
    assert job is not None
    assert waiting is not None
    assert shop.pool.place(job) is None
    assert shop.pool.place(waiting) == (1, 20.0)
    assert shop.pool.waiting == 1
    (worker,) = shop.workers
    assert [start.run for start in worker.started] == [1]
    worker.end(elapsed_s=4.0)
    assert [start.run for start in worker.started] == [1, 2]
    assert shop.pool.place(waiting) is None
    third, _ = shop.submit(3)
    assert third is not None
    assert shop.pool.place(third) == (1, 12.0)  # the mean of 20 and 4


def test_orders_go_to_the_worker_that_trains(make: Make) -> None:
    shop = make(trainings=2)
    jobs = [shop.submit(run)[0] for run in (1, 2)]
    orders: list[Pause | Step] = [Pause(run=1), Step(run=2)]
    for job, order in zip(jobs, orders, strict=True):
        assert job is not None
        shop.pool.order(job, order)
    assert [worker.orders[-1] for worker in shop.workers] == [Pause(run=1), Step(run=2)]
    shop.workers[0].end()
    assert jobs[0] is not None
    shop.pool.order(jobs[0], Stop(run=1))
    assert Stop(run=1) not in shop.workers[0].orders


def test_a_setting_changed_in_the_queue_is_the_one_that_trains(make: Make) -> None:
    shop = make()
    shop.submit(1)
    waiting, _ = shop.submit(2)
    assert waiting is not None
    changed = short(batch_size=50).train
    shop.pool.order(waiting, Set(run=2, train=changed))
    (worker,) = shop.workers
    worker.end()
    assert [start.train for start in worker.started] == [short().train, changed]


def test_a_training_taken_out_of_the_queue_never_begins(make: Make) -> None:
    shop = make()
    job, _ = shop.submit(1)
    waiting, heard = shop.submit(2)
    assert job is not None
    assert waiting is not None
    assert not shop.pool.cancel(job)  # it runs
    assert shop.pool.cancel(waiting)
    shop.workers[0].end()
    assert [start.run for start in shop.workers[0].started] == [1]
    assert not heard


def test_a_training_that_nobody_waits_for_lets_others_go_first(make: Make) -> None:
    shop = make()
    here = False
    shop.submit(1, is_wanted=lambda: here)
    shop.submit(2)
    (worker,) = shop.workers
    assert [start.run for start in worker.started] == [2]
    worker.end()
    assert [start.run for start in worker.started] == [2]
    here = True
    shop.pool.look_after_workers()
    assert [start.run for start in worker.started] == [2, 1]


def test_a_full_queue_gives_up_the_last_of_who_asked_most(make: Make) -> None:
    shop = make(queue=2)
    crowd = [shop.submit(run, address="crowd") for run in range(4)]
    assert [job is None for job, _ in crowd] == [False, False, False, True]
    quiet, _ = shop.submit(4, address="quiet")
    assert quiet is not None
    assert shop.pool.place(quiet) == (2, 40.0)  # after one of the crowd
    assert [heard for _, heard in crowd] == [[], [], [Failed(run=2, code="crowded")], []]


def test_a_lost_worker_is_told_to_its_training_and_replaced(make: Make) -> None:
    shop = make()
    _, first = shop.submit(1)
    _, second = shop.submit(2)
    shop.workers[0].die()
    assert first == [Failed(run=1, code="lost")]
    assert [start.run for start in shop.workers[1].started] == [2]
    shop.workers[0].report(Alive(run=2))  # what it still had to say
    assert not second


def test_a_worker_that_dies_without_work_is_replaced_when_looked_after(make: Make) -> None:
    shop = make()
    shop.pool.warm()
    shop.workers[0].die()
    shop.pool.look_after_workers()
    assert len(shop.workers) == 2


def test_idle_workers_end_but_one(make: Make) -> None:
    shop = make(trainings=3)
    for run in (1, 2, 3):
        shop.submit(run)
    for worker in shop.workers[:2]:
        worker.end()
    shop.clock.now += 61
    shop.workers[2].report(Alive(run=3))
    shop.pool.look_after_workers()
    assert [worker.killed for worker in shop.workers] == [True, True, False]
    shop.workers[2].end()
    shop.clock.now += 61
    shop.pool.look_after_workers()
    assert not shop.workers[2].killed
    shop.submit(4)
    assert shop.workers[2].started[-1].run == 4


def test_a_worker_that_trains_in_silence_is_ended(make: Make) -> None:
    shop = make()
    _, heard = shop.submit(1)
    (worker,) = shop.workers
    shop.clock.now += 119
    shop.pool.look_after_workers()
    worker.report(Alive(run=1))
    shop.clock.now += 119
    shop.pool.look_after_workers()
    assert not worker.killed
    shop.clock.now += 2
    shop.pool.look_after_workers()
    assert worker.killed
    worker.die()
    assert heard[-1] == Failed(run=1, code="lost")


def test_workers_are_looked_after_from_the_first_training_on(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.server.worker_pool._WATCH_S", 0.001)
    shop = make()
    looked_after = threading.Event()
    monkeypatch.setattr(shop.pool, "look_after_workers", looked_after.set)
    shop.submit(1)
    assert looked_after.wait(60)


def test_a_closed_pool_takes_no_training(make: Make) -> None:
    shop = make()
    shop.submit(1)
    shop.pool.close()
    assert shop.workers[0].killed
    shop.workers[0].die()
    job, _ = shop.submit(2)
    assert job is None
    shop.pool.look_after_workers()
    assert len(shop.workers) == 1


@pytest.fixture
def pool(mnist: Splits, mnist_root: Path) -> Iterator[WorkerPool]:
    pool = WorkerPool(limits=Limits(trainings=1), data=mnist_root)
    yield pool
    pool.close()


class Listener:
    """Hears of a training, and waits for it."""

    def __init__(self) -> None:
        self.heard: list[Report] = []
        self._arriving: queue.SimpleQueue[Report] = queue.SimpleQueue()

    def __call__(self, report: Report) -> None:
        self._arriving.put(report)

    def wait_for(self, kind: type[Kind]) -> Kind:
        while True:
            self.heard.append(self._arriving.get(timeout=90))
            if isinstance(report := self.heard[-1], kind):
                return report


LONG = short(epochs=1000, learning_rate=1e-6)


def test_a_killed_worker_is_reported_and_the_same_training_works_again(pool: WorkerPool) -> None:
    killed = Listener()
    pool.submit(LONG, killed)
    killed.wait_for(Live)
    (process,) = workers_of(os.getpid())
    os.kill(process, signal.SIGKILL)
    assert killed.wait_for(Failed).code == "lost"
    ends = []
    for _ in range(2):
        listener = Listener()
        pool.submit(short(), listener)
        ends.append(listener.wait_for(End))
    assert [end.outcome for end in ends] == ["finished", "finished"]
    same = weights_in(ends[0]) == weights_in(ends[1])  # bit by bit
    assert same
    assert of_type(listener.heard, Progress)
    assert set(pool.evaluation) == {"validation", "test"}


def test_closing_the_pool_ends_its_workers(pool: WorkerPool) -> None:
    listener = Listener()
    pool.submit(LONG, listener)
    listener.wait_for(Live)
    (process,) = workers_of(os.getpid())
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
