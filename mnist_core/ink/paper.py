"""What stands out from the paper, under whatever light: maps of contrast, dark ink and light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# Its threads would each take a core from those who train.
cv2.setNumThreads(1)

Grey = NDArray[np.float32]
Colours = NDArray[np.float32]

# The paper is the median over windows of this share of the picture's shorter side: wider than any stroke,
# and a median keeps the edges of shadows, desks and screens where they are.
_WINDOW = 0.5
# Which channel and whether the paper is even are found on a picture of this size.
_GLANCE = 128
# A single channel is taken where it shows the ink so much better than the brightness does.
_CLEARER = 1.3
_BRIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """How far each pixel strays from the paper, in [0, 1], on one side of it.

    shade: the picture itself, so that ink is low and paper high. paper: the shade of what is under the
    ink. noise: the spread of what is only paper. even: the paper has one shade all over.
    """

    map: Grey
    shade: Grey
    paper: Grey
    noise: float
    even: bool


def contrasts(colours: Colours) -> tuple[Grey, list[Contrast]]:
    """The brightness of a picture, (height, width), and its contrast for dark ink and for light.

    colours: (height, width, 1 or 3) in [0, 1].
    """
    grey = colours[..., 0] if colours.shape[2] == 1 else colours @ _BRIGHTNESS
    grey = np.ascontiguousarray(grey)
    clearest = _clearest(colours, grey)
    level = _even_level(clearest)
    paper: Grey = _median(clearest) if level is None else np.full_like(clearest, np.float32(level))
    rest = clearest - paper
    # The paper's texture and the camera's grain, without the ink's few strong pixels.
    spread = 1.4826 * float(np.median(np.abs(rest - np.median(rest))))
    at_level = max(float(np.median(paper)), 0.15)
    even = level is not None
    dark = np.asarray(np.clip(-rest / np.maximum(paper, 0.15), 0, 1), np.float32)
    light = np.asarray(np.clip(rest, 0, 1), np.float32)
    return grey, [
        Contrast(map=dark, shade=clearest, paper=paper, noise=spread / at_level, even=even),
        Contrast(map=light, shade=1 - clearest, paper=1 - paper, noise=spread, even=even),
    ]


def _clearest(colours: Colours, grey: Grey) -> Grey:
    """The brightness, or the channel that shows coloured ink far better."""
    if colours.shape[2] == 1:
        return grey
    best, best_strength = grey, _CLEARER * _strength(grey)
    for index in range(3):
        channel = np.ascontiguousarray(colours[..., index])
        strength = _strength(channel)
        if strength > best_strength:
            best, best_strength = channel, strength
    return best


def _strength(channel: Grey) -> float:
    """How far the strongest pixels stray from the paper, above the noise."""
    small = _glance(channel)
    rest = np.abs(small - _median(small))
    count = max(4, rest.size // 300)
    return float(np.sort(rest, axis=None)[-count:].mean()) - 3 * float(np.median(rest))


def _glance(grey: Grey) -> Grey:
    scale = _GLANCE / max(grey.shape)
    if scale >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _even_level(grey: Grey) -> float | None:
    """The paper's brightness where it is the same all over, as on a canvas or a scanner; else None."""
    small = _glance(grey)
    border = np.concatenate((small[0], small[-1], small[:, 0], small[:, -1]))
    level = float(np.median(border))
    flat = float(np.mean(np.abs(border - level) < 0.04)) > 0.9
    if not flat:
        return None
    # Thick ink hides much of the paper; what shows of it must be of that level.
    shows = float(np.mean(np.abs(small - level) < 0.04))
    return level if shows > 0.4 else None


def _median(grey: Grey) -> Grey:
    """The median over a window about each pixel."""
    window = min(255, int(_WINDOW * min(grey.shape)) | 1)
    if window < 3:
        return np.full_like(grey, np.float32(np.median(grey)))
    steps = np.rint(grey * 255).astype(np.uint8)
    median = cv2.medianBlur(steps, window).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(median, (0, 0), 1.5) / np.float32(255))
