"""Which digits a mark is that touch: what networks see in all of it, and where it is parted then."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import SupportsFloat

from mnist_core.ink.paper import Mask
from mnist_core.ink.partings import Parting, halves, partings
from mnist_core.ink.picture import extent
from mnist_core.ink.pieces import Judge, Said
from mnist_core.ink.raster import Image

# So many ways to part a mark are tried.
_WAYS = 40
# What a way's cost counts for beside the logarithms of probabilities, and the least of these: of a part,
# and of what may as well be several digits.
_COST_SHARE = 0.25
_LEAST, _LEAST_OF_ALL = 0.03, 1e-5
# Of what is found part by part, the way there counts for so much beside what all the pairs of it say.
_WAY_SHARE = 0.5
# A mark is a pair where the odds of that are so many times those of one digit, or where it is surely one
# by the probability of that, and by its own even more surely a pair.
_ONE_FACTOR = 2.0
_SURELY_ONE, _EVEN_SURER = 0.99, 0.995
# What is a pair with more than this is parted even where no middle line parts it.
_RATHER = 0.5
# Below this probability of a pair, a mark may be of more digits. So many ways in which each part is a
# digit, of that probability, or a pair are looked at; of the likeliest, these are parted in turn.
_SURELY_A_PAIR = 0.9
_DIGIT = 0.9
_TRIED, _PARTED = 20, 4
# What a pair says of a digit is wrong with about this probability.
_PAIR_ERRS = 0.005
# A part that is so wide, by the height of the row, may be of more than two: it is looked at so, again and
# again so many times.
_WIDE, _TIMES = 1.5, 4


@dataclass(frozen=True, slots=True, eq=False)
class TouchingDigit:
    """A digit's ink, and what the pair that it is of says of it, if it is of one."""

    mask: Mask
    said: Said | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Touching:
    """The ink of digits from left to right, and what each is by itself.

    score: a sum of logarithms of probabilities. said: where that is known, what the pairs say of each.
    """

    score: float
    parts: list[Mask]
    alone: list[Said]
    said: Sequence[Said | None] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A way to part a mark, and which digits its parts are."""

    parting: Parting
    left: Said
    right: Said

    @property
    def cost(self) -> float:
        return _COST_SHARE * self.parting.cost


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
        if alone >= _SURELY_ONE and pair < _EVEN_SURER:
            return whole
        is_pair = alone >= _SURELY_ONE or _odds(pair) > _ONE_FACTOR * _odds(alone)
        ways = self._ways(mark, is_pair=is_pair and pair > _RATHER)
        if not ways:
            return whole
        found = [_pair(ways, *both) if is_pair else _one(mark, one, factor=_ONE_FACTOR)]
        if pair < _SURELY_A_PAIR:
            found += [
                self._agreed(each, both) for each in self._several(ways, _PARTED, times=_TIMES)
            ]
        best = max(found, key=_score)
        return list(map(TouchingDigit, best.parts, best.said)) if len(best.parts) > 1 else whole

    def _agreed(self, found: _Touching, both: Said) -> _Touching:
        """Rated by how far each digit and all the pairs that it is of agree."""
        said = self._said(found.parts, both)
        agreement = sum(_agreement(*each) for each in zip(found.alone, said, strict=True))
        return _Touching(agreement + _WAY_SHARE * found.score, found.parts, found.alone, said)

    def _said(self, parts: Sequence[Mask], both: Said) -> list[Said]:
        """What each and the next are together; the pairs that a digit is of agree on it, or it is none.

        both: what all of them are as a pair.
        """
        if len(parts) == 2:
            return list(both)
        pairs = self.judge.pairs(
            [self.pair_image_of(one | other) for one, other in pairwise(parts)]
        )
        within = (pairs[1:, 0] + _PAIR_ERRS) * (pairs[:-1, 1] + _PAIR_ERRS)
        return [pairs[0, 0], *within / within.sum(axis=1, keepdims=True), pairs[-1, 1]]

    def _ways(self, mark: Mask, *, is_pair: bool = False) -> list[_Way]:
        """The ways to part a mark. What is a pair has two parts, however it hangs together."""
        ways = partings(mark, height=self.height, most=_WAYS)
        if not ways and is_pair:
            ways = halves(mark)
        if not ways:
            return []
        said = _of_each(
            [part for way in ways for part in way.parts],
            lambda parts: self.judge.digits([self.image_of(part) for part in parts]),
        )
        return [_Way(*each) for each in zip(ways, said[::2], said[1::2], strict=True)]

    def _several(self, ways: Sequence[_Way], most: int, *, times: int) -> list[_Touching]:
        """Each part is a digit, a pair or, if it is wide, several again, so many times."""
        tried = sorted(ways, key=_so_far, reverse=True)[:_TRIED]
        said = _of_each(
            [part for way in tried for part in way.parting.parts],
            lambda parts: self.judge.pairs([self.pair_image_of(part) for part in parts]),
        )
        likeliest = sorted(
            zip(tried, said[::2], said[1::2], strict=True), key=_with_pairs, reverse=True
        )
        return [self._parted_in_turn(*each, times=times) for each in likeliest[:most]]

    def _parted_in_turn(self, way: _Way, *pairs: Said, times: int) -> _Touching:
        score, parts, alone = -way.cost, [], []
        for part, digit, pair in zip(way.parting.parts, (way.left, way.right), pairs, strict=True):
            found = self._part_in_turn(part, digit, pair, times=times)
            score += found.score
            parts += found.parts
            alone += found.alone
        return _Touching(score, parts, alone)

    def _part_in_turn(self, part: Mask, digit: Said, pair: Said, *, times: int) -> _Touching:
        one = _Touching(_log(digit[:-1].max()), [part], [digit])
        columns = extent(part)[1]
        is_wide = columns.stop - columns.start > _WIDE * self.height
        several = is_wide and times > 0 and _is_pair(pair) < _SURELY_A_PAIR
        if not (several or _of_pair(pair) > one.score) or not (ways := self._ways(part)):
            return one
        if several:
            return max([_one(part, digit), *self._several(ways, 1, times=times - 1)], key=_score)
        return _pair(ways, *pair)


def _of_each(parts: Sequence[Mask], say: Callable[[list[Mask]], Said]) -> list[Said]:
    """What is said of each part; `say` is asked once about those that several ways have in common."""
    distinct = {id(part): part for part in parts}
    said = dict(zip(distinct, say(list(distinct.values())), strict=True))
    return [said[id(part)] for part in parts]


def _so_far(way: _Way) -> float:
    """How likely a way is where what is no digit may be a pair."""
    sure = [float(said[:-1].max()) for said in (way.left, way.right)]
    return sum(_log(each) for each in sure if each >= _DIGIT) - way.cost


def _with_pairs(read: tuple[_Way, Said, Said]) -> float:
    """How likely a way is whose parts are a digit or a pair each."""
    way, *pairs = read
    parts = zip((way.left, way.right), pairs, strict=True)
    return sum(max(_log(said[:-1].max()), _of_pair(pair)) for said, pair in parts) - way.cost


def _is_pair(said: Said) -> float:
    """How likely it is that both are digits."""
    left, right = said
    return float((1 - left[-1]) * (1 - right[-1]))


def _of_pair(said: Said) -> float:
    return sum(_log(each[:-1].max()) for each in said)


def _pair(ways: Sequence[_Way], left: Said, right: Said) -> _Touching:
    """The way whose parts are likeliest the digits that a pair is."""

    def score(way: _Way) -> float:
        return _agreement(way.left, left) + _agreement(way.right, right) - way.cost

    best = max(ways, key=score)
    alone = [best.left, best.right]
    return _Touching(score(best), [*best.parting.parts], alone, [left, right])


def _one(mark: Mask, said: Said, *, factor: float = 1.0) -> _Touching:
    """As one digit, so many times as likely, of what may as well be several."""
    probability = factor * float(said[:-1].max())
    return _Touching(math.log(max(probability, _LEAST_OF_ALL)), [mark], [said])


def _agreement(one: Said, other: Said) -> float:
    return _log(one[:-1] @ other[:-1])


def _score(touching: _Touching) -> float:
    return touching.score


def _odds(probability: float) -> float:
    return probability / max(1 - probability, 1e-9)


def _log(probability: SupportsFloat) -> float:
    return math.log(max(float(probability), _LEAST))
