"""Which of the marks on a sheet are the writing: frames, specks and what the edge cuts off are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mnist_core.ink.companions import with_companions
from mnist_core.ink.frames import inside_any_frame
from mnist_core.ink.lines import without_lines
from mnist_core.ink.marks import AREA, HEIGHT, WIDTH, Marks, levels_of
from mnist_core.ink.paper import Contrast, Grey, Mask, nearer
from mnist_core.ink.rulings import without_rulings
from mnist_core.ink.widths import WIDEST_STROKE, widened

# Weaker than this share of the paper's brightness, a mark is the paper's texture or JPEG's.
_LEAST_CONTRAST = 0.05
# A mark must stand out this many times over the noise.
_LEAST_SIGNAL = 3.0
# A thin end comes to sight at a low threshold; what then grows so much both ways, or by so much of its
# size one way, is a grid or a frame.
_MOST_GROWN, _MOST_ADDED = 1.25, 0.6
_FRAMES = 3
# So many marks of each threshold are looked at closely, and so many pixels about them.
_CANDIDATES = 3
_RIM = 4
# What a mark is worth that no pen leaves.
_UNLIKELY = 0.3
# What hides digits is so high, by the mark's height; above a higher threshold, the mark is still itself
# where so much of it is left.
_LEAST_HIDING, _STILL = 0.5, 0.4
# What is about a mark reaches so far, by its own size.
_ABOUT = 0.25
# No wider than this share of its height, a mark may be a table's side; it goes on beyond what it is beside
# by so much of that one's height, and that one scores at least such a share of its score.
_SLIM, _BEYOND, _LEAST_BESIDE = 0.25, 0.15, 0.3
# With the paper looked for nearer, what is found is whole where its pen is so thin by that reach.
_THIN = 0.7
# So many times the paper is looked for nearer, whatever looks like writing then.
_NEARER = 2
# Where lines are so faint beside the darkest of the ink, that is a dot, and they are as dark as ink gets.
_FAINT = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writing:
    """Ink in [0, 1], paper 0; how much it looks like writing, to compare with others; and how wide its
    strokes are, in pixels.
    """

    ink: Grey
    score: float
    pen: float


def writings(contrasts: Sequence[Contrast]) -> Iterator[Grey]:
    """The ink, in [0, 1], of the digit or the row of them that looks most like writing; none for nothing.

    Then what looks most like it where less of shadows and of wide strokes stands out.
    contrasts: from `paper.contrasts`.
    """
    found = _likeliest_of(contrasts)
    if found is None:
        return
    best, side = found
    while (near := nearer(side)) is not None:
        again = _written(near)
        if again is None or again.score <= best.score or again.pen > _THIN * near.reach:
            break
        best, side = again, near
    yield best.ink
    for _ in range(_NEARER):
        contrasts = [near for side in contrasts if (near := nearer(side)) is not None]
        found = _likeliest_of(contrasts)
        if found is not None:
            yield found[0].ink


def _likeliest_of(contrasts: Sequence[Contrast]) -> tuple[_Writing, Contrast] | None:
    found = [(each, side) for side in contrasts if (each := _written(side)) is not None]
    return max(found, key=lambda each: each[0].score, default=None)


def _written(contrast: Contrast) -> _Writing | None:
    """The digit, or the row of them, among all that stands out from the paper; None for nothing."""
    floor = max(_LEAST_CONTRAST, _LEAST_SIGNAL * contrast.noise)
    contrast = replace(contrast, map=without_rulings(contrast.map, floor))
    seen = contrast.map
    for passes_left in reversed(range(_FRAMES + 1)):
        levels = levels_of(seen, floor)
        if not levels:
            return None
        score, marks, index = _likeliest(levels, contrast)
        if not passes_left:
            break  # what is found last stays, whatever it is
        inside = inside_any_frame(levels, marks, index)
        if inside is None:
            inside = without_lines(seen, marks, index)
        if inside is None:
            break
        seen = np.where(inside, seen, np.float32(0))
    index = _beside_line(marks, index)
    strength = float(np.quantile(seen[marks.mask(index)], 0.8))
    marks, index = _lowered(levels, marks, index, least=max(floor, 0.3 * strength))
    pen = marks.pen(index)
    kept = _with_hidden(with_companions(marks, index), levels, marks, index)
    around = widened(kept)
    ink = np.where(around, contrast.map if contrast.clean else seen, np.float32(0))
    if contrast.clean:
        darkest = float(ink.max())
        most = strength if strength < _FAINT * darkest else darkest
        return _Writing(ink=np.minimum(ink / most, 1), score=score, pen=pen)
    low = min(0.5, max(0.2, 2 * floor / strength / _LEAST_SIGNAL))
    ink = np.clip((ink / strength - low) / (0.8 - low), 0, 1)
    return _Writing(ink=ink, score=score, pen=pen)


def _likeliest(levels: list[Marks], contrast: Contrast) -> tuple[float, Marks, int]:
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
        if worth > best[0] and marks.widest(index) > WIDEST_STROKE * marks.size(index):
            worth *= _UNLIKELY
        if worth > best[0] and not _is_on_paper(marks, index, contrast):
            worth *= _UNLIKELY
        best = max(best, (worth, marks, index), key=lambda each: each[0])
    return best


def _is_on_paper(marks: Marks, index: int, contrast: Contrast) -> bool:
    """Whether most of what is about a mark is like its paper: about what ink goes around, it is not."""
    window = _window(marks, index, rim=2 + round(_ABOUT * marks.size(index)))
    mask = marks.labels[window] == index + 1
    shade = contrast.shade[window]
    between = (float(shade[mask].mean()) + float(contrast.paper[window][mask].mean())) / 2
    return mask.all() or float(np.mean(shade[~mask] > between)) > 0.5


def _window(marks: Marks, index: int, *, rim: int) -> tuple[slice, slice]:
    """The rows and columns of a mark and so many pixels about it."""
    left, top, wide, high, _ = marks.stats[index].tolist()
    return (
        slice(max(0, top - rim), top + high + rim),
        slice(max(0, left - rim), left + wide + rim),
    )


def _sharpness(marks: Marks, index: int, contrast: Contrast) -> float:
    """How much of the way from ink to paper lies right at the mark's rim, in [0, 1].

    Pen strokes end there on both sides; shadows fade, and a corner of a sheet goes on.
    """
    window = _window(marks, index, rim=_RIM)
    mask = (marks.labels[window] == index + 1).astype(np.uint8)
    near = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    rim = cv2.dilate(mask, np.ones((2 * _RIM - 1, 2 * _RIM - 1), np.uint8)) > near
    if not rim.any():
        return 1.0
    shade = contrast.shade[window]
    ink = cv2.erode(shade, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8))
    depth = np.maximum(contrast.paper[window] - ink, _LEAST_CONTRAST)
    return float(np.clip((shade - ink) / depth, 0, 1)[rim].mean())


def _lowered(levels: list[Marks], marks: Marks, index: int, *, least: float) -> tuple[Marks, int]:
    """The mark at the lowest threshold at which it is still itself, thin ends and all."""
    core = marks.mask(index)
    area, sides = int(marks.stats[index, AREA]), int(marks.sides[index])
    place = np.flatnonzero(core.ravel())[0]
    before = marks.stats[index, WIDTH:AREA]
    most, longest = _MOST_GROWN * before, before + _MOST_ADDED * marks.size(index)
    chosen = marks, index
    for lower in reversed([each for each in levels if each.level < marks.level]):
        if lower.level < least:
            break
        grown = int(lower.labels.ravel()[place]) - 1
        if lower.stats[grown, AREA] > 2.0 * area or lower.sides[grown] > sides:
            break
        after = lower.stats[grown, WIDTH:AREA]
        if (after > most).all() or (after > longest).any():
            break
        chosen = lower, grown
        area = int(lower.stats[grown, AREA])
    return chosen


def _with_hidden(kept: Mask, levels: list[Marks], marks: Marks, index: int) -> Mask:
    """With digits of the row that hang together with a shadow's edge, say, at the mark's own threshold."""
    large = marks.stats[:, HEIGHT] > _LEAST_HIDING * marks.stats[index, HEIGHT]
    large &= marks.sides <= marks.sides[index]
    hiding = np.concatenate(([False], large))[marks.labels] & ~kept
    if not hiding.any():
        return kept
    core = marks.mask(index)
    for higher in levels:
        left = np.bincount(higher.labels[core], minlength=len(higher.stats) + 1)[1:]
        if higher.level <= marks.level or left.max() < _STILL * marks.stats[index, AREA]:
            continue
        row = with_companions(higher, int(left.argmax()))
        found = np.where(row & hiding, higher.labels, 0)
        kept = kept | (found > 0) & ~np.isin(found, np.unique(found[kept]))
    return kept


def _beside_line(marks: Marks, index: int) -> int:
    """What an upright line runs beside and beyond, as a table's side does; any other mark itself."""
    left, top, wide, high, _ = marks.stats[index].tolist()
    lefts, tops, wides, highs, _ = marks.stats.T
    if wide > _SLIM * high:
        return index
    beyond = np.minimum(tops - top, top + high - tops - highs) > _BEYOND * highs
    across = np.maximum(left - lefts - wides, lefts - left - wide)
    beside = beyond & (wides > _SLIM * highs) & (across > 0) & (across < 2 * highs)
    scores = np.where(beside, marks.scores, 0)
    best = int(scores.argmax())
    return best if scores[best] > _LEAST_BESIDE * marks.scores[index] else index
