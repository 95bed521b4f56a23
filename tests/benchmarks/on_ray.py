"""Trainings on Ray beside local ones: starts, reports, pauses, scale, and a node that dies."""

from __future__ import annotations

import os
import queue
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mnist_core.cluster import settings_of
from mnist_core.server.engine import Engine
from mnist_core.server.job import Job
from mnist_core.server.limits import Limits
from mnist_core.server.local_worker import LocalEngine
from mnist_core.server.ray_engine import RayEngine
from mnist_core.server.worker_pool import WorkerPool
from mnist_core.worker.messages import (
    End,
    Failed,
    Interrupted,
    Live,
    Pause,
    Progress,
    Report,
    Start,
    Started,
    Stop,
)
from tests.support.trainings import short

Kind = TypeVar("Kind")
_PATIENCE_S = 300.0
_STORE_BYTES = 100 * 2**20  # of each node: MNIST takes 55 MB
_LIMITS = Limits(trainings=2, queue=1000)
#: At most: Ray's start after a local one in s, a pause in ms. At least: reports, and of linear scale.
MAX_LATER_S, MAX_PAUSE_MS, MIN_REPORTS, MIN_LINEAR = 0.1, 150.0, 0.9, 0.9


class Follower:
    """Hears of a training and when."""

    def __init__(self, pool: WorkerPool, start: Start) -> None:
        self._arriving: queue.SimpleQueue[tuple[float, Report]] = queue.SimpleQueue()
        self.heard: list[tuple[float, Report]] = []
        job = pool.submit(start, lambda report: self._arriving.put((time.perf_counter(), report)))
        assert job is not None
        self.job: Job = job

    def wait_for(self, kind: type[Kind]) -> tuple[float, Kind]:
        while True:
            at, report = self._arriving.get(timeout=_PATIENCE_S)
            self.heard.append((at, report))
            if isinstance(report, kind):
                return at, report
            if isinstance(report, Failed):
                raise RuntimeError(f"a training failed: {report.code}")

    def times_of(self, kind: type) -> list[float]:
        return [at for at, report in self.heard if isinstance(report, kind)]


@contextmanager
def pool_on(engine: Engine, data: Path | None) -> Iterator[WorkerPool]:
    pool = WorkerPool(limits=_LIMITS, data=data, engine=engine)
    try:
        yield pool
    finally:
        pool.close()


def compare(data: Path | None, *, quick: bool) -> bool:
    """Prints start, reports and pause of both engines, in turns."""
    starts: dict[str, list[float]] = {"local": [], "ray": []}
    reports: dict[str, list[float]] = {"local": [], "ray": []}
    pauses: dict[str, list[float]] = {"local": [], "ray": []}
    with (
        pool_on(LocalEngine(1), data) as local,
        pool_on(RayEngine("local", cores=1), data) as on_ray,
    ):
        pools = {"local": local, "ray": on_ray}
        for pool in pools.values():
            Follower(pool, short()).wait_for(End)  # warm from here on
        for _ in range(1 if quick else 5):
            for name, pool in pools.items():
                _measure(pool, starts[name], reports[name], pauses[name], 0.5 if quick else 3.0)
    start, report, pause = (
        {name: statistics.median(times) for name, times in each.items()}
        for each in (starts, reports, pauses)
    )
    later_s = start["ray"] - start["local"]
    print(
        f"click to first report: local {1000 * start['local']:.0f} ms, Ray {1000 * start['ray']:.0f} ms "
        f"(at most {1000 * MAX_LATER_S:.0f} more); reports a second: local {report['local']:.1f}, "
        f"Ray {report['ray']:.1f}; pause told after: local {1000 * pause['local']:.0f} ms, "
        f"Ray {1000 * pause['ray']:.0f} ms (at most {MAX_PAUSE_MS:.0f})",
        flush=True,
    )
    return (
        later_s <= MAX_LATER_S
        and report["ray"] >= MIN_REPORTS * report["local"]
        and 1000 * pause["ray"] <= MAX_PAUSE_MS
    )


def _measure(
    pool: WorkerPool, starts: list[float], reports: list[float], pauses: list[float], seconds: float
) -> None:
    began = time.perf_counter()
    training = Follower(pool, short(epochs=1000, learning_rate=1e-6))
    starts.append(training.wait_for(Started)[0] - began)
    at, _ = training.wait_for(Live)
    count = len(training.heard)
    while training.wait_for(Live)[0] < at + seconds:
        pass
    reports.append((len(training.heard) - count) / (training.heard[-1][0] - at))
    told = time.perf_counter()
    pool.order(training.job, Pause(run=1))
    while not (progress := training.wait_for(Progress))[1].paused:
        pass
    pauses.append(progress[0] - told)
    pool.order(training.job, Stop(run=1))
    training.wait_for(End)


