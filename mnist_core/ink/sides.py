"""What lies on both sides of a pixel: ink has paper there, and the edge of a shadow or a sheet has not."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.uint8]

# Directions (rows down, columns right) over half a turn, about equally far apart.
_DIRECTIONS = ((0, 1), (1, 2), (1, 1), (2, 1), (1, 0), (2, -1), (1, -1), (1, -2))


def levels_on_both_sides(levels: Levels, *, reach: float) -> list[Levels]:
    """As light as both sides of each pixel, or the pixel itself: (height, width) for each direction.

    They are looked for within `reach` pixels, and two more. Light that only rises or falls, however
    steeply, comes back as it is.
    """
    turned = np.ascontiguousarray(levels[::-1, ::-1])
    both = []
    for down, right in _DIRECTIONS:
        steps = max(2, round((2 + reach) / math.hypot(down, right)))
        before = _highest(turned, down, right, steps)[::-1, ::-1]
        both.append(np.minimum(_highest(levels, down, right, steps), before))
    return both


def lightest(both: list[Levels], *, fan: int) -> Levels:
    """The paper under dark ink: as light as both sides are in so many neighbouring directions, 1, 2 or 4.

    both: from `levels_on_both_sides`. Of four, a corner of a sheet is no ink; of one, all ink is there,
    also where a shadow ends on it.
    """
    for far in (1, 2)[: fan.bit_length() - 1]:  # the lowest of two directions, then of four
        both = [np.minimum(one, both[i - far]) for i, one in enumerate(both)]
    return np.asarray(np.maximum.reduce(both))


def _highest(levels: Levels, down: int, right: int, steps: int) -> Levels:
    """The highest of each pixel and the next ones in a direction."""
    height, width = levels.shape
    highest, seen = levels.copy(), 1
    while seen <= steps:
        step = min(seen, steps + 1 - seen)
        rows, columns = down * step, right * step
        if rows >= height or abs(columns) >= width:
            break
        here = highest[: height - rows, max(0, -columns) : width - max(0, columns)]
        there = highest[rows:, max(0, columns) : width + min(0, columns)]
        np.maximum(here, there, out=here)
        seen += step
    return highest
