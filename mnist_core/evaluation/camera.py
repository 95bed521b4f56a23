"""What a camera makes of strokes on a sheet: written, lit, tilted, blurred, grainy and stored.

For measuring alone, never trained on.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Strokes = Sequence[NDArray[np.float64]]
Colours = NDArray[np.float32]
Grey = NDArray[np.float32]

WHITE = (0.93, 0.92, 0.89)
_BLACK_INK = (0.12, 0.12, 0.14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What stays the same of a picture while it is taken.

    size: (height, width) of the picture in pixels. digit: the digit's longer side, and pen: the width of
    its strokes, as shares of the picture's height and of the digit. place: where its middle is.
    """

    size: tuple[int, int]
    digit: float
    pen: float
    place: tuple[float, float]
    paper: tuple[float, float, float] = WHITE
    ink: tuple[float, float, float] = _BLACK_INK
    tilt_degrees: float = 0.0
    grain: float = 0.012
    blur: float = 0.8
    quality: int = 80


def usual_shot(generator: np.random.Generator) -> Shot:
    """A usual one: a sheet held before a phone, the digit a fifth to a half of its height."""
    height = int(generator.integers(360, 720))
    return Shot(
        size=(height, int(height * generator.uniform(0.75, 1.4))),
        digit=float(generator.uniform(0.2, 0.5)),
        pen=float(generator.uniform(0.03, 0.11)),
        place=(float(generator.uniform(0.4, 0.6)), float(generator.uniform(0.4, 0.6))),
        paper=tinted(WHITE, generator),
        ink=tinted(_BLACK_INK, generator),
        tilt_degrees=float(generator.normal(0, 3)),
        grain=float(generator.uniform(0.004, 0.025)),
        blur=float(generator.uniform(0.5, 1.6)),
        quality=int(generator.integers(55, 93)),
    )


def tinted(
    colour: tuple[float, float, float], generator: np.random.Generator
) -> tuple[float, float, float]:
    red, green, blue = np.clip(np.array(colour) + generator.normal(0, 0.02, 3), 0, 1).tolist()
    return red, green, blue


def write(strokes: Strokes, shot: Shot, generator: np.random.Generator) -> Grey:
    """(height, width) in [0, 1]: where the pen was, its pressure uneven."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    side = shot.digit * shot.size[0]
    scale = side / max(float((high - low).max()), 1e-9)
    middle = np.array(shot.place) * shot.size[::-1]
    ink = np.zeros(shot.size, np.uint8)
    width = max(1.0, shot.pen * side)
    for stroke in strokes:
        path = np.rint(((stroke - (low + high) / 2) * scale + middle) * 16).astype(np.int32)
        for start, end in zip(path, path[1:] if len(path) > 1 else path, strict=False):
            thickness = max(1, round(width * float(generator.uniform(0.85, 1.15))))
            cv2.line(ink, start.tolist(), end.tolist(), 255, thickness, cv2.LINE_AA, 4)
    return np.asarray(ink, np.float32) / np.float32(255)


def lay_on_paper(ink: Grey, shot: Shot, generator: np.random.Generator) -> Colours:
    """(height, width, 3): the ink on paper that has a little texture."""
    paper = np.array(shot.paper, np.float32) + clouds(shot.size, 60, generator)[
        ..., None
    ] * np.float32(0.012)
    pressure = np.clip(0.92 + clouds(shot.size, 3, generator) * 0.05, 0.6, 1)
    cover = (ink * pressure)[..., None]
    return np.asarray(paper * (1 - cover) + np.array(shot.ink, np.float32) * cover, np.float32)


def clouds(size: tuple[int, int], coarse: int, generator: np.random.Generator) -> Grey:
    """Smooth noise of unit spread, its bumps `coarse` pixels wide."""
    small = generator.normal(0, 1, (size[0] // coarse + 2, size[1] // coarse + 2))
    return np.asarray(
        cv2.resize(small.astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    )


def light(sheet: Colours, generator: np.random.Generator, *, fall: float = 0.3) -> Colours:
    """Lit from one side: the far one loses up to `fall`."""
    across, down = axes_of(sheet)
    angle = generator.uniform(0, 2 * np.pi)
    ramp = (across * np.cos(angle) + down * np.sin(angle)) * generator.uniform(0, fall) / 1.4
    warm = np.array((1.0, 1.0 - generator.uniform(0, 0.05), 1.0 - generator.uniform(0, 0.15)))
    return np.asarray(sheet * ((1 - fall / 2 + ramp)[..., None] * warm).astype(np.float32))


def axes_of(sheet: Colours) -> tuple[Grey, Grey]:
    """Across and down, each from -1 to 1 over the picture: (1, width) and (height, 1)."""
    across = np.linspace(-1, 1, sheet.shape[1], dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, sheet.shape[0], dtype=np.float32)[:, None]
    return across, down


def tilt(sheet: Colours, shot: Shot, generator: np.random.Generator) -> Colours:
    """Turned, and seen a little from the side, as a hand holds a camera."""
    height, width = shot.size
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), shot.tilt_degrees, 1.0)
    warp = np.vstack((turn, (*generator.normal(0, 0.06, 2) / max(shot.size), 1.0)))
    return np.asarray(
        cv2.warpPerspective(sheet, warp, (width, height), borderMode=cv2.BORDER_REPLICATE)
    )


def take(scene: Colours, shot: Shot, generator: np.random.Generator) -> bytes:
    """What a camera makes of it: blurred, grainy, sharpened again, and stored as JPEG."""
    seen = cv2.GaussianBlur(scene, (0, 0), shot.blur)
    seen += (
        grain_of(seen.shape, generator) * np.float32(shot.grain) * np.sqrt(np.maximum(seen, 0.05))
    )
    soft = cv2.GaussianBlur(seen, (0, 0), 1.5)
    sharp = float(generator.uniform(0, 0.8))
    return as_jpeg(
        to_levels(cv2.addWeighted(seen, 1 + sharp, soft, -sharp, 0)), quality=shot.quality
    )


def grain_of(shape: Sequence[int], generator: np.random.Generator) -> Colours:
    """Noise of unit spread, repeated every 256 pixels: drawing each would take longer than the rest."""
    tile = generator.standard_normal((256, 256, shape[2]), np.float32)
    times = (-(-shape[0] // 256), -(-shape[1] // 256), 1)
    return np.tile(tile, times)[: shape[0], : shape[1]]


def as_jpeg(picture: NDArray[np.uint8], *, quality: int) -> bytes:
    stored = io.BytesIO()
    Image.fromarray(picture).save(stored, "JPEG", quality=quality)
    return stored.getvalue()


def to_levels(picture: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)


def photograph(
    strokes: Strokes,
    shot: Shot,
    generator: np.random.Generator,
    *,
    printed: Callable[[Colours], Colours] = lambda sheet: sheet,
    lit: Callable[[Colours], Colours] = lambda scene: scene,
    fall: float = 0.3,
) -> bytes:
    """The way of most kinds. `printed` changes the sheet before it is held, `lit` the scene after."""
    sheet = printed(lay_on_paper(write(strokes, shot, generator), shot, generator))
    scene = lit(light(tilt(sheet, shot, generator), generator, fall=fall))
    return take(scene, shot, generator)


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "PNG")
    return stored.getvalue()
