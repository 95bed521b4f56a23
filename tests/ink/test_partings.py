"""Ink that hangs together is parted where digits touch."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mnist_core.ink.paper import Mask
from mnist_core.ink.partings import Partings, halves, partings
from tests.support.pictures import FOUR, SEVEN, TWO, Strokes


def inked(digit: Strokes, left: int, *, pen: int = 9) -> Mask:
    sheet = np.zeros((130, 480), np.uint8)
    for stroke in digit:
        path = np.array([(15 + left + x, 15 + y) for x, y in stroke], np.int32)
        cv2.polylines(sheet, [path], False, 1, pen)
    return sheet > 0


def shared(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("pen", [5, 9, 13])
@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [(FOUR, FOUR, 60), (TWO, TWO, 58), (SEVEN, SEVEN, 58), (SEVEN, FOUR, 52)],
)
def test_one_way_gives_the_two_digits(left: Strokes, right: Strokes, apart: int, pen: int) -> None:
    one, other = inked(left, 0, pen=pen), inked(right, apart, pen=pen)
    both = one | other
    assert cv2.connectedComponents(both.astype(np.uint8))[0] == 2, "they touch"
    found = partings(both, height=100)
    assert (
        max(
            min(shared(*each) for each in zip(way, (one, other), strict=True))
            for way in halved(found)
        )
        > 0.7
    )


def halved(found: Partings) -> list[tuple[Mask, Mask]]:
    return [
        (found.parts[0, cut], found.parts[cut, found.end])
        for cut in range(1, found.end)
        if (0, cut) in found.parts and (cut, found.end) in found.parts
    ]


def test_parts_are_of_the_ink_from_left_to_right() -> None:
    both = inked(FOUR, 0) | inked(FOUR, 60)
    ways = halved(partings(both, height=100))
    for left, right in ways:
        assert not ((left | right) & ~both).any()
        assert ((left | right) & both).sum() > 0.85 * both.sum()
        middles = [np.flatnonzero(part.any(axis=0))[[0, -1]].sum() for part in (left, right)]
        assert middles[0] <= middles[1]


def test_of_three_digits_each_is_a_part() -> None:
    digits = [inked(SEVEN, 0), inked(FOUR, 52), inked(FOUR, 112)]
    found = partings(np.logical_or.reduce(digits), height=100)
    at_ends = [(True, False), (False, False), (False, True)]
    for digit, ends in zip(digits, at_ends, strict=True):
        alike = [
            shared(part, digit)
            for (first, last), part in found.parts.items()
            if (first == 0, last == found.end) == ends
        ]
        assert max(alike) > 0.7
    # What is much wider than a digit is no part.
    widths = [np.ptp(np.flatnonzero(part.any(axis=0))) for part in found.parts.values()]
    assert max(widths) < 190


def test_what_has_no_place_to_be_cut_at_is_not_parted() -> None:
    assert not partings(inked([[(0, 0), (0, 100)]], 0), height=100).parts
    ring = np.zeros((130, 200), np.uint8)
    cv2.ellipse(ring, (100, 65), (40, 50), 0, 0, 360, 1, 9)
    assert not partings(ring > 0, height=100).parts
    speck = np.zeros((130, 200), bool)
    speck[60:62, 60:62] = True
    assert not partings(speck, height=100).parts


@pytest.mark.parametrize("wide", range(1, 8))
def test_both_halves_have_ink_or_there_are_none(wide: int) -> None:
    mask = np.zeros((20, 30), np.bool_)
    mask[5:15, 4 : 4 + wide] = True
    found = halves(mask)
    assert len(found.costs) == (wide > 1)
    assert all(part.any() for part in found.parts.values())
