"""The sweep: what is done about all visitors once a second, one policy a function."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from mnist_core.server.limits import Limits
from mnist_core.server.memory import give_back_memory
from mnist_core.server.rates import Clock
from mnist_core.server.sessions import Sessions
from mnist_core.server.worker_pool import WorkerPool

log = logging.getLogger(__name__)

_UPLOAD_S = 30.0  # a file whose rest has not come within this is dropped
_AWAY_MOMENTS = 5  # snapshots that each run of a page that is away keeps
_GIVE_BACK_S = 5.0


class Sweep:
    """Ends the trainings of pages that are gone, forgets their visitors, and holds the memory.

    Call it once a second. What others `add` comes last. A part that raises goes to the log, and the
    others go on.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        pool: WorkerPool,
        limits: Limits,
        clock: Clock = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._pool = pool
        self._limits = limits
        self._clock = clock
        self._given_back_at = 0.0
        self._parts: list[Callable[[], None]] = [
            self._end_unwatched,
            self._end_rests,
            self._forget_gone,
            self._drop_files,
            self._hold_away,
            self._hold_total,
            self._give_back,
        ]

    def add(self, part: Callable[[], None]) -> None:
        """Call `part` in each sweep as well."""
        self._parts.append(part)

    def __call__(self) -> None:
        for part in self._parts:
            try:
                part()
            except Exception:
                # Without the others, trainings would run on without a page, and memory grow.
                log.exception("a part of the sweep broke off")

    def _end_unwatched(self) -> None:
        """End trainings that no page asks about."""
        for session in self._sessions:
            run = session.run
            if run is None or not run.active:
                continue
            if session.presence.lease_is_over(others_wait=self._pool.waiting > 0):
                log.info("a training ended because its page has gone")
                session.presence.miss()
                session.stop()

    def _end_rests(self) -> None:
        """End trainings that rest while others wait."""
        now = self._clock()
        for session in self._sessions:
            run = session.run
            if run is None or not run.active:
                continue
            if run.status != "paused" or not self._pool.waiting:
                run.paused_at = now
            elif now - run.paused_at > self._limits.pause_s:
                session.stop()

    def _forget_gone(self) -> None:
        """Forget visitors whose page will not come back."""
        for session in self._sessions:
            if session.presence.is_over:
                self._sessions.forget(session)

    def _drop_files(self) -> None:
        """Drop files of which the rest does not come."""
        for session in self._sessions:
            if session.presence.idle_s > _UPLOAD_S:
                session.file.drop()

    def _hold_away(self) -> None:
        """Leave pages that are away a little memory together, the latest ones first."""
        left_bytes = self._limits.away_bytes
        for session in self._sessions:
            if session.presence.is_away:
                session.keep_moments(_AWAY_MOMENTS)
                if session.size_bytes > left_bytes:
                    session.forget()
                left_bytes -= session.size_bytes

    def _hold_total(self) -> None:
        """Keep all visitors under the cap: the latest ones keep most."""
        left_bytes = self._limits.total_bytes
        for session in self._sessions:
            if session.size_bytes > left_bytes:
                session.keep_weights()
            if session.size_bytes > left_bytes:
                session.forget()
            left_bytes -= session.size_bytes

    def _give_back(self) -> None:
        """Give freed memory back to the system."""
        now = self._clock()
        if now - self._given_back_at > _GIVE_BACK_S:
            self._given_back_at = now
            give_back_memory()
