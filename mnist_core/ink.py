"""Ink: pen strokes, or a picture of them, as the 28×28 image that an MNIST model expects.

Every drawing is redrawn with one soft pen at one size, so that neither the canvas nor the brush
shows in the image. The pen matches MNIST's own strokes: over its 60,000 training images the mean
ink is 0.131, the longer side of the ink is 20 px, and the centre of mass lies at pixel (14, 14).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_core.picture import image_from_picture

IMAGE_SIZE = 28
#: The longer side of the ink, in pixels of the image.
BOX_SIZE = 20.0
#: Where MNIST puts the centre of mass, in pixel indices: (14, 14), not the geometric 13.5.
CENTRE = 14.0
#: More points than this in one drawing is refused.
MAX_POINTS = 100_000

#: Distance from the middle of the stroke at which the ink is half black, in pixels.
PEN_RADIUS = 1.25
#: Width of the edge over which the ink fades from black to nothing, in pixels.
PEN_EDGE = 1.2

# Segments are cut to pieces no longer than this, so that each touches a small window of pixels.
_PIECE_LENGTH = 1.0
# Pieces drawn at a time, and at most: they bound memory and time. A drawing of more pieces, some
# 300 times the length of a digit, is so dense that a sample of them leaves the same ink.
_CHUNK = 8192
_MAX_PIECES = 24_000

FloatArray = NDArray[np.float64]
Image = NDArray[np.float32]


class Ink:
    """Pen strokes on a canvas.

    `strokes` are arrays of shape (n, 2): points with x to the right and **y down**, in any unit.
    A stroke of one point is a dot; strokes without points are dropped. Ink without any point is
    empty, which is a state and not an error.

    Raises ValueError for coordinates that are not finite numbers, for a stroke of another shape,
    and for more than `MAX_POINTS` points.
    """

    __slots__ = ("_picture", "strokes")

    strokes: tuple[FloatArray, ...]

    def __init__(self, strokes: Iterable[ArrayLike] = ()) -> None:
        self.strokes = _checked_strokes(strokes)
        self._picture: Image | None = None

    @classmethod
    def from_image(cls, array: ArrayLike) -> Ink:
        """Ink found in a picture, dark on light or light on dark.

        `array`: (height, width) grey, or (height, width, 1, 3 or 4) grey, RGB or RGBA; integers
        in [0, 255], floats in [0, 1] (or [0, 255] if any value exceeds 1), or booleans. Evens out
        the lighting, finds which side is ink, crops, scales and centres. A picture without ink
        gives empty ink. Such ink has no strokes. Raises ValueError for any other array.
        """
        ink = cls()
        ink._picture = image_from_picture(array)
        return ink

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing drawn."""
        return not self.strokes and self._picture is None

    def to_image(self, *, pen_radius: float = PEN_RADIUS, pen_edge: float = PEN_EDGE) -> Image:
        """The ink as MNIST would show it: (28, 28) float32 in [0, 1], ink 1, background 0.

        The longer side is 20 px with the aspect kept, the centre of mass at pixel (14, 14). The
        strokes are drawn with an antialiased round pen, exactly where they fall between pixels;
        `pen_radius` and `pen_edge` (in pixels) make other pens for training. A dot is drawn as
        one; empty ink gives zeros.
        """
        if self._picture is not None:
            return self._picture.copy()
        if not self.strokes:
            return np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.float32)
        starts, ends = _segments(self.strokes)
        starts, ends = _fit(starts, ends, size=BOX_SIZE - 2 * pen_radius)
        starts, ends = _cut(starts, ends)
        shift = CENTRE - _line_centre(starts, ends)
        # The centre of the line is nearly that of the ink; measuring the ink itself settles it.
        # Overlapping strokes count once there, as they do in a scan.
        for _ in range(2):
            image = _draw(starts + shift, ends + shift, radius=pen_radius, edge=pen_edge)
            offset = CENTRE - _centre_of_mass(image)
            if np.abs(offset).max() < 0.02:
                break
            shift = shift + offset
        return image

    def __repr__(self) -> str:
        if self._picture is not None:
            return "Ink(from a picture)"
        points = sum(len(stroke) for stroke in self.strokes)
        return f"Ink({len(self.strokes)} strokes, {points} points)"


