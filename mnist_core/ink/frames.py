"""Frames and pairs of axes about other marks, as drawn by hand or printed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.marks import AREA, HEIGHT, LEFT, TOP, WIDTH, Marks
from mnist_core.ink.paper import Mask
from mnist_core.ink.widths import widened

# A frame is so large by what it was at a lower threshold.
_SAME_FRAME = 0.8
_TURNS_DEGREES = range(-15, 16, 3)


def inside_any_frame(levels: Sequence[Marks], marks: Marks, index: int) -> Mask | None:
    """As `inside_frame`, also where the frame comes apart from the others at a higher threshold."""
    inside = inside_frame(marks, index)
    for higher in levels:
        if inside is not None:
            break
        if higher.level > marks.level:
            sizes = higher.stats[:, WIDTH:AREA]
            largest = int(sizes.prod(axis=1).argmax())
            if (sizes[largest] > _SAME_FRAME * marks.stats[index, WIDTH:AREA]).all():
                inside = inside_frame(higher, largest)
    return inside


def inside_frame(marks: Marks, index: int) -> Mask | None:
    """Where the mark is a frame or a pair of axes about others, what lies in it; else None."""
    left, top, wide, high, _ = marks.stats[index].tolist()
    stats = marks.stats
    centres_x, centres_y = (
        stats[:, LEFT] + stats[:, WIDTH] / 2,
        stats[:, TOP] + stats[:, HEIGHT] / 2,
    )
    within = (abs(centres_x - left - wide / 2) < 0.4 * wide) & (
        abs(centres_y - top - high / 2) < 0.4 * high
    )
    # The bar of a 7 in two strokes is smaller beside the rest than a digit is in a frame.
    tall = np.maximum(stats[:, WIDTH], stats[:, HEIGHT]) > 0.38 * max(wide, high)
    others = within & tall & (marks.strengths > 0.3 * marks.strengths[index])
    others[index] = False
    if min(wide, high) < 0.3 * max(wide, high) or not others.any():
        return None
    mask = marks.mask(index)
    rows, columns = np.nonzero(mask[top : top + high, left : left + wide])
    points = np.stack((columns, rows), axis=1)[:: max(1, len(rows) // 1000)].astype(np.float64)
    if _share_on_sides(points, line=marks.widest(index)) < 0.8:
        return None
    inside = np.zeros(mask.shape, bool)
    inside[top : top + high, left : left + wide] = True
    return np.asarray(inside & ~widened(mask))


def _share_on_sides(points: NDArray[np.float64], *, line: float) -> float:
    """The share of points on the sides of an upright rectangle about them, turned as fits best.

    line: the width of those sides.
    """
    best = 0.0
    for degrees in _TURNS_DEGREES:
        angle = np.deg2rad(degrees)
        turned = points @ np.array(
            ((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle)))
        )
        low, high = turned.min(axis=0), turned.max(axis=0)
        off = np.minimum(turned - low, high - turned).min(axis=1)
        side = (high - low).min()
        most = min(max(0.08 * side, 0.03 * side + line), 0.12 * side)
        best = max(best, float(np.mean(off < most)))
    return best
