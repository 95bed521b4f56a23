"""Ink that hangs together as digits that touch: the ways to part it along its middle lines."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

import cv2
import numpy as np

from mnist_core.ink.paper import Mask
from mnist_core.ink.picture import extent
from mnist_core.ink.pieces import Box, around, box_of, joint_profile, profile_of, reach
from mnist_core.ink.raster import FloatArray
from mnist_core.ink.skeleton import Line, skeleton

# Ink is looked at with its row so many pixels high.
_HIGH = 64
# Lengths are in heights of the row. Where a line is so far from a straight one, it turns.
_OFF_LINE = 0.09
# More lines are no digits, and a cut leaves no more parts.
_MOST_LINES, _MOST_PARTS = 60, 5
# What two digits share is shorter; each is so high; its ink reaches no further into the other's, band by
# band; where their boxes overlap by more than a share of the narrower, it reaches hardly into it.
_MOST_SHARED, _LEAST_HEIGHT = 0.5, 0.35
_MOST_REACH = 0.45
_BESIDE, _LITTLE_REACH = 0.9, 0.15
# In logits, as fitted to touching digits of training writers: for boxes that overlap by all of the
# narrower one, for a cut where a line only turns, and for a digit that is lower than usual by a height.
_OVERLAP_COST, _TURN_COST, _LOW_COST = 7.0, 1.5, 23.0
_USUAL_HEIGHT, _LEAST_WIDTH = 0.8, 0.1
# Of the cuts in each half height of the row, so many are looked at.
_BAND, _MOST_CUTS = 0.5, 16
# A digit is at most so wide.
_WIDEST = 1.6
# Ink about a line is so many times as wide as usual, and two pixels.
_WIDER, _RIM = 1.35, 2

#: Lines, by their indices.
Some = frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Partings:
    """The cuts that may part a mark into digits, from left to right.

    costs: what tells against each, in logits. parts: the ink from one cut to another that may be a digit,
    masks that may share ink; 0 is before all of it, len(costs) + 1 after. Equal parts are one mask.
    """

    costs: list[float]
    parts: dict[tuple[int, int], Mask]

    @property
    def end(self) -> int:
        return len(self.costs) + 1


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    left: Some
    right: Some
    cost: float


def partings(mask: Mask, *, height: float) -> Partings:
    """The ways to part a mark, (height, width). height: of its row, in pixels."""
    box = extent(mask)
    scale = _HIGH / height
    lines, pen = skeleton(_resized(mask[box], scale), off_line=_OFF_LINE * _HIGH)
    if not 2 <= len(lines) <= _MOST_LINES:
        return Partings([], {})
    boxes = [box_of(line.points) for line in lines]
    cuts = _likeliest(lines, boxes)
    every = frozenset(range(len(lines)))
    places = [_Cut(frozenset(), every, 0.0), *cuts, _Cut(every, frozenset(), 0.0)]
    sides = {
        (first, last): one.right & other.left
        for (first, one), (last, other) in combinations(enumerate(places), 2)
        if one.left < other.left and other.right < one.right and (first, last) != (0, len(cuts) + 1)
    }
    thickness = max(1, round(_WIDER * pen / scale + _RIM))
    masks: dict[Some, Mask] = {}
    for side in set(sides.values()):
        if _may_be_a_digit(around(boxes[each] for each in side)):
            points = [(lines[each].points + 0.5) / scale - 0.5 for each in side]
            masks[side] = np.zeros_like(mask)
            masks[side][box] = mask[box] & _drawn(points, mask[box].shape, thickness)
    parts = {ends: masks[side] for ends, side in sides.items() if side in masks}
    return Partings([cut.cost for cut in cuts], parts)


def halves(mask: Mask) -> Partings:
    """Parted straight down, where there is least ink about the middle; not where it is a pixel wide."""
    rows, box = extent(mask)
    wide = box.stop - box.start
    if wide < 2:
        return Partings([], {})
    inner = slice(box.start + max(1, wide // 3), box.stop - wide // 3)
    cut = inner.start + int(mask[rows, inner].sum(axis=0).argmin())
    columns = np.arange(mask.shape[1])
    return Partings([0.0], {(0, 1): mask & (columns < cut), (1, 2): mask & (columns >= cut)})


def _likeliest(lines: Sequence[Line], boxes: Sequence[Box]) -> list[_Cut]:
    """The cuts that cost least, wherever they are, from left to right."""
    profiles = [profile_of(line.points.tolist(), _HIGH) for line in lines]
    bands: dict[int, list[_Cut]] = defaultdict(list)
    for sides, turns in _cuts(lines).items():
        placed = [(around(boxes[each] for each in side), side) for side in sides]
        (left, one), (right, other) = sorted(placed, key=lambda each: each[0][0] + each[0][2])
        into = reach(*(joint_profile(profiles[each] for each in side) for side in (one, other)))
        cost = _cost(left, right, into=into / _HIGH) + _TURN_COST * turns
        if cost < math.inf:
            middle = (left[2] + right[0]) / 2
            bands[int(middle / (_BAND * _HIGH))].append(_Cut(one, other, cost))
    cuts = chain.from_iterable(
        sorted(band, key=lambda cut: cut.cost)[:_MOST_CUTS] for band in bands.values()
    )
    return sorted(cuts, key=lambda cut: len(cut.left))


def _may_be_a_digit(box: Box) -> bool:
    return box[2] - box[0] <= _WIDEST * _HIGH and box[3] - box[1] >= _LEAST_HEIGHT * _HIGH


def _resized(mask: Mask, scale: float) -> Mask:
    """The mask at that scale, and of it what hangs together in the largest piece."""
    size = [max(1, round(side * scale)) for side in mask.shape[::-1]]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(mask.astype(np.float32), size, interpolation=way) > 0.5
    _, labels, stats, _ = cv2.connectedComponentsWithStats(resized.astype(np.uint8))
    stats[0, cv2.CC_STAT_AREA] = 0
    return np.asarray((labels == stats[:, cv2.CC_STAT_AREA].argmax()) & resized)


def _drawn(paths: Sequence[FloatArray], shape: tuple[int, ...], thickness: int) -> Mask:
    drawn = np.zeros(shape, np.uint8)
    points = [np.rint(path * 16).astype(np.int32) for path in paths]
    cv2.polylines(drawn, points, False, 1, thickness, cv2.LINE_8, 4)
    return np.asarray(drawn > 0)


def _cuts(lines: Sequence[Line]) -> dict[tuple[Some, Some], int]:
    """Ways to cut the lines in two at one place or two, and at how many of these a line only turns.

    What lies between two places may belong to both.
    """
    at: dict[int, set[int]] = {}
    for index, line in enumerate(lines):
        for end in line.ends:
            at.setdefault(end, set()).add(index)
    lengths = [line.length for line in lines]
    most = _MOST_SHARED * _HIGH
    places = [place for place in at if len(at[place]) > 1]
    found: dict[tuple[Some, Some], int] = {}
    for cut in chain(((place,) for place in places), combinations(places, 2)):
        turns = sum(len(at[place]) == 2 for place in cut)
        if turns > 1:
            continue
        parts = _parts_without(set(cut), lines, at)
        if len(parts) > _MOST_PARTS:
            continue
        short = [len(cut) == 2 and sum(lengths[each] for each in part) < most for part in parts]
        for sides in _sides(parts, short):
            if sides[::-1] not in found:
                found.setdefault(sides, turns)
    return found


def _parts_without(cut: set[int], lines: Sequence[Line], at: dict[int, set[int]]) -> list[Some]:
    """What still hangs together where the lines are cut at those places."""
    left = set(range(len(lines)))
    parts = []
    while left:
        reached = [left.pop()]
        part = set(reached)
        while reached:
            for place in set(lines[reached.pop()].ends) - cut:
                following = at[place] & left
                left -= following
                part |= following
                reached += following
        parts.append(frozenset(part))
    return parts


def _sides(parts: Sequence[Some], short: Sequence[bool]) -> Iterator[tuple[Some, Some]]:
    """All ways to give each part to the one or the other, or a short one to both; each has one alone."""
    one, other, both = {0}, {1}, {0, 1}
    choices = [(one, other, both) if each else (one, other) for each in short]
    for chosen in product(*choices):
        if one in chosen and other in chosen:
            sides = [
                frozenset().union(
                    *(part for part, who in zip(parts, chosen, strict=True) if side in who)
                )
                for side in (0, 1)
            ]
            yield sides[0], sides[1]


def _cost(left: Box, right: Box, *, into: float) -> float:
    """What tells against two parts, by their boxes, or infinity. into: how far the ink of one reaches
    into the other.
    """
    lower = min(box[3] - box[1] for box in (left, right)) / _HIGH
    narrower = max(min(box[2] - box[0] for box in (left, right)), _LEAST_WIDTH * _HIGH)
    overlap = (left[2] - right[0]) / narrower
    if lower < _LEAST_HEIGHT or into > _MOST_REACH or (overlap > _BESIDE and into > _LITTLE_REACH):
        return math.inf
    return _OVERLAP_COST * max(0.0, overlap) + _LOW_COST * max(0.0, _USUAL_HEIGHT - lower)