@contextmanager
def cluster_of(nodes: int) -> Iterator[Any]:
    """A Ray cluster of so many nodes of two CPUs on this machine, beside a head without any."""
    os.environ.update(
        settings_of(""), RAY_raylet_start_wait_time_s="300"
    )  # others may be busy here
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": _STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=2, object_store_memory=_STORE_BYTES)
        yield cluster
    finally:
        cluster.shutdown()


def scale(data: Path | None, *, quick: bool) -> bool:
    """Prints finished trainings a minute with more and more nodes, and what each costs the server."""
    rates: dict[int, float] = {}
    counts, length_s = ((1, 2), 2) if quick else ((1, 2, 4, 8), 20)
    with cluster_of(1) as cluster:
        engine = RayEngine(cluster.address, cores=1, driver="tests.benchmarks.stand_in")
        with pool_on(engine, data) as pool:
            for nodes in counts:
                for _ in range(nodes - max(rates, default=1)):
                    cluster.add_node(num_cpus=2, object_store_memory=_STORE_BYTES)
                rates[nodes], cost = _rate(pool, engine, places=2 * nodes, length_s=length_s)
                print(
                    f"{nodes} nodes of 2 CPUs: {rates[nodes]:.1f} trainings of {length_s} s a minute, "
                    f"{rates[nodes] / (rates[1] * nodes):.2f} of linear (at least {MIN_LINEAR:g}); "
                    f"each running training takes {cost}",
                    flush=True,
                )
    return all(rates[nodes] >= MIN_LINEAR * nodes * rates[1] for nodes in counts)


def _rate(
    pool: WorkerPool, engine: RayEngine, *, places: int, length_s: int, rounds: int = 2
) -> tuple[float, str]:
    _wait_until(lambda: engine.places >= places)
    # Until every place has a worker.
    warm = [Follower(pool, short(run=run, epochs=1000)) for run in range(places)]
    for each in warm:
        each.wait_for(Started)
    for each in warm:
        pool.order(each.job, Stop(run=each.job.start.run))
        each.wait_for(End)
    busy_s, driver_s = time.process_time(), _cpu_s(engine.driver_process)
    began = time.perf_counter()
    trainings = [Follower(pool, short(run=run, epochs=length_s)) for run in range(places * rounds)]
    last = max(each.wait_for(End)[0] for each in trainings)
    took_s = last - began
    running_s = len(trainings) * length_s
    heard = [report for each in trainings for _, report in each.heard]
    bytes_ = sum(len(each.snapshot.weights) for each in heard if isinstance(each, Live))
    busy_s, driver_s = time.process_time() - busy_s, _cpu_s(engine.driver_process) - driver_s
    cost = (
        f"{100 * busy_s / running_s:.1f} % of a core in the server, {100 * driver_s / running_s:.1f} % in "
        f"the process beside it, {bytes_ / running_s / 1e6:.2f} MB/s"
    )
    return 60 * len(trainings) / took_s, cost


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not happened():
        if time.monotonic() > until:
            raise TimeoutError("the cluster never had as many places as it has CPUs")
        time.sleep(0.05)


def lose_a_node(data: Path | None, *, quick: bool) -> bool:
    """Prints what becomes of four trainings where a node with two of them dies."""
    with cluster_of(2) as cluster, pool_on(RayEngine(cluster.address, cores=1), data) as pool:
        nodes = cluster.list_all_nodes()[1:]
        epochs = 300 if quick else 1000
        trainings = [Follower(pool, short(run=run, epochs=epochs)) for run in range(4)]
        for each in trainings:
            each.wait_for(Live)
        cluster.add_node(num_cpus=2, object_store_memory=_STORE_BYTES)
        died = time.perf_counter()
        cluster.remove_node(nodes[0], allow_graceful=False)
        ends = [each.wait_for(End)[1] for each in trainings]
        lost = [each for each in trainings if each.times_of(Interrupted)]
        went_on_s = [each.times_of(Started)[-1] - died for each in lost]
    finished = sum(end.outcome == "finished" for end in ends)
    print(
        f"a node dies with {len(lost)} of 4 trainings: {finished} of 4 finish; they went on after "
        + (", ".join(f"{each:.1f} s" for each in went_on_s) or "no interruption"),
        flush=True,
    )
    return finished == 4 and len(lost) > 0
