"""Frames and pairs of axes about other marks, as drawn by hand or printed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.marks import AREA, HEIGHT, LEFT, TOP, WIDTH, Marks
from mnist_core.ink.paper import Mask
from mnist_core.ink.widths import widened

# A frame is so large by what it was at a lower threshold.
_SAME_FRAME = 0.8
# A ring has fewer of its points in the corners of the rectangle about it, and more on its own outline; it
# is rounder than most zeros; and what is in it is so far from it, by its shorter side.
_LEAST_IN_CORNERS, _ON_OUTLINE, _ROUND, _CLEAR = 0.05, 0.9, 0.7, 0.15
# In widths of its line, a ring lies so near to the outline of a round thing.
_WOBBLE = 1.5
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
    """Where the mark is a frame, a ring or a pair of axes about others, what lies in it; else None."""
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
    cropped, line = marks.cropped(index), marks.widest(index)
    points = np.argwhere(cropped)[:, ::-1]
    some = points[:: max(1, len(points) // 1000)].astype(np.float64)
    on_sides, in_corners = _on_sides(some, line=line)
    if in_corners > _LEAST_IN_CORNERS:
        is_frame = on_sides > 0.8
    else:  # not a 0 whose ends lie beside one another
        lows = stats[:, :WIDTH] - (left, top)
        highs = (wide, high) - lows - stats[:, WIDTH:AREA]
        clear = np.minimum(lows, highs).min(axis=1) > _CLEAR * min(wide, high)
        is_frame = bool((others & clear).any()) and _is_ring(cropped, points, line=line)
    if not is_frame:
        return None
    inside = np.zeros(marks.labels.shape, bool)
    inside[top : top + high, left : left + wide] = True
    return np.asarray(inside & ~widened(marks.mask(index)))


def _is_ring(mask: Mask, points: NDArray[np.int_], *, line: float) -> bool:
    """Whether a mark, all of its points (x, y), is round, and a line of that width about what is in it."""
    if min(mask.shape) < _ROUND * max(mask.shape):
        return False
    outline = np.zeros(mask.shape, np.uint8)
    hull = cv2.convexHull(points.astype(np.int32))
    cv2.polylines(outline, [hull], isClosed=True, color=1, thickness=2 * round(_WOBBLE * line) + 1)
    return float(outline[mask].mean()) > _ON_OUTLINE


def _on_sides(points: NDArray[np.float64], *, line: float) -> tuple[float, float]:
    """The share of points on the sides of an upright rectangle about them, and of those in its corners.

    The rectangle is turned as fits best. line: the width of its sides.
    """
    best = 0.0, 0.0
    for degrees in _TURNS_DEGREES:
        angle = np.deg2rad(degrees)
        turned = points @ np.array(
            ((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle)))
        )
        low, high = turned.min(axis=0), turned.max(axis=0)
        side = (high - low).min()
        most = min(max(0.08 * side, 0.03 * side + line), 0.12 * side)
        near = np.minimum(turned - low, high - turned) < most
        best = max(best, (float(near.any(axis=1).mean()), float(near.all(axis=1).mean())))
    return best
