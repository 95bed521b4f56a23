"""One visitor: the runs that they trained, and which of their models answers."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any, Literal

from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.limits import Limits
from mnist_core.server.rates import Bucket
from mnist_core.server.runs import Run
from mnist_core.server.setup import Setup
from mnist_core.server.worker_pool import Job, WorkerPool

LEAVING_S = 3.0  # a reload says goodbye too, and is back within this
_PRESENT_S = 1.0  # a page that waits for its training asks for it more often than this

Model = Literal["ready", "yours"]


class VisitorError(Exception):
    """A request that belongs to no session, or comes too soon. The message is fit for a visitor."""

    def __init__(self, code: Literal["session", "rate"]) -> None:
        super().__init__(_SENTENCES[code])
        self.code = code


_SENTENCES = {
    "session": "This page was away for a while. Reconnecting.",
    "rate": "That was a lot at once. Wait a moment, please.",
}


class Session:
    """One visitor: the runs that they trained, and which of their models answers."""

    def __init__(
        self,
        *,
        token: str,
        limits: Limits,
        pool: WorkerPool,
        ready: Classifier,
        address: str = "",
    ) -> None:
        self.token = token
        self._address = address
        self.runs: list[Run] = []
        self.loaded: Classifier | None = None
        self.upload = bytearray()
        self.left = False
        self.hidden = False
        self.gone = False  # its training ended because no page asked about it
        self.closed = False  # forgotten by the server: nothing begins in it any more
        self.seen_at = time.monotonic()
        self.lease_until = self.seen_at + limits.lease_s
        self.requests = Bucket(limits.requests_per_s)
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

    def touch(self, *, hidden: bool = False) -> None:
        """The page has asked for something, so it is there: its training goes on."""
        lease_s = self._limits.hidden_lease_s if hidden else self._limits.lease_s
        self.seen_at = time.monotonic()
        self.lease_until = self.seen_at + lease_s
        self.hidden = hidden
        self.left = self.gone = False

    def _is_present(self) -> bool:
        """Whether the page is there at this moment: a training does not begin for one that is not."""
        return self.hidden or time.monotonic() - self.seen_at < _PRESENT_S

    def leave(self) -> None:
        """The page says goodbye: unless it is back at once, its training ends."""
        self.left = True
        self.lease_until = min(self.lease_until, time.monotonic() + LEAVING_S)

    # Training

    def start(self, setup: Setup, *, paused: bool = False) -> Run | None:
        """Begin a training, ending the one before; None where the queue is full."""
        with self._lock:
            self.stop()
            if self.closed:
                raise VisitorError("session")
            run = Run(run_id=self._next_id, setup=setup)
            order = {
                "run": run.id,
                "model": _plain(setup.model_config()),
                "train": _plain(setup.train_config()),
                "train_size": setup.train_size,
                "seed": setup.seed,
                "paused": paused,
                "max_s": self._limits.training_s,
                "moments": self._limits.moments,
                "moment_bytes": self._limits.visitor_bytes // 2,
            }
            job = self._pool.submit(
                order,
                partial(self._hear, run),
                address=self._address,
                is_wanted=self._is_present,
            )
            if job is None:
                return None
            self._job = job
            self._next_id += 1
            self.runs = [*self.runs, run][-self._limits.runs :]
            self._shown = None
            self.loaded = None
            return run

    def order(self, kind: str, **settings: Any) -> None:
        """Send "pause", "resume", "step" or "set" to the running training."""
        run, job = self.run, self._job
        if run is not None and run.active and job is not None:
            self._pool.order(job, {"type": kind, "run": run.id} | settings)

    def stop(self) -> None:
        """End the training; what it has learnt stays."""
        with self._lock:
            run, job = self.run, self._job
            self._job = None
            if run is None or job is None or not run.active:
                return
            if self._pool.cancel(job):
                run.hear({"type": "failed", "code": "cancelled"}, b"")
            else:
                run.stopping()
                self._pool.order(job, {"type": "stop", "run": run.id})

    def reset(self) -> None:
        """End the training and forget it: as if it had never begun."""
        with self._lock:
            self.stop()
            self.runs = self.runs[:-1]
            self._shown = None

    def queued(self) -> tuple[int, float] | None:
        """The place in the queue and the estimated wait in seconds, where the training waits."""
        return None if self._job is None else self._pool.place(self._job)

    def _hear(self, run: Run, header: dict[str, Any], payload: bytes) -> None:
        run.hear(header, payload)
        if header["type"] == "moment":
            self.trim(self._limits.visitor_bytes)

    # Memory

    @property
    def size_bytes(self) -> int:
        """What this visitor's runs, loaded model and half-arrived files take."""
        loaded = 0 if self.loaded is None else 4 * self.loaded.model.parameter_count
        return sum(run.size_bytes for run in list(self.runs)) + loaded + len(self.upload)

    def close(self) -> None:
        """End it for good: whoever comes back gets another one."""
        with self._lock:
            self.closed = True
            self.forget()

    def forget(self) -> None:
        """Give up all that takes memory, as for a page that is gone for good."""
        with self._lock:
            self.stop()
            self.runs, self.loaded, self.upload = [], None, bytearray()
            self._shown = None

    def charge(self, cost: float) -> None:
        """Count a request that turned out to take as long as `cost` others.

        Raises `VisitorError` where that is too much.
        """
        if not self.requests.take(cost):
            raise VisitorError("rate")

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

    # Answering

    def show(self, run: Run, moment: int | None) -> None:
        """Let that moment of that run answer from now on; None is its newest weights."""
        snapshot = None if moment is None else run.at(moment)
        # By its step: a moment's number changes where others are given up.
        self._shown = (run.id, None if snapshot is None else snapshot.step)
        self.loaded = None

    @property
    def shown(self) -> int | None:
        """The moment of the newest run that answers; None where its newest weights do."""
        run_id, step = self._shown or (0, None)
        run = self.run
        return run.moment_at(step) if run is not None and run.id == run_id else None

    def take(self, model: MLP) -> None:
        """Let a model that the visitor brought along answer."""
        self.loaded = Classifier(model)

    def classifier_for(self, model: Model) -> Classifier:
        """What answers: the ready-made model, or this visitor's own as soon as there is one."""
        if model != "yours":
            return self._ready
        if self.loaded is not None:
            return self.loaded
        run_id, step = self._shown or (self.run.id if self.run else 0, None)
        run = self.find(run_id)
        return (run.classifier_at(run.moment_at(step)) if run else None) or self._ready

    @property
    def answering(self) -> Run | None:
        """The run that "yours" comes from; None where it was brought along, or there is none."""
        run_id = self._shown[0] if self._shown else self.run.id if self.run else 0
        return self.find(run_id) if self.has_model and self.loaded is None else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost with this session."""
        return not self.runs and self.loaded is None

    @property
    def has_model(self) -> bool:
        """Whether "yours" answers with something of the visitor's own."""
        return self.classifier_for("yours") is not self._ready


def _plain(config: Any) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__slots__}
