"""Where the digits of a drawing are: one, or a row of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import geometric_mean

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_pieces import PicturePieces
from mnist_core.ink.pieces import Box, Pieces, Said, StrokePieces, row_height, said_of
from mnist_core.ink.raster import FloatArray, Image
from mnist_core.models.config import CLASS_COUNT, MLPConfig
from mnist_core.models.lattice import NO_ROW, Group, Row, likeliest_row, whole_score

# In a row of digits, what is at least so much like a digit is one: its neighbours speak for it.
_LEAST_LIKENESS_IN_A_ROW = 0.8
# What touches may be a letter: stems and arches are N, n or m; a, R and B are likelier than these.
_ARCHES = {1, 7}
_LETTERS = {(0, 1), (1, 2), (1, 3)}
# Where each digit touches the next, all of them are right with this probability.
_SURE = 0.98
# In a picture, all of them are right with the first. What is said of them beside their neighbours is wrong
# with the second at most, in the geometric mean (of letters, hardly one is surely a digit); of ones, with
# the third: H, M and N are like them. Nothing is said more surely than the fourth.
_RATHER, _DOUBT, _DOUBT_OF_ONES, _LEAST_DOUBT = 0.65, 0.22, 0.01, 0.001
# A digit beside others may be parted from them badly, and then be any: that it seems none counts for so
# much. What is said of it beside them may be wrong.
_BADLY_PARTED, _SEEMS_NONE, _NO_PAIR = 0.2, 0.1, 0.0005
# A drawing of more pieces is looked at as a whole only, which bounds what it takes.
_MAX_PIECES = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What the network says of an image: (10,) probabilities, and how much it is like a digit."""

    image: Image
    probabilities: NDArray[np.float32]
    likeness: float

    @property
    def said(self) -> Said:
        """Probabilities of the ten digits, and that it is none."""
        return np.append(self.probabilities * self.likeness, 1 - self.likeness)

    def beside(self, said: Said | None) -> Answer:
        """What it is together with what is said of it beside its neighbours, if anything is."""
        if said is None:
            return self
        parted = (1 - _BADLY_PARTED) * self.said
        parted[:-1] += _BADLY_PARTED / CLASS_COUNT
        parted[-1] *= _SEEMS_NONE
        both = parted * (said + _NO_PAIR)
        digits, none = both[:-1], both[-1]
        likeness = float(digits.sum() / (digits.sum() + none))
        return Answer(self.image, np.asarray(digits / digits.sum(), np.float32), likeness)

    @property
    def probability(self) -> float:
        """That it is a digit, and the likeliest one."""
        return float(self.probabilities.max()) * self.likeness


def least_in_a_row(config: MLPConfig) -> float:
    """How much like a digit what stands in a row of them must be, to be one."""
    return min(_LEAST_LIKENESS_IN_A_ROW, config.reject_below)


def pieces_of(ink: Ink) -> Pieces:
    """What ink that is not empty falls into."""
    if ink.found is not None:
        return PicturePieces.of(ink.found.ink)
    return StrokePieces.of(ink.strokes)


@dataclass(frozen=True, slots=True)
class Digit:
    """A digit of a row: what the network says, where it is, and strokes that draw its image, if any do.

    said: what it is beside its neighbours, in a picture.
    """

    answer: Answer
    box: Box
    strokes: list[FloatArray] | None
    said: Said | None


#: What the networks say of images: of one digit each, and of two.
Network = Callable[[list[Image]], list[Answer]]
Pairs = Callable[[NDArray[np.float32]], Said]


