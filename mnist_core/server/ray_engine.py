"""Training workers on a Ray cluster, by way of a process that speaks to it.

Ray itself is never imported here: where the cluster is gone, it ends its process.
"""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from typing import BinaryIO, cast

from mnist_core.cluster import check_cluster, settings_of
from mnist_core.errors import FrameError, StartError
from mnist_core.files import ROOT
from mnist_core.server.engine import OnLost, OnReport
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
from mnist_core.worker.messages import Order, Report, read_message, write_message

log = logging.getLogger(__name__)

_JOIN_S = 120.0  # for the cluster to be there: it takes 4 s on a quiet machine
_SILENCE_S = 20.0  # a driver that says nothing for so long hangs on a cluster that is gone
_AGAIN_S = (
    5.0  # between two tries to reach a cluster that is gone, or to find a node that can train
)
_END_S = 4.0
_GONE = "The cluster that trains is out of reach. Drawing works as before; trainings go on once it is back."
_UNFIT: dict[Unfit, str] = {
    "python": "its nodes run another Python than the page",
    "project": "its nodes run another version of this project than the page",
    "package": "its nodes lack a package that a training needs",
    "other": "no worker could be started on its nodes",
}


class RayWorkerHandle:
    """One worker on the cluster."""

    def __init__(
        self, engine: RayEngine, number: int, on_report: OnReport, on_lost: OnLost
    ) -> None:
        self.number = number
        self.is_ready = False
        self.on_report = on_report
        self.on_lost = on_lost
        self._engine = engine

    def send(self, order: Order) -> None:
        self._engine.say(Tell(worker=self.number, frame=frame_of(order)))

    def kill(self) -> None:
        self._engine.say(Dismiss(worker=self.number))

    def wait(self) -> None:
        """The workers end with the driver, for which `RayEngine.close` waits."""


