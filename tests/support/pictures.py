"""Pictures: files of a 7, and what is found of strokes in one."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mnist_core.ink.ink import Ink

Strokes = Sequence[Sequence[tuple[float, float]]]

# Digits a hundred units high.
SEVEN: Strokes = [[(0, 0), (60, 0), (25, 100)]]
FOUR: Strokes = [[(10, 0), (0, 55), (60, 55)], [(45, 25), (42, 100)]]
TWO: Strokes = [[(0, 25), (20, 2), (45, 5), (50, 30), (30, 65), (0, 100), (60, 100)]]


def seven(*, size: tuple[int, int] = (400, 300), kind: str = "PNG") -> bytes:
    """A dark 7 on light paper: from 0.4 to 0.6 of the width, and from 0.3 to 0.72 of the height."""
    width, height = size
    picture = Image.new("RGB", size, (225, 222, 214))
    corners = [(0.4, 0.3), (0.6, 0.3), (0.47, 0.72)]
    line = [(width * x, height * y) for x, y in corners]
    ImageDraw.Draw(picture).line(line, fill=(40, 40, 60), width=height // 25, joint="curve")
    return _file(picture, kind)


def pictured(strokes: Strokes, *, pen: int = 9) -> Ink:
    """The strokes as they are found in a picture of them."""
    return Ink.from_image(np.asarray(_drawn(strokes, pen=pen)))


def touching_74() -> Ink:
    """A 7 and a 4 that touch, as they are found in a picture."""
    return pictured(_TOUCHING_74)


def touching_74_file() -> bytes:
    """The same as a PNG file."""
    return _file(_drawn(_TOUCHING_74, pen=9), "PNG")


def in_a_shadow(strokes: Strokes, *, reach: int = 40) -> bytes:
    """A photo, as a PNG file, of strokes and a round shadow on the right, which is taken for ink first."""
    ink = 1 - np.asarray(_drawn(strokes, pen=9)) / 255
    rows, columns = np.indices(ink.shape)
    far = np.hypot(rows - 0.3 * len(ink), columns - ink.shape[1])
    paper = np.where(far < reach, 0.6, 1.0)
    levels = np.rint(255 * paper * (0.9 - 0.4 * ink)).astype(np.uint8)
    soft = Image.fromarray(levels).filter(ImageFilter.GaussianBlur(1))
    return _file(soft, "PNG")


_TOUCHING_74 = [*SEVEN, *([(x + 52, y) for x, y in stroke] for stroke in FOUR)]


def _drawn(strokes: Strokes, *, pen: int) -> Image.Image:
    points = np.concatenate([np.array(stroke) for stroke in strokes])
    low, high = points.min(axis=0) - 60, points.max(axis=0) + 60
    wide, high = (high - low).astype(int).tolist()
    picture = Image.new("L", (wide, high), 255)
    for stroke in strokes:
        path = [(x - low[0], y - low[1]) for x, y in stroke]
        ImageDraw.Draw(picture).line(path, fill=0, width=pen, joint="curve")
    return picture


def _file(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()
