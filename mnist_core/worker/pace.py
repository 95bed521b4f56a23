"""The time of a training: when something is due again, how long it has worked, how fast it learns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

Clock = Callable[[], float]  # seconds

_SPEED_S = 0.5  # the least that a speed is measured over
_LEAST_S = 0.005  # and that the first one is


class Pace:
    """Says when something that comes every so many seconds is due: at once, for the first time."""

    def __init__(self, every_s: float, *, clock: Clock = time.perf_counter) -> None:
        self._every_s = every_s
        self._clock = clock
        self._due_at = -math.inf

    @property
    def is_due(self) -> bool:
        return self._clock() >= self._due_at

    def begin(self) -> None:
        """Count from now."""
        self._due_at = self._clock() + self._every_s


class Stopwatch:
    """Seconds of work, without the pauses. It stands still until `run`."""

    def __init__(self, worked_s: float = 0.0, *, clock: Clock = time.perf_counter) -> None:
        self._clock = clock
        self._worked_s = worked_s
        self._since_s: float | None = None

    @property
    def stands(self) -> bool:
        return self._since_s is None

    @property
    def elapsed_s(self) -> float:
        return self._worked_s + (0.0 if self._since_s is None else self._clock() - self._since_s)

    def run(self) -> None:
        if self._since_s is None:
            self._since_s = self._clock()

    def stand(self) -> None:
        self._worked_s = self.elapsed_s
        self._since_s = None


class Speedometer:
    """Images a second, over at least the last half second of work."""

    def __init__(self, elapsed_s: float = 0.0) -> None:
        self._images = 0.0
        self._speed: float | None = None
        self._since = (elapsed_s, 0.0)  # seconds of work, images

    def count(self, images: float) -> None:
        self._images += images

    def images_per_s(self, elapsed_s: float) -> float:
        """The speed after `elapsed_s` of work; 0 before there is enough of it to tell."""
        since_s, since_images = self._since
        if elapsed_s - since_s > _SPEED_S:
            self._speed = (self._images - since_images) / (elapsed_s - since_s)
            self._since = (elapsed_s, self._images)
        if self._speed is None and elapsed_s - since_s >= _LEAST_S:
            return self._images / (elapsed_s - since_s)
        return self._speed or 0.0
