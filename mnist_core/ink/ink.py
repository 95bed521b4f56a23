"""Ink: pen strokes, or a picture of them, as the 28×28 image that an MNIST model expects.

Every drawing is redrawn with one soft pen at one size, so that neither the canvas nor the brush
shows in the image. The pen matches MNIST's own strokes: over its 60,000 training images the mean
ink is 0.131, the longer side of the ink is 20 px, and the centre of mass lies at pixel (14, 14).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mnist_core.ink.picture import FoundInk, find_ink, look_again, place
from mnist_core.ink.raster import (
    BOX_SIZE,
    IMAGE_SIZE,
    PEN_EDGE,
    PEN_RADIUS,
    FloatArray,
    Image,
    cut,
    draw_centred,
    fit,
    segments,
)

#: More points than this in one drawing is refused.
MAX_POINTS = 100_000


class Ink:
    """Pen strokes on a canvas.

    `strokes` are arrays of shape (n, 2): points with x to the right and **y down**, in any unit.
    A stroke of one point is a dot; strokes without points are dropped. Ink without any point is
    empty, which is a state and not an error.

    Raises ValueError for coordinates that are not finite numbers, for a stroke of another shape,
    and for more than `MAX_POINTS` points.
    """

    __slots__ = ("_found", "_image", "strokes")

    strokes: tuple[FloatArray, ...]

    def __init__(self, strokes: Iterable[ArrayLike] = ()) -> None:
        self.strokes = _checked_strokes(strokes)
        self._found: FoundInk | None = None
        self._image: Image | None = None

    @classmethod
    def from_image(cls, array: ArrayLike) -> Ink:
        """Ink found in a picture, dark on light or light on dark.

        `array`: (height, width) grey, or (height, width, 1, 3 or 4) grey, RGB or RGBA; integers
        in [0, 255], floats in [0, 1] (or [0, 255] if any value exceeds 1), or booleans. Evens out
        the lighting, finds which side is ink, crops, scales and centres. A picture without ink
        gives empty ink. Such ink has no strokes. Raises ValueError for any other array.
        """
        return cls._of(find_ink(np.asarray(array)))

    @classmethod
    def _of(cls, found: FoundInk | None) -> Ink:
        ink = cls()
        if found is not None:
            ink._found = found
            ink._image = place(found.ink)
        return ink

    @classmethod
    def from_placed(cls, image: ArrayLike) -> Ink:
        """Ink that is an image as `to_image` gives it: (28, 28) in [0, 1], taken as it is.

        Such ink has no strokes. Raises ValueError for another shape or range.
        """
        placed = np.array(image, dtype=np.float32)
        if placed.shape != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"an image must have shape (28, 28), got {placed.shape}")
        if not ((placed >= 0.0) & (placed <= 1.0)).all():  # false for NaN too
            raise ValueError("an image must lie in [0, 1]")
        ink = cls()
        ink._image = placed
        return ink

    @property
    def found(self) -> FoundInk | None:
        """Where the ink comes from a picture, what was found in it; else None."""
        return self._found

    def looks_again(self) -> Iterator[Ink]:
        """Where the ink comes from a picture, what else in it may be the ink, the likeliest first."""
        if self._found is not None:
            yield from map(self._of, look_again(self._found))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing drawn."""
        return not self.strokes and self._image is None

    def to_image(self, *, pen_radius: float = PEN_RADIUS, pen_edge: float = PEN_EDGE) -> Image:
        """The ink as MNIST would show it: (28, 28) float32 in [0, 1], ink 1, background 0.

        The longer side is 20 px with the aspect kept, the centre of mass at pixel (14, 14). The
        strokes are drawn with an antialiased round pen, exactly where they fall between pixels;
        `pen_radius` and `pen_edge` (in pixels) make other pens for training. A dot is drawn as
        one; empty ink gives zeros.
        """
        if self._image is not None:
            return self._image.copy()
        if not self.strokes:
            return np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.float32)
        line = cut(fit(segments(self.strokes), size=BOX_SIZE - 2 * pen_radius))
        return draw_centred(line, radius=pen_radius, edge=pen_edge)

    def __repr__(self) -> str:
        if self._image is not None:
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
