"""The pool of training workers: turns, limits, losses; with made-up workers, and with processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_core.server.engine import OnLost, OnReport
from mnist_core.server.job import Job
from mnist_core.server.limits import Limits
from mnist_core.server.worker_pool import WorkerPool
from mnist_core.training.events import StepEvent
from mnist_core.worker.messages import (
    Alive,
    End,
    Failed,
    Interrupted,
    Load,
    Order,
    Pause,
    Pictures,
    Ready,
    Report,
    Saved,
    Savepoint,
    Set,
    Start,
    Step,
    Stop,
)
from tests.support.trainings import of_type, short


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class MadeUpWorker:
    """A worker that only does what a test makes it do."""

    def __init__(self, on_report: OnReport, on_lost: OnLost, *, is_ready: bool = True) -> None:
        self.is_ready = is_ready
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
    """A pool and the made-up workers that it has started, as the engine that it is for it."""

    fault: str | None = None

    def __init__(self, limits: Limits) -> None:
        self.clock = Clock()
        self.workers: list[MadeUpWorker] = []
        self.places = limits.trainings
        self.are_ready = True
        self.pool = WorkerPool(limits=limits, data=Path("data"), engine=self, clock=self.clock)

    def start(self, on_report: OnReport, on_lost: OnLost) -> MadeUpWorker:
        self.workers.append(MadeUpWorker(on_report, on_lost, is_ready=self.are_ready))
        return self.workers[-1]

    def close(self) -> None:
        pass

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


def place_of(shop: Workshop, job: Job) -> int | None:
    """The job's place in the queue."""
    place = shop.pool.place(job)
    return None if place is None else place[0]


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
    assert place_of(shop, waiting) == 1
    assert shop.pool.waiting == 1
    (worker,) = shop.workers
    assert [start.run for start in worker.started] == [1]
    worker.end(elapsed_s=4.0)
    assert [start.run for start in worker.started] == [1, 2]
    assert shop.pool.place(waiting) is None


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
    assert place_of(shop, quiet) == 2  # after one of the crowd
    assert [heard for _, heard in crowd] == [[], [], [Failed(run=2, code="crowded")], []]


def saved(run: int, *, size: int = 3) -> Saved:
    latest = StepEvent(
        step=7,
        epoch=1,
        step_in_epoch=7,
        steps_per_epoch=20,
        loss=1.0,
        accuracy=0.5,
        learning_rate=0.1,
    )
    savepoint = Savepoint(
        latest=latest, elapsed_s=1.0, moments=3, history=(0, 0.0, 0.0), state=bytes(size)
    )
    return Saved(run=run, savepoint=savepoint)


def test_a_training_whose_worker_is_lost_goes_on_before_all_others(make: Make) -> None:
    shop = make(training_s=60)
    job, first = shop.submit(1)
    _, second = shop.submit(2)
    assert job is not None
    changed = short(batch_size=50).train
    for order in (Set(run=1, train=changed), Pause(run=1)):
        shop.pool.order(job, order)
    shop.workers[0].report(saved(1))
    shop.clock.now += 20
    shop.workers[0].die()
    assert first == [Interrupted(run=1)]
    (again,) = shop.workers[1].started
    assert (again.run, again.savepoint) == (1, saved(1).savepoint)
    assert (again.train, again.paused) == (changed, True)  # as it had been told
    assert again.max_s == job.start.max_s - 20
    shop.workers[0].report(Alive(run=1))  # what it still had to say
    assert first == [Interrupted(run=1)]
    shop.workers[1].end()
    assert [start.run for start in shop.workers[1].started] == [1, 2]
    assert not second


def test_a_training_that_kills_every_worker_ends(make: Make) -> None:
    shop = make()
    _, heard = shop.submit(1)
    for worker in range(4):
        shop.workers[worker].die()
    assert heard == [Interrupted(run=1)] * 3 + [Failed(run=1, code="lost")]
    assert not any(worker.started for worker in shop.workers[4:])


