"""The visitors: each has a secret token, and behind it their trainings and their own model."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from mnist_core.models.classifier import Classifier
from mnist_core.server.limits import Limits
from mnist_core.server.memory import give_back_memory
from mnist_core.server.rates import Buckets
from mnist_core.server.runs import Run
from mnist_core.server.session import LEAVING_S, Session, VisitorError
from mnist_core.server.worker_pool import WorkerPool

log = logging.getLogger(__name__)

_TOKEN_BYTES = 32
_SWEEP_S = 1.0
_GONE_S = 60.0  # a visitor who said goodbye is forgotten after this
_UPLOAD_S = 30.0  # a file whose rest has not come within this is dropped
_IDLE_S = 3600.0  # and one who said nothing, after this
# An open page says something every ten seconds, one in the background about once a minute: after this,
# it is gone.
_AWAY_S = 35.0
_HIDDEN_AWAY_S = 150.0
_AWAY_MOMENTS = 5  # snapshots that each run of such a page keeps
_TRIM_S = 5.0


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
        session = Session(
            token=token, limits=self.limits, pool=self.pool, ready=self.ready, address=address
        )
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
            left = session.left and idle_s > LEAVING_S
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
            if total_bytes > self.limits.total_bytes:
                total_bytes -= session.size_bytes
                session.forget()
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
            try:
                self.sweep()
            except Exception:
                # One sweep less harms nobody; none at all would let trainings run on without a page.
                log.exception("a sweep broke off")
