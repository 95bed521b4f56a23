"""Ink as the reader finds it in pictures, for training; `evaluation.photos`, which measures, is not used.

A shape is put on a canvas, a scanned sheet or a photographed one, and read back. What that does to
lines (soft or ragged edges, gaps, another width, a shadow's edge) no drawing with a pen has. Of shapes,
(height, width), 1 is ink; of pictures 1 is white.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.ink import Ink
from mnist_core.ink.paper import Grey
from mnist_core.ink.picture import extent, place
from mnist_core.ink.picture_pieces import PicturePieces
from mnist_core.ink.raster import FloatArray, Image, Strokes

_LONGEST_SIDE = 300
_SMALLEST_DIGIT, _LARGEST_DIGIT = 22.0, 170.0  # pixels
# What is read and what was put there are the same ink from this likeness on.
_ALIKE = 0.9


def read_back(shape: Grey, *, generator: np.random.Generator) -> Image | None:
    """The 28x28 image of a shape that was put in a picture; None where other ink is found than that."""
    sheet = _with_margins(shape, generator)
    picture = _PLACES[generator.choice(len(_PLACES), p=_SHARES)](sheet, generator)
    levels = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    image = Ink.from_image(_stored(levels, generator)).to_image()
    return image if _likeness(image, place(shape)) >= _ALIKE else None


def written(strokes: Strokes, *, generator: np.random.Generator) -> Grey:
    """Strokes as a shape of some size, by a pen of some width."""
    longer = float(np.ptp(np.concatenate(list(strokes)), axis=0).max())
    size = some_size(generator)
    width = size * log_uniform(0.025, 0.19, generator)
    return drawn(strokes, scale=size / max(longer, 1e-9), width=width)


def drawn(
    strokes: Strokes, *, scale: float, width: float, within: FloatArray | None = None
) -> Grey:
    """Strokes as a shape, so many times as large, by a pen so many pixels wide.

    within: points, (n, 2), that the shape has room for; those of the strokes where there are none.
    """
    points = np.concatenate(list(strokes)) if within is None else within
    low, high = points.min(axis=0), points.max(axis=0)
    thickness = max(1, round(width))
    rim = thickness // 2 + 2
    across, down = (np.ceil((high - low) * scale).astype(int) + 2 * rim).tolist()
    shape = np.zeros((down, across), np.uint8)
    for stroke in strokes:
        path = np.rint(((stroke - low) * scale + rim) * 16).astype(np.int32)
        if len(path) == 1:
            path = np.repeat(path, 2, axis=0)
        cv2.polylines(shape, [path], False, 255, thickness, cv2.LINE_AA, 4)
    return np.asarray(shape, np.float32) / np.float32(255)


def found_whole(shape: Grey, *, generator: np.random.Generator) -> PicturePieces | None:
    """As `found_in`, a single piece; None where it does not hang together."""
    found = found_in(shape, generator=generator)
    return found if len(found.pieces) == 1 else None


def found_in(shape: Grey, *, generator: np.random.Generator) -> PicturePieces:
    """A shape as it may be found in a picture, in pieces."""
    return PicturePieces.of(taken(shape, generator=generator))


def taken(shape: Grey, *, generator: np.random.Generator) -> Grey:
    """A shape's ink as it may be found in a picture of it, without looking for it, which takes long.

    It has as much more paper on every side.
    """
    soft = cv2.GaussianBlur(
        _uneven(np.pad(shape, 2), 0.25, generator), (0, 0), generator.uniform(0.3, 1.5)
    )
    floor = generator.uniform(0.08, 0.2)
    ink = (_noisy(soft, generator.uniform(0, 0.05), generator) - floor) / (1 - floor)
    return np.asarray(np.clip(ink * generator.uniform(1.0, 1.3), 0, 1), np.float32)


def enlarged(image: Image, *, generator: np.random.Generator) -> Grey:
    """A 28x28 image's ink as a shape of some size, its lines a little thinner or thicker."""
    side = round(some_size(generator) * 28 / 20)
    soft = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    sharpness = side / 28 * generator.uniform(1.0, 3.0)
    shape = np.clip((soft - generator.uniform(0.3, 0.65)) * sharpness + 0.5, 0, 1)
    if not shape.any():
        return np.asarray(np.clip(soft, 0, 1), np.float32)
    return np.asarray(shape[extent(shape)], np.float32)


