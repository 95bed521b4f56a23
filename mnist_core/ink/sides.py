"""What lies on both sides of a pixel: ink has paper there, and the edge of a shadow or a sheet has not."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.uint8]

# Directions (rows down, columns right) over half a turn, about equally far apart.
_DIRECTIONS = ((0, 1), (1, 2), (1, 1), (2, 1), (1, 0), (2, -1), (1, -1), (1, -2))
# The sides are looked for within this share of the picture's size: farther than any stroke is wide.
_REACH = 0.3


def level_on_both_sides(levels: Levels, *, fan: int = 4) -> Levels:
    """The paper under dark ink, (height, width): as light as both sides of a pixel, or the pixel itself.

    Both sides are as light in so many neighbouring directions of eight, 1, 2 or 4, so light that only
    rises or falls, however steeply, comes back as it is. So do, of four, corners of sheets.
    """
    reach = 2 + _REACH * math.sqrt(levels.size)
    turned = np.ascontiguousarray(levels[::-1, ::-1])
    both = []
    for down, right in _DIRECTIONS:
        steps = max(2, round(reach / math.hypot(down, right)))
        before = _highest(turned, down, right, steps)[::-1, ::-1]
        both.append(np.minimum(_highest(levels, down, right, steps), before))
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
