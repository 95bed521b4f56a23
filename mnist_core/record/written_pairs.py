"""Images of two digits that touch, for training: written by one hand with one pen, or printed.

Those of `record.pairs` are put together from images of one digit each; these have in common what two
digits of a number have: slant, pen, light and edges. Lengths are in heights of a digit.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import torch

from mnist_core.data.pendigits import PenDigit
from mnist_core.ink.cuts import even
from mnist_core.ink.paper import Grey
from mnist_core.ink.picture import PAIR_SHAPE, place_pair
from mnist_core.ink.picture_pieces import PicturePieces
from mnist_core.ink.pieces import Profile, profile_of, reach
from mnist_core.ink.raster import Image, Strokes
from mnist_core.models.config import CLASS_COUNT
from mnist_core.record.hands import vary_strokes
from mnist_core.record.non_digits import Drawing, letter
from mnist_core.record.parts import Part, in_parts
from mnist_core.record.pictures import drawn, log_uniform, taken
from mnist_core.record.pools import NOT_A_DIGIT, Labelled, Pool
from mnist_core.record.printed import printed, some_letters
from mnist_core.record.rare_styles import made_up_digit

# The kinds; of letters, some stand beside a digit or another letter.
_TWO, _THREE, _ONE, _LETTERS = range(4)
_SHARES = (0.5, 0.06, 0.17, 0.27)
# Of each, how many are printed: mostly of what is no pair, since print seldom touches.
_PRINTED = (0.08, 0.0, 0.5, 0.4)
_BESIDE_A_DIGIT, _TWO_LETTERS = 0.2, 0.2
# Digits in one of the rarer styles, and by another hand than their neighbour.
_MADE_UP, _OTHER_HAND = 0.12, 0.1
_THINNEST, _THICKEST = 0.03, 0.145
_LOWEST, _HIGHEST = 22.0, 150.0  # pixels
# How much hands differ from digit to digit, and from pair to pair; sizes, as logarithms, and lines.
_OWN, _COMMON = (0.0, 0.6), (0.1, 0.7)
_SIZES, _OFF_THE_LINE = (0.03, 0.13), 0.05
# Paper between two digits, less than nothing where they overlap, up to so much of the pen's width; of
# some, that overlap further; and of those that a line may join.
_LEAST, _MOST = -0.25, 0.95
_FURTHER_SHARE, _FURTHEST = 0.2, -0.4
_JOINED_SHARE, _WIDEST = 0.15, 0.2
_LINE_SHARE = 0.6
_STEP = 0.03
_NONE = (NOT_A_DIGIT, NOT_A_DIGIT)


def written_pairs(pen: Sequence[PenDigit], count: int, *, generator: np.random.Generator) -> Pool:
    """`count` images, (28, 48) as by `place_pair`, and labels (count, 2); none without pen digits.

    The labels of what is no pair are `NOT_A_DIGIT`.
    """
    hands: dict[int, list[PenDigit]] = {}
    for digit in pen:
        hands.setdefault(digit.writer, []).append(digit)
    if not pen:
        count = 0
    draw = functools.partial(_some, list(hands.values()), pen)
    images, labels = in_parts(draw, count, generator=generator)
    return Pool(torch.from_numpy(images), torch.from_numpy(labels))


def _some(
    by_hand: Sequence[Sequence[PenDigit]],
    pen: Sequence[PenDigit],
    count: int,
    generator: np.random.Generator,
) -> Part:
    images = np.zeros((count, *PAIR_SHAPE), np.uint8)
    labels = np.full((count, 2), NOT_A_DIGIT)
    for image, label in zip(images, labels, strict=True):
        found = None
        while found is None:
            kind = int(generator.choice(len(_SHARES), p=_SHARES))
            if generator.random() < _PRINTED[kind]:
                shape, label[:] = _in_print(kind, generator)
            else:
                hand = by_hand[int(generator.integers(len(by_hand)))]
                inks, label[:] = _side_by_side(kind, hand, pen, generator)
                shape = _written(inks, generator)
            found = _found(shape, generator)
        image[:] = np.rint(found * 255)
    return images, labels


def _in_print(kind: int, generator: np.random.Generator) -> tuple[Grey, tuple[int, int]]:
    """A shape, and its labels."""
    size = _some_size(generator)
    if kind == _LETTERS:
        return printed(some_letters(generator), size=size, generator=generator), _NONE
    digits = generator.integers(CLASS_COUNT, size=2 if kind == _TWO else 1).tolist()
    text = "".join(map(str, digits))
    shape = printed(text, size=size, generator=generator)
    return shape, (digits[0], digits[1]) if kind == _TWO else _NONE


def _side_by_side(
    kind: int, hand: Sequence[PenDigit], pen: Sequence[PenDigit], generator: np.random.Generator
) -> tuple[list[Strokes], tuple[int, int]]:
    """What is written side by side, and its labels."""

    def digit() -> Labelled:
        if generator.random() < _MADE_UP:
            label = int(generator.integers(CLASS_COUNT))
            return made_up_digit(label, generator=generator), label
        digits = pen if generator.random() < _OTHER_HAND else hand
        chosen = digits[int(generator.integers(len(digits)))]
        return chosen.strokes, chosen.digit

    if kind == _TWO:
        (left, first), (right, second) = digit(), digit()
        return [left, right], (first, second)
    if kind in (_THREE, _ONE):
        return [digit()[0] for _ in range(3 if kind == _THREE else 1)], _NONE
    inks: list[Strokes] = [letter(generator=generator)]
    chance = generator.random()
    if chance < _BESIDE_A_DIGIT:
        inks.insert(int(generator.integers(2)), digit()[0])
    elif chance < _BESIDE_A_DIGIT + _TWO_LETTERS:
        inks.append(letter(generator=generator))
    return inks, _NONE


def _written(inks: Sequence[Strokes], generator: np.random.Generator) -> Grey:
    """The shape of what is written side by side."""
    width = log_uniform(_THINNEST, _THICKEST, generator)
    strokes = _in_a_row(inks, width, generator)
    size = _some_size(generator)
    across, down = np.ptp(np.concatenate(strokes), axis=0).tolist()
    scale = size / max(down, 0.35 * across, 1e-6)
    return drawn(strokes, scale=scale, width=width * size)


def _some_size(generator: np.random.Generator) -> float:
    return log_uniform(_LOWEST, _HIGHEST, generator)


def _found(shape: Grey, generator: np.random.Generator) -> Image | None:
    """The shape as it is found in a picture; None where it does not hang together."""
    ink = taken(shape, generator=generator)
    pieces = PicturePieces.of(ink).pieces
    return place_pair(np.where(pieces[0].mask, ink, 0.0)) if len(pieces) == 1 else None


def _in_a_row(inks: Sequence[Strokes], width: float, generator: np.random.Generator) -> Drawing:
    size = generator.uniform(*_SIZES)
    row: Drawing = []
    last: Drawing = []
    for ink in inks:
        own = vary_strokes(ink, strength=generator.uniform(*_OWN), generator=generator)
        upright = _upright(own, math.exp(generator.normal(0, size)), generator)
        if last:
            joined = generator.random() < _JOINED_SHARE
            far = _reach(last, upright) + (
                generator.uniform(0, _WIDEST) if joined else _distance(width, generator)
            )
            upright = [stroke + np.array((far, 0.0)) for stroke in upright]
            if joined and generator.random() < _LINE_SHARE:
                upright[0] = np.concatenate((last[-1][-1:], upright[0]))
        row += upright
        last = upright
    return vary_strokes(row, strength=generator.uniform(*_COMMON), generator=generator)


def _distance(width: float, generator: np.random.Generator) -> float:
    if generator.random() < _FURTHER_SHARE:
        return float(generator.uniform(_FURTHEST, 0.0))
    return float(generator.uniform(_LEAST, _MOST * width))


def _upright(strokes: Strokes, height: float, generator: np.random.Generator) -> Drawing:
    """On the line y = 0, more or less, and so high, or so wide where it is wider by far."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height / max(high[1] - low[1], 0.6 * (high[0] - low[0]), 1e-9)
    line = np.array((low[0], high[1] + generator.normal(0, _OFF_THE_LINE) / scale))
    return [(stroke - line) * scale for stroke in strokes]


def _reach(left: Strokes, right: Strokes) -> float:
    """By how much the right one is moved so that its line lies on the left one's, at some height."""
    far = reach(_profile(left), _profile(right))
    if math.isfinite(far):
        return far
    ends, starts = (np.concatenate(list(each))[:, 0] for each in (left, right))
    return float(ends.max() - starts.min())


def _profile(strokes: Strokes) -> Profile:
    points = (point for stroke in strokes for point in even(np.asarray(stroke), _STEP).tolist())
    return profile_of(points, 1.0)
