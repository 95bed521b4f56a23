"""Digits side by side, so close that they touch, or apart, as one hand writes them with one pen.

Lengths are in heights of a digit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, islice

import numpy as np

from mnist_core.data.pendigits import PenDigit
from mnist_core.ink.cuts import even
from mnist_core.ink.paper import Grey
from mnist_core.ink.pieces import Profile, profile_of, reach
from mnist_core.ink.raster import Strokes
from mnist_core.models.config import CLASS_COUNT
from mnist_core.record.hands import Labelled, vary_strokes
from mnist_core.record.non_digits import Drawing
from mnist_core.record.pictures import drawn, log_uniform
from mnist_core.record.rare_styles import made_up_digit

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
# Paper between those that stand apart, beside the pen's width.
_FURTHEST_APART = 0.5
_STEP = 0.03


def by_hand(pen: Sequence[PenDigit]) -> list[list[PenDigit]]:
    """The digits of each writer."""
    hands: dict[int, list[PenDigit]] = {}
    for digit in pen:
        hands.setdefault(digit.writer, []).append(digit)
    return list(hands.values())


def digit_by(
    hand: Sequence[PenDigit], pen: Sequence[PenDigit], generator: np.random.Generator
) -> Labelled:
    """One of the hand's digits; now and then another's, or a made-up one."""
    if generator.random() < _MADE_UP:
        label = int(generator.integers(CLASS_COUNT))
        return made_up_digit(label, generator=generator), label
    digits = pen if generator.random() < _OTHER_HAND else hand
    chosen = digits[int(generator.integers(len(digits)))]
    return chosen.strokes, chosen.digit


def written_row(
    inks: Sequence[Strokes], generator: np.random.Generator, *, apart: bool = False
) -> list[Grey]:
    """The shapes of what is written side by side, each on a sheet of the size of all."""
    width = log_uniform(_THINNEST, _THICKEST, generator)
    row = _in_a_row(inks, width, generator, apart=apart)
    size = some_height(generator)
    points = np.concatenate(list(chain.from_iterable(row)))
    across, down = np.ptp(points, axis=0).tolist()
    scale = size / max(down, 0.35 * across, 1e-6)
    return [drawn(each, scale=scale, width=width * size, within=points) for each in row]


def some_height(generator: np.random.Generator) -> float:
    return log_uniform(_LOWEST, _HIGHEST, generator)


def _in_a_row(
    inks: Sequence[Strokes], width: float, generator: np.random.Generator, *, apart: bool
) -> list[Drawing]:
    size = generator.uniform(*_SIZES)
    row: list[Drawing] = []
    last: Drawing = []
    for ink in inks:
        own = vary_strokes(ink, strength=generator.uniform(*_OWN), generator=generator)
        upright = _upright(own, math.exp(generator.normal(0, size)), generator)
        if last:
            joined = not apart and generator.random() < _JOINED_SHARE
            far = _reach(last, upright) + (
                generator.uniform(0, _WIDEST)
                if joined
                else _distance(width, generator, apart=apart)
            )
            upright = [stroke + np.array((far, 0.0)) for stroke in upright]
            if joined and generator.random() < _LINE_SHARE:
                upright[0] = np.concatenate((last[-1][-1:], upright[0]))
        row.append(upright)
        last = upright
    strokes = list(chain.from_iterable(row))
    varied = iter(vary_strokes(strokes, strength=generator.uniform(*_COMMON), generator=generator))
    return [list(islice(varied, len(each))) for each in row]


def _distance(width: float, generator: np.random.Generator, *, apart: bool) -> float:
    if apart:
        return width + float(generator.uniform(0, _FURTHEST_APART))
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
