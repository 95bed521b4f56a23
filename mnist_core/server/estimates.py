"""How long trainings take and wait, from their set-ups and from how fast others learn here."""

from __future__ import annotations

import heapq
import statistics
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from mnist_core.worker.messages import Progress, Start

_LATEST = 20  # trainings that the estimates come from
_TELLING_S = 0.5  # a training that has worked for less says little
_WARM_UP_S = 4.0  # of a worker until it has the data, before there was one
_AROUND_S = 0.5  # that a training takes besides its steps, before there was one


def work_s(start: Start) -> float:
    """Seconds for all steps of a training on a usual core, from a rough cost of an image and a step.

    `assets/lab/cost.js` tells the same before the training is asked for.
    """
    config = start.train
    parameters = sum((inputs + 1) * units for inputs, units in pairwise(start.model.layer_sizes))
    images = config.epochs * start.train_size
    image_s = 2e-6 + parameters * 6e-11 + (3e-5 if config.augment else 0.0)
    step_s = 1e-4 + parameters * 1e-10 * (12 if config.optimizer == "adam" else 4)
    return images * image_s + images / config.batch_size * step_s


class Estimates:
    """What trainings will take here, learnt from those that run and those that have ended."""

    def __init__(self) -> None:
        self._slowness: deque[float] = deque(maxlen=_LATEST)  # times of `work_s`
        self._around_s: deque[float] = deque(maxlen=_LATEST)
        self._warm_up_s: deque[float] = deque(maxlen=_LATEST)

    def learn(self, start: Start, progress: Progress | None, *, took_s: float) -> None:
        """A training has ended that took a worker's time for so long, without pauses."""
        if progress is None:
            return
        self._around_s.append(max(0.0, took_s - progress.elapsed_s))
        self._slowness += _slowness(start, progress)

    def warmed(self, took_s: float) -> None:
        """A worker has the data, so long after it was started."""
        self._warm_up_s.append(took_s)

    @property
    def warm_up_s(self) -> float:
        """Seconds from a worker's start until it can train."""
        return statistics.median(self._warm_up_s or [_WARM_UP_S])

    def left_s(self, start: Start, progress: Progress | None, *, slowness: float) -> float:
        """Seconds until a training is over that has come so far; None: it has yet to begin."""
        done = 0.0 if progress is None else progress.progress
        if progress is not None:
            slowness = next(_slowness(start, progress), slowness)
        around_s = statistics.median(self._around_s or [_AROUND_S])
        return around_s + slowness * work_s(start) * (1 - done)

    def slowness(self, running: Iterable[tuple[Start, Progress | None]]) -> float:
        """How many times as long as usual a training takes now, beside those that run."""
        now = [
            each
            for start, progress in running
            if progress is not None
            for each in _slowness(start, progress)
        ]
        # What runs now says more than what ran before others came.
        return statistics.median(now or self._slowness or [1.0])


def _slowness(start: Start, progress: Progress) -> Iterator[float]:
    if progress.progress > 0 and progress.elapsed_s > _TELLING_S:
        yield progress.elapsed_s / (work_s(start) * progress.progress)


def waits_s(running_s: Sequence[float], waiting_s: Iterable[float]) -> list[float]:
    """When each of those that wait begins, in seconds, in the order in which they are served.

    running_s: until each place is free, 0 for one that is. waiting_s: what each will take.
    """
    places = list(running_s)
    heapq.heapify(places)
    begins = []
    for takes_s in waiting_s:
        begins.append(heapq.heappushpop(places, places[0] + takes_s))
    return begins
