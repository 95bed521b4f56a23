"""Strokes as they come over the network: checked before anything is computed from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Coordinates beyond this are no drawing.
MAX_COORDINATE = 1e6


class StrokesError(ValueError):
    """A drawing that can't be read. Says what was expected and what came, without any value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked_strokes(value: Any, *, max_points: int) -> list[NDArray[np.float64]]:
    """The strokes, each (n, 2) with n ≥ 1; `StrokesError` for anything else or too many points."""
    if not isinstance(value, list):
        raise StrokesError("type", f"Expected a list of strokes, got {type(value).__name__}.")
    if len(value) > max_points:
        raise StrokesError("points", _too_many(max_points))
    strokes = []
    left = max_points
    for stroke in value:
        array = _stroke(stroke, left=left, max_points=max_points)
        left -= len(array)
        if len(array):
            strokes.append(array)
    return strokes


def _stroke(stroke: Any, *, left: int, max_points: int) -> NDArray[np.float64]:
    if not isinstance(stroke, list):
        raise StrokesError(
            "type", f"Expected each stroke as a list of [x, y], got {type(stroke).__name__}."
        )
    if not stroke:
        return np.empty((0, 2))
    if len(stroke) > left:
        raise StrokesError("points", _too_many(max_points))
    # Before NumPy reads them: it would take nested lists of any depth and size.
    if not all(isinstance(point, list) and len(point) == 2 for point in stroke):
        raise StrokesError("shape", "Expected each point as [x, y], with two numbers.")
    try:
        array = np.asarray(stroke)
    except (ValueError, OverflowError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iuf" or array.shape != (len(stroke), 2):
        raise StrokesError("number", "Expected coordinates that are numbers.")
    # False for NaN too.
    if not (np.abs(array) <= MAX_COORDINATE).all():
        raise StrokesError(
            "range",
            f"Expected finite coordinates from {-MAX_COORDINATE:,.0f} to {MAX_COORDINATE:,.0f}.",
        )
    return array.astype(np.float64, copy=False)


def _too_many(max_points: int) -> str:
    return f"Expected at most {max_points:,} points, got more."
