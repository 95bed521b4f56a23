"""A drawing in pieces, of which the digits of a number are groups; in strokes or in a picture.

The page does the same for strokes with `assets/pad/pieces.js`: a change goes to both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.cuts import STEP, cuts_of, even, is_straight
from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import FloatArray, Image

#: Left, top, right and bottom.
Box = tuple[float, float, float, float]

# In heights of the row: ink that is nearer touches.
_TOUCHING = 0.12
# Lines that lean further are no handwriting.
_MOST_LEAN = 0.6
# What a pair says of a digit is wrong with about this probability.
_PAIR_ERRS = 0.005
# A row is looked at in bands of this height.
_BAND = 0.1

#: The leftmost and the rightmost ink in bands of a row, by their number from above.
Profile = dict[int, tuple[float, float]]
#: Probabilities of the ten digits, and that it is none of them, (11,); or of several, (N, 11), (N, 2, 11).
Said = NDArray[np.floating]


class Judge(Protocol):
    """What networks say of images."""

    def digits(self, images: list[Image]) -> Said:
        """Which digit each is: (N, 11)."""

    def pairs(self, images: list[Image]) -> Said:
        """Which digits the left and the right one of each, (28, 48), are: (N, 2, 11)."""


class Part(Protocol):
    """A piece, of strokes or of a picture. `name`: the same for the same ink; the first is its mark's.

    is_link: it may be the way from one digit to the next. is_digit: no digit holds it and another part of
    its mark. said: of a digit that touches another one, what the two say together.
    """

    @property
    def name(self) -> tuple[int, int]: ...
    @property
    def box(self) -> Box: ...
    @property
    def is_link(self) -> bool: ...
    @property
    def is_digit(self) -> bool: ...
    @property
    def said(self) -> Said | None: ...
    def profile(self, height: float) -> Profile:
        """Where its ink is, in a row of that height."""


class Pieces(Protocol):
    """What a drawing falls into, or what was found in a picture, whose parts are digits."""

    in_picture: ClassVar[bool]

    @property
    def pieces(self) -> Sequence[Part]: ...
    def cut(self, which: set[int], *, height: float, judge: Judge) -> Pieces:
        """With those marks in parts whose number is in `which`. height: of the row.

        Of a picture, with those of them that are rather several digits than one, by `judge`.
        """

    def image(self, members: Iterable[int]) -> Image:
        """The pieces with those indices together, (28, 28) as from `Ink.to_image`."""

    def together(self, groups: Sequence[Sequence[int]], *, judge: Judge) -> list[Said | None]:
        """What each of the groups, from left to right, is beside its neighbours; None of strokes.

        Of a digit that touches others, what these say together.
        """

    def strokes(self, members: Iterable[int]) -> list[FloatArray] | None:
        """What draws the same image; None in a picture."""

    def place(self, members: Iterable[int]) -> Box:
        """Where they are in the drawing, or in what was found in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stroke, whose part is -1, or a part of one."""

    name: tuple[int, int]
    points: FloatArray
    is_link: bool = False
    is_digit: ClassVar = False
    said: ClassVar = None

    @property
    def box(self) -> Box:
        return box_of(self.points)

    def profile(self, height: float) -> Profile:
        points = even(self.points, STEP * height)
        return profile_of(zip(*points.T.tolist(), strict=True), height)


@dataclass(frozen=True, slots=True)
class StrokePieces:
    """The pieces of a drawing, set upright: `lean` is what was taken from x for each step down.

    They are in units of `scale`, the largest coordinate, so that nothing overflows.
    """

    pieces: list[Piece]
    lean: float
    scale: float
    in_picture: ClassVar = False

    @classmethod
    def of(cls, strokes: Sequence[FloatArray]) -> StrokePieces:
        scale = max(float(np.abs(stroke).max()) for stroke in strokes) or 1.0
        strokes = [stroke / scale for stroke in strokes]
        lean = _lean(strokes)
        upright = (_sheared(stroke, -lean) for stroke in strokes)
        return cls(
            [Piece((index, -1), stroke) for index, stroke in enumerate(upright)], lean, scale
        )

    def cut(self, which: set[int], *, height: float, judge: Judge) -> StrokePieces:
        parts = [
            part
            for piece in self.pieces
            for part in (_parts(piece, height) if piece.name[0] in which else [piece])
        ]
        return StrokePieces(parts, self.lean, self.scale)

    def image(self, members: Iterable[int]) -> Image:
        return Ink(self.strokes(members)).to_image()

    def together(self, groups: Sequence[Sequence[int]], *, judge: Judge) -> list[Said | None]:
        return [None] * len(groups)

    def strokes(self, members: Iterable[int]) -> list[FloatArray]:
        """The pieces with those indices, upright."""
        return [self.pieces[member].points * self.scale for member in members]

    def touch(self, one: Sequence[int], other: Sequence[int], *, height: float) -> bool:
        """Whether the ink of the one hangs together with the other's, in a row of that height."""
        return _share_a_stroke(self.pieces, one, other) or any(
            _are_near(self.pieces[a].points, self.pieces[b].points, height)
            for a in one
            for b in other
        )

    def place(self, members: Iterable[int]) -> Box:
        return around(box_of(_sheared(stroke, self.lean)) for stroke in self.strokes(members))


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


