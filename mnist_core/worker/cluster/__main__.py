"""The driver: brings what the page's server says to workers on a Ray cluster, and back.

`python -m mnist_core.worker.cluster ADDRESS CORES` (see `relay`); CORES are those of a cluster of its
own, where ADDRESS is "local". It ends when its stdin does, and the workers with it.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, TextIO

import ray

from mnist_core.cluster import join
from mnist_core.cores import step_back
from mnist_core.errors import DatasetError, StartError
from mnist_core.logs import log_as_json
from mnist_core.worker.__main__ import read_mnist, told_now_and_then
from mnist_core.worker.cluster.actor import Parts, RayWorker, parts_of
from mnist_core.worker.cluster.relay import (
    Dismiss,
    Free,
    FromDriver,
    Gone,
    Heard,
    Hire,
    Hired,
    Tell,
    ToDriver,
    Unfit,
    Unreachable,
    frame_of,
)
from mnist_core.worker.cluster.version import Version
from mnist_core.worker.messages import (
    Failed,
    Failure,
    Load,
    Report,
    Start,
    read_message,
    read_order,
    write_message,
)

log = logging.getLogger(__name__)

_COUNT_S = 0.5  # between looks at the cluster's free cores


class Driver:
    """The actors of the class `worker` that the server has hired, and what is said to and by each."""

    def __init__(self, out: BinaryIO, worker: type = RayWorker) -> None:
        self._out = out
        self._sending = threading.Lock()
        # Orders are their own group with a single thread, so that they are taken in order.
        groups = {"orders": 1, "reports": 1}
        remote: Any = ray.remote  # whose types do not know of such groups
        self._actor = remote(num_cpus=1, max_restarts=0, concurrency_groups=groups)(worker)
        self._version = Version.here()
        self._actors: dict[int, Any] = {}
        self._order_threads: dict[int, ThreadPoolExecutor] = {}
        self._dismissed: set[int] = set()
        self._data: dict[str | None, ray.ObjectRef[Parts]] = {}
        self._loading = threading.Lock()
        self._closed = threading.Event()

    def send(self, message: FromDriver) -> None:
        with self._sending:
            write_message(self._out, message)

    def serve(self, orders: BinaryIO) -> None:
        """Carry out what the server says, until it says no more."""
        threading.Thread(target=self._count, name="free-cores", daemon=True).start()
        while (message := read_message(orders, ToDriver)) is not None:
            match message:
                case Hire(worker=worker):
                    self._actors[worker] = self._actor.remote(self._version)
                    self._order_threads[worker] = ThreadPoolExecutor(1)
                    threading.Thread(target=self._follow, args=(worker,), daemon=True).start()
                case Tell(worker=worker) if worker in self._actors:
                    self._order_threads[worker].submit(self._tell, worker, message.frame)
                case Dismiss(worker=worker) if worker in self._actors:
                    self._dismissed.add(worker)
                    ray.kill(self._actors[worker])
        self._closed.set()

    def _count(self) -> None:
        try:
            while True:
                self.send(Free(cores=int(ray.available_resources().get("CPU", 0))))
                if self._closed.wait(_COUNT_S):
                    return
        except Exception as error:
            # Without the cluster there is nothing to be done here.
            log.warning("the cluster is gone", extra={"reason": type(error).__name__})
            os._exit(1)

    def _follow(self, worker: int) -> None:
        """Pass on what a worker reports, until it is lost."""
        actor = self._actors[worker]
        unfit: Unfit | None = None
        begun = False
        try:
            unfit = ray.get(actor.fitness.remote())
            if unfit is None:
                begun = True
                self.send(Hired(worker=worker))
                while True:
                    reports = actor.reports.remote()
                    frames = ray.get(reports)
                    if frames:
                        self.send(Heard(worker=worker, frames=frames))
        except Exception as error:
            dismissed = worker in self._dismissed
            if not dismissed:
                log.warning("a worker of the cluster is gone", extra={"reason": str(error)[-400:]})
            if not begun and not dismissed:
                unfit = "package" if "No module named" in str(error) else "other"
        del self._actors[worker]
        self._order_threads.pop(worker).shutdown(wait=False)
        with contextlib.suppress(Exception):  # the cluster may be gone altogether
            ray.kill(actor)
        self.send(Gone(worker=worker, unfit=unfit))

    def _tell(self, worker: int, frame: bytes) -> None:
        actor = self._actors.get(worker)
        order = read_order(io.BytesIO(frame))
        data: list[ray.ObjectRef[Parts]] = []
        try:
            if isinstance(order, Load):
                data = [self._held(order, worker)]
            elif isinstance(order, Start):
                data = [self._held(order.load, worker)]
        except (DatasetError, ray.exceptions.RayError) as error:
            log.error("the data set could not be had", extra={"reason": str(error)[-400:]})
            code: Failure = "dataset" if isinstance(error, DatasetError) else "room"
            if isinstance(order, Start):
                self._heard(worker, Failed(run=order.run, code=code))
            return
        except Exception:
            log.exception("an order could not be passed on")
            return
        if actor is not None:
            actor.tell.remote(frame, data)

    def _held(self, load: Load, worker: int) -> ray.ObjectRef[Parts]:
        """MNIST in the cluster's memory, from where it goes once to each node that needs it."""
        with self._loading:
            if load.data not in self._data:
                tell = told_now_and_then(lambda download: self._heard(worker, download))
                self._data[load.data] = ray.put(parts_of(read_mnist(load, tell)))
            return self._data[load.data]

    def _heard(self, worker: int, report: Report) -> None:
        self.send(Heard(worker=worker, frames=frame_of(report)))


def main(*, worker: type = RayWorker, modules: Sequence[str] = ("mnist_core",)) -> None:
    """Serve the messages on stdin with others on stdout; the log goes to stderr."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    orders = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    address, cores = sys.argv[1], int(sys.argv[2])
    if address == "local":
        step_back()  # with the trainings, which are all in this process's session
    log_stream = _log_alone()
    try:
        join(address, cores=cores, modules=modules)
    except StartError as fault:
        write_message(out, Unreachable(reason=str(fault)))
        return
    with contextlib.redirect_stderr(log_stream):
        log_as_json(logging.WARNING)  # Ray has set up a log of its own by now
    try:
        Driver(out, worker).serve(orders)
    except Exception:
        log.exception("the server's messages broke off")
    ray.shutdown()


def _log_alone() -> TextIO:
    """Leave stderr to the log: Ray prints pages about each node that is lost."""
    stream = os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1)
    with contextlib.redirect_stderr(stream):
        log_as_json(logging.WARNING)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for each in (sys.stdout, sys.stderr):
        os.dup2(nowhere, each.fileno())
    return stream


if __name__ == "__main__":
    main()
    os._exit(0)  # threads may still wait for workers that are gone
