"""Ruled and squared paper: lines evenly apart all over a picture, taken from what stands out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.paper import Grey, Scalar

# A picture is looked at in so many strips across the lines, for lines that lean by up to so much.
_STRIPS = 48
_LEANS = np.linspace(-0.12, 0.12, 13)
# A line is thinner than so many pixels, stands out by this share of what a mark must, and is seen in so
# many of the strips; where no others cross it, of the strips of each part of it: strokes may be as long.
_THICKEST = 9
_FAINTEST, _SEEN, _PARTS = 0.5, 0.6, 3
# So many lines are ruled, and so many cross them: they lean alike, and how far apart two are is a multiple
# of the least of it, but for so much; such a share of them is seen.
_LEAST_LINES, _LEAST_CROSSING = 3, 2
_ALIKE, _UNEVEN, _LEAST_SHARE = 0.02, 0.2, 0.6
# A line goes on so many pixels beyond where it is half as dark as in its middle; what is so many times as
# dark as that is ink on it.
_RIM, _DARKER = 2, 1.6
# How far from its course a line's middle is looked for in each strip, in pixels.
_OFF = np.arange(-3, 4)

#: The row of a level line's middle, in each column.
Course = NDArray[np.floating]


def without_rulings(seen: Grey, floor: float) -> Grey:
    """What stands out, (height, width), without the lines of the paper. floor: fainter marks are none."""
    if min(seen.shape) < 2 * _THICKEST:
        return seen
    strips = _Strips.of(seen, floor)
    level, upright = strips.rulings(), _Strips.of(seen.T, floor).rulings()
    if min(len(level), len(upright)) < _LEAST_CROSSING:
        # Upright lines alone may be ones.
        level, upright = strips.rulings(parts=_PARTS), []
    if max(len(level), len(upright)) < _LEAST_LINES:
        return seen
    bands, upright_bands = _bands(seen, level), _bands(seen.T, upright)
    # What crosses a line is looked for among what is not the other lines.
    beside, beside_upright = seen.copy(), seen.copy()
    for band in upright_bands:
        band.put(beside.T, 0)
    for band in bands:
        band.put(beside_upright, 0)
    cleared = seen.copy()
    for band in bands:
        band.put(cleared, band.ink(cleared, beside))
    for band in upright_bands:
        band.put(cleared.T, band.ink(cleared.T, beside_upright.T))
    return cleared


@dataclass(frozen=True, slots=True)
class _Band:
    """Where a level line is: rows, (thickness, width), and how dark the middle of such lines is."""

    rows: NDArray[np.int_]
    level: float

    def ink(self, seen: Grey, beside: Grey) -> Grey:
        """What of it is more than the line: strokes, which are there above and below it or are darker."""
        across = np.ones((1, len(self.rows)), np.uint8)
        above, below = (
            cv2.dilate(_at(beside, rows), across)
            for rows in (self.rows[:1] - 1, self.rows[-1:] + 1)
        )
        found = _at(seen, self.rows)
        crossing = np.minimum(found, np.minimum(above, below))
        return np.where(found > _DARKER * self.level, found, crossing)

    def put(self, seen: Grey, values: Grey | float) -> None:
        inside = (self.rows >= 0) & (self.rows < len(seen))
        columns = np.broadcast_to(np.arange(seen.shape[1]), self.rows.shape)
        seen[self.rows[inside], columns[inside]] = np.broadcast_to(values, self.rows.shape)[inside]


def _bands(seen: Grey, courses: list[Course]) -> list[_Band]:
    """Where the level lines are; nowhere, if they are mostly gaps."""
    if not courses:
        return []
    offsets = np.arange(-_THICKEST, _THICKEST + 1)
    rows = [np.rint(course).astype(int) for course in courses]
    profile = np.median(
        [np.median(_at(seen, row + offsets[:, None]), axis=1) for row in rows], axis=0
    )
    level = float(profile.max())
    if level <= 0.0:
        return []
    thick = offsets[profile > level / 2]
    reach = np.arange(thick[0] - _RIM, thick[-1] + _RIM + 1)[:, None]
    return [_Band(row + reach, level) for row in rows]


@dataclass(frozen=True, slots=True)
class _Strips:
    """A picture in strips across its level lines.

    thin: (rows, strips), what in each is as thin as a line. middles: the columns of their middles. falls:
    for each lean, how far a line has fallen in each strip. hits: (leans, rows, strips), where a line of
    that lean, by its row in the middle of the picture, is seen.
    """

    width: int
    thin: Grey
    middles: NDArray[np.float64]
    falls: NDArray[np.float64]
    hits: NDArray[np.uint8]

    @classmethod
    def of(cls, seen: Grey, floor: float) -> _Strips:
        width = seen.shape[1]
        starts = np.linspace(0, width, min(_STRIPS, width), endpoint=False).astype(int)
        counts = np.diff([*starts, width])
        strips = np.asarray(np.add.reduceat(seen, starts, axis=1) / counts, np.float32)
        middles = starts + (counts - 1) / 2
        falls = _LEANS[:, None] * (middles - width / 2)
        thin = cv2.morphologyEx(strips, cv2.MORPH_TOPHAT, np.ones((_THICKEST, 1), np.uint8))
        near = cv2.dilate((thin > _FAINTEST * floor).astype(np.uint8), np.ones((3, 1), np.uint8))
        rows = np.arange(len(near))[:, None]
        hits = np.stack([_at(near, rows + np.rint(fall).astype(int)) for fall in falls])
        return cls(width, np.asarray(thin, np.float32), middles, falls, hits)

    def rulings(self, *, parts: int = 1) -> list[Course]:
        """The level lines, from above, that are seen in each of so many parts of the picture."""
        split = np.array_split(self.hits, parts, axis=2)
        shares = np.min([part.mean(axis=2) for part in split], axis=0)
        is_line = np.concatenate(([0], shares.max(axis=0) > _SEEN, [0])).astype(np.int8)
        courses = []
        for first, last in np.flatnonzero(np.diff(is_line)).reshape(-1, 2):
            among = shares[:, first:last]
            lean, row = np.unravel_index(among.argmax(), among.shape)
            fall = self.falls[lean]
            found = [first + row + np.rint(fall + off).astype(int) for off in _OFF]
            darkness = _at(self.thin, np.stack(found))
            rows = first + row + fall + _OFF[darkness.argmax(axis=0)]
            course = np.polyfit(self.middles, rows, 1, w=darkness.max(axis=0) + 1e-6)
            courses.append(np.polyval(course, np.arange(self.width, dtype=np.float64)))
        return _ruled(courses)


def _at(seen: NDArray[Scalar], rows: NDArray[np.int_]) -> NDArray[Scalar]:
    """What is in those rows, (n, width), 0 outside."""
    inside = (rows >= 0) & (rows < len(seen))
    found = seen[np.clip(rows, 0, len(seen) - 1), np.arange(seen.shape[1])]
    return np.asarray(found * inside, seen.dtype)


def _ruled(courses: list[Course]) -> list[Course]:
    """Those of the lines that lean alike, if they are evenly apart, with what is missing between two."""
    leans = [(course[-1] - course[0]) / len(course) for course in courses]
    usual = np.median(leans) if leans else 0.0
    alike = [c for c, lean in zip(courses, leans, strict=True) if abs(lean - usual) < _ALIKE]
    if len(alike) < _LEAST_CROSSING:
        return []
    gaps = np.array([float(np.mean(below - above)) for above, below in pairwise(alike)])
    if gaps.min() < 2 * _RIM:
        return []  # one line, found twice
    steps = np.rint(gaps / gaps.min())
    off = np.abs(gaps / gaps.min() - steps)
    if (off > _UNEVEN).any() or len(alike) < _LEAST_SHARE * (steps.sum() + 1):
        return []
    between = [
        above + (below - above) * part / step
        for (above, below), step in zip(pairwise(alike), steps, strict=True)
        for part in range(int(step))
    ]
    return [*between, alike[-1]]
