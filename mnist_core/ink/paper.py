"""What stands out from the paper, under whatever light: maps of contrast, dark ink and light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.widths import widest

# Its threads would each take a core from those who train.
cv2.setNumThreads(1)

Grey = NDArray[np.float32]
Colours = NDArray[np.float32]
Mask = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

# The paper is the median over windows of this share of the picture's shorter side: wider than any stroke,
# and a median keeps the edges of shadows, desks and screens where they are.
_WINDOW = 0.5
# Which channel and whether the paper is even are found on a picture of this size.
_GLANCE = 128
# A single channel is taken where it shows the ink so much better than the brightness does.
_CLEARER = 1.3
_BRIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)
# Ink that fills a picture: it covers so much of it and of one side, its lines are narrower than this
# share of that, all else as dark or as light is less, and the two are so far apart (Otsu 1979).
_LEAST_INK = 0.12
_LEAST_SPAN = 0.5
_WIDEST_LINE = 0.45
_MOST_ELSE = 0.003
_UNDECIDED = 0.1
_LEAST_APART = 0.75
# The paper beside it is averaged over windows of this share of the longer side.
_SMOOTH = 0.12


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


def brightness(colours: Colours) -> Grey:
    """(height, width), of a picture that is (height, width, 1 or 3); all in [0, 1]."""
    grey = colours[..., 0] if colours.shape[2] == 1 else colours @ _BRIGHTNESS
    return np.ascontiguousarray(grey)


def contrasts(colours: Colours, grey: Grey) -> list[Contrast]:
    """The contrast of a picture, for dark ink and for light.

    colours: (height, width, 1 or 3) in [0, 1]. grey: their `brightness`, (height, width).
    """
    clearest = _clearest(colours, np.ascontiguousarray(grey))
    level = even_level(clearest)
    even = level is not None
    bare = _bare_paper(clearest)
    if level is not None:
        paper: Grey = np.full_like(clearest, np.float32(level))
    elif bare is not None:
        paper = _averaged(clearest, bare)
    else:
        paper = _median(clearest)
    rest = clearest - paper
    # The paper's texture and the camera's grain, without the ink's few strong pixels.
    shown = rest if bare is None else rest[bare]
    spread = 1.4826 * float(np.median(np.abs(shown - np.median(shown))))
    at_level = max(float(np.median(paper)), 0.15)
    dark = np.asarray(np.clip(-rest / np.maximum(paper, 0.15), 0, 1), np.float32)
    light = np.asarray(np.clip(rest, 0, 1), np.float32)
    return [
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


def even_level(grey: Grey, *, least_shown: float = 0.4) -> float | None:
    """The paper's brightness where it is the same all over, as on a canvas or a scanner; else None.

    least_shown: how much of the picture must be of that level.
    """
    small = _glance(grey)
    border = edges(small)
    level = float(np.median(border))
    flat = float(np.mean(np.abs(border - level) < 0.04)) > 0.9
    if not flat:
        return None
    # Thick ink hides much of the paper; what shows of it must be of that level.
    shows = float(np.mean(np.abs(small - level) < 0.04))
    return level if shows > least_shown else None


def edges(picture: NDArray[Scalar]) -> NDArray[Scalar]:
    """What lies along the four edges of (height, width): (2 * (height + width),), corners twice."""
    return np.concatenate((picture[0], picture[-1], picture[:, 0], picture[:, -1]))


def _bare_paper(grey: Grey) -> Mask | None:
    """What of the picture is paper, where thick ink fills it, as in one that is cropped; else None.

    Paper is what shows more at the picture's edge; the rest must be a single mark of a pen.
    """
    steps = np.rint(_glance(grey) * 255).astype(np.uint8)
    threshold, light = cv2.threshold(steps, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    edge = float(edges(light).mean())
    wide = [widest(light == shade) for shade in (0, 1)]
    # As much of either is there where a bar of a 7 lies along the edge: strokes are the narrower.
    paper_is_light = wide[1] >= wide[0] if abs(edge - 0.5) < _UNDECIDED else edge > 0.5
    ink = (light != paper_is_light).astype(np.uint8)
    share = float(ink.mean())
    if not _LEAST_INK < share < 1:
        return None
    apart = float(steps[ink == 1].mean()) - float(steps[ink == 0].mean())
    if share * (1 - share) * apart**2 < _LEAST_APART * float(steps.var()):
        return None
    outlines, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    largest = stats[1:][stats[1:, cv2.CC_STAT_AREA].argmax()]
    size = int(max(largest[cv2.CC_STAT_WIDTH], largest[cv2.CC_STAT_HEIGHT]))
    is_line = wide[0 if paper_is_light else 1] < _WIDEST_LINE * size
    is_written = size > _LEAST_SPAN * max(ink.shape) and is_line
    is_alone = int(ink.sum()) - largest[cv2.CC_STAT_AREA] <= _MOST_ELSE * ink.size
    if not (is_written and is_alone) or _is_sheet(max(outlines, key=cv2.contourArea)):
        return None
    bare = (grey * 255 > threshold) == paper_is_light
    # Not the blurred rim of the ink, if there is more.
    inner = cv2.erode(bare.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.asarray(inner if inner.mean() > 0.02 else bare)


def _is_sheet(outline: NDArray[np.int32]) -> bool:
    """Whether an outline, (n, 1, 2), is a rectangle that is not narrow, seen from the side perhaps."""
    hull = cv2.contourArea(cv2.convexHull(outline))
    _, sides, _ = cv2.minAreaRect(outline)
    if min(sides) < _WIDEST_LINE * max(sides):
        return False
    return cv2.contourArea(outline) > 0.95 * hull and hull > 0.88 * sides[0] * sides[1]


def _averaged(grey: Grey, bare: Mask) -> Grey:
    """The average of what is bare about each pixel, the nearer the more."""
    weights = bare.astype(np.float32)
    small, near = _glance(grey * weights), _glance(weights)
    sigma = _SMOOTH * max(small.shape)
    sums, counts = (cv2.GaussianBlur(each, (0, 0), sigma) for each in (small, near))
    paper = sums / np.maximum(counts, 1e-6)
    return np.asarray(cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _median(grey: Grey) -> Grey:
    """The median over a window about each pixel."""
    window = min(255, int(_WINDOW * min(grey.shape)) | 1)
    if window < 3:
        return np.full_like(grey, np.float32(np.median(grey)))
    steps = np.rint(grey * 255).astype(np.uint8)
    median = cv2.medianBlur(steps, window).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(median, (0, 0), 1.5) / np.float32(255))
