"""How wide the lines of a mark are, in pixels, and with their rims."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

#: Wider than this share of its own size, a mark is no stroke of a pen.
WIDEST_STROKE = 0.33
# Nor is any wider than this share of the picture's size.
_WIDEST_IN_PICTURE = 0.3
_NEXT = np.ones((3, 3), np.uint8)


def widest_stroke(picture: NDArray[np.generic]) -> float:
    """As wide as a stroke may be in a picture, (height, width), in pixels."""
    return _WIDEST_IN_PICTURE * math.sqrt(picture.size)


def depth(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far each pixel of a mask, (height, width), is from what is around it."""
    return _distances(mask, cv2.DIST_MASK_3)


def widest(mask: NDArray[np.bool_]) -> float:
    """How wide a mask, (height, width), is where it is widest, in pixels."""
    return 2 * float(depth(mask).max())


def usual_width(mask: NDArray[np.bool_]) -> float:
    """The median width of a mask's lines, in pixels; 0 where there is none."""
    depths = depth(mask)
    # The middle of a line is where it is farthest from the rim.
    middle = depths[(depths >= cv2.dilate(depths, _NEXT)) & (depths > 0)]
    return 2 * float(np.median(middle)) if len(middle) else 0.0


def widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask, (height, width), with what lies within two pixels of it: the soft rim of its lines."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)


def dilated(ink: NDArray[np.floating], radius: int) -> NDArray[np.floating]:
    """The ink, (height, width), with so many pixels more at every rim."""
    return np.asarray(cv2.dilate(ink, _disc(radius)))


def thinned(ink: NDArray[np.floating], radius: int, *, spare: int) -> NDArray[np.floating]:
    """The ink, (height, width), with so many pixels less at every rim, or as many as it can lose.

    Of type, and by a brush, some lines are hairlines, which hold the others together: so many pixels more
    part no mark.
    """
    mask = ink > 0.5
    most = _marks(mask)
    # What is left is as far as that from the rim: sooner known than by taking it away.
    squared = np.rint(_distances(mask, cv2.DIST_MASK_PRECISE) ** 2)
    while radius > 0 and not 0 < _marks(squared > _reach(radius + spare)) <= most:
        radius -= 1
    return np.asarray(cv2.erode(ink, _disc(radius), borderType=cv2.BORDER_CONSTANT, borderValue=0))


def _distances(mask: NDArray[np.bool_], precision: int) -> NDArray[np.float32]:
    inside = np.pad(mask, 1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, precision)[1:-1, 1:-1])


def _marks(mask: NDArray[np.bool_]) -> int:
    """How many marks there are of what hangs together."""
    count, _ = cv2.connectedComponents(mask.astype(np.uint8))
    return int(count) - 1


def _disc(radius: int) -> NDArray[np.uint8]:
    down, across = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(down**2 + across**2 <= _reach(radius), np.uint8)


def _reach(radius: int) -> int:
    """The square of how far a disc reaches."""
    return radius**2 + 1
