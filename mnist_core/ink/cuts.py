"""Where a stroke that runs through two digits leaves the one and comes to the other.

The page does the same with `assets/pad/cuts.js`: a change goes to both.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from mnist_core.ink.raster import FloatArray

#: A stroke is looked at in steps of this share of the row's height, and in so many at most.
STEP = 0.04
_MAX_STEPS = 1000
# Where one stroke runs through two digits, what lies before and after is at least so high, and the
# two overlap by less; the way from one to the other is as near to the least overlap as this.
_LEAST_HEIGHT = 0.35
_MOST_OVERLAP = 0.35
_NEAR = 0.04
# Shorter ways between two digits are cut in the middle; longer ones, in steps, are left out.
_LINK_STEPS = 3
# Or the pen goes straight, within this, from the one up to the other: by so much at least, hardly
# back, and what lies before overlaps what comes after by less than this.
_OFF_LINE = 0.04
_LINK_RISE = 0.35
_LINK_BACK = 0.25
_LINK_OVERLAP = 0.2
# A way between two digits is so straight, its ends apart to its length.
_STRAIGHT = 0.9
_MAX_CUTS = 8


def even(points: FloatArray, step: float) -> FloatArray:
    """The stroke in equal steps of about that length."""
    along = np.concatenate(([0.0], np.cumsum(_steps(points))))
    count = 2 + int(min(along[-1] / step, _MAX_STEPS)) if step > 0.0 else 2
    places = along[-1] * (np.arange(count) / (count - 1))
    return np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], axis=1)


def cuts_of(points: FloatArray, height: float) -> list[int]:
    """Where the stroke leaves a digit and where it comes to the next: indices, in order."""
    x, y = points[:, 0], points[:, 1]
    end, start = np.maximum.accumulate(x), _from_the_end(np.minimum, x)
    before = np.maximum.accumulate(y) - np.minimum.accumulate(y)
    after = _from_the_end(np.maximum, y) - _from_the_end(np.minimum, y)
    least = _LEAST_HEIGHT * height
    cuts: set[int] = set()
    for i, j in pairwise(vertices(points, _OFF_LINE * height)):
        across, down = (points[j] - points[i]).tolist()
        is_apart = end[i] - start[j] < _LINK_OVERLAP * height
        if is_apart and -down > _LINK_RISE * height and -across < _LINK_BACK * height:
            cuts |= {i, j} if before[i] > least and after[j] > least else set()
    overlap = end - start
    may = (overlap < _MOST_OVERLAP * height) & (before > least) & (after > least)
    may[0] = may[-1] = False
    edges = np.flatnonzero(np.diff(may.astype(np.int8))) + 1
    for begin, stop in edges.reshape(-1, 2).tolist():
        if not cuts.isdisjoint(range(begin - 1, stop + 1)):
            continue
        run = overlap[begin:stop]
        near = np.flatnonzero(run <= run.min() + _NEAR * height) + begin
        first, last = int(near[0]), int(near[-1])
        cuts |= {(first + last) // 2} if last - first <= _LINK_STEPS else {first, last}
    return sorted(cuts) if len(cuts) <= _MAX_CUTS else []


def vertices(points: FloatArray, most: float) -> list[int]:
    """The indices of points between which a line is that straight (Douglas and Peucker 1973)."""
    found = {0, len(points) - 1}
    open_ranges = [(0, len(points) - 1)]
    while open_ranges:
        i, j = open_ranges.pop()
        across = points[j] - points[i]
        length = math.sqrt(float(across @ across))
        off = np.abs((points[i:j] - points[i]) @ (-across[1], across[0]))
        k = i + int(off.argmax())
        if off[k - i] > most * length:
            found.add(k)
            open_ranges += [(i, k), (k, j)]
    return sorted(found)


def _from_the_end(extreme: np.ufunc, values: FloatArray) -> FloatArray:
    return np.asarray(extreme.accumulate(values[::-1])[::-1])


def is_straight(points: FloatArray) -> bool:
    apart = np.sqrt(((points[-1] - points[0]) ** 2).sum())
    return bool(apart > _STRAIGHT * length_of(points))


def length_of(points: FloatArray) -> float:
    """How long the way along points, (n, 2), is."""
    return float(_steps(points).sum())


def _steps(points: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)))
