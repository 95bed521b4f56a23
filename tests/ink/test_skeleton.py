"""The middle lines of ink, and the places where they meet."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import pytest

from mnist_core.ink.paper import Mask
from mnist_core.ink.skeleton import Line, skeleton


def inked(*paths: list[tuple[int, int]], pen: int = 7, closed: bool = False) -> Mask:
    sheet = np.zeros((100, 140), np.uint8)
    for path in paths:
        cv2.polylines(sheet, [np.array(path, np.int32)], closed, 1, pen)
    return sheet > 0


def lines_at(lines: list[Line]) -> list[int]:
    """How many lines go from each place, the most first."""
    return sorted(Counter(end for line in lines for end in line.ends).values(), reverse=True)


@pytest.mark.parametrize("pen", [1, 3, 9, 15])
def test_a_bar_is_one_line_as_long_as_it_and_as_wide(pen: int) -> None:
    mask = inked([(30, 50), (110, 50)], pen=pen)
    (line,), width = skeleton(mask, off_line=5)
    assert width == pytest.approx(mask[:, 70].sum(), abs=1.5)
    assert 78 - pen <= line.length <= 82 + pen
    assert np.abs(line.points[:, 1] - 50).max() <= 1


@pytest.mark.parametrize("pen", [3, 7, 13])
def test_lines_that_cross_meet_in_one_place(pen: int) -> None:
    lines, _ = skeleton(inked([(20, 20), (100, 80)], [(20, 80), (100, 20)], pen=pen), off_line=5)
    assert lines_at(lines) == [4, 1, 1, 1, 1]


def test_a_line_turns_where_it_leaves_the_straight() -> None:
    lines, _ = skeleton(inked([(20, 20), (100, 20), (100, 80)]), off_line=5)
    assert lines_at(lines) == [2, 1, 1]
    turn = [
        end for end, count in Counter(e for line in lines for e in line.ends).items() if count > 1
    ]
    ends = [line.points[0 if line.ends[0] in turn else -1] for line in lines]
    assert np.abs(np.array(ends) - (100, 20)).max() <= 5


@pytest.mark.parametrize("pen", [1, 6, 11])
def test_a_ring_goes_around(pen: int) -> None:
    square = [(20, 20), (100, 20), (100, 80), (20, 80)]
    lines, _ = skeleton(inked(square, pen=pen, closed=True), off_line=5)
    assert len(lines) >= 4
    assert set(lines_at(lines)) == {2}


def test_lines_lie_in_the_ink_and_leave_none_of_it_far_off() -> None:
    generator = np.random.default_rng(0)
    for _ in range(30):
        path = generator.integers((10, 10), (130, 90), (6, 2))
        mask = inked([(int(x), int(y)) for x, y in path], pen=int(generator.integers(3, 12)))
        lines, pen = skeleton(mask, off_line=5)
        points = np.rint(np.concatenate([line.points for line in lines])).astype(int)
        near_ink = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        assert near_ink[points[:, 1], points[:, 0]].all()
        drawn = np.zeros(mask.shape, np.uint8)
        for line in lines:
            path_of = np.rint(line.points).astype(np.int32)
            cv2.polylines(drawn, [path_of], False, 1, round(2 * pen))
        assert (drawn[mask] > 0).mean() > 0.9


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_dot_has_no_lines(size: int) -> None:
    mask = np.zeros((9, 9), bool)
    mask[3 : 3 + size, 3 : 3 + size] = True
    lines, _ = skeleton(mask, off_line=5)
    assert lines == []
