"""From strokes to the pixels of a 28x28 image, drawn with a soft pen.

In the order of their use: `segments` of the strokes, `fit` to MNIST's size, `cut` into short pieces,
`draw_centred`. A `Line` is a drawing as segments, whose order does not matter. The page draws the
same images with `assets/pad/raster.js`, so nothing here branches on what rounding may tip: a change
goes to both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IMAGE_SIZE = 28
#: The longer side of the ink, in pixels of the image.
BOX_SIZE = 20.0
#: Where MNIST puts the centre of mass, in pixel indices: (14, 14), not the geometric 13.5.
CENTRE = 14.0

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
_INDICES = np.arange(IMAGE_SIZE, dtype=np.float32)

FloatArray = NDArray[np.float64]
Image = NDArray[np.float32]
#: A drawing: points (n, 2) of each stroke.
Strokes = Sequence[NDArray[np.float64]]
#: Starts and ends, each (m, 2), of the straight segments of a drawing.
Line = tuple[FloatArray, FloatArray]


def segments(strokes: Strokes) -> Line:
    """Starts and ends, each (m, 2), of every straight piece; a lone point starts where it ends."""
    if len(strokes) == 1 and len(strokes[0]) > 1:
        return strokes[0][:-1], strokes[0][1:]
    starts = [stroke[:-1] if len(stroke) > 1 else stroke for stroke in strokes]
    ends = [stroke[1:] if len(stroke) > 1 else stroke for stroke in strokes]
    return np.concatenate(starts), np.concatenate(ends)


def fit(line: Line, *, size: float) -> Line:
    """The segments moved to the origin and scaled, so that their longer side is `size`."""
    starts, ends = line
    points = np.concatenate(line)
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


def vector_lengths(vectors: FloatArray) -> FloatArray:
    """(m, 2) -> (m,). Exactly rounded steps, where hypot differs between libraries by a last bit."""
    x, y = vectors[:, 0], vectors[:, 1]
    return np.asarray(np.sqrt(x * x + y * y))


def cut(line: Line) -> Line:
    """The same line in pieces of at most `_PIECE_LENGTH`."""
    starts, ends = line
    vectors = ends - starts
    lengths = vector_lengths(vectors)
    pieces = np.maximum(1, np.ceil(lengths / _PIECE_LENGTH)).astype(np.intp)
    total = int(pieces.sum())
    if total == len(starts) <= _MAX_PIECES:
        return line
    owner = np.repeat(np.arange(len(starts)), pieces)
    place = np.arange(total) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    steps = vectors / pieces[:, None]
    if total > _MAX_PIECES:
        kept = np.linspace(0, total - 1, _MAX_PIECES).astype(np.intp)
        owner, place = owner[kept], place[kept]
    starts = starts[owner] + steps[owner] * place[:, None]
    return starts, starts + steps[owner]


def line_centre(line: Line) -> FloatArray:
    """The centre of mass (x, y) of the line, a stand-in for that of the ink."""
    starts, ends = line
    middles = (starts + ends) / 2
    vectors = ends - starts
    lengths = vector_lengths(vectors)
    total = lengths.sum()
    if total < 1e-9:
        centre: FloatArray = middles.mean(axis=0)
        return centre
    return np.asarray(lengths @ middles / total)


def centre_of_mass(image: Image) -> FloatArray:
    """The centre of mass (x, y) of an image, in pixel indices."""
    total = image.sum()
    if total <= 0:
        return np.array([CENTRE, CENTRE])
    moments = [image.sum(axis=0) @ _INDICES, image.sum(axis=1) @ _INDICES]
    return np.asarray(np.array(moments) / total, dtype=np.float64)


def draw_centred(line: Line, *, radius: float, edge: float) -> Image:
    """A `cut` line drawn as by `draw`, with the ink's centre of mass at pixel (14, 14)."""
    shift = CENTRE - line_centre(line)
    # The centre of the line is nearly that of the ink; measuring the ink itself settles it.
    # Overlapping strokes count once there, as they do in a scan.
    image = draw((line[0] + shift, line[1] + shift), radius=radius, edge=edge)
    shift = shift + (CENTRE - centre_of_mass(image))
    return draw((line[0] + shift, line[1] + shift), radius=radius, edge=edge)


def draw(line: Line, *, radius: float, edge: float) -> Image:
    """The pieces of a `cut` line drawn with a round pen, (28, 28) float32 in [0, 1].

    Points are in pixels of the image; what falls outside of it is clipped. A pixel's ink falls
    linearly with its distance from the line, from 1 at `radius - edge / 2` to 0 at
    `radius + edge / 2`.
    """
    starts, ends = line
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
