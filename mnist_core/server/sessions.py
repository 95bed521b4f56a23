"""The visitors: each has a secret token, and behind it their trainings and their own model."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from mnist_core.models.classifier import Classifier
from mnist_core.server.limits import Limits
from mnist_core.server.rates import Buckets, Clock
from mnist_core.server.session import Session, forgotten, too_often
from mnist_core.server.worker_pool import WorkerPool

_TOKEN_BYTES = 32


class Sessions:
    """All visitors by their tokens; the least recently used go first where there are too many."""

    def __init__(
        self,
        *,
        ready: Callable[[], Classifier],
        limits: Limits,
        pool: WorkerPool,
        clock: Clock = time.monotonic,
    ) -> None:
        self._ready = ready
        self._limits = limits
        self._pool = pool
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self._openings = Buckets(limits.api_requests_per_s, clock=clock)

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        """The sessions of this moment, the most recently used first."""
        with self._lock:
            return iter(list(reversed(self._sessions.values())))

    def open(self, previous: object = None, *, address: str = "") -> Session:
        """The session that `previous` is the token of, or a new one.

        `RefusedError` "rate" where too many new ones were opened from `address`.
        """
        session = self.get(previous)
        if session is not None:
            return session
        if not self._openings.take(address):
            raise too_often()
        session = Session(
            token=secrets.token_urlsafe(_TOKEN_BYTES),
            limits=self._limits,
            pool=self._pool,
            ready=self._ready,
            address=address,
            clock=self._clock,
        )
        with self._lock:
            self._sessions[session.token] = session
            surplus = len(self._sessions) - self._limits.sessions
            gone = [self._sessions.pop(self._least_needed()) for _ in range(surplus)]
        for each in gone:
            each.close()
        return session

    def visit(self, token: object, *, cost: float = 1.0) -> Session:
        """The session of that token, for one more request of it, which takes as long as `cost` others.

        `RefusedError` "session" where there is none, "rate" where too many requests came before.
        """
        session = self.get(token)
        if session is None:
            raise forgotten()
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
                session.presence.ask()
            return session

    def forget(self, session: Session) -> None:
        """Close `session`: its visitor, should they come back, gets another one."""
        with self._lock:
            self._sessions.pop(session.token, None)
        session.close()

    def _least_needed(self) -> str:
        """The session unseen for longest, of those without a model if there are such.

        Whoever opens many sessions thereby pushes out no visitor who has something to lose.
        """
        *others, _ = self._sessions  # the newest has only just come
        return next((token for token in others if self._sessions[token].is_empty), others[0])