def digits_in_a_row(
    found: Pieces, whole: Answer, network: Network, pairs: Pairs, config: MLPConfig
) -> list[Digit]:
    """The digits from left to right; none where the drawing is one, or no row."""
    if len(found.pieces) > _MAX_PIECES:
        return []
    reader = _Reader(network, pairs, config)
    boxes = [piece.box for piece in found.pieces]
    is_digit = whole.likeness >= config.reject_below
    as_one = whole_score(boxes, whole.probability, is_digit=is_digit, rejects=config.rejects)
    best = reader.row(found) if len(boxes) > 1 else NO_ROW
    if best.score <= as_one:
        best = Row(as_one)
    if (found.in_picture and config.rejects) or not (best.groups or is_digit):
        doubtful = {piece.name[0] for piece in found.pieces}
    else:
        doubtful = reader.doubtful(found, best)
    if doubtful:
        parts = found.cut(doubtful, height=row_height(boxes), judge=reader)
        if len(found.pieces) < len(parts.pieces) <= _MAX_PIECES:
            row = reader.row(parts)
            is_better = row.score > best.score
            if found.in_picture and row.groups:  # parts are digits each, or what was read is none
                was_read = reader.is_number(found, best) if best.groups else is_digit
                is_better |= not was_read or reader.is_number(parts, row)
            if is_better:
                found, best = parts, row
    groups = [group.members for group in best.groups]
    together = found.together(groups, judge=reader)
    answers = [
        reader.alone(found, members).beside(said)
        for members, said in zip(groups, together, strict=True)
    ]
    is_row = config.rejects and len(groups) > 1
    if is_row and not _is_plausible(found, best.groups, answers, together):
        return []
    return [
        Digit(answer, found.place(members), found.strokes(members), said)
        for answer, members, said in zip(answers, groups, together, strict=True)
    ]


def _is_plausible(
    found: Pieces,
    groups: Sequence[Group],
    answers: Sequence[Answer],
    together: Sequence[Said | None],
) -> bool:
    """Whether a row of two or more are digits, and no letters that are like them."""
    digits = [int(answer.probabilities.argmax()) for answer in answers]
    probability = math.prod(answer.probability for answer in answers)
    if not isinstance(found, StrokePieces):
        doubts = [
            1 - float(said[digit]) + _LEAST_DOUBT
            for said, digit in zip(together, digits, strict=True)
            if said is not None
        ]
        most = _DOUBT_OF_ONES if set(digits) == {1} else _DOUBT
        return probability >= _RATHER and geometric_mean(doubts) <= most
    # The strokes of a letter touch: digits are apart, or clearly digits.
    height = row_height([group.box for group in groups])
    touching = [
        found.touch(left.members, right.members, height=height) for left, right in pairwise(groups)
    ]
    if not any(touching):
        return True
    return not set(digits) <= _ARCHES and (
        not all(touching) or (probability >= _SURE and tuple(digits) not in _LETTERS)
    )


class _Reader:
    """Asks the network once about each group of pieces."""

    def __init__(self, network: Network, pairs: Pairs, config: MLPConfig) -> None:
        self._network = network
        self._pairs = pairs
        self._config = config
        self._known: dict[tuple[tuple[int, int], ...], Answer] = {}

    def row(self, found: Pieces) -> Row:
        def answers(groups: Sequence[tuple[int, ...]]) -> list[float]:
            names = [_name(found, members) for members in groups]
            new = [index for index, name in enumerate(names) if name not in self._known]
            images = [found.image(groups[index]) for index in new]
            for index, answer in zip(new, self._network(images) if images else (), strict=True):
                self._known[names[index]] = answer
            return [self.answer(found, members).probability for members in groups]

        return likeliest_row(found.pieces, answers, rejects=self._config.rejects)

    def digits(self, images: list[Image]) -> Said:
        return np.stack([answer.said for answer in self._network(images)])

    def pairs(self, images: list[Image]) -> Said:
        return self._pairs(np.stack(images))

    def answer(self, found: Pieces, members: Sequence[int]) -> Answer:
        return self.alone(found, members).beside(said_of(found.pieces, members))

    def alone(self, found: Pieces, members: Sequence[int]) -> Answer:
        return self._known[_name(found, members)]

    def doubtful(self, found: Pieces, row: Row) -> set[int]:
        """The numbers of the strokes in groups that are no digit by themselves, if one is none in a row."""
        if self.is_number(found, row):
            return set()
        return {
            found.pieces[member].name[0]
            for group in row.groups
            if self.answer(found, group.members).likeness < self._config.reject_below
            for member in group.members
        }

    def is_number(self, found: Pieces, row: Row) -> bool:
        """Whether each group may be a digit."""
        likenesses = (self.answer(found, group.members).likeness for group in row.groups)
        return min(likenesses, default=1.0) >= least_in_a_row(self._config)


def _name(found: Pieces, members: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple(found.pieces[member].name for member in members)
