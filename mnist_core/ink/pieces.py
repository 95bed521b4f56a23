"""A drawing in pieces, of which the digits of a number are groups; in strokes or in a picture.

The page does the same for strokes with `assets/pad/pieces.js`: a change goes to both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import FloatArray, Image

#: Left, top, right and bottom.
Box = tuple[float, float, float, float]

# A stroke is looked at in steps of this share of the row's height, and in so many at most.
_STEP = 0.04
_MAX_STEPS = 1000
# Where one stroke runs through two digits, what lies before and after is at least so high, and the
# two overlap by less; the way from one to the other is as near to the least overlap as this.
_LEAST_HEIGHT = 0.35
_MOST_OVERLAP = 0.35
_NEAR = 0.04
# Shorter ways between two digits are cut in the middle; longer ones, in steps, are left out.
_LINK_STEPS = 3
# A way between two digits is so straight, its ends apart to its length.
_STRAIGHT = 0.9
_MAX_CUTS = 8
# In heights of the row: ink that is nearer touches.
_TOUCHING = 0.12
# Lines that lean further are no handwriting.
_MOST_LEAN = 0.6


class Part(Protocol):
    """A piece, of strokes or of a picture. `name`: the same for the same ink; the first is its mark's.

    is_link: it may be the way from one digit to the next.
    """

    @property
    def name(self) -> tuple[int, int]: ...
    @property
    def box(self) -> Box: ...
    @property
    def is_link(self) -> bool: ...


class Pieces(Protocol):
    """What a drawing or a picture falls into."""

    @property
    def pieces(self) -> Sequence[Part]: ...
    def cut(self, which: set[int], *, height: float) -> Pieces:
        """With those marks in parts whose number is in `which`. height: of the row."""

    def image(self, members: Iterable[int]) -> Image:
        """The pieces with those indices together, (28, 28) as from `Ink.to_image`."""

    def strokes(self, members: Iterable[int]) -> list[FloatArray] | None:
        """What draws the same image; None in a picture."""

    def touch(self, one: Sequence[int], other: Sequence[int], *, height: float) -> bool:
        """Whether the ink of the one hangs together with the other's, in a row of that height."""

    def place(self, members: Iterable[int]) -> Box:
        """Where they are in the drawing, or in what was found in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stroke, whose part is -1, or a part of one."""

    name: tuple[int, int]
    points: FloatArray
    is_link: bool = False

    @property
    def box(self) -> Box:
        return _box(self.points)


@dataclass(frozen=True, slots=True)
class StrokePieces:
    """The pieces of a drawing, set upright: `lean` is what was taken from x for each step down.

    They are in units of `scale`, the largest coordinate, so that nothing overflows.
    """

    pieces: list[Piece]
    lean: float
    scale: float

    @classmethod
    def of(cls, strokes: Sequence[FloatArray]) -> StrokePieces:
        scale = max(float(np.abs(stroke).max()) for stroke in strokes) or 1.0
        strokes = [stroke / scale for stroke in strokes]
        lean = _lean(strokes)
        upright = (_sheared(stroke, -lean) for stroke in strokes)
        return cls(
            [Piece((index, -1), stroke) for index, stroke in enumerate(upright)], lean, scale
        )

    def cut(self, which: set[int], *, height: float) -> StrokePieces:
        parts = [
            part
            for piece in self.pieces
            for part in (_parts(piece, height) if piece.name[0] in which else [piece])
        ]
        return StrokePieces(parts, self.lean, self.scale)

    def image(self, members: Iterable[int]) -> Image:
        return Ink(self.strokes(members)).to_image()

    def strokes(self, members: Iterable[int]) -> list[FloatArray]:
        """The pieces with those indices, upright."""
        return [self.pieces[member].points * self.scale for member in members]

    def touch(self, one: Sequence[int], other: Sequence[int], *, height: float) -> bool:
        return share_a_mark(self.pieces, one, other) or any(
            _are_near(self.pieces[a].points, self.pieces[b].points, height)
            for a in one
            for b in other
        )

    def place(self, members: Iterable[int]) -> Box:
        return around(_box(_sheared(stroke, self.lean)) for stroke in self.strokes(members))


def _lean(strokes: Sequence[FloatArray]) -> float:
    """How far steep lines go to the right for each step down, in tenths: it stays while a pen moves."""
    steps = np.concatenate([np.diff(stroke, axis=0) for stroke in strokes])
    steep = steps[np.abs(steps[:, 1]) > np.abs(steps[:, 0])]
    down = float((steep[:, 1] ** 2).sum())
    if down <= 0.0:
        return 0.0
    lean = float((steep[:, 0] * steep[:, 1]).sum()) / down
    return math.floor(10 * min(_MOST_LEAN, max(-_MOST_LEAN, lean)) + 0.5) / 10


