"""A picture of a digit (a photo, a scan, a canvas) as the 28×28 image MNIST would have of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.raster import BOX_SIZE, IMAGE_SIZE

# In pixel edges, where MNIST's centre of mass, pixel (14, 14), has its middle.
_CENTRE_EDGE = 14.5
# Pictures are averaged down to this before the lighting is measured.
_WORKING_SIDE = 256
# The cropped ink is averaged down to this before thin lines are thickened.
_CROPPED_SIDE = 100
# Width of MNIST's strokes in its own pixels.
_STROKE_WIDTH = 2.5
# Weaker than this share of the full range, the strongest mark is taken for the paper's texture.
_LEAST_CONTRAST = 0.08
# A mark must stand out this many times over the paper's own noise.
_LEAST_SIGNAL = 6.0

Picture = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInk:
    """What was found in a picture.

    picture: (height, width) in [0, 1], its brightness, the longer side at most some 512 pixels. ink: of
    the same shape, in [0, 1], paper 0: what was taken for ink, without what lies about it.
    """

    picture: Picture
    ink: Picture


def find_ink(array: NDArray[np.generic]) -> FoundInk | None:
    """The ink in a picture, dark on light or light on dark; None where there is none.

    `array` is as in `Ink.from_image`. Raises ValueError for another shape, type or range.
    """
    grey = _shrunk(_grey(array), side=_WORKING_SIDE)
    ink = _ink(grey)
    return None if ink is None else FoundInk(picture=grey, ink=ink)


def place(ink: Picture) -> NDArray[np.float32]:
    """Ink, (height, width) in [0, 1] with paper 0, scaled and centred as in MNIST: (28, 28) float32.

    Its longer side becomes 20 px, its centre of mass lies at pixel (14, 14), and thin lines are
    widened towards MNIST's stroke. No ink gives zeros.
    """
    if not ink.any():
        return np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.float32)
    return _placed(_thickened(_shrunk(_cropped(ink), side=_CROPPED_SIDE)))


def _grey(array: NDArray[np.generic]) -> Picture:
    """One channel in [0, 1], (height, width), of a picture in any of the accepted forms."""
    expected = "a picture must be (height, width) or (height, width, 1, 3 or 4)"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ValueError(f"{expected}, got shape {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"{expected} and hold at least one pixel, got shape {array.shape}")
    if array.dtype.kind not in "buif":
        raise ValueError(f"a picture must hold numbers, got {array.dtype}")
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a picture must hold finite numbers, got NaN or infinity")
    low, high = float(values.min()), float(values.max())
    full = 255.0 if array.dtype.kind in "ui" or high > 1.0 else 1.0
    if array.dtype == np.uint16 and high > 255.0:
        full = 65535.0
    if low < 0.0 or high > full:
        raise ValueError(
            f"a picture must lie in [0, 1] or [0, 255], got values from {low:g} to {high:g}"
        )
    values /= full
    if values.ndim == 2:
        return values
    if values.shape[2] == 4:
        values = _on_paper(values[..., :3], values[..., 3:])
    # The channel in which ink and paper differ most: blue ink is clearest in red.
    channel = int(values.std(axis=(0, 1)).argmax())
    return np.ascontiguousarray(values[..., channel])


def _on_paper(colours: Picture, alpha: Picture) -> Picture:
    """Transparent drawings laid on white paper if they are dark, on black if they are light."""
    weight = float(alpha.sum())
    if weight == 0.0:
        return np.ones_like(colours)
    brightness = float((colours * alpha).sum()) / (3.0 * weight)
    paper = 1.0 if brightness < 0.5 else 0.0
    return colours * alpha + paper * (1.0 - alpha)


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


def _ink(grey: Picture) -> Picture | None:
    """Ink in [0, 1] of a picture, its paper 0; None if nothing stands out from the paper."""
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    middle = float(np.median(border))
    # A drawn or scanned picture has a flat border, and keeps its grey levels as they are.
    flat = float(np.mean(np.abs(border - middle) < 0.02)) > 0.9
    rest = grey - (middle if flat else _lighting(grey))
    noise = 0.0 if flat else 1.4826 * float(np.median(np.abs(rest)))
    # Ink is what strays far from the paper; the cube makes few strong pixels outvote many weak.
    if float((rest**3).sum()) < 0.0:
        rest = -rest
    if not flat and min(rest.shape) >= 8:
        rest = _smoothed(rest)
    contrast = float(np.quantile(rest, 0.995)) if rest.size > 2000 else float(rest.max())
    if flat:
        contrast = float(rest.max())
    if contrast < max(_LEAST_CONTRAST, _LEAST_SIGNAL * noise / 3.0):
        return None
    if flat:
        return np.clip(rest / contrast, 0.0, 1.0)
    floor = min(0.5, max(0.3, 3.0 * noise / contrast))
    return np.clip((rest / contrast - floor) / (0.75 - floor), 0.0, 1.0)


def _lighting(grey: Picture) -> Picture:
    """The paper's brightness everywhere: a cubic surface through the pixels that are not ink."""
    y, x = np.meshgrid(
        np.linspace(-1, 1, grey.shape[0]), np.linspace(-1, 1, grey.shape[1]), indexing="ij"
    )
    powers = [(i, j) for i in range(4) for j in range(4 - i)]
    terms = np.stack([(x**i * y**j).ravel() for i, j in powers], axis=1)
    values = grey.ravel()
    # A few thousand pixels are plenty for ten unknowns.
    thin = slice(None, None, max(1, values.size // 4000))
    some, known = terms[thin], values[thin]
    weights: NDArray[np.floating] = np.ones(len(known))
    fitted = np.zeros(terms.shape[1])
    for _ in range(8):
        root = np.sqrt(weights)
        fitted = np.linalg.lstsq(some * root[:, None], known * root, rcond=None)[0]
        rest = known - some @ fitted
        spread = max(1.4826 * float(np.median(np.abs(rest))), 0.01)
        weights = 1.0 / (1.0 + (rest / (2.0 * spread)) ** 2) ** 2
    return np.asarray((terms @ fitted).reshape(grey.shape))


def _smoothed(picture: Picture) -> Picture:
    """The mean over 3×3 pixels, which takes the grain out of a photo."""
    padded = np.pad(picture, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9.0)


def _cropped(ink: Picture) -> Picture:
    """The part of the picture that holds ink."""
    rows = np.flatnonzero(ink.max(axis=1) > 0.0)
    columns = np.flatnonzero(ink.max(axis=0) > 0.0)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _thickened(ink: Picture) -> Picture:
    """The ink with thin lines widened towards MNIST's stroke; others as they are."""
    side = max(ink.shape)
    wanted = _STROKE_WIDTH * side / BOX_SIZE
    solid = np.pad(ink > 0.5, 1)
    area = int(solid.sum())
    inner = solid[1:-1, 1:-1] & solid[:-2, 1:-1] & solid[2:, 1:-1]
    inner &= solid[1:-1, :-2] & solid[1:-1, 2:]
    edge = area - int(inner.sum())
    # A line is twice as long on its rim as along its middle.
    width = 2.0 * area / edge if edge else wanted
    radius = round((wanted - width) / 2)
    if side < 2 * IMAGE_SIZE or width > 0.7 * wanted or radius < 1:
        return ink
    padded = np.pad(ink, 2 * radius)
    widened = np.zeros((ink.shape[0] + 2 * radius, ink.shape[1] + 2 * radius))
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dy * dy + dx * dx <= radius * radius + 1:
                top, left = radius + dy, radius + dx
                shifted = padded[top : top + widened.shape[0], left : left + widened.shape[1]]
                np.maximum(widened, shifted, out=widened)
    return widened


def _placed(ink: Picture) -> NDArray[np.float32]:
    """The ink at MNIST's size and place, by areas: an MNIST image comes back pixel for pixel."""
    total = ink.sum()
    longer = max(ink.shape)
    # Soft edges blur where ink ends: a picture of MNIST's own size is left at it.
    scale = 1.0 if abs(longer - BOX_SIZE) <= 2 else BOX_SIZE / longer
    centres = (
        float(ink.sum(axis=axis) @ (np.arange(ink.shape[1 - axis]) + 0.5)) / total
        for axis in (0, 1)
    )
    column, row = (_CENTRE_EDGE - centre * scale for centre in centres)
    if scale == 1.0:
        column, row = round(column), round(row)
    down = _areas(ink.shape[0], scale, row)
    across = _areas(ink.shape[1], scale, column)
    image = down @ ink @ across.T
    peak = float(image.max())
    if peak > 0.0:
        image /= peak
    return np.clip(image, 0.0, 1.0).astype(np.float32)


def _areas(size: int, scale: float, offset: float) -> Picture:
    """(28, size): the share of each output pixel that each source pixel covers along one side."""
    edges = np.arange(size + 1) * scale + offset
    pixels = np.arange(IMAGE_SIZE)[:, None]
    left = np.maximum(edges[:-1], pixels)
    right = np.minimum(edges[1:], pixels + 1)
    return np.asarray(np.maximum(0.0, right - left))
