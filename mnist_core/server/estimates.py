"""How long trainings take and wait, from their set-ups and from how fast others are here."""

from __future__ import annotations

import heapq
import math
import statistics
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mnist_core.worker.messages import Progress, Start

_LATEST = 6  # trainings that have ended; all that run count beside them
_LATEST_WARM_UPS = 3
_MOST_S = 10.0  # of a training that count: a long one began when it may have been busier here
_SUPPOSED_S = (
    1.0  # of work that are supposed to go as all else does, until there is more to learn from
)
# On a usual core, from a worker's start: until it answers, and until it has the data.
_READY_S, _WARM_UP_S = 1.6, 1.9


def work_s(start: Start, *, done: float = 1.0) -> float:
    """Seconds that a training takes of a usual core, from a rough cost of an image and a step.

    done: up to there, in [0, 1]. `assets/lab/cost.js` tells the same before the training is asked for.
    """
    config = start.train
    parameters = sum((inputs + 1) * units for inputs, units in pairwise(start.model.layer_sizes))
    images = config.epochs * start.train_size
    image_s = 2e-6 + parameters * 6e-11 + (3e-5 if config.augment else 0.0)
    step_s = 1e-4 + parameters * 1e-10 * (12 if config.optimizer == "adam" else 4)
    # Its moments are measured when they come: see `mnist_core.worker.moments`.
    measures_s = 0.4 * math.cbrt(done)
    return done * images * (image_s + step_s / config.batch_size) + measures_s


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a training took, and the usual time of what it did meanwhile."""

    kind: Hashable
    took_s: float
    usual_s: float

    @classmethod
    def of(cls, start: Start, took_s: float, *, done: float) -> _Seen:
        share = min(1.0, _MOST_S / max(took_s, 1e-9))
        return cls(_kind(start), share * took_s, share * work_s(start, done=done))


class Estimates:
    """What trainings will take here, learnt from those that run and those that have ended.

    All are told apart from a usual core's by a factor: how many times as long they take here, now.
    """

    def __init__(self) -> None:
        self._ended: deque[_Seen] = deque(maxlen=_LATEST)
        self._warm_ups_s: deque[float] = deque(maxlen=_LATEST_WARM_UPS)

    def learn(self, start: Start, progress: Progress | None, *, took_s: float) -> None:
        """A training has ended that took a worker's time for so long, without pauses."""
        if progress is not None:
            self._ended.append(_Seen.of(start, took_s, done=progress.progress))

    def warmed(self, took_s: float) -> None:
        """A worker has the data, so long after it was started."""
        self._warm_ups_s.append(took_s)

    @property
    def warm_up_s(self) -> float:
        """Seconds from a worker's start until it can train."""
        return statistics.mean(self._warm_ups_s or [_WARM_UP_S])

    def coming_s(self, age_s: float, *, answered_s: float | None) -> float:
        """Seconds until a worker can train that was started `age_s` ago.

        answered_s: how long after its start it first answered; None where it has yet to.
        """
        if answered_s is None:
            # What has not answered for so long takes about as long again, and then its time for the data.
            whole_s = max(self.warm_up_s, 2.2 * age_s)
        else:
            whole_s = max(answered_s / _READY_S * _WARM_UP_S, 1.1 * age_s)
        return whole_s - age_s

    def slowness(
        self, running: Iterable[tuple[Start, Progress | None]], *, coming_s: Iterable[float] = ()
    ) -> Callable[[Start], float]:
        """How many times as long as usual a training takes now, beside those that run.

        coming_s: what workers that are being started will have taken until they can train. That alone
        tells how busy it is here where nothing has been trained.
        """
        seen = [*self._ended]
        seen += [
            _Seen.of(start, progress.elapsed_s, done=progress.progress)
            for start, progress in running
            if progress is not None
        ]
        warm_up_s = statistics.mean([*coming_s] or [self.warm_up_s])
        here = _factor(seen, warm_up_s / _WARM_UP_S)
        kinds = {each.kind for each in seen}
        factors = {kind: _factor([s for s in seen if s.kind == kind], here) for kind in kinds}
        return lambda start: factors.get(_kind(start), here)

    def left_s(self, start: Start, progress: Progress | None, *, slowness: float) -> float:
        """Seconds until a training is over that has come so far; None: it has yet to begin."""
        if progress is None:
            return min(start.max_s, slowness * work_s(start))
        own = _factor([_Seen.of(start, progress.elapsed_s, done=progress.progress)], slowness)
        return min(start.max_s, own * (work_s(start) - work_s(start, done=progress.progress)))


def _kind(start: Start) -> Hashable:
    """What trainings have in common whose cost is wrong by the same factor."""
    config = start.train
    return tuple(start.model.layer_sizes), config.batch_size, config.optimizer, config.augment


def _factor(seen: Sequence[_Seen], supposed: float) -> float:
    took_s = _SUPPOSED_S + sum(each.took_s for each in seen)
    return took_s / (_SUPPOSED_S / supposed + sum(each.usual_s for each in seen))


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