def _likeness(image: Image, other: Image) -> float:
    """How alike two images are, in [0, 1]: the cosine between them, both a little blurred."""
    soft, other_soft = (cv2.GaussianBlur(each, (0, 0), 1.0).ravel() for each in (image, other))
    lengths = float(np.linalg.norm(soft) * np.linalg.norm(other_soft))
    return float(soft @ other_soft) / lengths if lengths else 0.0


def some_size(generator: np.random.Generator) -> float:
    """How long a shape's longer side is, in pixels."""
    return log_uniform(_SMALLEST_DIGIT, _LARGEST_DIGIT, generator)


def log_uniform(low: float, high: float, generator: np.random.Generator) -> float:
    """A number whose logarithm is uniform."""
    return math.exp(generator.uniform(math.log(low), math.log(high)))


def _with_margins(shape: Grey, generator: np.random.Generator) -> Grey:
    """Paper about the shape: several times its size, or hardly any, so that an edge may cut it."""
    longer = max(shape.shape)
    low, high = (-0.01, 0.12) if generator.random() < 0.2 else (0.1, 1.2)
    most = max((_LONGEST_SIDE - longer) / 2, 0)
    margins = np.rint(np.minimum(generator.uniform(low, high, 4) * longer, most)).astype(int)
    above, below, left, right = np.maximum(margins, 0)
    sheet = np.pad(shape, ((above, below), (left, right)))
    cut = np.maximum(-margins, 0)
    return sheet[cut[0] : len(sheet) - cut[1], cut[2] : sheet.shape[1] - cut[3]]


def _inked(
    sheet: Grey, contrast: float, generator: np.random.Generator, *, dark_share: float = 0.2
) -> Grey:
    """What the sheet reflects: dark ink on white, or now and then light ink on black."""
    if generator.random() < dark_share:
        return np.asarray(generator.uniform(0.03, 0.2) + 0.8 * contrast * sheet, np.float32)
    return np.asarray(1 - contrast * sheet, np.float32)


def _uneven(sheet: Grey, most: float, generator: np.random.Generator) -> Grey:
    """The sheet with more ink here and less there, by a share of up to `most`."""
    wide = int(generator.integers(2, 12))
    pressure = 1 + generator.uniform(0, most) * _bumps(sheet.shape, wide, generator)
    return np.asarray(sheet * np.clip(pressure, 0.2, 1.2), np.float32)


def _canvas(sheet: Grey, generator: np.random.Generator) -> Grey:
    return _inked(sheet, generator.uniform(0.4, 1.0), generator, dark_share=0.5)


def _scan(sheet: Grey, generator: np.random.Generator) -> Grey:
    paper, contrast = generator.uniform(0.75, 1.0), generator.uniform(0.2, 0.8)
    picture = paper * _inked(_uneven(sheet, 0.25, generator), contrast, generator)
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), generator.uniform(0.3, 1.3))
    return _noisy(picture, generator.uniform(0, 0.03), generator)


def _photo(sheet: Grey, generator: np.random.Generator) -> Grey:
    light = generator.uniform(0.5, 1.0) * _ramp(sheet.shape, generator.uniform(0, 0.45), generator)
    if generator.random() < 0.3:
        light = light * _shadow(sheet.shape, generator)
    contrast = generator.uniform(0.25, 0.9)
    picture = light * _inked(_uneven(sheet, 0.2, generator), contrast, generator)
    if generator.random() < 0.15:
        picture = _ruled(picture, sheet, generator)
    if generator.random() < 0.15:
        picture = _on_a_table(picture, generator)
    blur = generator.uniform(0.4, 1.0) + generator.uniform(0, 0.008) * max(sheet.shape)
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), blur)
    if generator.random() < 0.4:  # what a phone does to make it look crisp
        soft = cv2.GaussianBlur(picture, (0, 0), 2.0)
        picture = picture + generator.uniform(0, 1.0) * (picture - soft)
    return _noisy(picture, generator.uniform(0.003, 0.035), generator)


