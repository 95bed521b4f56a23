"""What belongs to a mark: other parts of its digit, and other digits of its row; words do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.frames import inside_frame
from mnist_core.ink.marks import Marks
from mnist_core.ink.paper import Mask

# Of the writing's own size: the least part of a digit, a large one, the largest, how far each is from it,
# and the least other digit.
_LEAST_PART, _LARGE_PART, _LARGEST_PART = 0.12, 0.3, 1.5
_NEAR_PART, _NEAR_LARGE_PART = 0.06, 0.3
_LEAST_PEER, _NEAR_PEER = 0.5, 2.0
# What is flat (its height to its width) may be a digit's roof above it or its foot, and is so near; what
# is wider than a share of the writing's size nearly hangs together with it: it may be a line, or a word.
_FLAT, _NEAR_ROOF, _NEAR_FOOT = 0.6, 0.15, 0.06
_WIDE, _NEAR_WIDE = 0.6, 0.03
# But a 5's roof is above it, and so near; it is no wider, and goes beyond it by less, left and right.
_NEAR_WIDE_ROOF, _WIDEST_ROOF, _LEFT_OF_ROOF, _RIGHT_OF_ROOF = 0.2, 1.1, 0.1, 0.6
# What is as wide as the writing and such a line is no part of it.
_RULE_WIDTH, _RULE_HEIGHT = 0.9, 0.3
# A line that goes on so far above and below a row, by its height, is a side of a table, and not a 1.
_BEYOND, _SLIM = 0.15, 0.25
# A letter is so small and no higher than this, by the writing's size.
_LEAST_LETTER, _HIGHEST_LETTER = 0.08, 0.4
# Another digit is of nearly this pen, and a part is one stroke of it: a word in which the letters run
# together is in places so much wider, or is flat and its strokes are together so much longer than it is.
# The filled loop of a 6 makes a pen wide, too: of what is no wider (to its height) than digits are, more.
_OTHER_PEN, _FILLED_PEN, _WIDEST_DIGIT, _WOUND = 1.7, 2.3, 1.3, 1.4
_LESS_THAN_A_DIGIT = 0.8


def with_companions(marks: Marks, index: int) -> Mask:
    """Where the mark is, other parts of its digit, and other digits of its row with theirs."""
    _, top, _, high, _ = marks.stats[index].tolist()
    _, tops, wides, highs, _ = marks.stats.T
    size, sizes = marks.size(index), np.maximum(wides, highs)
    across, down = _apart(marks, index)
    strong = marks.strengths > 0.6 * marks.strengths[index]
    whole = (marks.sides == 0) | (marks.sides <= marks.sides[index])
    whole |= (across == 0) & (down == 0) & (sizes < 1.5 * size)
    peer = (highs > _LEAST_PEER * high) & (highs < 2 * high)
    peer &= down == 0
    beyond = np.minimum(top - tops, tops + highs - top - high) > _BEYOND * high
    peer &= ~beyond | (wides > _SLIM * highs)
    kept = _row(marks, index, among=peer & strong & whole, pen=marks.pen(index))
    kept[index] = True
    for each in np.flatnonzero(kept).tolist():
        kept |= _parts(marks, each, among=strong & whole)
    around = np.ones(marks.labels.shape, bool)
    for other in np.flatnonzero((across == 0) & (down == 0) & (sizes > size)):
        inside = inside_frame(marks, int(other))
        if inside is not None and inside[marks.mask(index)].all():
            around &= inside
    return np.asarray(np.concatenate(([False], kept))[marks.labels] & around)


def _apart(marks: Marks, index: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """How far each mark's box is from that one's: across and down, in pixels."""
    left, top, wide, high, _ = marks.stats[index].tolist()
    lefts, tops, wides, highs, _ = marks.stats.T
    across = np.maximum(0, np.maximum(lefts - left - wide, left - lefts - wides))
    down = np.maximum(0, np.maximum(tops - top - high, top - tops - highs))
    return across, down


def _parts(marks: Marks, index: int, *, among: Mask) -> Mask:
    """Which marks are other parts of that one's digit."""
    left, top, wide, _, _ = marks.stats[index].tolist()
    lefts, tops, wides, highs, _ = marks.stats.T
    size, sizes = marks.size(index), np.maximum(wides, highs)
    across, down = _apart(marks, index)
    near = np.where(sizes > _LARGE_PART * size, _NEAR_LARGE_PART, _NEAR_PART)
    is_roof = (tops < top) & (wides < _WIDEST_ROOF * size) & (left - lefts < _LEFT_OF_ROOF * size)
    is_roof &= lefts + wides - left - wide < _RIGHT_OF_ROOF * size
    flat = np.where(tops < top, _NEAR_ROOF, _NEAR_FOOT)
    flat = np.where(wides > _WIDE * size, np.where(is_roof, _NEAR_WIDE_ROOF, _NEAR_WIDE), flat)
    near = np.where((highs < _FLAT * wides) & (down > 0), np.minimum(near, flat), near)
    part = (sizes > _LEAST_PART * size) & (np.maximum(across, down) < near * size)
    part &= among & (sizes < _LARGEST_PART * size)
    part &= (wides < _RULE_WIDTH * size) | (highs > _RULE_HEIGHT * wides) | is_roof
    part[index] = False
    if not part.any():  # usually, and a pen's width takes time to find
        return np.asarray(part)
    pen = marks.pen(index)
    for each in np.flatnonzero(part).tolist():
        is_apart = across[each] + down[each] > 0 and sizes[each] < _LESS_THAN_A_DIGIT * size
        is_word = _is_letter(marks, each, beside=index) or (
            is_apart and not _is_stroke(marks, each, pen=pen)
        )
        part[each] = not is_word
    return np.asarray(part)


