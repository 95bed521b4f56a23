"""Straight lines that hang together with the writing, as those of grids and tables may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.marks import AREA, WIDTH, Marks, marks_above
from mnist_core.ink.paper import Grey, Mask
from mnist_core.ink.widths import widened

# A line goes on straight for so many widths of the pen, and is no thicker than so many; it goes through so
# much of its mark, where strokes lie across it, too, and a part between them is no shorter than this.
_RUN, _THICK, _THROUGH, _LEAST_PART = 3, 2.0, 0.9, 0.15
# In pixels, it is no shorter than this, and a part of it no shorter than that.
_SHORTEST, _SHORTEST_PART = 12, 6
# It leans by no more than this, and is so many times as long as thick.
_MOST_LEAN, _SLIM = 0.12, 8
# The soft rim of a line, in pixels.
_RIM = 2
# At both ends a line goes on beyond the writing that it touches by such a share of its length.
_BEYOND = 0.12
# By the writing's size, a line is so long where it touches that (the bar of a 4 is shorter), and where it
# lies apart. No digit has three such strokes: of three or more each may be as long as the writing.
_TOUCHING, _APART, _MANY = 3.0, 1.25, 3
# Without its lines, the writing has at least such a share of its mark's score.
_LEAST_REST = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line, upright or level: from where to where, and where across that. mask: of the picture."""

    upright: bool
    start: int
    end: int
    place: float
    mask: Mask


def without_lines(seen: Grey, marks: Marks, index: int) -> Mask | None:
    """Where the picture has no line of a mark that is none of the writing's; None if there is none."""
    lines = list(_lines_of(marks, index))
    while lines:
        free = ~np.any([line.mask for line in lines], axis=0)
        rest = marks_above(np.where(free, seen, np.float32(0)), marks.level)
        if rest is None:
            return None
        # The writing is what is left of the mark, or another mark in a grid that it does not touch.
        own = np.bincount(rest.labels[marks.mask(index)], minlength=len(rest.stats) + 1)[1:] > 0
        least = _LEAST_REST * marks.scores[index]
        scores = np.where(own, rest.scores, 0)
        if scores.max() < least:
            scores = rest.scores
        best = int(scores.argmax())
        if scores[best] < least:
            return None
        kept = [line for line in lines if _is_beyond(line, rest, best, among=lines)]
        if len(kept) == len(lines):
            return np.asarray(free)
        lines = kept
    return None


def _is_beyond(line: _Line, rest: Marks, index: int, *, among: list[_Line]) -> bool:
    """Whether a line goes on beyond the writing, a mark of the rest, as none of its strokes does."""
    if line.upright and sum(each.upright for each in among) == 1:
        return False  # a 1 without its flag, a 4, a 9
    low = rest.stats[index, :WIDTH]
    high = low + rest.stats[index, WIDTH:AREA]
    size, length = rest.size(index), line.end - line.start
    along = int(line.upright)
    is_many = len(among) >= _MANY
    near = widened(rest.mask(index))
    if (line.mask & near).any():
        beyond = min(low[along] - line.start, line.end - high[along])
        return bool(beyond > _BEYOND * length and (is_many or length > _TOUCHING * size))
    off = max(low[1 - along] - line.place, line.place - high[1 - along])
    return bool(off > 0 and length > (1.0 if is_many else _APART) * size)


def _lines_of(marks: Marks, index: int) -> Iterator[_Line]:
    """The straight lines through a mark."""
    mask, pen = marks.cropped(index), marks.pen(index)
    left, top, *_ = marks.stats[index].tolist()
    for upright in (False, True):
        across = np.ascontiguousarray(mask.T if upright else mask).astype(np.uint8)
        start, offset = (top, left) if upright else (left, top)
        end = start + across.shape[1]
        whole = marks.labels.T.shape if upright else marks.labels.shape
        for middle, thick in _courses(across, pen):
            # A stroke that is thicker, and that the line runs through, stays whole.
            thicker = round(thick) + 2 * _RIM + 1
            stroke = _opened(across, wide=thicker, high=thicker)
            near = np.zeros(whole, bool)
            near[:, start:end] = _is_near(whole[0], offset + middle, thick)
            near[offset : offset + len(across), start:end] &= ~stroke
            place = offset + float(middle.mean())
            yield _Line(upright, start, end, place, near.T if upright else near)


def _courses(mask: NDArray[np.uint8], pen: float) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Where the middle of each level line is in each column, and how thick it is."""
    runs = _opened(mask, wide=max(_SHORTEST, round(_RUN * pen)))
    thin = runs & ~_opened(mask, high=round(_THICK * pen) + _RIM)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8), connectivity=8)
    found = np.zeros_like(thin)
    for label in 1 + np.argsort(-stats[1:, cv2.CC_STAT_WIDTH], kind="stable"):
        part = labels == label
        counts = part.sum(axis=0)
        thick = float(np.median(counts[counts > 0]))
        middle = _course(part, thick, among=thin) if mask.shape[1] >= _SLIM * thick else None
        if middle is None:
            continue
        near = _is_near(len(mask), middle, thick)
        # One that touches another is the same, or a part of a stroke.
        if not (near & found).any() and (runs & near).any(axis=0).mean() > _THROUGH:
            found |= near
            yield middle, thick


def _course(part: Mask, thick: float, *, among: Mask) -> NDArray[np.float64] | None:
    """Where the middle of the level line is that a part is of, in each column; None if it is no line's.

    among: what the rest of the line is among.
    """
    rows, every = np.arange(len(part))[:, None], np.arange(part.shape[1])
    middle = None
    for _ in range(2):  # then with what of the line lies farther off
        columns = np.flatnonzero(part.any(axis=0))
        if len(columns) < max(_SHORTEST_PART, _LEAST_PART * len(every)):
            return None
        middles = (part * rows).sum(axis=0)[columns] / part.sum(axis=0)[columns]
        lean, at_left = np.polyfit(columns, middles, 1)
        if abs(lean) > _MOST_LEAN:
            return None
        middle = lean * every + at_left
        part = among & _is_near(len(part), middle, thick)
    return middle


def _opened(mask: NDArray[np.uint8], *, wide: int = 1, high: int = 1) -> Mask:
    """What of a mask lies in a box of that size within it."""
    box = np.ones((high, wide), np.uint8)
    opened = cv2.morphologyEx(
        mask, cv2.MORPH_OPEN, box, borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    return np.asarray(opened > 0)


def _is_near(height: int, middle: NDArray[np.float64], thick: float) -> Mask:
    """(height, len(middle)): what lies on a level line, its soft rim included."""
    return np.asarray(np.abs(np.arange(height)[:, None] - middle) <= thick / 2 + _RIM)
