"""Where a picture holds a picture: a plot's axes or a panel upright on an even page."""

from __future__ import annotations

import cv2
import numpy as np

from mnist_core.ink.paper import Grey, Mask, edges, even_level

Window = tuple[slice, slice]

# How far a panel's ground or a frame's line is from the page, and what lies in it from light to dark.
_LEAST_STEP = 0.12
_LEAST_RANGE = 0.25
# The least panel, as a share of the picture's longer side and in pixels.
_LEAST_SIDE, _LEAST_PIXELS = 0.2, 20
# So much of a panel's rim is there; a frame's line is no wider than this share of its shorter side.
_SOLID = 0.95
_WIDEST_LINE = 0.08
# What else hangs together with a panel, as ticks do, is the lesser part.
_MOST_OF_MARK = 0.8
# Of what is right inside a line so much may be ink; where the line is thin, as plots have them, more,
# for the lines of a grid end at it.
_CLEAR, _CLEAR_OF_GRID = 0.02, 0.2
_THIN_LINE = 0.03


def panel_in(grey: Grey) -> Window | None:
    """Rows and columns of what lies in the largest panel or frame of a picture; None without one.

    grey: (height, width) in [0, 1].
    """
    level = even_level(grey, least_shown=0.0)
    if level is None:
        return None
    marks = np.abs(grey - np.float32(level)) > _LEAST_STEP
    _, labels, stats, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8), connectivity=8)
    boxes = stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT]
    boxes[0] = 0
    index = int(boxes.argmax())
    if not index:
        return None
    left, top, width, height, _ = stats[index].tolist()
    mask = labels[top : top + height, left : left + width] == index
    rows, columns = _without_ticks(mask, axis=1), _without_ticks(mask, axis=0)
    panel = mask[rows, columns]
    inset = _inset(panel, longest=max(grey.shape))
    # A blot that is part of a larger mark, as the bowl of a thick 6, is none.
    if inset is None or panel.sum() < _MOST_OF_MARK * mask.sum():
        return None
    window = (
        slice(top + rows.start + inset, top + rows.stop - inset),
        slice(left + columns.start + inset, left + columns.stop - inset),
    )
    return window if float(np.ptp(grey[window])) > _LEAST_RANGE else None


def _without_ticks(mask: Mask, *, axis: int) -> slice:
    """From the first to the last line of the mask, along that axis, that is mostly filled."""
    filled = np.flatnonzero(mask.mean(axis=axis) > 0.5)
    return slice(int(filled[0]), int(filled[-1]) + 1) if len(filled) else slice(0)


def _inset(mask: Mask, *, longest: int) -> int | None:
    """How far from its rim the inside of a panel, or of a frame, begins; None where it is neither."""
    side = min(mask.shape)
    if side < max(_LEAST_PIXELS, _LEAST_SIDE * longest) or _on_rim(mask, 0) < _SOLID:
        return None
    widest = max(3, round(_WIDEST_LINE * side))
    for inset in range(1, widest + 1):
        most = _CLEAR_OF_GRID if inset <= max(2, _THIN_LINE * side) else _CLEAR
        shown = _on_rim(mask, inset)
        if shown <= most:
            return inset + 1
        if shown < _SOLID and inset > 2:
            return None
    return 3


def _on_rim(mask: Mask, inset: int) -> float:
    """How much of the rectangle that far inside of the mask's rim is filled."""
    inner = mask[inset : mask.shape[0] - inset, inset : mask.shape[1] - inset]
    return float(edges(inner).mean())
