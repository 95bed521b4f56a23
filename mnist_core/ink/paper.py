"""What stands out from the paper, under whatever light: maps of contrast, dark ink and light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.sides import Levels, levels_on_both_sides, lightest
from mnist_core.ink.widths import WIDEST_STROKE, widest, widest_stroke

# Its threads would each take a core from those who train.
cv2.setNumThreads(1)

Grey = NDArray[np.float32]
Colours = NDArray[np.float32]
Mask = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

# Which channel and whether the paper is even are found on a picture of this size.
_GLANCE = 128
# Paper is of one level within so much, or so much of the way from dark to light if that is less.
_LEVEL, _LEVEL_OF_RANGE = 0.04, 0.06
# A single channel is taken where it shows the ink so much better than the brightness does.
_CLEARER = 1.3
_BRIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)
# Paper, and light ink, count as at least so light, lest the grain of what is dark stand out.
_DARKEST = 0.25
# The brightest of light ink is so much of the picture.
_INK = 0.02
# Ink that both sides show in some direction goes on so far from what they show in a fan of them, by the
# picture's size.
_ALONG = 0.05
# A quantile of a picture is that of so many of its pixels.
_SAMPLE = 2**14
# Ink that fills a picture covers so much of it, all else as dark is less, the two are so far apart
# (Otsu 1979), it is no rectangle unless so narrow, and of so much of it both sides are lighter, by such a
# share of what the two are apart.
_LEAST_INK = 0.12
_MOST_ELSE = 0.003
_LEAST_APART = 0.75
_NARROW = 0.45
_LEAST_BETWEEN, _LIGHTER = 0.6, 0.25
# The paper beside it is averaged over windows of this share of the longer side.
_SMOOTH = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """How far each pixel strays from the paper, in [0, 1], on one side of it.

    shade: the picture itself, so that ink is low and paper high. paper: the shade of what is under the
    ink. noise: the spread of what is only paper. clean: the paper has one shade all over, and no grain.
    light: the ink is. reach: where a shadow may be ink, so wide are strokes at most, in pixels; else 0.
    """

    map: Grey
    shade: Grey
    paper: Grey
    noise: float
    clean: bool
    light: bool
    reach: float = 0.0


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
    if level is not None:
        return [
            _from_level(clearest, level, light=False),
            _from_level(1 - clearest, 1 - level, light=True),
        ]
    soft = _softened(clearest)
    both = ((soft, False), (1 - soft, True))
    for shade, light in both:
        bare = _bare_paper(shade, light=light)
        if bare is not None:  # all else is ink, and not what it goes around
            return [_beside_ink(shade, bare, light=light)]
    reach = widest_stroke(soft)
    return [_from_sides(shade, light=light, reach=reach) for shade, light in both]


def nearer(contrast: Contrast) -> Contrast | None:
    """The contrast with the paper looked for half as far away; None where it is certain.

    Less of a shadow stands out in it, and less of wide strokes.
    """
    if not contrast.reach:
        return None
    return _from_sides(contrast.shade, light=contrast.light, reach=contrast.reach / 2)


def _from_level(shade: Grey, level: float, *, light: bool) -> Contrast:
    """The contrast of ink on paper of one level."""
    paper = np.full_like(shade, np.float32(level))
    rest = (paper - shade) / np.float32(1 if light else max(level, _DARKEST))
    bare = _bare_paper(shade, light=light)
    _, noise = _usual(rest if bare is None else rest[bare])  # not of ink that covers most of it
    found = np.clip(rest if noise == 0.0 else _softened(rest), 0, 1)
    clean = noise == 0.0
    return Contrast(
        map=found,
        shade=shade,
        paper=paper,
        noise=noise,
        clean=clean,
        light=light,
        reach=0.0 if clean else widest_stroke(shade),
    )


def _beside_ink(shade: Grey, bare: Mask, *, light: bool) -> Contrast:
    """The contrast of ink that fills a picture, of which some is bare paper."""
    paper = _averaged(shade, bare)
    rest = _stands_out(shade, paper, light=light)
    _, noise = _usual(rest[bare])
    found = np.clip(rest, 0, 1)
    return Contrast(map=found, shade=shade, paper=paper, noise=noise, clean=False, light=light)


def _from_sides(shade: Grey, *, light: bool, reach: float) -> Contrast:
    """The contrast of ink that has lighter paper on both sides."""
    both = levels_on_both_sides(np.rint(shade * 255).astype(np.uint8), reach=reach)
    found, paper, noise = _between(shade, lightest(both, fan=4), light=light)
    full, full_paper, _ = _between(shade, lightest(both, fan=1), light=light)
    along = 2 * round(_ALONG * math.sqrt(shade.size)) + 1
    full = np.minimum(full, cv2.dilate(found, np.ones((along, along), np.uint8)))
    return Contrast(
        map=np.maximum(found, full),
        shade=shade,
        paper=np.where(full > found, full_paper, paper),
        noise=noise,
        clean=False,
        light=light,
        reach=reach,
    )


def _between(shade: Grey, levels: Levels, *, light: bool) -> tuple[Grey, Grey, float]:
    """The contrast of ink with paper of such levels, (height, width) of 255; that paper; and the noise."""
    paper = levels.astype(np.float32) / np.float32(255)
    rest = _stands_out(shade, paper, light=light)
    # Where there is noise, something on either side is always lighter.
    usual, noise = _usual(rest)
    return np.clip(rest - usual, 0, 1), paper, noise


def _stands_out(shade: Grey, paper: Grey, *, light: bool) -> Grey:
    """How much darker than the paper the shade is, as a share of what is the brighter, paper or ink."""
    brighter = 1 - np.quantile(_sample(shade), _INK) if light else paper
    return np.asarray((paper - shade) / np.maximum(brighter, _DARKEST), np.float32)


def _softened(picture: Grey) -> Grey:
    """The picture with less grain, unless it is too small for that."""
    return cv2.GaussianBlur(picture, (0, 0), 0.8) if min(picture.shape) >= 48 else picture


def _usual(rest: Grey) -> tuple[np.float32, float]:
    """The median, and about it the spread of the paper's texture and the camera's grain, not the ink's."""
    sample = _sample(rest)
    usual = np.float32(np.median(sample))
    return usual, 1.4826 * float(np.median(np.abs(sample - usual)))