def test_a_lost_engine_does_not_count_against_a_training(make: Make) -> None:
    shop = make()
    job, heard = shop.submit(1)
    assert job is not None
    for worker in range(5):
        shop.fault, shop.places = "gone", 0
        shop.workers[worker].die()
        assert shop.pool.place(job) == (1, None)  # it waits, nobody knows how long
        shop.fault, shop.places = None, 1
        shop.pool.look_after_workers()
    assert heard == [Interrupted(run=1)] * 5
    assert shop.workers[5].started


def test_a_training_that_was_told_to_stop_does_not_go_on_elsewhere(make: Make) -> None:
    shop = make()
    job, heard = shop.submit(1)
    interrupted, _ = shop.submit(2)
    assert job is not None
    assert interrupted is not None
    shop.pool.order(job, Stop(run=1))
    shop.workers[0].die()
    assert heard == [Failed(run=1, code="cancelled")]
    shop.places = 0
    shop.workers[1].die()
    assert place_of(shop, interrupted) == 1
    assert shop.pool.cancel(interrupted)
    assert shop.pool.place(interrupted) is None


def test_whoever_hears_that_a_training_is_interrupted_finds_it_in_the_queue(make: Make) -> None:
    shop = make()
    seen: list[object] = []

    def hear(report: Report) -> None:
        if isinstance(report, Interrupted):
            assert job is not None
            # A worker that is free by now does not get it before all of this is heard.
            shop.pool.look_after_workers()
            shop.clock.now += 1
            shop.workers[-1].report(Ready())
            seen.extend([place_of(shop, job), shop.pool.cancel(job)])

    job = shop.pool.submit(short(run=1), hear)
    assert job is not None
    shop.workers[0].die()
    assert seen == [1, True]
    assert not any(worker.started for worker in shop.workers[1:])


def test_savepoints_take_no_more_than_their_share_of_memory(make: Make) -> None:
    shop = make(trainings=2, saved_bytes=10)
    for run in (1, 2):
        shop.submit(run)
    first, second = shop.workers
    first.report(saved(1, size=6))
    first.report(saved(1, size=7))
    second.report(saved(2, size=4))  # no room beside the other
    for worker in (first, second):
        worker.die()
    starts = [start for worker in shop.workers[2:] for start in worker.started]
    kept = [start.savepoint and len(start.savepoint.state) for start in starts]
    assert kept == [7, None]


def test_a_worker_has_no_training_before_it_is_ready(make: Make) -> None:
    shop = make(trainings=2)
    shop.are_ready = False
    job, _ = shop.submit(1)
    assert job is not None
    (worker,) = shop.workers
    assert not worker.started
    assert shop.pool.place(job) is None  # it begins in a moment
    shop.clock.now += 11
    assert place_of(shop, job) == 1  # there is no core for it after all
    worker.is_ready = True
    worker.report(Ready())
    assert [start.run for start in worker.started] == [1]


def test_a_worker_that_is_long_in_coming_is_not_given_up_while_a_training_waits(make: Make) -> None:
    shop = make(trainings=2)
    shop.pool.warm()
    shop.are_ready = False
    for run in (1, 2):
        shop.submit(run)
    shop.clock.now += 61
    shop.workers[0].report(Alive(run=1))
    shop.pool.look_after_workers()
    assert not shop.workers[1].killed
    shop.workers[1].is_ready = True
    shop.workers[1].report(Ready())
    assert [start.run for start in shop.workers[1].started] == [2]


def test_trainings_at_once_follow_the_places_that_there_are(make: Make) -> None:
    shop = make()
    for run in (1, 2, 3):
        shop.submit(run)
    assert len(shop.workers) == 1
    shop.places = 2
    shop.pool.look_after_workers()
    assert [start.run for worker in shop.workers for start in worker.started] == [1, 2]


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
    assert heard[-1] == Interrupted(run=1)


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
