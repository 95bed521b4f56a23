"""The visitors: each has a secret token, and behind it their trainings and their own model."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

from mnist_core.classifier import Classifier
from mnist_core.models import MLP
from mnist_core.ui.limits import Limits
from mnist_core.ui.memory import give_back_memory
from mnist_core.ui.rates import Bucket, Buckets
from mnist_core.ui.runs import Run
from mnist_core.ui.setup import Setup
from mnist_core.ui.workers import Job, WorkerPool

log = logging.getLogger(__name__)

_TOKEN_BYTES = 32
_SWEEP_S = 1.0
_LEAVING_S = 3.0  # a reload says goodbye too, and is back within this
_GONE_S = 60.0  # a visitor who said goodbye is forgotten after this
_UPLOAD_S = 30.0  # a file whose rest has not come within this is dropped
_IDLE_S = 3600.0  # and one who said nothing, after this
# An open page says something every ten seconds, one in the background about once a minute: after this,
# it is gone.
_AWAY_S = 35.0
_HIDDEN_AWAY_S = 150.0
_AWAY_MOMENTS = 5  # snapshots that each run of such a page keeps
_TRIM_S = 5.0
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

    def __init__(self, *, token: str, limits: Limits, pool: WorkerPool, ready: Classifier) -> None:
        self.token = token
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
        self._shown: tuple[int, int | None] | None = None  # run id, moment

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
        self.lease_until = min(self.lease_until, time.monotonic() + _LEAVING_S)

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
            job = self._pool.submit(order, partial(self._hear, run), is_wanted=self._is_present)
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
        """Thin out the snapshots, the oldest runs' first, until they take at most `limit_bytes`."""
        for run in list(self.runs):
            while self.size_bytes > limit_bytes and run.thin():
                pass

    # Answering

    def show(self, run: Run, moment: int | None) -> None:
        """Let that moment of that run answer; None is its newest weights."""
        self._shown = (run.id, moment)

    def take(self, model: MLP) -> None:
        """Let a model that the visitor brought along answer."""
        self.loaded = Classifier(model)

    def classifier_for(self, model: Model) -> Classifier:
        """What answers: the ready-made model, or this visitor's own as soon as there is one."""
        if model != "yours":
            return self._ready
        if self.loaded is not None:
            return self.loaded
        run_id, moment = self._shown or (self.run.id if self.run else 0, None)
        run = self.find(run_id)
        return (run.classifier_at(moment) if run else None) or self._ready

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost with this session."""
        return not self.runs and self.loaded is None

    @property
    def has_model(self) -> bool:
        """Whether "yours" answers with something of the visitor's own."""
        return self.classifier_for("yours") is not self._ready