_PLACES = (_canvas, _scan, _photo)
_SHARES = (0.2, 0.2, 0.6)


def _ramp(size: tuple[int, ...], fall: float, generator: np.random.Generator) -> Grey:
    """From 1 down to 1 - `fall`, along some direction, straight or with a bend."""
    rows, columns = np.mgrid[0 : 1 : size[0] * 1j, 0 : 1 : size[1] * 1j].astype(np.float32)
    angle = generator.uniform(0, 2 * math.pi)
    along = (rows - 0.5) * math.sin(angle) + (columns - 0.5) * math.cos(angle) + 0.5
    return np.asarray(1 - fall * np.clip(along, 0, 1) ** generator.uniform(0.7, 2.5), np.float32)


def _shadow(size: tuple[int, ...], generator: np.random.Generator) -> Grey:
    """Something between the lamp and a half of the sheet: its edge hard or soft, straight or round."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    middle = generator.uniform(0.2, 0.8, 2) * size
    longer = max(size)
    if generator.random() < 0.5:
        angle = generator.uniform(0, 2 * math.pi)
        inside = (rows - middle[0]) * math.sin(angle) + (columns - middle[1]) * math.cos(angle)
    else:
        far = generator.uniform(0.3, 0.9) * longer
        inside = far - np.hypot(
            rows - middle[0] - far * generator.choice((-1, 1)), columns - middle[1]
        )
    soft = longer * log_uniform(0.004, 0.12, generator)
    shade = 0.5 + 0.5 * np.tanh(inside / (2 * soft))
    return np.asarray(1 - generator.uniform(0.15, 0.65) * shade, np.float32)


def _ruled(picture: Grey, sheet: Grey, generator: np.random.Generator) -> Grey:
    """Printed lines under the ink, across and perhaps down."""
    step = max(6, round(max(sheet.shape) * generator.uniform(0.06, 0.3)))
    thick = max(1, round(step * generator.uniform(0.02, 0.08)))
    row, column = generator.integers(step, size=2)
    lines = np.zeros(sheet.shape, np.float32)
    lines[(np.arange(sheet.shape[0]) - row) % step < thick] = 1
    if generator.random() < 0.5:
        lines[:, (np.arange(sheet.shape[1]) - column) % step < thick] = 1
    strength = generator.uniform(0.1, 0.35)
    return np.asarray(picture * (1 - strength * lines * (1 - sheet)), np.float32)


def _on_a_table(picture: Grey, generator: np.random.Generator) -> Grey:
    """Something dark beyond one side of the sheet, or two."""
    shares = generator.uniform(0.03, 0.3, 4) * generator.choice(
        [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 0, 1, 0), (0, 1, 0, 1)]
    )
    above, below, left, right = np.rint(shares * max(picture.shape)).astype(int)
    dark = generator.uniform(0.05, 0.4)
    table = np.pad(np.zeros_like(picture), ((above, below), (left, right)))
    table += dark * (1 + 0.15 * _bumps(table.shape, 9, generator))
    table[above : above + picture.shape[0], left : left + picture.shape[1]] = picture
    return table


def _bumps(size: tuple[int, ...], wide: int, generator: np.random.Generator) -> Grey:
    coarse = generator.standard_normal((size[0] // wide + 2, size[1] // wide + 2), np.float32)
    return np.asarray(cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_LINEAR))


def _noisy(picture: Grey, spread: float, generator: np.random.Generator) -> Grey:
    return np.asarray(picture + spread * generator.standard_normal(picture.shape, np.float32))


def _stored(levels: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """As JPEG leaves it, or PNG."""
    if generator.random() < 0.3:
        return levels
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(35, 96))]
    _, file = cv2.imencode(".jpg", levels, quality)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.uint8)
