"""Strokes as they come over the network: checked before anything is computed from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.errors import StrokesError

#: Coordinates beyond this are no drawing.
MAX_COORDINATE = 1e6


_UNREADABLE = "That drawing could not be read. Clear it and draw again."
_TOO_MANY = "That drawing has too many points. Clear it and draw again."


def checked_strokes(value: object, *, max_points: int) -> list[NDArray[np.float64]]:
    """The strokes, each (n, 2) with n ≥ 1; `StrokesError` for anything else or too many points."""
    if not isinstance(value, list):
        raise _unreadable("type", f"Expected a list of strokes, got {type(value).__name__}.")
    if len(value) > max_points:
        raise _too_many(max_points)
    strokes = []
    left = max_points
    for stroke in value:
        array = _stroke(stroke, left=left, max_points=max_points)
        left -= len(array)
        if len(array):
            strokes.append(array)
    return strokes


def _stroke(stroke: object, *, left: int, max_points: int) -> NDArray[np.float64]:
    if not isinstance(stroke, list):
        raise _unreadable(
            "type", f"Expected each stroke as a list of [x, y], got {type(stroke).__name__}."
        )
    if not stroke:
        return np.empty((0, 2))
    if len(stroke) > left:
        raise _too_many(max_points)
    # Before NumPy reads them: it would take nested lists of any depth and size.
    if not all(isinstance(point, list) and len(point) == 2 for point in stroke):
        raise _unreadable("shape", "Expected each point as [x, y], with two numbers.")
    try:
        array = np.asarray(stroke)
    except (ValueError, OverflowError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iuf" or array.shape != (len(stroke), 2):
        raise _unreadable("number", "Expected coordinates that are numbers.")
    # False for NaN too.
    if not (np.abs(array) <= MAX_COORDINATE).all():
        raise _unreadable(
            "range",
            f"Expected finite coordinates from {-MAX_COORDINATE:,.0f} to {MAX_COORDINATE:,.0f}.",
        )
    return array.astype(np.float64, copy=False)


def _unreadable(code: str, expected: str) -> StrokesError:
    return StrokesError(code, _UNREADABLE, expected=expected)


def _too_many(max_points: int) -> StrokesError:
    expected = f"Expected at most {max_points:,} points, got more."
    return StrokesError("points", _TOO_MANY, expected=expected)
