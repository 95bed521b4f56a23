"""Which digits a mark is that touch: what networks see in all of it, and where it is parted then."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import SupportsFloat

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.paper import Mask
from mnist_core.ink.partings import Partings, halves, partings
from mnist_core.ink.pieces import Judge, Said, said_of_each
from mnist_core.ink.raster import Image

# What a cut's cost counts for beside the logarithms of probabilities, and the least of these: of a part,
# and of what may as well be several digits.
_COST_SHARE = 0.25
_LEAST, _LEAST_OF_ALL = 0.03, 1e-5
# A mark is a pair where it is likelier one than not, and the odds of that are so many times those of one
# digit; or where it is surely one by the probability of that, and by its own surely a pair. Below that, it
# may be of more digits, too.
_RATHER, _ONE_FACTOR = 0.5, 0.1
_SURELY_ONE, _SURELY_A_PAIR = 0.99, 0.9
# Beside rows of digits, one digit counts for so much.
_ONE_SHARE = 0.5
# On the way through a mark, what each part is and what two of them say together count for so much, and
# so many ways are looked at as a whole.
_STEP_SHARE, _LOOKED_AT = 0.5, 8
# Of what a way is as a whole, the way there counts for so much.
_WAY_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class TouchingDigit:
    """A digit's ink, and what the pair that it is of says of it, if it is of one."""

    mask: Mask
    said: Said | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Digits from left to right. score: a sum of logarithms of probabilities."""

    score: float
    digits: list[TouchingDigit]


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """The ways to part a mark, and which digit each part is."""

    partings: Partings
    said: dict[tuple[int, int], Said]

    @property
    def costs(self) -> NDArray[np.float64]:
        """Of each cut, and of both ends."""
        return _COST_SHARE * np.array([0.0, *self.partings.costs, 0.0])


@dataclass(frozen=True, slots=True)
class Parter:
    """Parts the marks of one picture. height: of their row, in pixels.

    image_of, pair_image_of: what is read of a mask, as a digit and as a pair.
    """

    image_of: Callable[[Mask], Image]
    pair_image_of: Callable[[Mask], Image]
    judge: Judge
    height: float

    def digits_of_each(self, marks: Sequence[Mask]) -> list[list[TouchingDigit]]:
        """The digits of each mark, from left to right: itself where it is rather one."""
        if not marks:
            return []
        said = self.judge.digits([self.image_of(mark) for mark in marks])
        pairs = self.judge.pairs([self.pair_image_of(mark) for mark in marks])
        return [
            self._digits_of(mark, one, both)
            for mark, one, both in zip(marks, said, pairs, strict=True)
        ]

    def _digits_of(self, mark: Mask, one: Said, both: Said) -> list[TouchingDigit]:
        """one: what the mark is by itself. both: what it is as a pair."""
        alone, pair = float(one[:-1].max()), _is_pair(both)
        whole = [TouchingDigit(mark)]
        if alone >= _SURELY_ONE and pair < _SURELY_A_PAIR:
            return whole
        is_pair = pair > _RATHER and (
            alone >= _SURELY_ONE or _odds(pair) > _ONE_FACTOR * _odds(alone)
        )
        ways = self._ways(mark, is_pair=is_pair)
        found = _as_pair(ways, *both) if is_pair else []
        if not found:
            probability = _ONE_SHARE * alone
            found = [_Row(math.log(max(probability, _LEAST_OF_ALL)), whole)]
        if pair < _SURELY_A_PAIR:
            found += self._rows(ways, both)
        return max(found, key=lambda row: row.score).digits

    def _ways(self, mark: Mask, *, is_pair: bool) -> _Ways:
        """The ways to part a mark. What is a pair has two parts, however it hangs together."""
        found = partings(mark, height=self.height)
        if not found.parts and is_pair:
            found = halves(mark)
        distinct = {id(part): part for part in found.parts.values()}
        if not distinct:
            return _Ways(found, {})
        digits = self.judge.digits([self.image_of(part) for part in distinct.values()])
        said = dict(zip(distinct, digits, strict=True))
        return _Ways(found, {ends: said[id(part)] for ends, part in found.parts.items()})

    def _rows(self, ways: _Ways, both: Said) -> list[_Row]:
        """The likeliest rows of two digits and more, rated by how far each and its pairs agree."""
        parts = ways.partings.parts
        known = {(0, ways.partings.end): both}
        after: dict[int, list[int]] = defaultdict(list)
        for cut, last in parts:
            after[cut].append(last)
        pairs: dict[tuple[int, int], Image] = {}
        for first, cut in parts:
            for last in after[cut]:
                if (first, last) not in known and (first, last) not in pairs:
                    pairs[first, last] = self.pair_image_of(parts[first, cut] | parts[cut, last])
        if pairs:
            known |= zip(pairs, self.judge.pairs(list(pairs.values())), strict=True)
        return [_as_row(ways, *way, known) for way in _likeliest_ways(ways, known)]


def _likeliest_ways(
    ways: _Ways, pairs: Mapping[tuple[int, int], Said]
) -> list[tuple[float, list[int]]]:
    """From end to end, by the cuts that are taken, and what each way scores, the best first.

    The way to a part is the one that is best so far (Viterbi), by what each part is and what each and
    the next are together.
    """
    costs, said = ways.costs, ways.said
    # Of the ways that end at a cut, the one for each part that is the last.
    best: dict[int, dict[int, tuple[float, list[int]]]] = defaultdict(dict)

    def step(before: int, first: int, last: int) -> tuple[float, list[int]]:
        left, right = pairs[before, last]
        together = _agreement(said[before, first], left) + _agreement(said[first, last], right)
        score, way = best[first][before]
        return score + _STEP_SHARE * together, way

    for first, last in sorted(said):
        steps = [step(before, first, last) for before in best[first]] if first else [(0.0, [0])]
        if steps:
            score, way = max(steps, key=lambda step: step[0])
            own = _STEP_SHARE * _log(said[first, last][:-1].max()) - costs[last]
            best[last][first] = score + own, [*way, last]
    through = best[ways.partings.end].values()
    return sorted(through, key=lambda way: way[0], reverse=True)[:_LOOKED_AT]


def _as_row(
    ways: _Ways, score: float, way: Sequence[int], pairs: Mapping[tuple[int, int], Said]
) -> _Row:
    together = np.stack([pairs[first, last] for first, last in zip(way, way[2:], strict=False)])
    said = said_of_each(together)
    alone = [ways.said[ends] for ends in pairwise(way)]
    agreement = sum(_agreement(*each) for each in zip(alone, said, strict=True))
    masks = [ways.partings.parts[ends] for ends in pairwise(way)]
    return _Row(agreement + _WAY_SHARE * score, list(map(TouchingDigit, masks, said)))


def _as_pair(ways: _Ways, left: Said, right: Said) -> list[_Row]:
    """The two parts that are likeliest the digits that a pair is; none where there are no two."""
    found, end = ways.said, ways.partings.end
    scores = {
        cut: _agreement(found[0, cut], left) + _agreement(found[cut, end], right) - cost
        for cut, cost in enumerate(ways.costs)
        if (0, cut) in found and (cut, end) in found
    }
    if not scores:
        return []
    best = max(scores, key=lambda cut: scores[cut])
    parts = ways.partings.parts
    digits = [TouchingDigit(parts[0, best], left), TouchingDigit(parts[best, end], right)]
    return [_Row(scores[best], digits)]


def _is_pair(said: Said) -> float:
    """How likely it is that both are digits."""
    left, right = said
    return float((1 - left[-1]) * (1 - right[-1]))


def _agreement(one: Said, other: Said) -> float:
    return _log(one[:-1] @ other[:-1])


def _odds(probability: float) -> float:
    return probability / max(1 - probability, 1e-9)


def _log(probability: SupportsFloat) -> float:
    return math.log(max(float(probability), _LEAST))
