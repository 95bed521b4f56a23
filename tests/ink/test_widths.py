"""Thick ink is made thinner as far as its thinnest lines hold it together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_core.ink.widths import thinned


def eroded(ink: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    down, across = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = (down**2 + across**2 <= radius**2 + 1).astype(np.uint8)
    return np.asarray(cv2.erode(ink, disc, borderType=cv2.BORDER_CONSTANT, borderValue=0))


def marks(ink: NDArray[np.float64]) -> int:
    return int(cv2.connectedComponents((ink > 0.5).astype(np.uint8))[0]) - 1


@pytest.mark.parametrize("radius", [1, 3, 6, 12])
def test_it_loses_what_erosion_takes_while_a_little_more_parts_no_mark(radius: int) -> None:
    generator = np.random.default_rng(radius)
    for _ in range(20):
        ink = np.zeros((70, 60))
        for _ in range(3):
            start, end = generator.integers(5, 60, (2, 2)).tolist()
            cv2.line(ink, start, end, 1.0, int(generator.integers(1, 18)), cv2.LINE_8)
        ink = cv2.GaussianBlur(ink, (0, 0), 0.8)
        lost = next(
            each
            for each in range(radius, -1, -1)
            if each == 0 or 0 < marks(eroded(ink, each + 1)) <= marks(ink)
        )
        np.testing.assert_array_equal(thinned(ink, radius, spare=1), eroded(ink, lost))