class RayEngine:
    """As many workers as the cluster has free cores, more or fewer while the page is up.

    Raises `StartError`, in one sentence, where Ray is not installed or nobody answers at `address`:
    "auto", "local" (a cluster of its own, with `cores`), HOST:PORT or ray://HOST:PORT. A cluster that is
    gone later is looked for until it is back. `driver` is the module that speaks to it.
    """

    def __init__(
        self, address: str, *, cores: int, driver: str = "mnist_core.worker.cluster"
    ) -> None:
        self._address = address
        self._cores = cores
        self._driver = driver
        self._lock = threading.RLock()
        self._sending = threading.Lock()
        self._workers: dict[int, RayWorkerHandle] = {}
        self._next_number = 1
        self._free = 0
        self._heard_at = time.monotonic()
        self._is_there = threading.Event()
        self._closed = threading.Event()
        self._unfit: Unfit | None = None
        self._unfit_at = -_AGAIN_S
        self._refusals: queue.SimpleQueue[str] = queue.SimpleQueue()
        check_cluster(address)
        self._process = self._new_driver()
        self._minding = threading.Thread(target=self._mind, name="cluster", daemon=True)
        self._minding.start()
        self._join()

    @property
    def driver_process(self) -> int:
        """The process id of the driver."""
        return self._process.pid

    @property
    def places(self) -> int:
        with self._lock:
            working = sum(worker.is_ready for worker in self._workers.values())
            if not self._is_there.is_set():
                return 0
            if time.monotonic() < self._unfit_at + _AGAIN_S:
                return working  # nothing new where the last one could not even begin
            return working + self._free

    @property
    def fault(self) -> str | None:
        if not self._is_there.is_set():
            return _GONE
        if self._unfit is None:
            return None
        return f"The cluster that trains can't be used: {_UNFIT[self._unfit]}. Drawing works as before."

    def start(self, on_report: OnReport, on_lost: OnLost) -> RayWorkerHandle:
        with self._lock:
            worker = RayWorkerHandle(self, self._next_number, on_report, on_lost)
            self._next_number += 1
            self._workers[worker.number] = worker
        self.say(Hire(worker=worker.number))
        return worker

    def say(self, message: ToDriver) -> None:
        """Send a message to the driver; where it has gone, nothing happens."""
        try:
            with self._sending:
                write_message(cast(BinaryIO, self._process.stdin), message)
        except (OSError, ValueError):
            # Whoever listens to it notices.
            log.info("the cluster's driver did not take a message")

    def close(self) -> None:
        self._closed.set()
        try:
            with self._sending:
                cast(BinaryIO, self._process.stdin).close()
            self._process.wait(_END_S)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()  # what Ray has started ends by itself then
        self._minding.join(_END_S)

    def _join(self) -> None:
        until = time.monotonic() + _JOIN_S
        while not self._is_there.wait(0.05):
            fault = None
            if not self._refusals.empty():
                fault = self._refusals.get()
            elif time.monotonic() > until:
                fault = f"--ray {self._address}: no Ray cluster answered within {_JOIN_S:g} s"
            if fault is not None:
                self.close()
                raise StartError(fault)

    def _new_driver(self) -> subprocess.Popen[bytes]:
        self._heard_at = time.monotonic() + _JOIN_S
        return subprocess.Popen(
            [sys.executable, "-m", self._driver, self._address, str(self._cores)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Elsewhere than in the project: Ray adds this folder to where the nodes look for code.
            cwd="/",
            env={**os.environ, **settings_of(self._address), "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )

    def _mind(self) -> None:
        """Listen to the driver, and replace it where it or the cluster is gone, until all ends."""
        threading.Thread(target=self._watch, name="cluster-watch", daemon=True).start()
        while True:
            self._listen(cast(BinaryIO, self._process.stdout))
            if self._closed.is_set():
                self._process.wait()  # it ends what it has started; `close` sees that it takes not long
            self._bury(self._process)
            self._refusals.put(
                f"--ray {self._address}: the process that speaks to Ray ended; its log says why"
            )
            if self._closed.is_set():
                return
            self._lose_all()
            while not self._closed.wait(_AGAIN_S):
                try:
                    check_cluster(self._address)
                except StartError:
                    continue
                with self._sending:
                    self._process = self._new_driver()
                break
            else:
                return

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        with self._sending:
            for pipe in (process.stdin, process.stdout):
                try:
                    cast(BinaryIO, pipe).close()
                except OSError:
                    log.debug("a driver's pipe held what it had not taken")

    def _watch(self) -> None:
        while not self._closed.wait(1.0):
            lives = self._process.poll() is None  # else there is none until the cluster is back
            if lives and time.monotonic() > self._heard_at + _SILENCE_S:
                log.warning("the cluster's driver hangs")
                self._heard_at = time.monotonic()
                self._process.kill()

    def _listen(self, messages: BinaryIO) -> None:
        try:
            while (message := read_message(messages, FromDriver)) is not None:
                self._heard_at = max(self._heard_at, time.monotonic())
                self._take(message)
        except (FrameError, OSError, ValueError) as error:
            log.warning("the cluster's messages broke off: %s", error)

    def _take(self, message: FromDriver) -> None:
        match message:
            case Free(cores=cores):
                self._heard_at = time.monotonic()
                self._free = cores
                self._is_there.set()
            case Hired(worker=number):
                with self._lock:
                    self._unfit = None
                    self._free = max(0, self._free - 1)
                    self._workers[number].is_ready = True
            case Heard(worker=number):
                worker = self._workers.get(number)
                for report in message.reports() if worker is not None else ():
                    self._pass_on(cast(RayWorkerHandle, worker), report)
            case Gone(worker=number, unfit=unfit):
                if unfit is not None:
                    self._unfit, self._unfit_at = unfit, time.monotonic()
                    log.error("a node of the cluster can't train", extra={"reason": _UNFIT[unfit]})
                self._lose(number)
            case Unreachable(reason=reason):
                log.error("the cluster can't be reached", extra={"reason": reason})
                self._refusals.put(reason)

    def _pass_on(self, worker: RayWorkerHandle, report: Report) -> None:
        try:
            worker.on_report(worker, report)
        except Exception:
            # One bad report must not end the listening: the rest of all trainings would be lost.
            log.exception("a training worker's report could not be taken in")

    def _lose_all(self) -> None:
        log.error("the cluster is gone")
        self._is_there.clear()
        self._free = 0
        for number in list(self._workers):
            self._lose(number)

    def _lose(self, number: int) -> None:
        with self._lock:
            worker = self._workers.pop(number, None)
        if worker is not None:
            try:
                worker.on_lost(worker)
            except Exception:
                log.exception("a lost worker's training could not be taken care of")
