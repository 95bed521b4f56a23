"""Ink that is no digit, for measuring alone: made by other means than `nondigits`, never trained on.

Curves from formulas (Lissajous figures, roses, hearts, cycloids), wandering pens with momentum,
regular stars and polygons, faces and houses of other parts, pairs of digits, dots and dashes, and
letters of printed fonts read as pictures. As in training, letters that are digits but for their
context (O, I, l, S, Z) are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnist_core.data.fonts import font
from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import Strokes

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYadefhkmnprtwxy"
_FONTS = ("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSansMono")


def other_ink(
    count: int, *, digits: Sequence[Strokes], generator: np.random.Generator
) -> NDArray[np.float32]:
    """(count, 28, 28) images of ink that is no digit, all kinds in turn.

    `digits` are drawings from which pairs are put side by side.
    """
    kinds: list[Callable[[], Ink]] = [
        lambda: Ink([_lissajous(generator)]), lambda: Ink([_rose(generator)]),
        lambda: Ink([_wandering(generator)]), lambda: Ink([_heart(generator)]),
        lambda: Ink([_cycloid(generator)]), lambda: Ink([_star(generator)]),
        lambda: Ink(_face(generator)), lambda: Ink(_house(generator)),
        lambda: Ink(_pair(digits, generator)), lambda: Ink(_pair(digits, generator)),
        lambda: Ink(_marks(generator)),
        *[lambda: letter(LETTERS[generator.integers(len(LETTERS))], generator=generator)] * 6,
    ]  # fmt: skip
    return np.stack([kinds[index % len(kinds)]().to_image() for index in range(count)])


def letter(character: str, *, generator: np.random.Generator) -> Ink:
    """A letter of a printed font, slanted and turned a little, read as a picture."""
    face = font(_FONTS[generator.integers(len(_FONTS))], 64)
    picture = Image.new("L", (128, 128), 0)
    ImageDraw.Draw(picture).text((64, 64), character, fill=255, font=face, anchor="mm")
    slant = float(generator.normal(0, 0.12))
    picture = picture.transform(
        picture.size, Image.Transform.AFFINE, (1, slant, -64 * slant, 0, 1, 0),
        Image.Resampling.BILINEAR,
    )  # fmt: skip
    turned = picture.rotate(float(generator.normal(0, 5)), Image.Resampling.BILINEAR)
    return Ink.from_image(np.asarray(turned))


def _turned(
    points: NDArray[np.float64], generator: np.random.Generator, spread: float = 0.25
) -> NDArray[np.float64]:
    angle = generator.normal(0, spread)
    stretch = math.exp(generator.normal(0, 0.15))
    cos, sin = math.cos(angle) * stretch, math.sin(angle) * stretch
    turn = np.array([[cos, sin], [-sin / stretch**2, cos / stretch**2]])
    return np.asarray(points @ turn)


def _lissajous(generator: np.random.Generator) -> NDArray[np.float64]:
    across, down = ((2, 3), (3, 2), (3, 4), (4, 3), (5, 4), (3, 5))[generator.integers(6)]
    t = np.linspace(0, 2 * math.pi, 160)
    phase = generator.uniform(0.3, 1.3)
    return _turned(np.stack((np.sin(across * t + phase), np.sin(down * t)), axis=1), generator)


def _rose(generator: np.random.Generator) -> NDArray[np.float64]:
    t = np.linspace(0, 2 * math.pi, 160)
    radius = np.cos(int(generator.integers(3, 6)) * t) + generator.uniform(0, 0.4)
    points = np.stack((radius * np.cos(t), radius * np.sin(t)), axis=1)
    return _turned(points, generator, math.pi)


def _wandering(generator: np.random.Generator) -> NDArray[np.float64]:
    turns = np.cumsum(generator.normal(0, 0.35, 150))
    heading = np.cumsum(np.clip(turns, -3, 3) * 0.25)
    return np.cumsum(np.stack((np.cos(heading), np.sin(heading)), axis=1), axis=0)


def _heart(generator: np.random.Generator) -> NDArray[np.float64]:
    t = np.linspace(0, 2 * math.pi, 60)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return _turned(np.stack((x, -y), axis=1), generator)


def _cycloid(generator: np.random.Generator) -> NDArray[np.float64]:
    t = np.linspace(0, 2 * math.pi * int(generator.integers(3, 7)), 160)
    wheel = generator.uniform(1.5, 3.5)
    return _turned(np.stack((t - wheel * np.sin(t), -wheel * np.cos(t)), axis=1), generator)


def _star(generator: np.random.Generator) -> NDArray[np.float64]:
    corners, step = ((5, 2), (7, 2), (7, 3), (3, 1), (4, 1), (8, 3))[generator.integers(6)]
    angle = np.arange(corners + 1) * step * 2 * math.pi / corners - math.pi / 2
    return _turned(np.stack((np.cos(angle), np.sin(angle)), axis=1), generator)


def _arc(
    x: float, y: float, radius: float, start: float, end: float, count: int = 20
) -> NDArray[np.float64]:
    angle = np.linspace(start, end, count)
    return np.stack((x + radius * np.cos(angle), y + radius * np.sin(angle)), axis=1)


def _face(generator: np.random.Generator) -> list[NDArray[np.float64]]:
    start = generator.uniform(0, 6)
    eye = generator.uniform(0.2, 0.35)
    strokes = [_arc(0, 0, 1, start, start + 6.3, 40)]
    for side in (-1, 1):
        strokes.append(np.array([(side * 0.35, -0.3 - eye / 2), (side * 0.35, -0.3 + eye / 2)]))
    happy = generator.random() < 0.7
    mouth = _arc(0, 0.1, 0.5, 0.4, 2.7) if happy else _arc(0, 0.8, 0.45, 3.6, 5.8)
    return [*strokes, mouth]


def _house(generator: np.random.Generator) -> list[NDArray[np.float64]]:
    wide, high, roof = generator.uniform(0.6, 1.3, 3)
    walls = np.array([(0, 0), (0, high), (wide, high), (wide, 0), (0, 0), (wide / 2, -roof * 0.6)])
    door = np.array([(0.4, high), (0.4, high / 2), (0.6, high / 2), (0.6, high)]) * (wide, 1)
    return [walls, np.array([(wide / 2, -roof * 0.6), (wide, 0)]), door]


def _pair(digits: Sequence[Strokes], generator: np.random.Generator) -> list[NDArray[np.float64]]:
    row: list[NDArray[np.float64]] = []
    edge = 0.0
    for index in generator.integers(len(digits), size=2):
        points = np.concatenate(list(digits[index]))
        low, high = points.min(axis=0), points.max(axis=0)
        tall = max(float(high[1] - low[1]), 1.0)
        row.extend((stroke - low) / tall + (edge, 0.0) for stroke in digits[index])
        edge += float(high[0] - low[0]) / tall + generator.uniform(0.1, 0.35)
    return row


def _marks(generator: np.random.Generator) -> list[NDArray[np.float64]]:
    kind = generator.integers(5)
    if kind == 0:
        return [np.array([(0.0, 0.0)])]
    if kind == 1:
        return [np.array([(0.0, 0.0), (1.0, generator.uniform(-0.4, 0.4))])]
    if kind == 2:
        return [np.array([(0.0, 0.0), (1.0, 1.0)]), np.array([(1.0, 0.0), (0.0, 1.0)])]
    if kind == 3:
        return [np.array([(x, 0.0)]) for x in range(int(generator.integers(2, 5)))]
    return [np.array([(0.0, y), (1.0, y)]) for y in (0.0, generator.uniform(0.3, 0.8))]
