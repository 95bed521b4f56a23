"""Pictures of digits that no camera took: drawn in a program, scanned, or transparent.

For measuring alone, never trained on.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.evaluation.camera import (
    Shot,
    Strokes,
    as_jpeg,
    as_png,
    lay_on_paper,
    take,
    tilt,
    to_levels,
    usual_shot,
    write,
)


def _drawn(
    strokes: Strokes, generator: np.random.Generator, *, side: int, pen: float, digit: float
) -> bytes:
    """On a canvas of a drawing program, light on dark or dark on light, PNG or JPEG."""
    place = (float(generator.uniform(0.46, 0.54)), float(generator.uniform(0.46, 0.54)))
    shot = Shot(size=(side, side), digit=digit, pen=pen, place=place)
    big = replace(shot, size=(side * 4, side * 4))
    ink = cv2.resize(write(strokes, big, generator), (side, side), interpolation=cv2.INTER_AREA)
    picture = ink if generator.integers(2) else 1 - ink
    if generator.integers(2):
        return as_jpeg(to_levels(picture), quality=int(generator.integers(60, 96)))
    return as_png(to_levels(picture))


def drawn_large(strokes: Strokes, generator: np.random.Generator) -> bytes:
    side, digit = int(generator.integers(100, 700)), float(generator.uniform(0.4, 0.85))
    return _drawn(
        strokes, generator, side=side, digit=digit, pen=float(generator.uniform(0.02, 0.15))
    )


def drawn_small(strokes: Strokes, generator: np.random.Generator) -> bytes:
    side, digit = int(generator.integers(28, 65)), float(generator.uniform(0.6, 0.8))
    return _drawn(
        strokes, generator, side=side, digit=digit, pen=float(generator.uniform(0.07, 0.15))
    )


def scanned(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """Even light, grain, and a cut close to the digit or far from it."""
    side = int(generator.integers(80, 600))
    shot = replace(
        usual_shot(generator), size=(side, side), digit=float(generator.uniform(0.3, 0.8)),
        place=(0.5, 0.5),
        blur=0.6, quality=int(generator.integers(40, 90)), grain=float(generator.uniform(0.005, 0.03)),
    )  # fmt: skip
    sheet = lay_on_paper(write(strokes, shot, generator), shot, generator)
    return take(tilt(sheet, shot, generator), shot, generator)


def transparent(strokes: Strokes, generator: np.random.Generator) -> bytes:
    side = int(generator.integers(100, 500))
    shot = Shot(
        size=(side, side), digit=float(generator.uniform(0.4, 0.8)),
        pen=float(generator.uniform(0.04, 0.14)), place=(0.5, 0.5),
    )  # fmt: skip
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[..., :3] = to_levels(
        generator.choice([np.zeros(3), np.ones(3), np.array([0.1, 0.2, 0.7])])
    )
    pixels[..., 3] = to_levels(write(strokes, shot, generator))
    return as_png(pixels)


def plotted(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """In the axes of a plot with ticks and their labels, light on dark or dark on light."""
    side, margin = int(generator.integers(120, 400)), 40
    shot = Shot(
        size=(side, side), digit=float(generator.uniform(0.5, 0.75)),
        pen=float(generator.uniform(0.04, 0.14)), place=(0.5, 0.5),
    )  # fmt: skip
    ink = write(strokes, shot, generator)
    inside = to_levels(ink if generator.integers(2) else 1 - ink)
    page: NDArray[np.uint8] = np.pad(inside, margin, constant_values=255)
    first, last = margin - 1, margin + side
    cv2.rectangle(page, (first, first), (last, last), 0, 1)
    for index, place in enumerate(range(margin, last, side // 4)):
        cv2.line(page, (place, last), (place, last + 5), 0, 1)
        cv2.line(page, (first - 5, place), (first, place), 0, 1)
        for corner in ((place - 4, last + 17), (first - 22, place + 4)):
            label = str(5 * index)
            cv2.putText(page, label, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.35, 0, 1, cv2.LINE_AA)
    return as_jpeg(page, quality=85) if generator.integers(2) else as_png(page)