def _checked_strokes(strokes: Iterable[ArrayLike]) -> tuple[FloatArray, ...]:
    """The strokes as read-only float64 arrays (n, 2), n ≥ 1; ValueError for anything else."""
    if isinstance(strokes, str | bytes) or not isinstance(strokes, Iterable):
        raise ValueError(
            f"strokes must be a sequence of (n, 2) arrays of points, got {_described(strokes)}"
        )
    checked = []
    points = 0
    for index, stroke in enumerate(strokes):
        array = _stroke(stroke, index)
        points += len(array)
        if points > MAX_POINTS:
            raise ValueError(f"a drawing may have at most {MAX_POINTS:,} points, got more")
        if len(array):
            checked.append(array)
    return tuple(checked)


def _stroke(stroke: ArrayLike, index: int) -> FloatArray:
    try:
        raw = np.asarray(stroke)
        # Text that happens to look like numbers is refused too: it is somebody's mistake.
        if raw.size and raw.dtype.kind not in "iuf":
            raise TypeError(f"values of type {raw.dtype}")
        array = np.array(raw, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"stroke {index} must be an (n, 2) array of numbers, got {_described(stroke)}: {error}"
        ) from error
    if array.size == 0 and array.ndim <= 2:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"stroke {index} must have shape (n, 2), got {array.shape}")
    finite = np.isfinite(array)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise ValueError(
            f"stroke {index} must have finite coordinates, got {array[row, column]} at point {row}"
        )
    array.flags.writeable = False
    return array


def _described(value: Any) -> str:
    """A short description of a value that was refused, for an error message."""
    text = repr(value) if isinstance(value, str | bytes | int | float) else type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."


def _segments(strokes: tuple[FloatArray, ...]) -> tuple[FloatArray, FloatArray]:
    """Starts and ends, each (m, 2), of every straight piece; a lone point starts where it ends."""
    if len(strokes) == 1 and len(strokes[0]) > 1:
        return strokes[0][:-1], strokes[0][1:]
    starts = [stroke[:-1] if len(stroke) > 1 else stroke for stroke in strokes]
    ends = [stroke[1:] if len(stroke) > 1 else stroke for stroke in strokes]
    return np.concatenate(starts), np.concatenate(ends)


def _fit(starts: FloatArray, ends: FloatArray, *, size: float) -> tuple[FloatArray, FloatArray]:
    """The segments moved to the origin and scaled, so that their longer side is `size`."""
    points = np.concatenate((starts, ends))
    # Coordinates near the largest float would overflow in a difference: bring them to [-1, 1].
    largest = np.abs(points).max()
    if largest == 0.0:
        return np.zeros_like(starts), np.zeros_like(ends)
    points = points / largest
    low = points.min(axis=0)
    extent = float((points.max(axis=0) - low).max())
    # Beneath this, a difference of two coordinates is nothing but their rounding: a dot.
    if extent < 1e-12:
        return np.zeros_like(starts), np.zeros_like(ends)
    points = (points - low) * (size / extent)
    return points[: len(starts)], points[len(starts) :]


