"""Which pieces of a drawing are a digit each: over-segmentation, then the likeliest row of groups.

The pieces of a digit follow one another from left to right, or as they were written (a bar comes late,
a roof reaches over the next digit). All such groups are read by the network, and of the rows of groups
that use every piece the one wins whose digits are likeliest and fit beside each other, as in readers of
cheques (LeCun et al. 1998, section VIII). The page does the same with `assets/pad/lattice.js`: a change
goes to both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from mnist_core.ink.pieces import (
    Box,
    Part,
    Profile,
    around,
    joint_profile,
    reach,
    row_height,
    widest_gap,
)

#: What the network says of some pieces each, drawn together: how likely it is that they are a digit.
Answers = Callable[[Sequence[tuple[int, ...]]], Sequence[float]]

#: A digit has at most so many pieces.
_MOST_PIECES = 4
# Lengths are in heights of the row. A digit's pieces are no further apart, and it is no wider.
_WIDEST_GAP = 0.3
_WIDEST = 2.2
# A network that can't tell digits from other ink would take "42" for one: what is so far apart is two.
_CLEAR_GAP = 0.1
# Smaller is a dot, which is no digit; a digit lower than the second is less likely by that much each.
_DOT = 0.15
_LOW = 0.5
_LOW_COST = 3.0
# Neighbours share so much of the height of the two.
_IN_LINE = 0.4
# What is added to a row's score, a sum of logarithms of probabilities.
_LEAST_PROBABILITY = 1e-4
_GAP_COST = 4.0
_DOT_COST = 0.5
# A drawing that the network takes for a digit as a whole is seldom more than one.
_WHOLE_BONUS = 2.0
_LINK_COST = 0.5
# Two boxes may overlap by this share of the narrower one for nothing.
_FREE_OVERLAP = 0.6
_OVERLAP_COST = 6.0
# Where the boxes overlap more, as of slanted digits, by how far ink reaches into the other's.
_FREE_REACH = 0.15
_REACH_COST = 20.0
_MOST_REACH = 0.4
# What overlaps more is not beside each other; strokes that are, and good digits each, are seldom one.
_GOOD = 0.1
_TALL = 0.6
_BESIDE = 0.9
_TWO_IN_ONE_COST = 3.0


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that may be a digit, by their indices. gap: the widest strip without ink."""

    members: tuple[int, ...]
    box: Box
    gap: float
    profile: Profile


@dataclass(frozen=True, slots=True)
class Row:
    """Groups from left to right. score: larger is likelier."""

    score: float
    groups: tuple[Group, ...] = ()


NO_ROW = Row(-math.inf)


def likeliest_row(pieces: Sequence[Part], answers: Answers, *, rejects: bool) -> Row:
    """The likeliest row of at least two groups; `NO_ROW` where there is none.

    rejects: whether the network can tell that something is no digit.
    """
    boxes = [piece.box for piece in pieces]
    height = row_height(boxes)
    if height <= 0.0:
        return NO_ROW
    orders = _orders(boxes)
    profiles = [piece.profile(height) for piece in pieces]
    widest = (_WIDEST_GAP if rejects else _CLEAR_GAP) * height
    groups = _groups(boxes, profiles, orders, height, widest)
    groups = {members: group for members, group in groups.items() if _may_be_one(members, pieces)}
    scores = {}
    for (members, group), probability in zip(groups.items(), answers(list(groups)), strict=True):
        links = sum(pieces[member].is_link for member in members) if len(members) > 1 else 0
        scores[members] = score(group, probability, height) - _LINK_COST * links
    _doubt_two_in_one(scores, boxes, height)
    costs = [_cost_without(piece, box, height) for piece, box in zip(pieces, boxes, strict=True)]
    neighbours = _Neighbours(height, _parted(pieces))
    rows = (_along(order, groups, scores, costs, neighbours) for order in orders)
    return max(rows, key=lambda row: row.score)


def _may_be_one(members: Sequence[int], pieces: Sequence[Part]) -> bool:
    """Whether no two of them are digits that one mark of a picture was parted into."""
    marks = [pieces[member].name[0] for member in members if pieces[member].is_digit]
    return len(set(marks)) == len(marks)


def _parted(pieces: Sequence[Part]) -> set[tuple[int, int]]:
    """The digits, by their indices, that one mark of a picture was parted into: each and the next.

    They are beside each other however much they overlap.
    """
    return {
        (index, index + 1)
        for index, (one, other) in enumerate(pairwise(pieces))
        if one.is_digit and other.is_digit and one.name[0] == other.name[0]
    }


def score(group: Group, probability: float, height: float) -> float:
    """How well the group fits into a row of that height as a digit of that probability."""
    left, top, right, bottom = group.box
    low = max(0.0, _LOW - max(bottom - top, 0.6 * (right - left)) / height)
    known = math.log(max(probability, _LEAST_PROBABILITY))
    return known - _GAP_COST * group.gap / height - _LOW_COST * low


def whole_score(
    boxes: Sequence[Box], probability: float, *, is_digit: bool, rejects: bool
) -> float:
    """How likely it is that all pieces together are one digit, beside the score of a row.

    is_digit: whether the network takes it for one. probability: that it is, as in `Answers`.
    """
    gap = widest_gap(boxes) / max(row_height(boxes), 1e-9)
    if not rejects and gap > _CLEAR_GAP:
        return -math.inf
    known = math.log(max(probability, _LEAST_PROBABILITY))
    return known + (_WHOLE_BONUS if is_digit else -_GAP_COST * gap)


