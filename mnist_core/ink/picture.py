"""A picture of a digit (a photo, a scan, a canvas) as the 28×28 image MNIST would have of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.raster import BOX_SIZE, IMAGE_SIZE

# In pixel edges, where MNIST's centre of mass, pixel (14, 14), has its middle.
_CENTRE_EDGE = 14.5
# Pictures are averaged down to this before their ink is looked for.
_WORKING_SIDE = 512
# What is smaller than MNIST's images, as scans of 8x8 pixels are, is looked at so many times as large.
_TIMES = 4
# The cropped ink is averaged down to this before its lines get their width.
_CROPPED_SIDE = 100
# Fainter than this, ink counts for nothing in how large the digit is.
_OUTLINE = 0.15
# Where less of the ink than this share is neither black nor white, its edges are made as soft as a pen's.
_LEAST_SOFT, _SOFTNESS = 0.1, 0.6
# Two digits side by side, as high as one of them, are in an image of this shape; longer ones are smaller.
PAIR_SHAPE = (IMAGE_SIZE, 48)
LONGEST_PAIR = 44.0
# Width of MNIST's strokes in its own pixels.
_STROKE_WIDTH = 2.5
# Lines are left as they are between these shares of it.
_THIN, _THICK = 0.7, 1.15
# What is left of a line is at least twice this share of it.
_HAIRLINE = 0.2

Picture = NDArray[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInk:
    """What was found in a picture.

    colours: (height, width, 1 or 3) in [0, 1], the picture, its longer side at most 512 pixels. ink:
    (height, width) in [0, 1], paper 0: what was taken for ink, without what lies about it.
    """

    colours: Picture
    ink: Picture

    @property
    def picture(self) -> Picture:
        """(height, width) in [0, 1], the picture's brightness."""
        from mnist_core.ink.paper import brightness  # as in `find_ink`

        return brightness(self.colours)


def find_ink(array: NDArray[np.generic]) -> FoundInk | None:
    """The ink in a picture, dark on light or light on dark; None where there is none.

    `array` is as in `Ink.from_image`. Raises ValueError for another shape, type or range.
    """
    # OpenCV takes time and memory, which a page that was shown no picture does without.
    from mnist_core.ink.pixels import colours_of, enlarged

    colours = colours_of(array, side=_WORKING_SIDE)
    if max(colours.shape[:2]) < IMAGE_SIZE:
        colours = enlarged(colours, times=_TIMES)
    ink = next(_looks(colours), None)
    return None if ink is None else FoundInk(colours=colours, ink=ink)


def look_again(found: FoundInk) -> Iterator[FoundInk]:
    """What else may be the ink of that picture, with less of shadows and of what is wide."""
    for ink in islice(_looks(found.colours), 1, None):
        yield FoundInk(colours=found.colours, ink=ink)


def _looks(colours: Picture) -> Iterator[Picture]:
    """What may be ink, (height, width), the likeliest first."""
    from mnist_core.ink.panels import panel_in
    from mnist_core.ink.paper import brightness, contrasts
    from mnist_core.ink.writing import writings

    picture = brightness(colours)
    for window in (panel_in(picture), (slice(None), slice(None))):
        sides = contrasts(colours[window], picture[window]) if window else []
        for found in writings(sides):
            ink = np.zeros_like(picture)
            ink[window] = found
            yield ink


def place(ink: Picture) -> NDArray[np.float32]:
    """Ink, (height, width) in [0, 1] with paper 0, scaled and centred as in MNIST: (28, 28) float32.

    Its longer side becomes 20 px, its centre of mass lies at pixel (14, 14), and its lines are
    made as wide as in MNIST where they are far from it. No ink gives zeros.
    """
    if not ink.any():
        return np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.float32)
    ink = _shrunk(_cropped(ink.astype(np.float64)), side=_CROPPED_SIDE)
    ink = _of_usual_width(ink, size=max(ink.shape))
    longer = max(_outline(ink).shape)
    # Soft edges blur where ink ends: a picture of MNIST's own size is left at it.
    scale = 1.0 if abs(longer - BOX_SIZE) <= 2 else BOX_SIZE / longer
    centres = (
        float(ink.sum(axis=axis) @ (np.arange(ink.shape[1 - axis]) + 0.5)) / ink.sum()
        for axis in (0, 1)
    )
    column, row = (_CENTRE_EDGE - centre * scale for centre in centres)
    if scale == 1.0:
        column, row = round(column), round(row)
    return _sampled(ink, scale, (row, column), (IMAGE_SIZE, IMAGE_SIZE))


