"""The middle lines of ink, as a pen drew them, and the places where they meet, turn or end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.cuts import length_of, vertices
from mnist_core.ink.paper import Mask
from mnist_core.ink.raster import FloatArray
from mnist_core.ink.widths import depth

# In widths of the pen: what ends sooner is of the ink's rim, and what is between two places that are so
# near is one place.
_SPUR, _ONE_PLACE = 0.6, 1.0
# The eight pixels around one, clockwise from the one above it: rows and columns from -1 to 1.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_BESIDE = (*_AROUND[::2], *_AROUND[1::2])
# What they are worth where they are counted, and where each is a bit, the first the lowest.
_EACH = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.float32)
_BITS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """points: (n, 2), x and y in pixels. ends: the numbers of the places that it goes from and to."""

    points: FloatArray
    ends: tuple[int, int]

    @property
    def length(self) -> float:
        return length_of(self.points)


def skeleton(mask: Mask, *, off_line: float) -> tuple[list[Line], float]:
    """The lines of a mask, (height, width), that hangs together, and the usual width of its ink in pixels.

    off_line: where a line is so far from a straight one, in pixels, there is a place at its turn.
    """
    thin = _thinned(mask)
    if not thin.any():  # a dot
        return [], 0.0
    pen = 2 * float(np.median(depth(mask)[thin]))
    fresh = count(thin.size)  # of the places where lines meet, there are fewer
    lines = _between_meetings(thin, pen, fresh)
    return [part for line in lines for part in _at_turns(line, off_line, fresh)], pen


def _between_meetings(thin: Mask, pen: float, fresh: Iterator[int]) -> list[Line]:
    """The lines between the places where they meet or end."""
    meeting = thin & (_sum_around(thin, _EACH) > 2)
    places_count, places, _, middles = cv2.connectedComponentsWithStats(meeting.astype(np.uint8))
    paths_count, paths = cv2.connectedComponents((thin & ~meeting).astype(np.uint8))
    one = list(range(places_count))
    lines = []
    for number in range(1, paths_count):
        path = _in_order(np.argwhere(paths == number))
        line = Line(path, _met(places, path))
        if 0 in line.ends:
            is_alone = line.ends == (0, 0)
            if line.length >= (1.0 if is_alone else _SPUR * pen):
                lines.append(line)
        elif line.length >= _ONE_PLACE * pen * (1 + (line.ends[0] == line.ends[1])):
            lines.append(line)
        else:
            kept, dropped = (one[end] for end in line.ends)
            one = [kept if each == dropped else each for each in one]
    where = {place: middles[np.equal(one, place)].mean(axis=0) for place in set(one)}
    return [_from_place_to_place(line, one, where, fresh) for line in lines]


def _from_place_to_place(
    line: Line, one: list[int], where: dict[int, FloatArray], fresh: Iterator[int]
) -> Line:
    start, end = (one[each] if each else next(fresh) for each in line.ends)
    if line.ends == (0, 0) and np.abs(line.points[0] - line.points[-1]).max() <= 1:
        end = start  # a ring
    before, after = (
        where[place][None] if place in where else line.points[:0] for place in (start, end)
    )
    return Line(np.concatenate((before, line.points, after)), (start, end))


def _at_turns(line: Line, off_line: float, fresh: Iterator[int]) -> Iterator[Line]:
    """The line in parts that are nearly straight."""
    last = len(line.points) - 1
    ranges = [(0, last)]
    if line.ends[0] == line.ends[1]:  # around, and back
        far = int(((line.points - line.points[0]) ** 2).sum(axis=1).argmax())
        ranges = [(0, far), (far, last)]
    corners = sorted(
        {0, last}
        | {
            start + turn
            for start, stop in ranges
            if start < stop
            for turn in vertices(line.points[start : stop + 1], off_line)
        }
    )
    places = [line.ends[0], *(next(fresh) for _ in corners[1:-1]), line.ends[1]]
    for (start, stop), ends in zip(pairwise(corners), pairwise(places), strict=True):
        yield Line(line.points[start : stop + 1], ends)


def _met(places: NDArray[np.int32], path: FloatArray) -> tuple[int, int]:
    """The places that a path's ends are next to; 0 for none."""
    near = [
        sorted({*places[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].flat} - {0})
        for x, y in path[[0, -1]].astype(int)
    ]
    if len(path) == 1:
        near = [near[0][:1], near[0][1:]]
    start, end = (int(each[0]) if each else 0 for each in near)
    return start, end


def _in_order(pixels: NDArray[np.intp]) -> FloatArray:
    """A path's pixels, rows and columns, from one end to the other: (n, 2), x and y."""
    left = {(row, column) for row, column in pixels.tolist()}

    def beside(row: int, column: int) -> list[tuple[int, int]]:
        around = ((row + down, column + across) for down, across in _BESIDE)
        return [pixel for pixel in around if pixel in left]

    pixel = min(left, key=lambda each: (len(beside(*each)) > 1, each))
    path = [pixel]
    left.discard(pixel)
    while following := beside(*pixel):
        pixel = following[0]
        path.append(pixel)
        left.discard(pixel)
    return np.array(path, np.float64)[:, ::-1]


def _thinned(mask: Mask) -> Mask:
    """The mask made one pixel thin, from its rim (Zhang and Suen 1984), and of its steps only one pixel."""
    from_below, from_above, is_step = _removed()
    thin = np.pad(mask, 1)
    left = -1
    while left != (left := int(thin.sum())):
        for removed in (from_below, from_above):
            thin &= ~removed[_sum_around(thin, _BITS).astype(np.uint8)]
    for row, column in np.argwhere(thin).tolist():
        around = _BITS[thin[row - 1 : row + 2, column - 1 : column + 2]]
        thin[row, column] = not is_step[int(around.sum())]
    return thin[1:-1, 1:-1]


def _sum_around(mask: Mask, worth: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the pixels around each are worth that are set."""
    pixels = mask.astype(np.uint8)
    return np.asarray(cv2.filter2D(pixels, cv2.CV_32F, worth, borderType=cv2.BORDER_CONSTANT))


@cache
def _removed() -> tuple[Mask, Mask, Mask]:
    """By what is around a pixel: whether it goes as a rim from below, or from above, or as a step."""
    bits = np.arange(256)[:, None] >> np.arange(8) & 1 > 0
    above, _, right, _, below, _, left, _ = bits.T
    following = np.roll(bits, -1, axis=1)
    total, runs = bits.sum(axis=1), (~bits & following).sum(axis=1)
    rim = (total >= 2) & (total <= 6) & (runs == 1)
    from_below = rim & ~(above & right & below) & ~(right & below & left)
    from_above = rim & ~(above & right & left) & ~(above & below & left)
    # Diagonal neighbours hang together past a corner, so these runs are counted between sides.
    corner_runs = sum(
        ~bits[:, side] & (bits[:, side + 1] | bits[:, (side + 2) % 8]) for side in (0, 2, 4, 6)
    )
    is_step = (corner_runs == 1) & (total >= 2)
    return from_below, from_above, is_step
