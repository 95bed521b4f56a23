"""The same drawing by other hands."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.raster import Strokes

#: A drawing and its label.
Labelled = tuple[Strokes, int]


def vary_strokes(
    strokes: Strokes, *, strength: float = 1.0, generator: np.random.Generator
) -> list[NDArray[np.float64]]:
    """The same digit by another hand: turned, slanted, stretched and smoothly bent.

    `strokes`: (n, 2) arrays in any unit; the result lies around the unit box, y as given.
    `strength` scales all of it.
    """
    points = np.concatenate([np.asarray(stroke, dtype=np.float64) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    extent = max(float((high - low).max()), 1e-9)
    points = (points - (low + high) / 2) / extent
    angle, slant, aspect = generator.normal(0, (0.13, 0.2, 0.15)) * strength
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[math.exp(aspect), slant], [0, 1]])
    points = points @ matrix.T
    # Three slow waves across the box bend every part of the digit a little and together.
    waves = generator.normal(0, 2.5, (3, 2))
    phases = generator.uniform(0, 2 * math.pi, 3)
    moves = generator.normal(0, 0.022 * strength, (3, 2))
    points = points + np.sin(points @ waves.T + phases) @ moves
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return np.split(points, ends)


def cut_off(strokes: Strokes, *, generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """What is left where a picture's edge cuts 2 to 14 % off one side."""
    points = np.concatenate([np.asarray(stroke, dtype=np.float64) for stroke in strokes])
    axis, sign = generator.integers(2), generator.choice((-1.0, 1.0))
    along = sign * points[:, axis]
    limit = along.max() - generator.uniform(0.02, 0.14) * max(float(np.ptp(along)), 1e-9)
    kept = []
    for stroke in strokes:
        close = _close(np.asarray(stroke, dtype=np.float64))
        inside = sign * close[:, axis] <= limit
        runs = np.split(close, np.flatnonzero(np.diff(inside)) + 1)
        kept += runs[0 if inside[0] else 1 :: 2]
    return kept or list(strokes)  # a dot has no side to lose


def _close(stroke: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same path with twenty points for each."""
    places = np.arange(len(stroke), dtype=np.float64)
    finer = np.linspace(0, len(stroke) - 1, 20 * len(stroke))
    return np.stack([np.interp(finer, places, stroke[:, i]) for i in (0, 1)], axis=1)
