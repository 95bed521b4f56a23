"""The training loss in few enough points to send and to draw."""

from __future__ import annotations

import math

from mnist_core.worker.messages import Point

_DENSE_POINTS = 50  # steps that each have a point of their own in the history
_POINTS = 400


class History:
    """The training loss in at most some 450 points: each of the first steps, then means.

    Points depend on progress alone, not on time, so the same set-up gives the same history; and there
    are no more of them where a smaller batch makes more steps on the way.
    """

    def __init__(self) -> None:
        self._told = 0  # of `_POINTS` shares of the training
        self._loss = self._accuracy = 0.0
        self._count = 0
        self._points: list[Point] = []

    def add(
        self, step: int, progress: float, *, loss: float, accuracy: float, elapsed_s: float
    ) -> None:
        """One batch, after which `progress` in [0, 1] of the training is done."""
        self._loss += loss
        self._accuracy += accuracy
        self._count += 1
        share = _share_of(progress)
        if step <= _DENSE_POINTS or share > self._told:
            self._told = share
            count = self._count
            mean = self._loss / count, self._accuracy / count
            self._points.append((step, *mean, round(elapsed_s, 3)))
            self._loss = self._accuracy = 0.0
            self._count = 0

    @property
    def pending(self) -> tuple[int, float, float]:
        """What the next point has of its steps so far: their number, losses and accuracies."""
        return self._count, self._loss, self._accuracy

    def resume(self, progress: float, pending: tuple[int, float, float]) -> None:
        """Go on where another history was after `progress` of the training."""
        self._told = _share_of(progress)
        self._count, self._loss, self._accuracy = pending

    def take(self) -> tuple[Point, ...]:
        """The points since the last call."""
        points, self._points = tuple(self._points), []
        return points


def _share_of(progress: float) -> int:
    return math.floor(progress * _POINTS + 1e-6)
