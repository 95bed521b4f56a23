"""Which of the marks on a sheet are the writing: frames, specks and what the edge cuts off are not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.paper import Contrast, Grey, Mask

# Weaker than this share of the paper's brightness, a mark is the paper's texture or JPEG's.
_LEAST_CONTRAST = 0.05
# A mark must stand out this many times over the noise.
_LEAST_SIGNAL = 3.0
# Marks are looked at above each of so many thresholds: ruled lines join them at low ones.
_LEVELS = 9
# What a mark that touches none, one, … four sides of the picture is worth.
_CUT_OFF = np.array((1.0, 0.6, 0.3, 0.15, 0.1))
# Of the writing's own size: the least part of a digit, a large one, how far each is from it, and the
# least other digit.
_LEAST_PART, _LARGE_PART = 0.12, 0.3
_NEAR_PART, _NEAR_LARGE_PART = 0.06, 0.3
_LEAST_PEER, _NEAR_PEER = 0.5, 2.0
# What is flat (its height to its width) may be a digit's roof above it or its foot, and is so near; what
# is wider than a share of the writing's size nearly hangs together with it: it may be a line, or a word.
_FLAT, _NEAR_ROOF, _NEAR_FOOT = 0.6, 0.15, 0.06
_WIDE, _NEAR_WIDE = 0.6, 0.03
# A thin end comes to sight at a low threshold; what then grows so much both ways is a grid or a frame.
_MOST_GROWN = 1.25
_FRAMES = 3
# A frame is so large by what it was at a lower threshold.
_SAME_FRAME = 0.8
# So many marks of each threshold are looked at closely, and so many pixels about them.
_CANDIDATES = 3
_RIM = 4
# Wider than this share of its own size, a mark is no stroke of a pen.
_WIDEST = 0.36
# What is so much wider than high is a line below the writing.
_LONG = 4.0
_FRAME_TURNS_DEGREES = range(-15, 16, 3)

_LEFT, _TOP, _WIDTH, _HEIGHT, _AREA = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """The connected marks above one threshold: `labels` counts them from 0, in rows of `stats`."""

    level: float
    labels: NDArray[np.int32]
    stats: NDArray[np.int32]
    strengths: NDArray[np.float64]
    sides: NDArray[np.int_]

    @property
    def scores(self) -> NDArray[np.float64]:
        wide, high = self.stats[:, _WIDTH], self.stats[:, _HEIGHT]
        filled = self.stats[:, _AREA] / (wide * high)
        blob = (filled > 0.7) & (np.minimum(wide, high) > 0.4 * np.maximum(wide, high))
        worth = self.strengths * np.sqrt(self.stats[:, _AREA]) * _CUT_OFF[self.sides]
        return np.asarray(np.where(wide > _LONG * high, 0.1, np.where(blob, 0.3, 1.0)) * worth)

    def mask(self, index: int) -> Mask:
        return np.asarray(self.labels == index + 1)

    def size(self, index: int) -> int:
        return int(max(self.stats[index, _WIDTH], self.stats[index, _HEIGHT]))

    def width(self, index: int) -> float:
        """Of its strokes, where they are widest."""
        left, top, wide, high, _ = self.stats[index].tolist()
        mask = self.labels[top : top + high, left : left + wide] == index + 1
        inner = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)
        return 2 * float(inner.max())


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Ink in [0, 1], paper 0, and how much it looks like writing, to compare with other readings."""

    ink: Grey
    score: float


