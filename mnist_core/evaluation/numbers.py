"""Whole numbers made of pen digits, and how many of them are read right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.pendigits import PenDigit, held_out_digits
from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import Strokes
from mnist_core.models.classifier import Classifier

_SEED = 7042
_COUNTS = (2, 3, 4, 5, 6)
_TOUCHING_SHARE = 0.2
# Of the numbers with touching digits, those in which the pen was not lifted between the two.
_JOINED_SHARE = 0.25
# Digits apart leave at least so much paper between their strokes, in heights of a digit; ink of the
# page's pen, which is an eighth of the height wide, then just leaves them apart.
_LEAST_DISTANCE = 0.13
# Strokes are compared in rows of this height.
_ROW = 0.04


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number as one writer might have written it. `touching`: at least two digits share ink."""

    text: str
    strokes: list[NDArray[np.float64]]
    touching: bool


def written_number(digits: Sequence[PenDigit], *, generator: np.random.Generator) -> WrittenNumber:
    """A number of two to six of `digits`, in a row with gaps, slant and baseline as people have them.

    One in five has two digits that touch: their strokes overlap, or one runs through both.
    """
    count = int(generator.choice(_COUNTS))
    chosen = [digits[index] for index in generator.integers(len(digits), size=count)]
    touching_at = int(generator.integers(1, count)) if generator.random() < _TOUCHING_SHARE else 0
    joined = touching_at > 0 and generator.random() < _JOINED_SHARE
    joined = joined and _runs_on(chosen[touching_at - 1].strokes, chosen[touching_at].strokes)
    gap = generator.uniform(0.12, 0.45)
    size = generator.uniform(0.04, 0.14)
    rows: list[list[NDArray[np.float64]]] = []
    for place, digit in enumerate(chosen):
        upright = _upright(digit.strokes, height=math.exp(generator.normal(0, size)))
        upright = _moved(upright, 0.0, generator.normal(0, 0.05))
        if place:
            distance = max(_LEAST_DISTANCE, gap * math.exp(generator.normal(0, 0.35)))
            if place == touching_at:
                distance = _LEAST_DISTANCE if joined else -generator.uniform(0.0, 0.12)
            upright = _beside(rows[-1], upright, distance)
        rows.append(upright)
    if joined:
        _join(rows[touching_at - 1], rows[touching_at])
    strokes = [stroke for row in rows for stroke in row]
    slant, slope = generator.normal(0, 0.12), generator.normal(0, 0.04)
    turn = np.array([[1.0, slope], [-slant, 1.0]])
    return WrittenNumber(
        text="".join(str(digit.digit) for digit in chosen),
        strokes=[200.0 * (stroke @ turn) for stroke in strokes],
        touching=touching_at > 0,
    )


def _upright(strokes: Strokes, *, height: float) -> list[NDArray[np.float64]]:
    """The digit on the line y = 0, as high as that, or so wide where it is wider by far."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    extent = max(high[1] - low[1], 0.6 * (high[0] - low[0]), 1e-9)
    return [(stroke - (low[0], high[1])) * (height / extent) for stroke in strokes]


def _moved(strokes: Strokes, x: float, y: float) -> list[NDArray[np.float64]]:
    return [stroke + np.array((x, y)) for stroke in strokes]


def _beside(left: Strokes, right: Strokes, distance: float) -> list[NDArray[np.float64]]:
    """`right` moved so that its strokes are `distance` away from those of `left`, across."""
    end, start = _profile(left, np.max, -np.inf), _profile(right, np.min, np.inf)
    # Strokes in neighbouring rows count as well: the pen has a width.
    reach = round(_LEAST_DISTANCE / _ROW)
    ends = np.max([np.roll(end, shift) for shift in range(-reach, reach + 1)], axis=0)
    overlap = float((ends - start).max())
    if not math.isfinite(overlap):
        overlap = float(np.concatenate(list(left))[:, 0].max())
    return _moved(right, overlap + distance, 0.0)


def _profile(
    strokes: Strokes, outermost: Callable[..., np.floating], nothing: float
) -> NDArray[np.float64]:
    """The outermost x of the strokes in each row from y = -2.5 to 1.5."""
    profile = np.full(round(4.0 / _ROW), nothing)
    for stroke in strokes:
        points = _dense(stroke)
        rows = np.clip(((points[:, 1] + 2.5) / _ROW).astype(int), 0, len(profile) - 1)
        for row in np.unique(rows):
            profile[row] = outermost([profile[row], outermost(points[rows == row, 0])])
    return profile


def _dense(stroke: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of the stroke in steps of less than a row."""
    if len(stroke) < 2:
        return stroke
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))))
    places = np.linspace(0.0, along[-1], 2 + int(along[-1] / (0.5 * _ROW)))
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], axis=1)


def _runs_on(left: Strokes, right: Strokes) -> bool:
    """Whether a hand would go on from the one to the other: out on the right, in on the left."""
    ends, starts = (np.concatenate(list(strokes))[:, 0] for strokes in (left, right))
    return bool(
        left[-1][-1, 0] > (ends.min() + ends.max()) / 2
        and right[0][0, 0] < (starts.min() + starts.max()) / 2
    )


def _join(left: list[NDArray[np.float64]], right: list[NDArray[np.float64]]) -> None:
    """One stroke from the last of `left` into the first of `right`."""
    right[0] = np.concatenate((left.pop(), right[0]))


def _drawn(number: WrittenNumber, _: np.random.Generator) -> Ink:
    return Ink(number.strokes)


def numbers_line(
    classifier: Classifier,
    digits: Iterable[PenDigit],
    *,
    count: int,
    ink_of: Callable[[WrittenNumber, np.random.Generator], Ink] = _drawn,
) -> str:
    """How many whole numbers of held-out writers' digits are read right, each of one writer's.

    `ink_of` makes the ink that is read. Raises `DatasetError` where `digits` has none by them.
    """
    writers: dict[int, list[PenDigit]] = {}
    for digit in held_out_digits(digits):
        writers.setdefault(digit.writer, []).append(digit)
    hands = list(writers.values())
    generator = np.random.default_rng(_SEED)
    right: dict[bool, list[bool]] = {False: [], True: []}
    for _ in range(count):
        hand = hands[int(generator.integers(len(hands)))]
        number = written_number(hand, generator=generator)
        text = classifier.read(ink_of(number, generator)).text
        right[number.touching].append(text == number.text)
    apart, touching = (
        f"{sum(each) / max(len(each), 1):.2%} of {len(each)}" for each in right.values()
    )
    return f"{apart} right, with touching digits {touching}"
