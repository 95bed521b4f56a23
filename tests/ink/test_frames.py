"""What is a frame about a digit, and what is a digit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mnist_core.ink.frames import inside_frame
from mnist_core.ink.marks import AREA, marks_above
from mnist_core.ink.paper import Grey

SIDE = 60


def arc(start: float, end: float, *, radius: float) -> Grey:
    """A part of a circle, clockwise from the top, in whole turns."""
    turns = 2 * np.pi * np.linspace(start, end, 200)
    path = np.stack((np.sin(turns), -np.cos(turns)), axis=1) * radius + SIDE / 2
    line = np.zeros((SIDE, SIDE), np.float32)
    cv2.polylines(line, [np.rint(path * 8).astype(np.int32)], False, 1.0, 2, cv2.LINE_8, shift=3)
    return line


@pytest.mark.parametrize("end", [0.1, 0.25, 0.3])
@pytest.mark.parametrize("gap", [5, 6])
def test_a_0_that_winds_into_itself_is_no_frame(gap: int, end: float) -> None:
    seen = arc(0.05, 0.97, radius=24) + arc(end - 0.45, end, radius=24 - gap)
    marks = marks_above(seen, 0.5)
    assert marks is not None
    assert len(marks.stats) == 2
    assert inside_frame(marks, int(marks.stats[:, AREA].argmax())) is None


def test_a_circle_about_a_digit_is_one() -> None:
    seen = arc(0.05, 0.97, radius=24)
    seen[20:40, 29:32] = 1.0
    marks = marks_above(seen, 0.5)
    assert marks is not None
    inside = inside_frame(marks, int(marks.stats[:, AREA].argmax()))
    assert inside is not None
    assert (seen > 0.5)[inside].sum() == 60