class Sessions:
    """All visitors by their tokens; the least recently used go first where there are too many.

    `ready` is the ready-made model, `data` the folder that holds MNIST. Call `close` at the end:
    it ends the training workers.
    """

    def __init__(
        self,
        *,
        ready: Classifier,
        limits: Limits | None = None,
        data: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.data = data
        self.pool = WorkerPool(limits=self.limits, data=data)
        self.ready = ready
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self._openings = Buckets(self.limits.api_requests_per_s)
        self._closed = threading.Event()
        self._trimmed_at = 0.0
        self._sweep_hooks: list[Callable[[], None]] = []
        self._sweeper: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, previous: object = None, *, address: str = "") -> Session:
        """The session that `previous` is the token of, or a new one.

        Raises `VisitorError` where too many new ones were opened from `address`.
        """
        session = self.get(previous)
        if session is not None:
            return session
        if not self._openings.take(address):
            raise VisitorError("rate")
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        session = Session(token=token, limits=self.limits, pool=self.pool, ready=self.ready)
        session.seen_at = self._clock()
        with self._lock:
            self._sessions[token] = session
            if self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, name="sweep", daemon=True)
                self._sweeper.start()
            surplus = len(self._sessions) - self.limits.sessions
            gone = [self._sessions.pop(self._least_needed()) for _ in range(surplus)]
        for each in gone:
            each.close()
        return session

    def visit(self, token: object, *, cost: float = 1.0) -> Session:
        """The session of that token, for one more request of it, which takes as long as `cost` others.

        Raises `VisitorError` where there is none, or where too many requests came before this one.
        """
        session = self.get(token)
        if session is None:
            raise VisitorError("session")
        session.charge(cost)
        return session

    def get(self, token: object) -> Session | None:
        """The session of that token, now the most recently used; None for any other value."""
        if not isinstance(token, str):
            return None
        with self._lock:
            session = self._sessions.get(token)
            if session is not None:
                self._sessions.move_to_end(token)
                session.seen_at = self._clock()
            return session

    def _least_needed(self) -> str:
        """The session unseen for longest, of those without a model if there are such.

        Whoever opens many sessions thereby pushes out no visitor who has something to lose.
        """
        *others, _ = self._sessions  # the newest has only just come
        return next((token for token in others if self._sessions[token].is_empty), others[0])

    def warm(self) -> None:
        """Start a training worker in the background."""
        self.pool.warm()

    @property
    def is_open(self) -> bool:
        """Whether the page serves its visitors: it does until it ends."""
        return not self._closed.is_set()

    def refuse(self) -> None:
        """The page is ending: say so to whoever still asks whether it is well."""
        self._closed.set()

    def close(self) -> None:
        """End all trainings and their workers."""
        self.refuse()
        self.pool.close()

    def each_sweep(self, function: Callable[[], None]) -> None:
        """Call `function` once a second as well, while there are visitors."""
        self._sweep_hooks.append(function)

    def sweep(self) -> None:
        """End the trainings of pages that are gone, forget their visitors, and hold the memory."""
        for hook in self._sweep_hooks:
            hook()
        now = self._clock()
        with self._lock:
            sessions = list(self._sessions.values())
        total_bytes = away_bytes = 0
        for session in reversed(sessions):  # the most recently used keep their snapshots
            run = session.run
            if run is not None and run.active:
                self._mind(session, run, now)
            idle_s = now - session.seen_at
            if idle_s > _IDLE_S or (session.left and idle_s > _GONE_S):
                with self._lock:
                    self._sessions.pop(session.token, None)
                session.close()
                continue
            if idle_s > _UPLOAD_S:
                session.upload = bytearray()
            away_s = _HIDDEN_AWAY_S if session.hidden else _AWAY_S
            left = session.left and idle_s > _LEAVING_S
            if session.gone or left or idle_s > away_s:
                for each in session.runs:
                    while len(each.moments) > _AWAY_MOMENTS:
                        each.thin()
                away_bytes += session.size_bytes
                if away_bytes > self.limits.away_bytes:
                    away_bytes -= session.size_bytes
                    session.forget()
            total_bytes += session.size_bytes
            if total_bytes > self.limits.total_bytes:
                before = session.size_bytes
                session.upload, session.loaded = bytearray(), None
                session.trim(0)
                total_bytes -= before - session.size_bytes
        if now - self._trimmed_at > _TRIM_S:
            self._trimmed_at = now
            give_back_memory()

    def _mind(self, session: Session, run: Run, now: float) -> None:
        """End a training that nobody watches, or that rests while others wait."""
        lease_until = session.lease_until
        if self.pool.waiting and not session.hidden and not session.left:
            lease_until -= max(0.0, self.limits.lease_s - self.limits.waiting_lease_s)
        if now > lease_until:
            log.info("a training ended because its page has gone")
            session.gone = True
            session.stop()
        elif run.status != "paused" or not self.pool.waiting:
            run.paused_at = now
        elif now - run.paused_at > self.limits.pause_s:
            session.stop()

    def _sweep(self) -> None:
        while not self._closed.wait(_SWEEP_S):
            with contextlib.suppress(RuntimeError):
                self.sweep()


def _plain(config: Any) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__slots__}
