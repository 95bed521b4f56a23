"""The arrays that people have of pictures, in one form: brightness or colours in [0, 1]."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float32]

# Of a picture in [0, 1], floats may stray so far beyond: enlarging with cubics overshoots.
_OVERSHOOT = 0.1


def colours_of(array: NDArray[np.generic], *, side: int) -> Colours:
    """A picture of any accepted form as (height, width, 1 or 3) in [0, 1], opaque.

    Its longer side is averaged down to `side`. Raises ValueError for another shape, type or range.
    """
    expected = "a picture must be (height, width) or (height, width, 1, 3 or 4)"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ValueError(f"{expected}, got shape {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"{expected} and hold at least one pixel, got shape {array.shape}")
    if array.dtype.kind not in "buif":
        raise ValueError(f"a picture must hold numbers, got {array.dtype}")
    full = _full_range(array)
    values = np.atleast_3d(array)
    if array.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        values = values.astype(np.float64)
    if values.shape[2] != 4:
        shrunk = _shrunk(values, side=side).astype(np.float32)
        return np.asarray(np.clip(shrunk / np.float32(full), 0, 1))
    alpha = values[..., 3:].astype(np.float32) / np.float32(full)
    if alpha.min() >= 1:
        shrunk = _shrunk(values[..., :3], side=side).astype(np.float32)
        return np.asarray(np.clip(shrunk / np.float32(full), 0, 1))
    colours = np.clip(values[..., :3].astype(np.float32) / np.float32(full), 0, 1)
    return _shrunk(_on_paper(colours, np.clip(alpha, 0, 1)), side=side)


def _full_range(array: NDArray[np.generic]) -> float:
    """The value that stands for white; ValueError where there is no telling."""
    low, high = float(array.min()), float(array.max())
    if not np.isfinite((low, high)).all():
        raise ValueError("a picture must hold finite numbers, got NaN or infinity")
    if array.dtype.kind == "f":
        full = 1.0 if high <= 1 + _OVERSHOOT else 255.0
        # Between the two ranges nobody can tell which is meant.
        fits = low >= -_OVERSHOOT * full and high <= (1 + _OVERSHOOT) * full and not 1.1 < high < 2
    else:
        # Masks of 0 and 1; bytes; 10, 12 or 16 bits in a larger type.
        full = 1.0 if high <= 1 else float(2 ** max(8, int(high).bit_length()) - 1)
        fits = low >= 0
    if not fits:
        raise ValueError(
            f"a picture must lie in [0, 1] or [0, 255], got values from {low:g} to {high:g}"
        )
    return full


def _on_paper(colours: Colours, alpha: Colours) -> Colours:
    """Transparent drawings laid on white paper if they are dark, on black if they are light."""
    weight = float(alpha.sum())
    if weight == 0.0:
        return np.ones_like(colours)
    brightness = float((colours * alpha).sum()) / (3.0 * weight)
    paper = 1.0 if brightness < 0.5 else 0.0
    return np.asarray(colours * alpha + paper * (1.0 - alpha), np.float32)


def _shrunk(values: NDArray[np.generic], *, side: int) -> Colours:
    """(height, width, channels), averaged over areas until the longer side is at most `side`."""
    height, width, channels = values.shape
    scale = side / max(height, width)
    if scale >= 1:
        return np.asarray(values)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = cv2.resize(np.ascontiguousarray(values), size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk).reshape(size[1], size[0], channels)


def enlarged(colours: Colours, *, times: int) -> Colours:
    """(height, width, channels) in [0, 1], so many times as large, smooth where pixels meet."""
    height, width, channels = colours.shape
    size = (width * times, height * times)
    smooth = cv2.resize(colours, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(smooth, 0, 1)).reshape(size[1], size[0], channels)
