"""The pool of training workers: processes that the server starts, feeds, watches and replaces."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from mnist_core.files import ROOT
from mnist_core.server.limits import Limits
from mnist_core.server.turns import Turns
from mnist_core.worker.frames import FrameError, read_frame, write_frame

log = logging.getLogger(__name__)

Header = dict[str, Any]
Listener = Callable[[Header, bytes], None]

_SILENCE_S = 120.0  # a worker that trains and says nothing for so long is stuck
_WATCH_S = 1.0
_IDLE_S = 60.0  # a worker beyond the first ends after so long without work: each takes memory
_FINAL = ("end", "failed")


class Job:
    """One training on its way through the pool: waiting, then with a worker, then over."""

    def __init__(
        self, order: Header, listener: Listener, is_wanted: Callable[[], bool] = lambda: True
    ) -> None:
        self.order = order
        self.listener = listener
        self.is_wanted = is_wanted
        self.worker: _Worker | None = None
        self.over = False

    def tell(self, header: Header, payload: bytes = b"") -> None:
        if self.over:
            return
        self.over = header["type"] in _FINAL
        self.listener(header, payload)


class _Worker:
    """One worker process and the thread that reads what it reports."""

    def __init__(self, pool: WorkerPool) -> None:
        self.job: Job | None = None
        self.heard_at = time.monotonic()
        self._pool = pool
        self._lock = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mnist_core.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C in a terminal ends the server, which ends its workers
        )
        threading.Thread(target=self._listen, name="worker-reports", daemon=True).start()

    def send(self, order: Header) -> None:
        """Send an order; a worker that has gone is noticed by the thread that listens to it."""
        try:
            with self._lock:
                write_frame(cast(BinaryIO, self.process.stdin), order)
        except (OSError, ValueError):
            log.info("a training worker did not take an order")

    def _hear(self, header: Header, payload: bytes) -> None:
        try:
            self._pool.heard(self, header, payload)
        except Exception:
            # One bad report must not end the listening: the rest of the training would be lost.
            log.exception("a training worker's report could not be taken in")

    def kill(self) -> None:
        self.process.kill()

    def _listen(self) -> None:
        reports = cast(BinaryIO, self.process.stdout)
        try:
            while (frame := read_frame(reports)) is not None:
                self.heard_at = time.monotonic()
                self._hear(*frame)
        except (FrameError, OSError, ValueError) as error:
            log.warning("a training worker's reports broke off: %s", error)
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                cast(BinaryIO, pipe).close()
            except OSError:
                log.debug("a worker's pipe was closed already")
        self._pool.lost(self)


class WorkerPool:
    """As many workers as `limits.trainings`, started when needed, and a queue before them.

    Listeners are called from the workers' reading threads, or with the pool's lock free.
    """

    def __init__(self, *, limits: Limits, data: Path | None = None) -> None:
        self._limits = limits
        self._data = data
        self._lock = threading.RLock()
        self._workers: list[_Worker] = []
        self._queue: Turns[Job] = Turns(limits.queue)
        self._closed = self._watched = False
        self._seconds = deque([20.0], maxlen=20)  # of the last trainings, for estimates
        self.evaluation: dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}

    def warm(self) -> None:
        """Start one worker in the background, with the data in its memory, for the first click."""
        with self._lock:
            if not self._closed and not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="worker-watch", daemon=True).start()
            if not self._closed and not self._workers:
                self._start_worker()

    def submit(
        self,
        order: Header,
        listener: Listener,
        *,
        address: str = "",
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Job | None:
        """Start a training now or put it into the queue; None where the queue is full.

        Addresses take turns, and in a full queue, the last one's training makes room for that of an
        address with fewer. While `is_wanted` says no, it keeps its place but lets others go first.
        """
        job = Job(order, listener, is_wanted)
        self.warm()
        with self._lock:
            if self._closed:
                return None
            displaced = self._queue.add(job, address=address)
        if displaced is job:
            return None
        if displaced is not None:
            displaced.tell({"type": "failed", "code": "crowded", "run": displaced.order["run"]})
        self._assign()
        return job

    def place(self, job: Job) -> tuple[int, float] | None:
        """The job's place in the queue from 1, and the estimated wait in seconds; None: it runs."""
        with self._lock:
            position = self._queue.position(job)
            if position is None:
                return None
            place = position + 1
            mean_s = sum(self._seconds) / len(self._seconds)
            return place, mean_s * place / self._limits.trainings

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def order(self, job: Job, order: Header) -> None:
        """Send `order` to the worker that trains `job`; a job that waits begins with what is "set"."""
        with self._lock:
            worker = job.worker
            if worker is None and order["type"] == "set":
                job.order = job.order | {"train": order["train"]}
            trains = worker is not None and worker.job is job
        if worker is not None and trains:
            worker.send(order)

    def cancel(self, job: Job) -> bool:
        """Take `job` out of the queue; False where it has a worker already, or is over."""
        with self._lock:
            removed = self._queue.remove(job)
            job.over |= removed
        return removed

    def close(self) -> None:
        """End every worker, at once."""
        with self._lock:
            self._closed = True
            self._queue.clear()
            workers = list(self._workers)
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.process.wait(timeout=5)

    @property
    def processes(self) -> list[int]:
        """The workers' process ids."""
        with self._lock:
            return [worker.process.pid for worker in self._workers]

    def _start_worker(self) -> _Worker:
        worker = _Worker(self)
        self._workers.append(worker)
        worker.send(self._load_order() | {"type": "load", "download": False})
        return worker

    def _load_order(self) -> Header:
        return {
            "data": None if self._data is None else str(self._data),
            "pictures": not self.evaluation,
        }

    def _assign(self) -> None:
        """Give waiting jobs to free workers, starting workers up to the limit."""
        with self._lock:
            while not self._closed:
                job = next((each for each in self._queue if each.is_wanted()), None)
                if job is None:
                    return
                worker = next((each for each in self._workers if each.job is None), None)
                if worker is None:
                    if len(self._workers) >= self._limits.trainings:
                        return
                    worker = self._start_worker()
                self._queue.serve(job)
                worker.job, job.worker = job, worker
                worker.heard_at = time.monotonic()
                worker.send(job.order | self._load_order() | {"type": "start"})

    def heard(self, worker: _Worker, header: Header, payload: bytes) -> None:
        """Pass a worker's report on to its job; a final one frees the worker for the next."""
        kind = header.get("type")
        if kind == "pictures":
            self._keep_pictures(header, payload)
            return
        job = worker.job
        if job is None:
            return
        if kind in _FINAL and header.get("run", job.order["run"]) == job.order["run"]:
            with self._lock:
                worker.job = None
                self._seconds.append(float(header.get("elapsed_s", 5.0)))
        job.tell(header, payload)
        if kind in _FINAL:
            self._assign()

    def lost(self, worker: _Worker) -> None:
        """A worker has died: tell its job, and start another one if the pool still serves."""
        with self._lock:
            if worker in self._workers:
                self._workers.remove(worker)
            job, worker.job = worker.job, None
            closed = self._closed
        if job is not None:
            log.warning("a training worker died at work", extra={"run": job.order["run"]})
            job.tell({"type": "failed", "code": "lost", "run": job.order["run"]})
        if not closed:
            self._assign()

    def _keep_pictures(self, header: Header, payload: bytes) -> None:
        count = header["count"]
        values = np.frombuffer(payload, dtype=np.uint8)
        images = values[: count * 784].reshape(count, 784)
        self.evaluation[header["set"]] = (images, values[count * 784 :])

    def _watch(self) -> None:
        """Keep one worker warm, and end those that are stuck or have long had nothing to do."""
        while not self._closed:
            time.sleep(_WATCH_S)
            try:
                self._look()
            except OSError:
                # No process could be started; perhaps in a moment.
                log.exception("a training worker could not be started")

    def _look(self) -> None:
        now = time.monotonic()
        with self._lock:
            if self._closed:
                return
            stuck = [
                each
                for each in self._workers
                if each.job is not None and now - each.heard_at > _SILENCE_S
            ]
            idle = [
                each for each in self._workers if each.job is None and now - each.heard_at > _IDLE_S
            ]
            if not self._workers:
                self._start_worker()
            surplus = idle[: max(0, len(self._workers) - 1)]
            # At once, so that none of them is given work any more.
            self._workers = [each for each in self._workers if each not in surplus]
        for worker in stuck + surplus:
            worker.kill()
        self._assign()  # a page that had been away may be back
