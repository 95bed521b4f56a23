"""Values that are no drawing, each with the code of its refusal."""

from __future__ import annotations

from typing import Any

from mnist_core.server.limits import Limits

MAX_POINTS = Limits().points

BAD_STROKES: dict[str, tuple[Any, str]] = {
    "nothing": (None, "type"),
    "text": ("seven", "type"),
    "number": (7, "type"),
    "object": ({"0": []}, "type"),
    "stroke is text": (["stroke"], "type"),
    "point is a number": ([[1, 2]], "shape"),
    "missing coordinate": ([[[1, 2], [3]]], "shape"),
    "third coordinate": ([[[1, 2, 3]]], "shape"),
    "text coordinate": ([[[1, "2"]]], "number"),
    "null coordinate": ([[[1, None]]], "number"),
    "truth": ([[[True, False]]], "number"),
    "deeply nested": ([[[[[1]], [[2]]]]], "number"),
    "NaN": ([[[float("nan"), 1]]], "range"),
    "infinite": ([[[1, float("inf")]]], "range"),
    "huge": ([[[1e300, 1]]], "range"),
    "huge whole number": ([[[10**400, 1]]], "number"),
    "too many points": ([[[0, 0]] * (MAX_POINTS + 1)], "points"),
    "too many in all": ([[[0, 0]] * 6000, [[0, 0]] * 6000], "points"),
    "too many strokes": ([[]] * (MAX_POINTS + 1), "points"),
}