def _sample(picture: Grey) -> Grey:
    """Enough of its pixels for a quantile of the picture."""
    return picture.ravel()[:: 1 + picture.size // _SAMPLE]


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
    # Of faint ink a slope in the light is no small part.
    near = min(_LEVEL, _LEVEL_OF_RANGE * float(np.ptp(small)))
    flat = float(np.mean(np.abs(border - level) < near)) > 0.9
    if not flat:
        return None
    # Thick ink hides much of the paper; what shows of it must be of that level.
    shows = float(np.mean(np.abs(small - level) < near))
    return level if shows > least_shown else None


def edges(picture: NDArray[Scalar]) -> NDArray[Scalar]:
    """What lies along the four edges of (height, width): (2 * (height + width),), corners twice."""
    return np.concatenate((picture[0], picture[-1], picture[:, 0], picture[:, -1]))


def _bare_paper(shade: Grey, *, light: bool) -> Mask | None:
    """What of the picture is paper, where dark ink fills it, as in one that is cropped; else None.

    The dark must be a single mark of a pen, most of it with paper on both sides. light: in the picture, it
    is light.
    """
    steps = np.rint(_glance(shade) * 255).astype(np.uint8)
    threshold, lit = cv2.threshold(steps, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = (lit == 0).astype(np.uint8)
    share = float(ink.mean())
    if not _LEAST_INK < share < 1:
        return None
    apart = float(steps[ink == 0].mean()) - float(steps[ink == 1].mean())
    if share * (1 - share) * apart**2 < _LEAST_APART * float(steps.var()):
        return None
    outlines, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_alone = int(ink.sum()) - stats[1:, cv2.CC_STAT_AREA].max() <= _MOST_ELSE * ink.size
    if not is_alone or _is_sheet(max(outlines, key=cv2.contourArea)):
        return None
    size = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA].max()
    if light and widest(ink > 0) > WIDEST_STROKE * size:
        return None  # what shows of a sheet on something dark
    both = levels_on_both_sides(steps, reach=widest_stroke(steps))
    lighter = lightest(both, fan=2).astype(np.float32) - steps
    if float((lighter[ink == 1] > _LIGHTER * apart).mean()) < _LEAST_BETWEEN:
        return None
    bare = shade * 255 > threshold
    # Not the blurred rim of the ink, if there is more.
    inner = cv2.erode(bare.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.asarray(inner if inner.mean() > 0.02 else bare)


def _is_sheet(outline: NDArray[np.int32]) -> bool:
    """Whether an outline, (n, 1, 2), is a rectangle that is not narrow, seen from the side perhaps."""
    hull = cv2.contourArea(cv2.convexHull(outline))
    _, sides, _ = cv2.minAreaRect(outline)
    if min(sides) < _NARROW * max(sides):
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
    """The median over a window about each pixel, half as wide as the picture's shorter side."""
    window = min(255, min(grey.shape) // 2 | 1)
    if window < 3:
        return np.full_like(grey, np.float32(np.median(grey)))
    steps = np.rint(grey * 255).astype(np.uint8)
    median = cv2.medianBlur(steps, window).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(median, (0, 0), 1.5) / np.float32(255))
