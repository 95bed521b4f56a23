"""Made-up digits in styles that the data hardly has: the slashed 0, the flagged 1, the crossed 7.

Every figure is a few control points in the unit box (y down), joined straight or by a smooth
curve; chance moves the points, and `vary_strokes` bends the whole.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.raster import Strokes
from mnist_core.record.hands import vary_strokes

Points = tuple[tuple[float, float], ...]
#: A stroke: whether its points are joined by a smooth curve, and the points.
Figure = tuple[tuple[bool, Points], ...]

LINE, CURVE = False, True

FIGURES: dict[int, tuple[Figure, ...]] = {
    1: (
        ((LINE, ((0.3, 0.25), (0.55, 0.0), (0.55, 1.0))),),
        ((LINE, ((0.1, 0.45), (0.6, 0.0), (0.6, 1.0))),),
        ((LINE, ((0.2, 0.3), (0.5, 0.0), (0.5, 1.0))), (LINE, ((0.2, 1.0), (0.8, 1.0)))),
        ((LINE, ((0.15, 0.42), (0.55, 0.0), (0.55, 1.0))), (LINE, ((0.25, 1.0), (0.85, 1.0)))),
        ((LINE, ((0.5, 0.0), (0.5, 1.0))), (LINE, ((0.5, 0.02), (0.25, 0.28)))),
        ((LINE, ((0.25, 0.15), (0.5, 0.0), (0.5, 1.0))),),
        ((LINE, ((0.5, 0.0), (0.5, 1.0))), (LINE, ((0.25, 1.0), (0.75, 1.0)))),
        # A tick at the foot, a flag down to the foot, a flag that closes on the stem.
        ((LINE, ((0.3, 0.25), (0.5, 0.0), (0.5, 1.0), (0.68, 0.86))),),
        ((LINE, ((0.45, 0.0), (0.45, 1.0), (0.65, 0.84))),),
        ((CURVE, ((0.45, 0.0), (0.45, 0.5), (0.47, 0.9), (0.53, 0.99), (0.64, 0.9))),),
        ((LINE, ((0.3, 0.22), (0.5, 0.0), (0.48, 1.0), (0.36, 0.9))),),
        ((LINE, ((0.0, 0.62), (0.55, 0.0), (0.55, 1.0))),),
        ((LINE, ((0.05, 0.8), (0.5, 0.0), (0.5, 1.0))),),
        ((LINE, ((0.52, 0.22), (0.3, 0.28), (0.5, 0.0), (0.52, 1.0))),),
        ((LINE, ((0.5, 0.3), (0.32, 0.3), (0.5, 0.0), (0.5, 1.0))), (LINE, ((0.3, 1.0), (0.7, 1.0)))),
    ),
    2: (
        ((CURVE, ((0.1, 0.25), (0.4, 0.0), (0.8, 0.2), (0.5, 0.6), (0.1, 0.93), (0.12, 0.8),
                  (0.4, 0.88), (0.65, 1.0), (0.95, 0.9))),),
        ((CURVE, ((0.15, 0.2), (0.45, 0.0), (0.8, 0.2), (0.55, 0.6), (0.1, 1.0))),
         (LINE, ((0.1, 1.0), (0.9, 1.0)))),
        # With a large loop at the foot, and with a curl at the top.
        ((CURVE, ((0.15, 0.2), (0.45, 0.0), (0.8, 0.2), (0.55, 0.6), (0.15, 0.97), (-0.02, 0.78),
                  (0.22, 0.62), (0.55, 0.88), (0.98, 0.95))),),
        ((CURVE, ((0.2, 0.22), (0.5, 0.0), (0.8, 0.22), (0.5, 0.7), (0.2, 1.0), (0.05, 0.8),
                  (0.3, 0.72), (0.62, 0.98), (0.95, 0.85))),),
        ((CURVE, ((0.1, 0.25), (0.4, 0.0), (0.75, 0.2), (0.6, 0.55), (0.2, 1.0), (-0.05, 0.76),
                  (0.15, 0.52), (0.5, 0.75), (0.95, 1.0))),),
        ((CURVE, ((0.4, 0.3), (0.2, 0.22), (0.4, 0.0), (0.8, 0.18), (0.55, 0.6), (0.1, 1.0))),
         (LINE, ((0.1, 1.0), (0.9, 0.96)))),
    ),
    3: (
        ((LINE, ((0.1, 0.0), (0.85, 0.0), (0.42, 0.4))),
         (CURVE, ((0.42, 0.4), (0.8, 0.5), (0.85, 0.8), (0.5, 1.0), (0.1, 0.9)))),
        ((CURVE, ((0.15, 0.1), (0.5, 0.0), (0.8, 0.2), (0.4, 0.45))),
         (CURVE, ((0.4, 0.45), (0.85, 0.6), (0.75, 0.95), (0.4, 1.0), (0.1, 0.88)))),
    ),
    4: (
        ((LINE, ((0.25, 0.0), (0.1, 0.6), (0.9, 0.6))), (LINE, ((0.65, 0.25), (0.62, 1.0)))),
        ((LINE, ((0.35, 0.0), (0.05, 0.62), (0.95, 0.6))), (LINE, ((0.6, 0.35), (0.58, 1.0)))),
        ((CURVE, ((0.15, 0.0), (0.12, 0.4), (0.3, 0.55), (0.7, 0.45))),
         (LINE, ((0.75, 0.0), (0.7, 1.0)))),
        ((LINE, ((0.15, 0.05), (0.15, 0.5), (0.75, 0.5))), (LINE, ((0.75, 0.0), (0.75, 1.0)))),
        ((LINE, ((0.7, 1.0), (0.7, 0.0), (0.05, 0.65), (0.95, 0.65))),),
        ((LINE, ((0.6, 0.0), (0.05, 0.7), (0.9, 0.7))), (LINE, ((0.7, 0.45), (0.68, 1.0)))),
        # Like psi: a bowl that the stem crosses in its middle.
        ((CURVE, ((0.1, 0.0), (0.14, 0.42), (0.45, 0.58), (0.8, 0.42), (0.86, 0.05))),
         (LINE, ((0.52, 0.05), (0.48, 1.0)))),
        ((CURVE, ((0.1, 0.05), (0.1, 0.45), (0.4, 0.6), (0.9, 0.5))),
         (LINE, ((0.55, 0.0), (0.5, 1.0)))),
        ((LINE, ((0.12, 0.0), (0.12, 0.5), (0.88, 0.5), (0.88, 0.05))),
         (LINE, ((0.55, 0.15), (0.52, 1.0)))),
        ((CURVE, ((0.28, 0.0), (0.08, 0.5), (0.4, 0.7), (0.88, 0.5))),
         (LINE, ((0.58, 0.3), (0.52, 1.0)))),
    ),
    5: (
        ((LINE, ((0.25, 0.0), (0.2, 0.42))),
         (CURVE, ((0.2, 0.42), (0.6, 0.38), (0.85, 0.65), (0.6, 0.98), (0.12, 0.92))),
         (LINE, ((0.25, 0.0), (0.85, 0.0)))),
        ((LINE, ((0.85, 0.0), (0.2, 0.0), (0.18, 0.45))),
         (CURVE, ((0.18, 0.45), (0.6, 0.4), (0.85, 0.68), (0.55, 1.0), (0.1, 0.9)))),
        # Its roof floats free, or is drawn twice.
        ((CURVE, ((0.22, 0.14), (0.2, 0.42), (0.6, 0.38), (0.85, 0.68), (0.55, 1.0), (0.1, 0.9))),
         (LINE, ((0.36, -0.02), (0.95, -0.08)))),
        ((LINE, ((0.25, 0.1), (0.2, 0.45))),
         (CURVE, ((0.2, 0.45), (0.6, 0.4), (0.85, 0.68), (0.55, 1.0), (0.1, 0.92))),
         (LINE, ((0.4, 0.0), (1.0, -0.04)))),
        ((LINE, ((0.85, 0.08), (0.25, 0.08), (0.2, 0.46))),
         (CURVE, ((0.2, 0.46), (0.6, 0.42), (0.85, 0.7), (0.55, 1.0), (0.1, 0.92))),
         (LINE, ((0.22, -0.06), (0.92, -0.1)))),
        ((CURVE, ((0.2, 0.2), (0.22, 0.45), (0.6, 0.4), (0.85, 0.68), (0.55, 1.0), (0.1, 0.9))),
         (LINE, ((0.45, -0.06), (1.05, -0.14)))),
        ((CURVE, ((0.8, 0.0), (0.3, 0.02), (0.2, 0.4), (0.6, 0.42), (0.8, 0.7), (0.5, 1.0),
                  (0.1, 0.9))),),
    ),
    6: (
        ((CURVE, ((0.7, 0.0), (0.3, 0.4), (0.15, 0.78), (0.45, 1.0), (0.8, 0.78), (0.5, 0.55),
                  (0.2, 0.72))),),
        ((LINE, ((0.6, 0.0), (0.2, 0.65))),
         (CURVE, ((0.2, 0.65), (0.25, 0.95), (0.6, 1.0), (0.75, 0.75), (0.45, 0.6),
                  (0.2, 0.75)))),
        # With hardly a bowl.
        ((CURVE, ((0.62, 0.0), (0.35, 0.5), (0.25, 0.88), (0.42, 1.0), (0.52, 0.88), (0.3, 0.84))),),
        ((CURVE, ((0.5, 0.0), (0.3, 0.55), (0.28, 0.92), (0.48, 0.98), (0.54, 0.8), (0.32, 0.78))),),
        ((LINE, ((0.6, 0.0), (0.28, 0.85))),
         (CURVE, ((0.28, 0.85), (0.34, 1.0), (0.56, 0.96), (0.52, 0.8), (0.3, 0.82)))),
    ),
    7: (
        ((LINE, ((0.05, 0.0), (0.9, 0.0), (0.4, 1.0))), (LINE, ((0.25, 0.5), (0.85, 0.5)))),
        ((LINE, ((0.05, 0.18), (0.05, 0.0), (0.9, 0.0), (0.4, 1.0))),),
        ((LINE, ((0.05, 0.18), (0.08, 0.0), (0.9, 0.0), (0.4, 1.0))),
         (LINE, ((0.25, 0.5), (0.85, 0.48)))),
        ((CURVE, ((0.05, 0.1), (0.4, 0.05), (0.9, 0.0), (0.55, 0.45), (0.42, 1.0))),
         (LINE, ((0.2, 0.5), (0.85, 0.45)))),
        ((CURVE, ((0.0, 0.15), (0.15, 0.02), (0.5, 0.08), (0.95, 0.0))),
         (LINE, ((0.95, 0.0), (0.45, 1.0)))),
        # It begins with a hook and is crossed low.
        ((LINE, ((0.05, 0.22), (0.06, 0.0), (0.92, 0.0), (0.42, 1.0))),
         (LINE, ((0.22, 0.66), (0.88, 0.62)))),
        ((CURVE, ((0.0, 0.22), (0.1, 0.02), (0.45, 0.1), (0.95, 0.0))),
         (LINE, ((0.95, 0.0), (0.42, 1.0))), (LINE, ((0.25, 0.7), (0.9, 0.66)))),
        ((CURVE, ((0.12, 0.24), (0.0, 0.14), (0.16, 0.02), (0.5, 0.08), (0.95, 0.0), (0.6, 0.5),
                  (0.42, 1.0))), (LINE, ((0.2, 0.62), (0.85, 0.58)))),
        ((CURVE, ((0.05, 0.25), (0.15, 0.04), (0.5, 0.06), (0.88, 0.1), (0.55, 0.6), (0.35, 1.0))),
         (LINE, ((0.12, 0.76), (0.85, 0.74)))),
    ),
    8: (
        ((CURVE, ((0.5, 0.0), (0.2, 0.22), (0.5, 0.45), (0.8, 0.22), (0.5, 0.0))),
         (CURVE, ((0.5, 0.45), (0.12, 0.72), (0.5, 1.0), (0.88, 0.72), (0.5, 0.45)))),
        ((CURVE, ((0.75, 0.15), (0.45, 0.0), (0.2, 0.2), (0.5, 0.48), (0.8, 0.75), (0.5, 1.0),
                  (0.18, 0.78), (0.5, 0.48), (0.75, 0.15))),),
        # Left open at the top, or with a tail that crosses itself.
        ((CURVE, ((0.24, 0.02), (0.22, 0.22), (0.5, 0.46), (0.82, 0.74), (0.5, 1.0), (0.18, 0.76),
                  (0.5, 0.46), (0.76, 0.24), (0.78, 0.0))),),
        ((CURVE, ((0.25, 0.12), (0.55, 0.0), (0.8, 0.2), (0.5, 0.46), (0.18, 0.74), (0.5, 1.0),
                  (0.84, 0.75), (0.55, 0.5), (0.28, 0.36))),),
        ((CURVE, ((0.7, 0.1), (0.4, 0.0), (0.2, 0.2), (0.5, 0.48), (0.8, 0.76), (0.5, 1.0),
                  (0.18, 0.78), (0.5, 0.5), (0.95, 0.05))),),
        ((CURVE, ((0.75, 0.14), (0.45, 0.02), (0.2, 0.2), (0.5, 0.48), (0.8, 0.76), (0.5, 1.0),
                  (0.18, 0.78), (0.5, 0.48), (0.72, 0.2), (0.55, -0.12))),),
        ((CURVE, ((0.98, 0.0), (0.5, 0.02), (0.22, 0.2), (0.5, 0.46), (0.8, 0.74), (0.5, 1.0),
                  (0.2, 0.76), (0.5, 0.48), (0.8, 0.2), (0.7, -0.08))),),
    ),
    9: (
        ((CURVE, ((0.8, 0.15), (0.5, 0.0), (0.2, 0.22), (0.45, 0.45), (0.8, 0.2), (0.8, 0.65),
                  (0.6, 0.97), (0.2, 0.92))),),
        ((CURVE, ((0.78, 0.25), (0.5, 0.45), (0.2, 0.22), (0.5, 0.0), (0.78, 0.2))),
         (LINE, ((0.78, 0.1), (0.75, 1.0)))),
        ((CURVE, ((0.78, 0.25), (0.5, 0.45), (0.2, 0.22), (0.5, 0.0), (0.78, 0.2))),
         (CURVE, ((0.78, 0.1), (0.8, 0.7), (0.55, 1.0), (0.15, 0.85), (0.12, 0.75)))),
        # Its loop crosses the stem, or is hardly there.
        ((CURVE, ((0.98, 0.36), (0.5, 0.46), (0.2, 0.24), (0.5, 0.0), (0.98, 0.14))),
         (LINE, ((0.76, 0.0), (0.72, 1.0)))),
        ((CURVE, ((0.7, 0.0), (0.3, 0.05), (0.2, 0.3), (0.55, 0.42), (1.0, 0.2))),
         (LINE, ((0.78, -0.04), (0.7, 1.0)))),
        ((CURVE, ((0.95, 0.44), (0.55, 0.42), (0.24, 0.26), (0.42, 0.0), (0.8, 0.1), (0.75, 0.6),
                  (0.6, 1.0))),),
        ((CURVE, ((0.72, 0.12), (0.5, 0.0), (0.38, 0.14), (0.56, 0.24), (0.74, 0.1), (0.72, 0.5),
                  (0.66, 1.0))),),
        ((CURVE, ((0.8, 0.1), (0.45, 0.0), (0.22, 0.12), (0.5, 0.22), (0.8, 0.08), (0.74, 0.5),
                  (0.68, 1.0))),),
        ((CURVE, ((0.75, 0.06), (0.4, 0.0), (0.3, 0.22), (0.6, 0.26), (0.75, 0.06))),
         (LINE, ((0.75, 0.06), (0.66, 1.0)))),
    ),
}  # fmt: skip


def drawn(
    figure: Figure, *, jitter: float, generator: np.random.Generator
) -> list[NDArray[np.float64]]:
    """The strokes of a figure, its points moved by about `jitter` of the box."""
    return [
        smooth(moved) if is_curve else moved
        for is_curve, points in figure
        for moved in [np.array(points) + generator.normal(0, jitter, (len(points), 2))]
    ]


def smooth(points: NDArray[np.float64], *, pieces: int = 6) -> NDArray[np.float64]:
    """A Catmull-Rom curve through `points`, (n, 2), n ≥ 2, in (n - 1) * pieces + 1 points."""
    padded = np.concatenate((2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]))
    t = (np.arange(pieces) / pieces)[None, :, None]
    before, start, end, after = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.concatenate((curve.reshape(-1, 2), points[-1:]))


def oval(
    *, width: float, height: float, turn: float = 1.0, start: float = -1.6, count: int = 24
) -> NDArray[np.float64]:
    """An oval of `turn` turns around the origin, from the angle `start` on, as (count, 2)."""
    angle = start - np.linspace(0, 2 * math.pi * turn, count)
    return np.stack((width / 2 * np.cos(angle), height / 2 * np.sin(angle)), axis=1)


def made_up_digit(digit: int, *, generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """Strokes of a `digit` in 0-9 in one of the rarer styles."""
    if digit == 0:
        width = generator.uniform(0.45, 0.95)
        zero = oval(width=width, height=1.0, turn=generator.uniform(0.93, 1.08))
        strokes = with_slash([zero], generator=generator)
    else:
        figures = FIGURES[digit]
        strokes = drawn(
            figures[generator.integers(len(figures))],
            jitter=generator.uniform(0.02, 0.05),
            generator=generator,
        )
    return vary_strokes(strokes, strength=generator.uniform(0.7, 1.3), generator=generator)


def with_slash(strokes: Strokes, *, generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """A zero with a slash through it (one in ten the other way round, one in twelve a dot)."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-6)
    middle = middle + generator.normal(0, 0.08, 2) * half
    if generator.random() < 1 / 12:
        dot = oval(width=0.1 * half[1], height=0.1 * half[1], count=8) + middle
        return [*strokes, dot]
    # From nearly upright to nearly flat, inside the oval or sticking out on both ends.
    right, up = generator.uniform(-0.1, 1.35), generator.uniform(0.45, 1.5)
    if right < 0.35:
        up = max(up, 0.9)
    if generator.random() < 0.1:
        up = -up
    ends = np.array([(right, -up), (-right, up)]) * half
    ends = middle + ends * generator.uniform(0.85, 1.1, (2, 1))
    if generator.random() < 0.3:
        bend = generator.normal(0, 0.12, 2) * half
        ends = smooth(np.array([ends[0], (ends[0] + ends[1]) / 2 + bend, ends[1]]))
    return [*strokes, ends]


def with_bar(strokes: Strokes, *, generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """A seven with a bar across its stem."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    height = low[1] + (high[1] - low[1]) * generator.uniform(0.42, 0.62)
    # The stem is what is nearest to that height.
    stem = points[np.abs(points[:, 1] - height).argmin(), 0]
    reach = (high[1] - low[1]) * generator.uniform(0.12, 0.32, 2)
    tilt = (high[1] - low[1]) * generator.normal(0, 0.05)
    return [
        *strokes,
        np.array([(stem - reach[0], height + tilt), (stem + reach[1], height - tilt)]),
    ]
