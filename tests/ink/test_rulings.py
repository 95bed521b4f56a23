"""Lines of ruled and squared paper are none of the ink, however dark they are."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_core.ink.ink import Ink
from mnist_core.ink.paper import Grey
from mnist_core.ink.rulings import without_rulings
from tests.ink.test_picture import big
from tests.support.pictures import FOUR, TWO, Strokes

SIDE = 200


def written(digit: Strokes, *, pen: int, depth: float) -> Grey:
    sheet = np.zeros((SIDE, SIDE), np.uint8)
    for stroke in digit:
        path = np.array([(60 + x, 50 + y) for x, y in stroke], np.int32)
        cv2.polylines(sheet, [path], False, 255, pen, cv2.LINE_AA)
    return np.asarray(sheet, np.float32) * np.float32(depth / 255)


def ruled(
    sheet: Grey, *, rows: Sequence[int] = (), columns: Sequence[int] = (), depth: float, lean: float
) -> Grey:
    lines = np.zeros_like(sheet)
    off = round(lean * SIDE / 2)
    for row in rows:
        cv2.line(lines, (0, row - off), (SIDE - 1, row + off), depth, 2, cv2.LINE_8)
    for column in columns:
        cv2.line(lines, (column + off, 0), (column - off, SIDE - 1), depth, 2, cv2.LINE_8)
    return np.maximum(sheet, lines)


@pytest.mark.parametrize("lean", [-0.08, 0.0, 0.05])
@pytest.mark.parametrize("columns", [[], range(8, SIDE, 44)])
def test_what_is_written_stays_and_what_is_ruled_goes(columns: Sequence[int], lean: float) -> None:
    """Also where the lines are as dark as the ink; a stroke that crosses one has no gap."""
    sheet = written(FOUR, pen=5, depth=0.3)
    seen = ruled(sheet, rows=range(12, SIDE, 41), columns=columns, depth=0.3, lean=lean)
    left = without_rulings(seen, 0.05)
    assert ((left > 0.15) & (sheet < 0.01)).sum() < 0.04 * (seen > 0.15).sum()
    count, *_ = cv2.connectedComponentsWithStats((left > 0.15).astype(np.uint8))
    assert count - 1 == 1
    assert (left > 0.15)[sheet > 0.15].mean() > 0.9


def test_dark_ink_along_a_line_stays() -> None:
    sheet = written(TWO, pen=5, depth=0.8)
    foot = int(np.flatnonzero(sheet.max(axis=1))[-3])
    seen = ruled(sheet, rows=[foot - 80, foot - 40, foot, foot + 40], depth=0.3, lean=0.0)
    left = without_rulings(seen, 0.05)
    assert (left > 0.5)[sheet > 0.5].mean() > 0.98


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([60, 120], []),
        ([20, 50, 130], []),
        ([], range(20, SIDE, 40)),  # they may be ones
    ],
)
def test_few_lines_uneven_ones_and_ones_are_no_ruling(
    rows: Sequence[int], columns: Sequence[int]
) -> None:
    seen = ruled(written(FOUR, pen=5, depth=0.3), rows=rows, columns=columns, depth=0.3, lean=0.0)
    assert without_rulings(seen, 0.05) is seen


def photographed(shape: NDArray[np.floating], *, depth: float) -> NDArray[np.floating]:
    light = 0.85 - 0.2 * np.linspace(0, 1, shape.shape[1])
    grain = np.random.default_rng(3).normal(0, 0.012, shape.shape)
    return np.asarray(np.clip(light * (1 - depth * shape) + grain, 0, 1))


@pytest.mark.parametrize("squared", [False, True])
def test_pencil_is_found_on_paper_whose_lines_are_as_dark(squared: bool) -> None:
    image = Ink(FOUR).to_image()
    shape = np.pad(big(image, 140), 60)
    shape[24::52] = shape[25::52] = 1.0
    if squared:
        shape[:, 10::52] = shape[:, 11::52] = 1.0
    found = Ink.from_image(photographed(shape, depth=0.3)).to_image()
    assert np.abs(found - image).mean() < 0.04


def test_no_pattern_breaks_it() -> None:
    generator = np.random.default_rng(0)
    for _ in range(120):
        height, width = generator.integers(18, 129, 2)
        patterns = [
            generator.random((height, width)),
            generator.random((height, width)) > 0.9,
            np.tile(generator.random(width), (height, 1)),
            np.tile(generator.random((height, 1)) > 0.7, (1, width)),
        ]
        for pattern in patterns:
            seen = pattern.astype(np.float32)
            left = without_rulings(seen, 0.05)
            assert left.shape == seen.shape
            assert (left <= seen).all()
