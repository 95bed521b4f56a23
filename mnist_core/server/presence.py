"""Whether a visitor's page is there: it says something every ten seconds, or a minute in the background."""

from __future__ import annotations

import time

from mnist_core.server.limits import Limits
from mnist_core.server.rates import Clock

_LEAVING_S = 3.0  # a reload says goodbye too, and is back within this
_WATCHING_S = 1.0  # a page that waits for its training asks for it more often than this
_AWAY_S = 35.0  # a page that says nothing for so long is gone
_HIDDEN_AWAY_S = 150.0
_GOODBYE_S = 60.0  # a visitor who said goodbye is forgotten after this
_FORGOTTEN_S = 3600.0  # and one who said nothing, after this


class Presence:
    """When a page was last there, and the lease of its training, which ends unless it is asked about."""

    def __init__(self, *, limits: Limits, clock: Clock = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._seen_at = clock()
        self._lease_until = self._seen_at + limits.lease_s
        self._hidden = False
        self._left = False
        self._left_visit: str | None = None  # the last that said goodbye
        self._missed = False  # its training ended because no page asked about it

    def ask(self) -> None:
        """The page has asked for something."""
        self._seen_at = self._clock()

    def follow(self, *, hidden: bool = False, visit: str | None = None) -> None:
        """The page asks how its training goes: it goes on, longer for a page in the background.

        visit: which opening of the page asks. What it asked before its goodbye may arrive after it.
        """
        if visit is not None and visit == self._left_visit:
            return
        lease_s = self._limits.hidden_lease_s if hidden else self._limits.lease_s
        self._seen_at = self._clock()
        self._lease_until = self._seen_at + lease_s
        self._hidden = hidden
        self._left = self._missed = False

    def leave(self, *, visit: str | None = None) -> None:
        """The page says goodbye: unless it is back at once, its training ends."""
        self._left_visit = visit
        self._left = True
        self._lease_until = min(self._lease_until, self._clock() + _LEAVING_S)

    def miss(self) -> None:
        """Nobody asks any more: the page is gone until it does."""
        self._missed = True

    @property
    def idle_s(self) -> float:
        """How long the page has asked for nothing."""
        return self._clock() - self._seen_at

    @property
    def is_watching(self) -> bool:
        """Whether the page is there at this moment: a training does not begin for one that is not."""
        return self._hidden or self.idle_s < _WATCHING_S

    @property
    def is_away(self) -> bool:
        """Whether the page is gone, as far as one can tell; it may come back."""
        limit_s = _HIDDEN_AWAY_S if self._hidden else _AWAY_S
        left = self._left and self.idle_s > _LEAVING_S
        return self._missed or left or self.idle_s > limit_s

    @property
    def is_over(self) -> bool:
        """Whether the page will not come back."""
        return self.idle_s > _FORGOTTEN_S or (self._left and self.idle_s > _GOODBYE_S)

    def lease_is_over(self, *, others_wait: bool) -> bool:
        """Whether the training of this page ends; sooner where other visitors wait for theirs."""
        lease_until = self._lease_until
        if others_wait and not self._hidden and not self._left:
            lease_until -= max(0.0, self._limits.lease_s - self._limits.waiting_lease_s)
        return self._clock() > lease_until