def _group_of(members: tuple[int, ...], boxes: Sequence[Box], profiles: Sequence[Profile]) -> Group:
    chosen = [boxes[member] for member in members]
    profile = joint_profile(profiles[member] for member in members)
    return Group(members, around(chosen), widest_gap(chosen), profile)


def _orders(boxes: Sequence[Box]) -> list[list[int]]:
    written = list(range(len(boxes)))
    across = sorted(written, key=lambda index: boxes[index][0] + boxes[index][2])
    return [across] if across == written else [across, written]


def _groups(
    boxes: Sequence[Box],
    profiles: Sequence[Profile],
    orders: list[list[int]],
    height: float,
    widest_gap: float,
) -> dict[tuple[int, ...], Group]:
    """All runs of pieces that may be a digit, but for the one of all pieces."""
    groups = {}
    for order in orders:
        for members in _runs(order):
            if members in groups or len(members) == len(boxes) > 1:
                continue
            group = _group_of(members, boxes, profiles)
            left, top, right, bottom = group.box
            fits = group.gap <= widest_gap and right - left <= _WIDEST * height
            is_dot = max(right - left, bottom - top) < _DOT * height
            if (fits or len(members) == 1) and not is_dot:
                groups[members] = group
    return groups


def _runs(order: list[int]) -> Iterator[tuple[int, ...]]:
    for start in range(len(order)):
        for end in range(start + 1, min(len(order), start + _MOST_PIECES) + 1):
            yield tuple(sorted(order[start:end]))


def _doubt_two_in_one(
    scores: dict[tuple[int, ...], float], boxes: Sequence[Box], height: float
) -> None:
    def is_digit(member: int) -> bool:
        _, top, _, bottom = boxes[member]
        return scores.get((member,), -math.inf) > -_GOOD and bottom - top > _TALL * height

    for members in scores:
        if len(members) > 1 and all(map(is_digit, members)):
            overlaps = (_overlap(boxes[a], boxes[b], height) for a, b in pairwise(members))
            if min(overlaps) < _BESIDE:
                scores[members] -= _TWO_IN_ONE_COST


def _overlap(one: Box, other: Box, height: float) -> float:
    """How much two boxes overlap across, as a share of the narrower."""
    shared = min(one[2], other[2]) - max(one[0], other[0])
    narrower = min(one[2] - one[0], other[2] - other[0])
    return max(0.0, shared) / max(narrower, 0.1 * height)


def _in_line(one: Box, other: Box) -> bool:
    """Whether two boxes are at one height, as neighbours in a row are."""
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared >= _IN_LINE * (max(one[3], other[3]) - min(one[1], other[1]))


def _cost_without(piece: Part, box: Box, height: float) -> float:
    """What a row costs that leaves the piece out: infinite unless it is a dot or a link."""
    if max(box[2] - box[0], box[3] - box[1]) < _DOT * height:
        return _DOT_COST
    return 0.0 if piece.is_link else math.inf


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """Whether groups can follow each other. height: of the row. parted: as `_parted` has it."""

    height: float
    parted: set[tuple[int, int]]

    def cost(self, row: Row, group: Group) -> float:
        """Of the group at the end of the row; infinite where it can't be there."""
        if not row.groups:
            return 0.0
        last = row.groups[-1]
        if not self.parted.isdisjoint(product(last.members, group.members)):
            return 0.0
        if not _in_line(last.box, group.box):
            return math.inf
        overlap = _overlap(last.box, group.box, self.height)
        if overlap <= _FREE_OVERLAP:
            return 0.0
        cost = _OVERLAP_COST * (overlap - _FREE_OVERLAP) if overlap <= _BESIDE else math.inf
        left, right = sorted((last, group), key=lambda each: each.box[0] + each.box[2])
        into = reach(left.profile, right.profile) / self.height
        if into >= _MOST_REACH:
            return cost
        return min(cost, _REACH_COST * max(0.0, into - _FREE_REACH))


def _along(
    order: list[int],
    groups: dict[tuple[int, ...], Group],
    scores: dict[tuple[int, ...], float],
    costs: list[float],
    neighbours: _Neighbours,
) -> Row:
    """The best row whose groups follow each other in that order, by dynamic programming."""
    # After so many pieces, for each group that may be the last: the best row up to there.
    ends: list[dict[tuple[int, ...], Row]] = [{(): Row(0.0)}]
    for end in range(1, len(order) + 1):
        rows: dict[tuple[int, ...], Row] = {}
        for start in range(max(0, end - _MOST_PIECES), end):
            members = tuple(sorted(order[start:end]))
            if members not in scores:
                continue
            group = groups[members]
            before = ends[start].values()
            found = [row.score - neighbours.cost(row, group) for row in before]
            if found:
                best = max(range(len(found)), key=found.__getitem__)
                row = list(before)[best]
                rows[members] = Row(found[best] + scores[members], (*row.groups, group))
        cost = costs[order[end - 1]]
        if cost < math.inf:
            for last, row in ends[end - 1].items():
                if last not in rows or rows[last].score < row.score - cost:
                    rows[last] = Row(row.score - cost, row.groups)
        ends.append(rows)
    whole = [row for row in ends[-1].values() if row.groups]
    best_row = max(whole, key=lambda row: row.score, default=NO_ROW)
    across = sorted(best_row.groups, key=lambda group: group.box[0] + group.box[2])
    return Row(best_row.score, tuple(across))
