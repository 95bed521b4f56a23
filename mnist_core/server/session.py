"""One visitor: the runs that they trained, and which of their models answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Literal

from mnist_core.errors import RefusedError
from mnist_core.models.classifier import Classifier
from mnist_core.server.arriving_file import ArrivingFile
from mnist_core.server.foresight import Place
from mnist_core.server.job import Job
from mnist_core.server.limits import Limits
from mnist_core.server.loaded_model import LoadedModel
from mnist_core.server.presence import Presence
from mnist_core.server.rates import Bucket, Clock
from mnist_core.server.runs import Run, Weights
from mnist_core.server.setup import Setup
from mnist_core.server.worker_pool import WorkerPool
from mnist_core.worker.messages import (
    Failed,
    Moment,
    Pause,
    Report,
    Resume,
    Set,
    Start,
    Step,
    Stop,
)

Model = Literal["ready", "yours"]


def forgotten() -> RefusedError:
    """A request that belongs to no session."""
    return RefusedError("session", "This page was away for a while. Reconnecting.")


def too_often() -> RefusedError:
    """A request that comes too soon."""
    return RefusedError("rate", "That was a lot at once. Wait a moment, please.")


class Session:
    """One visitor: the runs that they trained, and which of their models answers."""

    def __init__(
        self,
        *,
        token: str,
        limits: Limits,
        pool: WorkerPool,
        ready: Callable[[], Classifier],
        address: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        self.token = token
        self.presence = Presence(limits=limits, clock=clock)
        self.file = ArrivingFile(limits.upload_bytes)
        self.runs: list[Run] = []
        self.loaded: LoadedModel | None = None
        self._address = address
        self._closed = False  # forgotten by the server: nothing begins in it any more
        self._requests = Bucket(limits.requests_per_s, clock=clock)
        self._limits = limits
        self._pool = pool
        self._ready = ready
        self._lock = threading.RLock()
        self._job: Job | None = None
        self._next_id = 1
        self._shown: tuple[int, int | None] | None = None  # run id, step; None: its newest weights

    @property
    def run(self) -> Run | None:
        """The newest training, running or over."""
        return self.runs[-1] if self.runs else None

    def find(self, run_id: object) -> Run | None:
        """This visitor's run with that id."""
        return next((run for run in list(self.runs) if run.id == run_id), None)

    def start(self, setup: Setup, *, paused: bool = False) -> Run | None:
        """Begin a training, ending the one before; None where the queue is full.

        `RefusedError` "cluster" where nothing can train at all.
        """
        with self._lock:
            fault = self._pool.fault
            if fault is not None:
                raise RefusedError("cluster", fault)
            self.stop()
            if self._closed:
                raise forgotten()
            run = Run(run_id=self._next_id, setup=setup)
            start = Start(
                run=run.id,
                model=setup.model_config(),
                train=setup.train_config(),
                train_size=setup.train_size,
                shuffle_labels=setup.shuffle_labels,
                seed=setup.seed,
                paused=paused,
                max_s=self._limits.training_s,
                moments=self._limits.moments,
                moment_bytes=self._limits.visitor_bytes // 2,
            )
            job = self._pool.submit(
                start,
                partial(self._hear, run),
                address=self._address,
                is_wanted=lambda: self.presence.is_watching,
            )
            if job is None:
                return None
            self._job = job
            self._next_id += 1
            self.runs = [*self.runs, run][-self._limits.runs :]
            self._shown = None
            self.loaded = None
            return run

    def order(self, kind: type[Pause | Resume | Step]) -> None:
        """Let the running training rest, go on, or take a step."""
        run, job = self.run, self._job
        if run is not None and run.active and job is not None:
            self._pool.order(job, kind(run=run.id))

    def change(self, setup: Setup) -> None:
        """Let the running training go on with other settings."""
        run, job = self.run, self._job
        if run is not None and run.active and job is not None:
            run.change(setup)
            self._pool.order(job, Set(run=run.id, train=setup.train_config()))

    def stop(self) -> None:
        """End the training; what it has learnt stays."""
        with self._lock:
            run, job = self.run, self._job
            self._job = None
            if run is None or job is None or not run.active:
                return
            if self._pool.cancel(job):
                run.hear(Failed(run=run.id, code="cancelled"))
            else:
                run.stopping()
                self._pool.order(job, Stop(run=run.id))

    def reset(self) -> None:
        """End the training and forget it: as if it had never begun."""
        with self._lock:
            self.stop()
            self.runs = self.runs[:-1]
            self._shown = None

    def delete(self, run: Run) -> None:
        """Forget a run, which is ended first where it is still under way."""
        with self._lock:
            if run is self.run:
                self.stop()
            self.runs = [each for each in self.runs if each is not run]
            if self._shown is not None and self._shown[0] == run.id:
                self._shown = None

    def queued(self) -> Place | None:
        """The place in the queue and the estimated wait, where the training waits."""
        return None if self._job is None else self._pool.place(self._job)

    def _hear(self, run: Run, report: Report) -> None:
        run.hear(report)
        if isinstance(report, Moment):
            self.trim(self._limits.visitor_bytes)

    @property
    def size_bytes(self) -> int:
        """What this visitor's runs, loaded model and half-arrived files take."""
        loaded = 0 if self.loaded is None else self.loaded.size_bytes
        return sum(run.size_bytes for run in list(self.runs)) + loaded + len(self.file)

    def close(self) -> None:
        """End it for good: whoever comes back gets another one."""
        with self._lock:
            self._closed = True
            self.forget()

    def forget(self) -> None:
        """Give up all that takes memory, as for a page that is gone for good."""
        with self._lock:
            self.stop()
            self.runs, self.loaded, self._shown = [], None, None
            self.file.drop()

    def charge(self, cost: float) -> None:
        """Count a request that turned out to take as long as `cost` others.

        `RefusedError` "rate" where that is too much.
        """
        if not self._requests.take(cost):
            raise too_often()

    def trim(self, limit_bytes: int) -> None:
        """Thin out the snapshots, the oldest runs' first, until they take at most `limit_bytes`.

        Where that is not enough, older runs keep their figures alone. The newest one keeps its weights
        and two moments, unless the limit is 0.
        """
        for run in list(self.runs):
            older = run is not self.run
            while self.size_bytes > limit_bytes:
                if not run.thin(to_nothing=older or not limit_bytes):
                    break
            if older and self.size_bytes > limit_bytes:
                run.give_up_weights()

    def keep_moments(self, count: int) -> None:
        """Thin out each run's snapshots until it keeps at most `count`."""
        for run in list(self.runs):
            while len(run.moments) > count:
                run.thin()

    def keep_weights(self) -> None:
        """Keep no more than figures and the newest run's last weights."""
        self.file.drop()
        self.loaded = None
        self.trim(0)

    def show(self, run: Run, moment: int | None) -> None:
        """Let that moment of that run answer from now on; None is its newest weights."""
        snapshot = None if moment is None else run.at(moment)
        # By its step: a moment's number changes where others are given up.
        self._shown = (run.id, None if snapshot is None else snapshot.step)
        self.loaded = None

    @property
    def shown(self) -> int | None:
        """The moment that answers of its run; None where the run's newest weights do."""
        run_id, step = self._choice
        run = self.find(run_id)
        return None if run is None else run.moment_at(step)

    @property
    def opened(self) -> int | None:
        """Id of the run that the visitor has chosen to answer; None for the newest, whichever it is."""
        shown = self._shown
        run = None if shown is None else self.find(shown[0])
        # Its weights may have been given up since.
        return run.id if run is not None and (run.active or run.at(None) is not None) else None

    def take(self, classifier: Classifier) -> LoadedModel:
        """Let a model that the visitor brought along answer."""
        with self._lock:
            self.loaded = LoadedModel.of(classifier, number=self._next_id)
            self._next_id += 1
            return self.loaded

    def classifier_for(self, model: Model, weights: Weights | None = None) -> Classifier:
        """What answers: the ready-made model, or this visitor's own as soon as there is one.

        weights: which of their own, where an answer of those is looked at closely; `RefusedError`
        "overtaken" where they are not kept any more.
        """
        if model == "ready" or weights is None:
            return self.answering_with(model)[0]
        loaded = self.loaded
        if loaded is not None and loaded.id == weights.run:
            return loaded.classifier
        run = self.find(weights.run)
        snapshot = None if run is None else run.handed_out(weights)
        if run is None or snapshot is None:
            raise RefusedError("overtaken", "The model has learnt more since.")
        return run.classifier_of(snapshot)

    def answering_with(self, model: Model) -> tuple[Classifier, Weights | None]:
        """What answers, and which weights of this visitor's own those are; None for the ready-made."""
        loaded, run = self.loaded, self.answering
        if model == "yours" and loaded is not None:
            return loaded.classifier, loaded.which
        if model == "yours" and run is not None:
            _, step = self._choice
            # Where that moment was given up, the newest.
            found = run.hand_out(step) or run.hand_out(None)
            if found is not None:
                snapshot, weights = found
                return run.classifier_of(snapshot), weights
        return self._ready(), None

    @property
    def _choice(self) -> tuple[int, int | None]:
        """Id of the run that "yours" comes from, 0 for none, and the step; None: its newest weights."""
        if self._shown is not None and self.opened is not None:
            return self._shown
        return (self.run.id if self.run else 0, None)

    @property
    def answering(self) -> Run | None:
        """The run that "yours" comes from; None where it was brought along, or there is none."""
        run = self.find(self._choice[0]) if self.loaded is None else None
        return run if run is not None and run.at(None) is not None else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost with this session."""
        return not self.runs and self.loaded is None

    @property
    def has_model(self) -> bool:
        """Whether "yours" answers with something of the visitor's own."""
        return self.loaded is not None or self.answering is not None
