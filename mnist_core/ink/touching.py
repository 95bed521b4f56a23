"""Which digits a mark is that touch: of the ways to part it, the one that a network finds likeliest."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnist_core.ink.paper import Mask
from mnist_core.ink.partings import partings
from mnist_core.ink.pieces import SURELY_ONE, Likely
from mnist_core.ink.raster import Image

# A mark is so many digits at most, and so many ways to part it are tried.
_MOST_DIGITS, _WAYS = 4, 40
# What a logit counts for, at least and at most, and from where on it is a digit's.
_LEAST, _MOST, _DIGIT = -3.0, 6.0, 2.2
# Several digits are likelier than one where they are so many times its logit.
_ONE_FACTOR = 1.5
# So many ways are tried in which one part is a digit and the other one is parted in turn; of that, one.
_CHAINS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Touching:
    """Digits from left to right, as masks. score: larger is likelier, in logits."""

    score: float
    digits: list[Mask]


@dataclass(frozen=True, slots=True)
class Parter:
    """Parts the marks of one picture. height: of their row, in pixels. image_of: what is read of a mask."""

    image_of: Callable[[Mask], Image]
    likely: Likely
    height: float

    def digits_of(self, mark: Mask) -> list[Mask]:
        """The digits of a mark, from left to right: itself where it is rather one than several."""
        return self._likeliest(mark, _MOST_DIGITS).digits

    def _likeliest(self, mark: Mask, most: int) -> Touching:
        (alone,) = self.likely([self.image_of(mark)])
        best = Touching(_ONE_FACTOR * _logit(alone), [mark])
        if alone >= SURELY_ONE or most == 1:
            return best
        ways = partings(mark, height=self.height, most=_WAYS)
        images = [self.image_of(part) for way in ways for part in way.parts]
        logits = [_logit(each) for each in self.likely(images)] if images else []
        chains = []
        for way, left, right in zip(ways, logits[::2], logits[1::2], strict=True):
            best = _likelier(best, Touching(left + right - way.cost, [*way.parts]))
            if min(left, right) < _DIGIT < max(left, right):
                chains.append((max(left, right) - way.cost, left > right, way.parts))
        if best.score >= 2 * _DIGIT:
            return best
        chains.sort(key=lambda chain: chain[0], reverse=True)
        for score, is_left, (first, last) in chains[: _CHAINS if most == _MOST_DIGITS else 1]:
            rest = self._likeliest(last if is_left else first, most - 1)
            if len(rest.digits) > 1:
                digits = [first, *rest.digits] if is_left else [*rest.digits, last]
                best = _likelier(best, Touching(score + rest.score, digits))
        return best


def _likelier(one: Touching, other: Touching) -> Touching:
    return other if other.score > one.score else one


def _logit(probability: float) -> float:
    """What a probability counts for: its logit between bounds."""
    odds = probability / max(1 - probability, 1e-9)
    return float(np.clip(math.log(max(odds, 1e-9)), _LEAST, _MOST))
