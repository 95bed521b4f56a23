"""Printed digits and letters, for training: in OpenCV's fonts and some of matplotlib's.

What measures, and the tests, print in others. Of shapes, 1 is ink.
"""

from __future__ import annotations

import math
import string

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnist_core.data.fonts import font
from mnist_core.ink.paper import Grey
from mnist_core.ink.picture import extent
from mnist_core.record.pictures import log_uniform

Levels = NDArray[np.uint8]

_FONTS = (
    "cmb10", "cmr10", "cmss10", "cmti10", "cmtt10",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralBolIta", "STIXGeneralItalic",
)  # fmt: skip
_CV_FONTS, _CV_SHARE = 8, 0.4
# Letters that may be a digit, so that two of them may be a pair.
_LIKE_DIGITS = set("BGIOSZbgiloqsyz")
#: Letters that are no digit in any type; D, J, T and U are in some.
UNLIKE_DIGITS = sorted(set(string.ascii_letters) - _LIKE_DIGITS - set("DJTU"))
# OpenCV's are lines so thin or thick, by the height of a digit.
_THIN, _THICK = 0.02, 0.15
# How high a digit is, by the size of its font; and OpenCV's, in pixels.
_HEIGHT, _CV_HEIGHT = 0.65, 21.0
# How much thinner or thicker than printed, by the height of a digit, and how slanted.
_THINNER, _THICKER, _SLANT = 0.03, 0.05, 0.12
# Of letters, so many are one, two and three.
_LETTERS = (0.6, 0.3, 0.1)
# The next one begins so much before the last one ends, by the height of a digit.
_OVERLAP = (-0.02, 0.2)
# Of letters that stand apart.
_OVERLAP_APART = (-0.3, 0.0)


def printed(text: str, *, size: float, generator: np.random.Generator, apart: bool = False) -> Grey:
    """`text` as a shape, so tight that its letters are likely to touch, unless they are to stand apart.

    size: of a digit, in pixels.
    """
    opencv = generator.random() < _CV_SHARE
    tiles = (_in_opencv if opencv else _in_type)(text, size, generator)
    overlap = generator.uniform(*(_OVERLAP_APART if apart else _OVERLAP)) * size
    shape = np.zeros((len(tiles[0][0]), 0), np.uint8)
    place = 0.0
    for tile, advance in tiles:
        wide = max(0, round(place) + tile.shape[1] - shape.shape[1])
        shape = np.pad(shape, ((0, 0), (0, wide)))
        under = shape[:, round(place) :][:, : tile.shape[1]]
        np.maximum(under, tile, out=under)
        place += advance - overlap
    return _cropped(_slanted(shape, generator.normal(0, _SLANT)))


def _in_type(text: str, size: float, generator: np.random.Generator) -> list[tuple[Levels, float]]:
    """A tile for each letter, and by how much the next one is moved."""
    face = font(_FONTS[generator.integers(len(_FONTS))], max(8, round(size / _HEIGHT)))
    change = generator.uniform(-_THINNER, _THICKER) * size
    side = 2 * round(abs(change) / 2) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    rim = math.ceil(size / 2)
    tiles = []
    for letter in text:
        advance = face.getlength(letter)
        sheet = Image.new("L", (math.ceil(advance) + 2 * rim, math.ceil(3 * size)), 0)
        ImageDraw.Draw(sheet).text((rim, rim), letter, fill=255, font=face)
        tile = (cv2.dilate if change > 0 else cv2.erode)(np.asarray(sheet), kernel)
        tiles.append((tile, advance))
    return tiles


def _in_opencv(
    text: str, size: float, generator: np.random.Generator
) -> list[tuple[Levels, float]]:
    """As `_in_type`."""
    face = int(generator.integers(_CV_FONTS))
    width = max(1, round(size * log_uniform(_THIN, _THICK, generator)))
    scale, rim = size / _CV_HEIGHT, math.ceil(size / 2)
    tiles = []
    for letter in text:
        (advance, _), _ = cv2.getTextSize(letter, face, scale, 1)
        tile = np.zeros((math.ceil(3 * size), advance + 2 * rim), np.uint8)
        cv2.putText(tile, letter, (rim, math.ceil(2 * size)), face, scale, 255, width, cv2.LINE_AA)
        tiles.append((tile, float(advance)))
    return tiles


def _slanted(shape: Levels, slant: float) -> Levels:
    height, width = shape.shape
    slanted = np.array([[1, slant, -slant * height / 2], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(shape, slanted, (width, height)))


def _cropped(shape: Levels) -> Grey:
    found = shape[extent(shape)] if shape.any() else shape
    return np.asarray(found, np.float32) / np.float32(255)


def some_letters(generator: np.random.Generator, *, least: int = 1) -> str:
    """A letter, or a few, at least so many, that are not all like digits."""
    count = max(least, 1 + int(generator.choice(len(_LETTERS), p=_LETTERS)))
    while True:
        text = "".join(generator.choice(list(string.ascii_letters), count).tolist())
        if count == 1 or not set(text) <= _LIKE_DIGITS:
            return text
