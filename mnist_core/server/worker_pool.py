"""The pool of training workers: started, fed, watched and replaced; and the queue before them."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.server.limits import Limits
from mnist_core.server.local_worker import LocalWorker, StartWorker, TrainingWorker
from mnist_core.server.turns import Turns
from mnist_core.worker.messages import (
    End,
    Failed,
    Held,
    Load,
    Pictures,
    Report,
    RunOrder,
    Set,
    Start,
)

log = logging.getLogger(__name__)

Listener = Callable[[Report], None]

_SILENCE_S = 120.0  # a worker that trains and says nothing for so long is stuck
_WATCH_S = 1.0
_IDLE_S = 60.0  # a worker beyond the first ends after so long without work: each takes memory
_GUESSED_S = 20.0  # what a training takes, before there was one
_FAILED_S = 5.0


class Job:
    """One training on its way through the pool: waiting, then with a worker, then over."""

    def __init__(
        self, start: Start, listener: Listener, is_wanted: Callable[[], bool] = lambda: True
    ) -> None:
        self.start = start
        self.is_wanted = is_wanted
        self.over = False
        self._listener = listener

    def tell(self, report: Report) -> None:
        if not self.over:
            self.over = isinstance(report, End | Failed)
            self._listener(report)

    def fail(self, code: Literal["lost", "crowded"]) -> None:
        self.tell(Failed(run=self.start.run, code=code))


@dataclass(slots=True)
class _Post:
    """What a worker has to do, and when it last said or was told something."""

    job: Job | None
    heard_at: float


class WorkerPool:
    """As many workers as `limits.trainings`, started when needed, and a queue before them.

    `evaluation` has the images that measure, (N, 784) uint8, with their labels, once a worker has sent
    them. Listeners are called from the workers' reading threads, or with the pool's lock free.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        data: Path | None = None,
        start_worker: StartWorker = LocalWorker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._data = data
        self._new_worker = start_worker
        self._clock = clock
        self._lock = threading.RLock()
        self._posts: dict[TrainingWorker, _Post] = {}
        self._queue: Turns[Job] = Turns(limits.queue)
        self._closed = threading.Event()
        self._watched = False
        self._seconds = deque([_GUESSED_S], maxlen=20)  # of the last trainings, for estimates
        self.evaluation: dict[Held, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}

    def warm(self) -> None:
        """Start one worker in the background, with the data in its memory, for the first click."""
        with self._lock:
            if self._closed.is_set():
                return
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="worker-watch", daemon=True).start()
            if not self._posts:
                self._start_worker()

    def submit(
        self,
        start: Start,
        listener: Listener,
        *,
        address: str = "",
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Job | None:
        """Start a training now or put it into the queue; None where the queue is full.

        Addresses take turns, and in a full queue, the last one's training makes room for that of an
        address with fewer. While `is_wanted` says no, it keeps its place but lets others go first.
        """
        job = Job(start, listener, is_wanted)
        self.warm()
        with self._lock:
            if self._closed.is_set():
                return None
            displaced = self._queue.add(job, address=address)
        if displaced is job:
            return None
        if displaced is not None:
            displaced.fail("crowded")
        try:
            self._assign()
        except (OSError, RuntimeError):
            # No process could be started; the watch tries again.
            log.exception("a training worker could not be started")
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

    def order(self, job: Job, order: RunOrder) -> None:
        """Send `order` to the worker that trains `job`; a job that waits begins with what is `Set`."""
        with self._lock:
            worker = next((each for each, post in self._posts.items() if post.job is job), None)
            if worker is None and isinstance(order, Set):
                job.start = dataclasses.replace(job.start, train=order.train)
        if worker is not None:
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
            self._closed.set()
            self._queue.clear()
            workers = list(self._posts)
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()

    def look_after_workers(self) -> None:
        """Keep one worker warm, and end those that are stuck or have long had nothing to do."""
        now = self._clock()
        with self._lock:
            if self._closed.is_set():
                return
            silent = [
                (worker, post.job, now - post.heard_at) for worker, post in self._posts.items()
            ]
            stuck = [worker for worker, job, for_s in silent if job and for_s > _SILENCE_S]
            idle = [worker for worker, job, for_s in silent if not job and for_s > _IDLE_S]
            surplus = idle[: max(0, len(silent) - 1)]
            for worker in surplus:  # at once, so that none of them is given work any more
                del self._posts[worker]
            if not self._posts:
                self._start_worker()
        for worker in stuck + surplus:
            worker.kill()
        self._assign()  # a page that had been away may be back

    def _start_worker(self) -> TrainingWorker:
        worker = self._new_worker(self._heard, self._lost)
        self._posts[worker] = _Post(None, self._clock())
        worker.send(self._load_order(download=False))
        return worker

    def _load_order(self, *, download: bool) -> Load:
        data = None if self._data is None else str(self._data)
        return Load(data=data, download=download, pictures=not self.evaluation)

    def _assign(self) -> None:
        """Give waiting jobs to free workers, starting workers up to the limit."""
        with self._lock:
            while not self._closed.is_set():
                job = next((each for each in self._queue if each.is_wanted()), None)
                if job is None:
                    return
                worker = next(
                    (each for each, post in self._posts.items() if post.job is None), None
                )
                if worker is None:
                    if len(self._posts) >= self._limits.trainings:
                        return
                    worker = self._start_worker()
                self._queue.serve(job)
                self._posts[worker] = _Post(job, self._clock())
                load = self._load_order(download=True)
                worker.send(dataclasses.replace(job.start, load=load))

    def _heard(self, worker: TrainingWorker, report: Report) -> None:
        """Pass a worker's report on to its job; a final one frees the worker for the next."""
        final = isinstance(report, End | Failed)
        with self._lock:
            post = self._posts.get(worker)
            if post is None:
                return
            post.heard_at = self._clock()
            job = post.job
            if final:
                post.job = None
                self._seconds.append(report.elapsed_s if isinstance(report, End) else _FAILED_S)
        if isinstance(report, Pictures):
            self._keep_pictures(report)
        elif job is not None:
            job.tell(report)
        if final:
            self._assign()

    def _lost(self, worker: TrainingWorker) -> None:
        """A worker has died: tell its job, and go on with the others, or a new one."""
        with self._lock:
            post = self._posts.pop(worker, None)
            closed = self._closed.is_set()
        if post is not None and post.job is not None:
            log.warning("a training worker died at work", extra={"run": post.job.start.run})
            post.job.fail("lost")
        if not closed:
            self._assign()

    def _keep_pictures(self, pictures: Pictures) -> None:
        labels = np.frombuffer(pictures.labels, dtype=np.uint8)
        images = np.frombuffer(pictures.images, dtype=np.uint8).reshape(len(labels), -1)
        self.evaluation[pictures.held] = images, labels

    def _watch(self) -> None:
        while not self._closed.wait(_WATCH_S):
            try:
                self.look_after_workers()
            except Exception:
                # No process or thread could be started; perhaps in a moment.
                log.exception("the training workers could not be looked after")