def _cut(starts: FloatArray, ends: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same line in pieces of at most `_PIECE_LENGTH`."""
    vectors = ends - starts
    lengths = np.hypot(vectors[:, 0], vectors[:, 1])
    pieces = np.maximum(1, np.ceil(lengths / _PIECE_LENGTH)).astype(np.intp)
    total = int(pieces.sum())
    if total == len(starts) <= _MAX_PIECES:
        return starts, ends
    owner = np.repeat(np.arange(len(starts)), pieces)
    place = np.arange(total) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    steps = vectors / pieces[:, None]
    if total > _MAX_PIECES:
        kept = np.linspace(0, total - 1, _MAX_PIECES).astype(np.intp)
        owner, place = owner[kept], place[kept]
    starts = starts[owner] + steps[owner] * place[:, None]
    return starts, starts + steps[owner]


def _line_centre(starts: FloatArray, ends: FloatArray) -> FloatArray:
    """The centre of mass (x, y) of the line, a stand-in for that of the ink."""
    middles = (starts + ends) / 2
    vectors = ends - starts
    lengths = np.hypot(vectors[:, 0], vectors[:, 1])
    total = lengths.sum()
    if total < 1e-9:
        centre: FloatArray = middles.mean(axis=0)
        return centre
    return np.asarray(lengths @ middles / total)


_ROWS = np.arange(IMAGE_SIZE, dtype=np.float32)


def _centre_of_mass(image: Image) -> FloatArray:
    """The centre of mass (x, y) of an image, in pixel indices."""
    total = image.sum()
    if total <= 0:
        return np.array([CENTRE, CENTRE])
    moments = [image.sum(axis=0) @ _ROWS, image.sum(axis=1) @ _ROWS]
    return np.asarray(np.array(moments) / total, dtype=np.float64)


def _draw(starts: FloatArray, ends: FloatArray, *, radius: float, edge: float) -> Image:
    """The pieces drawn with a round pen, (28, 28) float32; what falls outside is clipped.

    A pixel's ink falls linearly with its distance from the line, from 1 at `radius - edge / 2`
    to 0 at `radius + edge / 2`.
    """
    reach = radius + edge / 2
    # Pixels are compared with each piece in a window around its middle, big enough for the pen.
    half = int(np.ceil(reach + _PIECE_LENGTH / 2))
    pad = 2 * half
    side = IMAGE_SIZE + 2 * pad
    squares = np.full(side * side, np.float32(reach * reach))
    window = np.arange(-half, half + 1)
    for first in range(0, len(starts), _CHUNK):
        a = starts[first : first + _CHUNK]
        vectors = ends[first : first + _CHUNK] - a
        corner = np.rint(a + vectors / 2)
        inside = ((corner >= -half) & (corner < IMAGE_SIZE + half)).all(axis=1)
        if not inside.all():
            a, vectors, corner = a[inside], vectors[inside], corner[inside]
        if not len(a):
            continue
        lengths = np.maximum((vectors * vectors).sum(axis=1), 1e-18)
        # (m, w): the offsets of the window's columns and rows from the start of the piece.
        dx = (corner[:, :1] - a[:, :1] + window).astype(np.float32)
        dy = (corner[:, 1:] - a[:, 1:] + window).astype(np.float32)
        vx = vectors[:, :1].astype(np.float32)
        vy = vectors[:, 1:].astype(np.float32)
        inverse = (1.0 / lengths).astype(np.float32)[:, None]
        along = (dx * (vx * inverse))[:, None, :] + (dy * (vy * inverse))[:, :, None]
        np.clip(along, 0.0, 1.0, out=along)
        across = dx[:, None, :] - along * vx[:, :, None]
        along *= vy[:, :, None]
        np.subtract(dy[:, :, None], along, out=along)
        across *= across
        along *= along
        across += along
        cells = corner.astype(np.intp) + pad
        base = cells[:, 1] * side + cells[:, 0]
        flat = base[:, None, None] + (window[:, None] * side + window)
        np.minimum.at(squares, flat.ravel(), across.ravel())
    distances = np.sqrt(squares.reshape(side, side)[pad:-pad, pad:-pad])
    ink = (reach - distances) * np.float32(1.0 / edge)
    return np.clip(ink, 0.0, 1.0, out=ink).astype(np.float32, copy=False)