def box_of(points: FloatArray) -> Box:
    """The box around points, (n, 2)."""
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


def profile_of(points: Iterable[tuple[float, float]], height: float) -> Profile:
    """The profile of ink at `points`, (x, y), in a row of that height."""
    profile: Profile = {}
    for x, y in points:
        band = math.floor(y / (_BAND * height))
        left, right = profile.get(band, (x, x))
        profile[band] = (min(left, x), max(right, x))
    return profile


def joint_profile(profiles: Iterable[Profile]) -> Profile:
    """The profile of all their ink."""
    joint: Profile = {}
    for profile in profiles:
        for band, (left, right) in profile.items():
            known = joint.get(band, (left, right))
            joint[band] = (min(left, known[0]), max(right, known[1]))
    return joint


def reach(left: Profile, right: Profile) -> float:
    """How far the ink of `left` reaches into what `right` has at that height, or a band from it."""
    return max(
        (
            end - right[near][0]
            for band, (_, end) in left.items()
            for near in (band - 1, band, band + 1)
            if near in right
        ),
        default=-math.inf,
    )


def _share_a_stroke(pieces: Sequence[Piece], one: Iterable[int], other: Iterable[int]) -> bool:
    """Whether some of the one were cut from what some of the other were."""
    return not {pieces[a].name[0] for a in one}.isdisjoint(pieces[b].name[0] for b in other)


def said_of(pieces: Sequence[Part], members: Sequence[int]) -> Said | None:
    """What is said of a digit that touches another one, if the members are one."""
    return pieces[members[0]].said if len(members) == 1 else None


def said_of_each(pairs: Said) -> list[Said]:
    """What pairs (N - 1, 2, 11) of N neighbours say of each: those that it is of agree, or it is none."""
    within = (pairs[1:, 0] + _PAIR_ERRS) * (pairs[:-1, 1] + _PAIR_ERRS)
    return [pairs[0, 0], *within / within.sum(axis=1, keepdims=True), pairs[-1, 1]]


def _are_near(one: FloatArray, other: FloatArray, height: float) -> bool:
    most = _TOUCHING * height
    (left, top, right, bottom), box = box_of(one), box_of(other)
    if max(left - box[2], box[0] - right, top - box[3], box[1] - bottom) >= most:
        return False
    ones, others = even(one, STEP * height), even(other, STEP * height)
    apart = ((ones[:, None] - others) ** 2).sum(axis=-1)
    return bool(apart.min() < most**2)


def _parts(piece: Piece, height: float) -> list[Piece]:
    points = even(piece.points, STEP * height)
    cuts = cuts_of(points, height)
    if not cuts:
        return [piece]
    ends = [0, *cuts, len(points) - 1]
    last = len(cuts)
    index = piece.name[0]
    return [
        Piece((index, part), between, 0 < part < last and is_straight(between))
        for part in range(last + 1)
        for between in (points[ends[part] : ends[part + 1] + 1],)
    ]