def writing(contrast: Contrast) -> Writing | None:
    """The digit, or the row of them, among all that stands out from the paper; None for nothing."""
    clean = contrast.even and contrast.noise == 0.0
    seen = contrast.map
    if not clean and min(seen.shape) >= 48:
        seen = cv2.GaussianBlur(seen, (0, 0), 0.8)
    floor = max(_LEAST_CONTRAST, _LEAST_SIGNAL * contrast.noise)
    for _ in range(_FRAMES + 1):
        levels = _levels(seen, floor)
        if not levels:
            return None
        score, marks, index = _likeliest(levels, contrast)
        inside = _inside_any_frame(levels, marks, index)
        if inside is None:
            break
        seen = np.where(inside, seen, np.float32(0))
    strength = float(np.quantile(seen[marks.mask(index)], 0.8))
    marks, index = _lowered(levels, marks, index, least=max(floor, 0.3 * strength))
    kept = _with_companions(marks, index)
    around = cv2.dilate(kept.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ink = np.where(around, contrast.map if clean else seen, np.float32(0))
    if clean:
        return Writing(ink=ink / ink.max(), score=score)
    low = min(0.5, max(0.2, 2 * floor / strength / _LEAST_SIGNAL))
    return Writing(ink=np.clip((ink / strength - low) / (0.8 - low), 0, 1), score=score)


def _levels(seen: Grey, floor: float) -> list[_Marks]:
    """The marks above each threshold from the floor to near the strongest pixels."""
    count = max(3, seen.size // 2000)
    top = float(np.partition(seen, -count, axis=None)[-count:].min()) if seen.size > 3 else 0.0
    top = max(top, 0.5 * float(seen.max()))
    if top < floor:
        return []
    thresholds = np.geomspace(floor, max(0.8 * top, floor), _LEVELS)
    return [marks for level in thresholds if (marks := _marks(seen, float(level))) is not None]


def _marks(seen: Grey, level: float) -> _Marks | None:
    above = (seen >= level).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    if count < 2:
        return None
    sums = np.bincount(labels.ravel(), weights=seen.ravel(), minlength=count)
    stats = stats[1:]
    height, width = seen.shape
    sides = (
        (stats[:, _LEFT] == 0).astype(int)
        + (stats[:, _TOP] == 0)
        + (stats[:, _LEFT] + stats[:, _WIDTH] == width)
        + (stats[:, _TOP] + stats[:, _HEIGHT] == height)
    )
    strengths = sums[1:] / stats[:, _AREA]
    return _Marks(level=level, labels=labels, stats=stats, strengths=strengths, sides=sides)


def _likeliest(levels: list[_Marks], contrast: Contrast) -> tuple[float, _Marks, int]:
    """The mark that looks most like writing, with how much it does."""
    candidates = sorted(
        (
            (float(marks.scores[index]), marks, int(index))
            for marks in levels
            for index in np.argsort(marks.scores)[-_CANDIDATES:]
        ),
        key=lambda each: -each[0],
    )
    best = (-1.0, levels[0], 0)
    for score, marks, index in candidates:
        if score <= best[0]:
            break
        worth = score * _sharpness(marks, index, contrast) ** 4
        if marks.width(index) > _WIDEST * marks.size(index):
            worth *= 0.3
        best = max(best, (worth, marks, index), key=lambda each: each[0])
    return best


def _sharpness(marks: _Marks, index: int, contrast: Contrast) -> float:
    """How much of the way from ink to paper lies right at the mark's rim, in [0, 1].

    Pen strokes end there on both sides; shadows fade, and a corner of a sheet goes on.
    """
    left, top, wide, high, _ = marks.stats[index].tolist()
    window = (
        slice(max(0, top - _RIM), top + high + _RIM),
        slice(max(0, left - _RIM), left + wide + _RIM),
    )
    mask = (marks.labels[window] == index + 1).astype(np.uint8)
    near = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    rim = cv2.dilate(mask, np.ones((2 * _RIM - 1, 2 * _RIM - 1), np.uint8)) > near
    if not rim.any():
        return 1.0
    shade = contrast.shade[window]
    ink = cv2.erode(shade, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8))
    depth = np.maximum(contrast.paper[window] - ink, _LEAST_CONTRAST)
    return float(np.clip((shade - ink) / depth, 0, 1)[rim].mean())


def _lowered(
    levels: list[_Marks], marks: _Marks, index: int, *, least: float
) -> tuple[_Marks, int]:
    """The mark at the lowest threshold at which it is still itself, thin ends and all."""
    core = marks.mask(index)
    area, sides = int(marks.stats[index, _AREA]), int(marks.sides[index])
    place = np.flatnonzero(core.ravel())[0]
    most = _MOST_GROWN * marks.stats[index, _WIDTH:_AREA]
    chosen = marks, index
    for lower in reversed([each for each in levels if each.level < marks.level]):
        if lower.level < least:
            break
        grown = int(lower.labels.ravel()[place]) - 1
        if lower.stats[grown, _AREA] > 2.0 * area or lower.sides[grown] > sides:
            break
        if (lower.stats[grown, _WIDTH:_AREA] > most).all():
            break
        chosen = lower, grown
        area = int(lower.stats[grown, _AREA])
    return chosen


def _with_companions(marks: _Marks, index: int) -> Mask:
    """The mark together with other parts of its digit, and other digits of its row."""
    stats = marks.stats
    left, top, wide, high, _ = stats[index].tolist()
    size = max(wide, high)
    rights, bottoms = stats[:, _LEFT] + stats[:, _WIDTH], stats[:, _TOP] + stats[:, _HEIGHT]
    across = np.maximum(0, np.maximum(stats[:, _LEFT] - left - wide, left - rights))
    down = np.maximum(0, np.maximum(stats[:, _TOP] - top - high, top - bottoms))
    sizes = np.maximum(stats[:, _WIDTH], stats[:, _HEIGHT])
    strong = marks.strengths > 0.6 * marks.strengths[index]
    whole = (marks.sides == 0) | (marks.sides <= marks.sides[index])
    whole |= (across == 0) & (down == 0) & (sizes < 1.5 * size)
    wides, highs = stats[:, _WIDTH], stats[:, _HEIGHT]
    near = np.where(sizes > _LARGE_PART * size, _NEAR_LARGE_PART, _NEAR_PART)
    flat = np.where(stats[:, _TOP] < top, _NEAR_ROOF, _NEAR_FOOT)
    flat = np.where(wides > _WIDE * size, _NEAR_WIDE, flat)
    near = np.where((highs < _FLAT * wides) & (down > 0), np.minimum(near, flat), near)
    part = (sizes > _LEAST_PART * size) & (np.maximum(across, down) < near * size)
    peer = (highs > _LEAST_PEER * high) & (highs < 2 * high)
    peer &= (down == 0) & (across < _NEAR_PEER * size)
    kept = strong & whole & (part | peer)
    kept[index] = True
    around = np.ones(marks.labels.shape, bool)
    for other in np.flatnonzero((across == 0) & (down == 0) & (sizes > size)):
        inside = _inside_frame(marks, int(other))
        if inside is not None and inside[marks.mask(index)].all():
            around &= inside
    return np.asarray(np.concatenate(([False], kept))[marks.labels] & around)


def _inside_any_frame(levels: list[_Marks], marks: _Marks, index: int) -> Mask | None:
    """As `_inside_frame`, also where the frame comes apart from the others at a higher threshold."""
    inside = _inside_frame(marks, index)
    for higher in levels:
        if inside is not None:
            break
        if higher.level > marks.level:
            sizes = higher.stats[:, _WIDTH:_AREA]
            largest = int(sizes.prod(axis=1).argmax())
            if (sizes[largest] > _SAME_FRAME * marks.stats[index, _WIDTH:_AREA]).all():
                inside = _inside_frame(higher, largest)
    return inside


def _inside_frame(marks: _Marks, index: int) -> Mask | None:
    """Where the mark is a frame or a pair of axes about others, what lies in it; else None."""
    left, top, wide, high, _ = marks.stats[index].tolist()
    stats = marks.stats
    centres_x, centres_y = (
        stats[:, _LEFT] + stats[:, _WIDTH] / 2,
        stats[:, _TOP] + stats[:, _HEIGHT] / 2,
    )
    within = (abs(centres_x - left - wide / 2) < 0.4 * wide) & (
        abs(centres_y - top - high / 2) < 0.4 * high
    )
    # The bar of a 7 in two strokes is smaller beside the rest than a digit is in a frame.
    tall = np.maximum(stats[:, _WIDTH], stats[:, _HEIGHT]) > 0.38 * max(wide, high)
    others = within & tall & (marks.strengths > 0.3 * marks.strengths[index])
    others[index] = False
    if min(wide, high) < 0.3 * max(wide, high) or not others.any():
        return None
    mask = marks.mask(index)
    rows, columns = np.nonzero(mask[top : top + high, left : left + wide])
    points = np.stack((columns, rows), axis=1)[:: max(1, len(rows) // 1000)].astype(np.float64)
    if _share_on_sides(points, line=marks.width(index)) < 0.8:
        return None
    inside = np.zeros(mask.shape, bool)
    inside[top : top + high, left : left + wide] = True
    lines = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.asarray(inside & ~lines)


def _share_on_sides(points: NDArray[np.float64], *, line: float) -> float:
    """The share of points on the sides of an upright rectangle about them, turned as fits best.

    line: the width of those sides.
    """
    best = 0.0
    for degrees in _FRAME_TURNS_DEGREES:
        angle = np.deg2rad(degrees)
        turned = points @ np.array(
            ((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle)))
        )
        low, high = turned.min(axis=0), turned.max(axis=0)
        off = np.minimum(turned - low, high - turned).min(axis=1)
        side = (high - low).min()
        most = min(max(0.08 * side, 0.03 * side + line), 0.12 * side)
        best = max(best, float(np.mean(off < most)))
    return best
