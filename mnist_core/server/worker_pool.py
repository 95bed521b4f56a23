"""The pool of training workers: started, fed, watched and replaced; and the queue before them."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.server.engine import Engine, TrainingWorker
from mnist_core.server.foresight import Foresight, Place, Post
from mnist_core.server.job import Job, Listener
from mnist_core.server.limits import Limits
from mnist_core.server.local_worker import LocalEngine
from mnist_core.server.turns import Turns
from mnist_core.worker.messages import (
    End,
    Failed,
    Held,
    Interrupted,
    Load,
    Pictures,
    Ready,
    Report,
    RunOrder,
    Saved,
    Start,
)

log = logging.getLogger(__name__)

_SILENCE_S = 120.0  # a worker that trains and says nothing for so long is stuck
_WATCH_S = 1.0
_IDLE_S = 60.0  # a worker beyond the first ends after so long without work: each takes memory
_MOST_LOSSES = 3  # workers that one training may lose, before it is taken to be what kills them
_COMING_S = 10.0  # a worker that is not ready within this has not found a core
_LEAST_S = 1.0  # left of a training's time where it goes on


class WorkerPool:
    """As many workers as `engine` has places for, started when needed, and a queue before them.

    A training whose worker is lost goes on with another one, before all that wait, from its newest
    savepoint; from its first step where there is none, or no room was left for it.

    `evaluation` has the images that measure, (N, 784) uint8, with their labels, once a worker has sent
    them. Listeners are called from the workers' reading threads, or with the pool's lock free.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        data: Path | None = None,
        engine: Engine | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._data = data
        self._engine = engine or LocalEngine(limits.trainings)
        self._clock = clock
        self._lock = threading.RLock()
        self._posts: dict[TrainingWorker, Post] = {}
        self._queue: Turns[Job] = Turns(limits.queue)
        self._interrupted: deque[Job] = deque()
        self._closed = threading.Event()
        self._watched = False
        self._foresight = Foresight(clock)
        self.evaluation: dict[Held, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}

    def warm(self) -> None:
        """Start one worker in the background, with the data in its memory, for the first click."""
        with self._lock:
            if self._closed.is_set():
                return
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="worker-watch", daemon=True).start()
            self._keep_one_warm()

    @property
    def fault(self) -> str | None:
        """Why nothing can train now, in a sentence; None where it can."""
        return self._engine.fault

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
            self._foresight.anew()
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

    def place(self, job: Job) -> Place | None:
        """The job's place in the queue and how long it is expected to wait; None: it runs."""
        with self._lock:
            place = self._foresight.place(
                job,
                posts=self._posts.values(),
                waiting=[*self._interrupted, *self._queue],
                places=self._engine.places,
            )
            return None if place is None or place[0] <= self._coming else place

    @property
    def _coming(self) -> int:
        """Workers that will take a training in a moment."""
        now = self._clock()
        return sum(
            not worker.is_ready and now - post.heard_at < _COMING_S
            for worker, post in self._posts.items()
        )

    @property
    def waiting(self) -> int:
        return len(self._queue) + len(self._interrupted)

    def order(self, job: Job, order: RunOrder) -> None:
        """Send `order` to the worker that trains `job`; one that waits begins with what it was told."""
        with self._lock:
            worker = next((each for each, post in self._posts.items() if post.job is job), None)
            job.note(order)
        if worker is not None:
            worker.send(order)

    def cancel(self, job: Job) -> bool:
        """Take `job` out of the queue; False where it has a worker already, or is over."""
        with self._lock:
            removed = self._queue.remove(job)
            if job in self._interrupted:
                self._interrupted.remove(job)
                removed = True
            job.over |= removed
            self._foresight.anew()
        return removed

    def close(self) -> None:
        """End every worker, at once."""
        with self._lock:
            self._closed.set()
            self._queue.clear()
            self._interrupted.clear()
            workers = list(self._posts)
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()
        self._engine.close()

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
            idle = [
                worker
                for worker, job, for_s in silent
                if not job and for_s > _IDLE_S and (worker.is_ready or not self.waiting)
            ]
            surplus = idle[: max(0, len(silent) - 1)]
            for worker in surplus:  # at once, so that none of them is given work any more
                del self._posts[worker]
            self._keep_one_warm()
        for worker in stuck + surplus:
            worker.kill()
        self._assign()  # a page that had been away may be back

    def _keep_one_warm(self) -> None:
        if not self._posts and self._engine.places > 0:
            self._start_worker()

    def _start_worker(self) -> TrainingWorker:
        worker = self._engine.start(self._heard, self._lost)
        now = self._clock()
        self._posts[worker] = Post(None, now, now)
        worker.send(self._load_order(download=False))
        return worker

    def _load_order(self, *, download: bool) -> Load:
        data = None if self._data is None else str(self._data)
        return Load(data=data, download=download, pictures=not self.evaluation)

    def _assign(self) -> None:
        """Give waiting jobs to free workers, starting workers where there is room for them."""
        with self._lock:
            while not self._closed.is_set():
                job = self._next_job()
                if job is None:
                    return
                free = [
                    each for each, post in self._posts.items() if post.job is None and each.is_ready
                ]
                if free:
                    self._give(job, free[0])
                    continue
                coming = sum(not each.is_ready for each in self._posts)
                if len(self._posts) >= self._engine.places or coming >= self.waiting:
                    return
                self._start_worker()

    def _next_job(self) -> Job | None:
        """Whose turn it is: those whose worker was lost first."""
        waiting = itertools.chain(self._interrupted, self._queue)
        return next((each for each in waiting if each.is_told and each.is_wanted()), None)

    def _give(self, job: Job, worker: TrainingWorker) -> None:
        if job in self._interrupted:
            self._interrupted.remove(job)
        else:
            self._queue.serve(job)
        self._foresight.anew()
        now = self._clock()
        if job.begun_at is None:
            job.begun_at = now
        post = self._posts[worker]
        post.job, post.heard_at = job, now
        left_s = job.start.max_s - (now - job.begun_at)
        load = self._load_order(download=True)
        worker.send(dataclasses.replace(job.start, max_s=max(left_s, _LEAST_S), load=load))

    def _heard(self, worker: TrainingWorker, report: Report) -> None:
        """Pass a worker's report on to its job; a final one frees the worker for the next."""
        final = isinstance(report, End | Failed)
        with self._lock:
            post = self._posts.get(worker)
            if post is None:
                return
            post.heard_at = self._clock()
            job = post.job
            self._foresight.heard(post, report)
            if final:
                post.job = None
        if isinstance(report, Pictures):
            self._keep_pictures(report)
        elif isinstance(report, Saved):
            self._save(report, job)
        elif job is not None:
            job.tell(report)
        if final or isinstance(report, Ready):
            self._assign()

    def _save(self, report: Saved, job: Job | None) -> None:
        """Keep what a training goes on from, where the memory for it reaches."""
        with self._lock:
            if job is None or job.over:
                return
            under_way = (post.job for post in self._posts.values())
            others = [each for each in (*under_way, *self._interrupted) if each not in (None, job)]
            taken = sum(each.saved_bytes for each in others if each is not None)
            if taken + len(report.savepoint.state) <= self._limits.saved_bytes:
                job.start = dataclasses.replace(job.start, savepoint=report.savepoint)

    def _lost(self, worker: TrainingWorker) -> None:
        """A worker has died: its job goes on with the others, or a new one."""
        with self._lock:
            post = self._posts.pop(worker, None)
            if self._closed.is_set():
                return
            job = None if post is None else post.job
            fault = None if job is None else self._interrupt(job)
        if job is not None:
            if fault is not None:
                job.fail(fault)
            else:
                job.tell(Interrupted(run=job.start.run))
                job.is_told = True
        self._assign()

    def _interrupt(self, job: Job) -> Literal["cancelled", "lost"] | None:
        """Let a job whose worker is lost wait before all others; or say why it does not go on.

        It waits before anybody hears of it: whoever does may ask for its place or take it out.
        """
        log.warning("a training worker died at work", extra={"run": job.start.run})
        if job.stopping:
            return "cancelled"
        # An engine that is gone altogether says nothing against the training.
        job.losses += self._engine.fault is None
        if job.losses > _MOST_LOSSES:
            return "lost"
        job.is_told = False
        self._interrupted.append(job)
        self._foresight.anew()
        return None

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
