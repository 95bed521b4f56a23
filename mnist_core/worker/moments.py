"""Which moments of a training are kept for going back in time."""

from __future__ import annotations


class Moments:
    """`count` + 1 moments from the first weights to the last.

    They lie at the cubes of even shares of the training: most is learnt in the early steps, so there
    they are denser.
    """

    def __init__(self, count: int, *, kept: int = 0) -> None:
        self._count = count
        self._next = kept

    @property
    def kept(self) -> int:
        """How many came so far; a training that goes on elsewhere goes on with these."""
        return self._next

    def reached(self, progress: float) -> bool:
        """Whether a moment, or several, came with `progress` in [0, 1] of the training; once for each."""
        before = self._next
        while progress >= (self._next / self._count) ** 3:
            self._next += 1
        return self._next > before
