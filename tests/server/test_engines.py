"""Trainings on both engines, processes of this machine and a Ray cluster: the same from outside."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mnist_core.data.datasets import Splits
from mnist_core.server.job import Job
from mnist_core.server.limits import Limits
from mnist_core.server.local_worker import LocalEngine
from mnist_core.server.ray_engine import RayEngine
from mnist_core.server.worker_pool import WorkerPool
from mnist_core.worker.messages import (
    End,
    Interrupted,
    Live,
    Pause,
    Progress,
    Report,
    Resume,
    Start,
    Started,
    Stop,
)
from tests.support.trainings import Kind, short, weights_in

# What each engine calls the process in which a training runs.
WORKERS = {"local": b"mnist_core.worker", "ray": b"ray::RayWorker"}
PATIENCE_S = 90.0
LONG = short(epochs=1000, learning_rate=1e-6)


def descendants(process: int) -> dict[int, bytes]:
    """The command lines of all that a process has started, and they in turn."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            state, parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    found: dict[int, bytes] = {}
    fresh = {process}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        for child in fresh:
            with contextlib.suppress(OSError):
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes()
    return found


def wait_until(happened: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


class Bench:
    """A pool with one place, on one of the engines."""

    def __init__(self, kind: str, data: Path) -> None:
        self.kind = kind
        self._others = set(descendants(os.getpid()))
        engine = LocalEngine(1) if kind == "local" else RayEngine("local", cores=1)
        self.pool = WorkerPool(limits=Limits(trainings=1), data=data, engine=engine)

    @property
    def processes(self) -> dict[int, bytes]:
        """All that was started for it."""
        found = descendants(os.getpid())
        return {each: command for each, command in found.items() if each not in self._others}

    def kill(self, name: bytes) -> None:
        """Kill the process of that name, as a system without memory does."""
        (process,) = (each for each, command in self.processes.items() if name in command)
        os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="module", params=["local", pytest.param("ray", marks=pytest.mark.server)])
def bench(request: pytest.FixtureRequest, mnist: Splits, mnist_root: Path) -> Iterator[Bench]:
    if request.param == "ray":
        pytest.importorskip("ray")
    bench = Bench(request.param, mnist_root)
    yield bench
    started = set(bench.processes)
    bench.pool.close()
    wait_until(lambda: not started & set(bench.processes), "a process was left behind")


class Listener:
    """Hears of a training, and waits for it."""

    def __init__(self, pool: WorkerPool, start: Start) -> None:
        self.heard: list[Report] = []
        self._arriving: queue.SimpleQueue[Report] = queue.SimpleQueue()
        job = pool.submit(start, self._arriving.put)
        assert job is not None
        self.job: Job = job

    def wait_for(self, kind: type[Kind]) -> Kind:
        while True:
            self.heard.append(self._arriving.get(timeout=PATIENCE_S))
            if isinstance(report := self.heard[-1], kind):
                return report


def losses(heard: list[Report]) -> dict[int, float]:
    """The loss by step; where a training went on from an earlier step, what it made of them then."""
    found: dict[int, float] = {}
    for report in heard:
        if isinstance(report, Started):
            found = {step: loss for step, loss in found.items() if step <= report.step}
        if isinstance(report, Progress):
            found |= {step: loss for step, loss, _, _ in report.points}
    return found


def test_a_training_whose_worker_is_killed_goes_on_as_if_nothing_had_happened(
    bench: Bench,
) -> None:
    start = short(epochs=300, dropout=0.2, optimizer="momentum")
    whole = Listener(bench.pool, start)
    end = whole.wait_for(End)
    killed = Listener(bench.pool, start)
    while killed.wait_for(Live).snapshot.step < 100:
        pass
    bench.kill(WORKERS[bench.kind])
    killed.wait_for(Interrupted)
    assert killed.wait_for(Started).step > 0
    again = killed.wait_for(End)
    assert (end.outcome, again.outcome) == ("finished", "finished")
    assert losses(killed.heard) == losses(whole.heard)
    same = weights_in(end) == weights_in(again)  # bit by bit
    assert same
    assert set(bench.pool.evaluation) == {"validation", "test"}


def test_a_training_is_steered_and_the_next_one_waits_for_its_place(bench: Bench) -> None:
    first = Listener(bench.pool, LONG)
    first.wait_for(Live)
    second = Listener(bench.pool, short(run=2))
    place = bench.pool.place(second.job)
    assert place is not None
    assert place[0] == 1
    bench.pool.order(first.job, Pause(run=1))
    while not first.wait_for(Progress).paused:
        pass
    bench.pool.order(first.job, Resume(run=1))
    while first.wait_for(Progress).paused:
        pass
    assert not second.heard
    bench.pool.order(first.job, Stop(run=1))
    assert first.wait_for(End).outcome == "stopped"
    assert second.wait_for(End).outcome == "finished"


@pytest.mark.parametrize("bench", ["ray"], indirect=True)
@pytest.mark.server
def test_a_cluster_that_is_gone_is_said_and_its_trainings_wait_for_it(bench: Bench) -> None:
    training = Listener(bench.pool, LONG)
    training.wait_for(Live)
    assert bench.pool.fault is None
    bench.kill(b"mnist_core.worker.cluster")
    training.wait_for(Interrupted)
    assert "out of reach" in (bench.pool.fault or "")
    assert bench.pool.place(training.job) is not None
    assert bench.pool.cancel(training.job)