def place_pair(ink: Picture) -> NDArray[np.float32]:
    """Ink, as in `place`, as two digits side by side: (28, 48) float32.

    It becomes 20 px high or, where it is longer, 44 wide; the middle of its box is that of the image.
    """
    if not ink.any():
        return np.zeros(PAIR_SHAPE, np.float32)
    ink = _shrunk(_cropped(ink.astype(np.float64)), side=2 * _CROPPED_SIDE)
    ink = _outline(_of_usual_width(ink, size=ink.shape[0]))
    height, width = ink.shape
    scale = min(BOX_SIZE / height, LONGEST_PAIR / width)
    row, column = (
        (side - scale * length) / 2 for side, length in zip(PAIR_SHAPE, ink.shape, strict=True)
    )
    return _sampled(ink, scale, (row, column), PAIR_SHAPE)


def _shrunk(picture: Picture, *, side: int) -> Picture:
    """The picture averaged over blocks of whole pixels until its longer side is near `side`."""
    factor = max(picture.shape) // side
    if factor < 2:
        return picture
    rows, columns = (-(-size // factor) * factor for size in picture.shape)
    padded = np.pad(
        picture, ((0, rows - picture.shape[0]), (0, columns - picture.shape[1])), mode="edge"
    )
    blocks = padded.reshape(rows // factor, factor, columns // factor, factor)
    return np.asarray(blocks.mean(axis=(1, 3)))


def _cropped(ink: Picture, *, least: float = 0.0) -> Picture:
    """The part of the picture that holds ink, of more than `least`."""
    return ink[extent(ink, least=least)]


def _outline(ink: Picture) -> Picture:
    """The part of the picture whose ink counts in how large it is; all of it may be fainter than that."""
    return _cropped(ink, least=min(_OUTLINE, float(ink.max()) / 2))


def extent(ink: NDArray[Any], *, least: float = 0.0) -> tuple[slice, slice]:
    """The rows and the columns from the first to the last that hold ink, of more than `least`.

    ink: (height, width), or a mask of it. Where there is none, they are empty.
    """
    inked = (np.flatnonzero(ink.max(axis=axis) > least) for axis in (1, 0))
    rows, columns = (
        slice(int(each[0]), int(each[-1]) + 1) if len(each) else slice(0) for each in inked
    )
    return rows, columns


def _of_usual_width(ink: Picture, *, size: int) -> Picture:
    """The ink with thin lines widened towards MNIST's stroke, and thick ones made thinner.

    size: of a digit's longer side, in pixels. Thick ones close the loops by which an 8 or a 4 is known.
    """
    from mnist_core.ink.widths import dilated, thinned, usual_width  # as in `find_ink`

    if size < 2 * IMAGE_SIZE:
        return ink
    wanted = _STROKE_WIDTH * size / BOX_SIZE
    width = usual_width(ink > 0.5) or wanted
    if width < _THIN * wanted:
        radius = round((wanted - width) / 2)
        return dilated(np.pad(ink, radius), radius)
    if width > _THICK * wanted:
        # What is left is smaller all over, and its stroke is to be of that size.
        radius = round((width - wanted) / 2 / (1 - _STROKE_WIDTH / BOX_SIZE))
        return _cropped(thinned(ink, radius, spare=round(_HAIRLINE * wanted)))
    return ink


def _sampled(
    ink: Picture, scale: float, corner: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """The ink in an image of that shape, by areas: an MNIST image comes back pixel for pixel.

    corner: row and column of the image at which the ink's first pixel begins.
    """
    import cv2  # as in `find_ink`

    down, across = (
        _areas(size, scale, offset, pixels)
        for size, offset, pixels in zip(ink.shape, corner, shape, strict=True)
    )
    image = down @ ink @ across.T
    peak = float(image.max())
    if peak > 0.0:
        image /= peak
    if np.mean(image[image > 0.1] < 0.9) < _LEAST_SOFT:
        image = cv2.GaussianBlur(image, (0, 0), _SOFTNESS)
    return np.clip(image, 0.0, 1.0).astype(np.float32)


def _areas(size: int, scale: float, offset: float, pixels: int) -> Picture:
    """(pixels, size): the share of each output pixel that each source pixel covers along one side."""
    edges = np.arange(size + 1) * scale + offset
    firsts = np.arange(pixels)[:, None]
    left = np.maximum(edges[:-1], firsts)
    right = np.minimum(edges[1:], firsts + 1)
    return np.asarray(np.maximum(0.0, right - left))