def _sheared(points: FloatArray, lean: float) -> FloatArray:
    return np.stack((points[:, 0] + lean * points[:, 1], points[:, 1]), axis=1)


def _box(points: FloatArray) -> Box:
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    return left, top, right, bottom


def around(boxes: Iterable[Box]) -> Box:
    """The box around `boxes`."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def row_height(boxes: Sequence[Box]) -> float:
    """How high the digits of a row are: the middle height of what is not small."""
    heights = sorted(bottom - top for _, top, _, bottom in boxes)
    large = [height for height in heights if height >= heights[-1] / 2]
    middle = len(large) // 2
    return (large[middle] + large[~middle]) / 2


def widest_gap(boxes: Iterable[Box]) -> float:
    """The widest strip without ink between some boxes and those to their right."""
    (_, _, reach, _), *others = sorted(boxes)
    gap = 0.0
    for left, _, right, _ in others:
        gap = max(gap, left - reach)
        reach = max(reach, right)
    return gap


def share_a_mark(pieces: Sequence[Part], one: Iterable[int], other: Iterable[int]) -> bool:
    """Whether some of the one were cut from what some of the other were."""
    return not {pieces[a].name[0] for a in one}.isdisjoint(pieces[b].name[0] for b in other)


def _are_near(one: FloatArray, other: FloatArray, height: float) -> bool:
    most = _TOUCHING * height
    (left, top, right, bottom), box = _box(one), _box(other)
    if max(left - box[2], box[0] - right, top - box[3], box[1] - bottom) >= most:
        return False
    ones, others = _even(one, _STEP * height), _even(other, _STEP * height)
    apart = ((ones[:, None] - others) ** 2).sum(axis=-1)
    return bool(apart.min() < most**2)


def _parts(piece: Piece, height: float) -> list[Piece]:
    points = _even(piece.points, _STEP * height)
    cuts = _cuts(points, height)
    if not cuts:
        return [piece]
    ends = [0, *cuts, len(points) - 1]
    last = len(cuts)
    index = piece.name[0]
    return [
        Piece((index, part), between, 0 < part < last and _is_straight(between))
        for part in range(last + 1)
        for between in (points[ends[part] : ends[part + 1] + 1],)
    ]


def _even(points: FloatArray, step: float) -> FloatArray:
    """The stroke in equal steps of about that length."""
    steps = np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1))
    along = np.concatenate(([0.0], np.cumsum(steps)))
    count = 2 + int(min(along[-1] / step, _MAX_STEPS)) if step > 0.0 else 2
    places = along[-1] * (np.arange(count) / (count - 1))
    return np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], axis=1)


def _cuts(points: FloatArray, height: float) -> list[int]:
    """Where the stroke leaves a digit and where it comes to the next: indices, in order."""
    x, y = points[:, 0], points[:, 1]
    overlap = np.maximum.accumulate(x) - _from_the_end(np.minimum, x)
    before = np.maximum.accumulate(y) - np.minimum.accumulate(y)
    after = _from_the_end(np.maximum, y) - _from_the_end(np.minimum, y)
    least = _LEAST_HEIGHT * height
    may = (overlap < _MOST_OVERLAP * height) & (before > least) & (after > least)
    may[0] = may[-1] = False
    cuts: list[int] = []
    edges = np.flatnonzero(np.diff(may.astype(np.int8))) + 1
    for start, end in edges.reshape(-1, 2):
        run = overlap[start:end]
        near = np.flatnonzero(run <= run.min() + _NEAR * height) + start
        first, last = int(near[0]), int(near[-1])
        cuts += [(first + last) // 2] if last - first <= _LINK_STEPS else [first, last]
    return cuts if len(cuts) <= _MAX_CUTS else []


def _from_the_end(extreme: np.ufunc, values: FloatArray) -> FloatArray:
    return np.asarray(extreme.accumulate(values[::-1])[::-1])


def _is_straight(points: FloatArray) -> bool:
    steps = np.diff(points, axis=0)
    length = np.sqrt((steps**2).sum(axis=1)).sum()
    apart = np.sqrt(((points[-1] - points[0]) ** 2).sum())
    return bool(apart > _STRAIGHT * length)