def _row(marks: Marks, index: int, *, among: Mask, pen: float) -> Mask:
    """Which marks stand in a row with that one, each near enough to the next and of nearly that pen."""
    lefts, _, wides, highs, _ = marks.stats.T
    start, end = int(lefts[index]), int(lefts[index] + wides[index])
    near = _NEAR_PEER * marks.size(index)
    widest = pen * np.where(wides > _WIDEST_DIGIT * highs, _OTHER_PEN, _FILLED_PEN)
    row = np.zeros_like(among)
    for each in np.argsort(np.maximum(lefts - end, start - lefts - wides)):
        gap = max(lefts[each] - end, start - lefts[each] - wides[each])
        row[each] = among[each] and gap < near and pen / _OTHER_PEN < marks.pen(each) < widest[each]
        if row[each]:
            start, end = min(start, lefts[each]), max(end, lefts[each] + wides[each])
    return row


def _is_stroke(marks: Marks, index: int, *, pen: float) -> bool:
    """Whether a part is a stroke of such a pen, and not letters that run together."""
    _, _, wide, high, area = marks.stats[index].tolist()
    is_wound = area > _WOUND * marks.pen(index) * max(wide, high)
    return marks.widest(index) <= _OTHER_PEN * pen and not (high < _FLAT * wide and is_wound)


def _is_letter(marks: Marks, index: int, *, beside: int) -> bool:
    """Whether a mark is small and has another such one next to it, as the letters of a word have.

    beside: the writing.
    """
    size = marks.size(beside)
    left, top, wide, high, _ = marks.stats[index].tolist()
    lefts, tops, wides, highs, _ = marks.stats.T
    small = (np.maximum(wides, highs) > _LEAST_LETTER * size) & (highs < _HIGHEST_LETTER * size)
    gaps = np.maximum(lefts - left - wide, left - lefts - wides)
    shared = np.minimum(tops + highs, top + high) - np.maximum(tops, top)
    lower, higher = np.minimum(highs, high), np.maximum(highs, high)
    alike = small & (lower > 0.5 * higher) & (shared > 0.5 * lower)
    next_to = alike & (gaps < higher) & (gaps > -0.3 * np.minimum(wides, wide))
    next_to[[index, beside]] = False
    return bool(small[index] and next_to.any())
