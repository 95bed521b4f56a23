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

# A line goes on straight for so many widths of the pen, and through so much of its mark.
_RUN, _THROUGH = 3, 0.9
# It leans by no more than this, is so many times as long as thick, and so much of it is straight.
_MOST_LEAN, _SLIM, _STRAIGHT = 0.12, 8, 0.9
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
    for upright in (False, True):
        across = np.ascontiguousarray(mask.T if upright else mask).astype(np.uint8)
        left, top, *_ = marks.stats[index].tolist()
        start, offset = (top, left) if upright else (left, top)
        runs = cv2.morphologyEx(
            across, cv2.MORPH_OPEN, np.ones((1, max(12, round(_RUN * pen))), np.uint8)
        )
        _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
        long = stats[1:, cv2.CC_STAT_WIDTH] > _THROUGH * across.shape[1]
        for label in np.flatnonzero(long) + 1:
            course = _course(labels == label)
            if course is None:
                continue
            middle, thick = course
            whole = marks.labels.T if upright else marks.labels
            near = np.zeros_like(whole, bool)
            rows = np.arange(len(whole))[:, None]
            columns = slice(start, start + across.shape[1])
            near[:, columns] = np.abs(rows - offset - middle) <= thick / 2 + _RIM
            place = offset + float(middle.mean())
            yield _Line(upright, columns.start, columns.stop, place, near.T if upright else near)


def _course(run: Mask) -> tuple[NDArray[np.float64], float] | None:
    """Where the middle of a level line is in each column, and how thick it is; None if it is no line."""
    counts = run.sum(axis=0)
    thick = float(np.median(counts[counts > 0]))
    # Not where a stroke runs along it.
    columns = np.flatnonzero((counts > 0) & (counts <= 1.5 * thick))
    if run.shape[1] < _SLIM * thick or len(columns) < run.shape[1] / 2:
        return None
    rows = np.arange(run.shape[0])[:, None]
    middles = (run * rows).sum(axis=0)[columns] / counts[columns]
    lean, offset = np.polyfit(columns, middles, 1)
    middle = lean * np.arange(run.shape[1]) + offset
    on_it = run & (np.abs(rows - middle) <= thick / 2 + _RIM)
    is_straight = abs(lean) <= _MOST_LEAN and on_it.any(axis=0).mean() > _STRAIGHT
    return (np.asarray(middle), thick) if is_straight else None
