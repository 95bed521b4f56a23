"""The connected marks of what stands out from the paper, and how much each looks like writing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.paper import Grey, Mask
from mnist_core.ink.widths import usual_width, widest

# Marks are looked at above each of so many thresholds: ruled lines join them at low ones.
_LEVELS = 9
# What a mark that touches none, one, … four sides of the picture is worth.
_CUT_OFF = np.array((1.0, 0.6, 0.3, 0.15, 0.1))
# What a blot is worth, what is so much wider than high as words are, and as lines below the writing are.
_BLOT, _WORD, _LINE = 0.3, 0.3, 0.1
_WIDE, _LONG = 1.6, 4.0

#: The columns of `Marks.stats`.
LEFT, TOP, WIDTH, HEIGHT, AREA = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The connected marks above one threshold, each by its row in `stats`.

    labels: (height, width), 0 for none and `row + 1` for a mark. strengths: the contrast of each. sides:
    how many sides of the picture it touches.
    """

    level: float
    labels: NDArray[np.int32]
    stats: NDArray[np.int32]
    strengths: NDArray[np.float64]
    sides: NDArray[np.int_]

    @property
    def scores(self) -> NDArray[np.float64]:
        """How much each looks like writing, to compare with others."""
        wide, high = self.stats[:, WIDTH], self.stats[:, HEIGHT]
        filled = self.stats[:, AREA] / (wide * high)
        blot = (filled > 0.7) & (np.minimum(wide, high) > 0.4 * np.maximum(wide, high))
        worth = self.strengths * np.sqrt(self.stats[:, AREA]) * _CUT_OFF[self.sides]
        kind = np.select(
            (wide > _LONG * high, blot, wide > _WIDE * high), (_LINE, _BLOT, _WORD), 1.0
        )
        return np.asarray(kind * worth)

    def mask(self, index: int) -> Mask:
        return np.asarray(self.labels == index + 1)

    def size(self, index: int) -> int:
        return int(max(self.stats[index, WIDTH], self.stats[index, HEIGHT]))

    def widest(self, index: int) -> float:
        """How wide its strokes are where they are widest."""
        return widest(self.cropped(index))

    def pen(self, index: int) -> float:
        """How wide its strokes usually are."""
        return usual_width(self.cropped(index))

    def cropped(self, index: int) -> Mask:
        left, top, wide, high, _ = self.stats[index].tolist()
        return np.asarray(self.labels[top : top + high, left : left + wide] == index + 1)


def levels_of(seen: Grey, floor: float) -> list[Marks]:
    """The marks above each threshold from the floor to near the strongest pixels."""
    count = max(3, seen.size // 2000)
    strong = seen[seen >= floor]
    if not len(strong):
        return []
    top = 0.5 * float(strong.max())
    if len(strong) >= count:
        top = max(top, float(np.partition(strong, -count)[-count]))
    if top < floor:
        return []
    top *= 0.8
    thresholds = np.geomspace(floor, top, _LEVELS) if top > floor else [floor]
    return [marks for level in thresholds if (marks := marks_above(seen, float(level))) is not None]


def marks_above(seen: Grey, level: float) -> Marks | None:
    """The connected marks of what is at least `level`; None if nothing is."""
    above = seen >= level
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        above.astype(np.uint8), connectivity=8
    )
    if count < 2:
        return None
    sums = np.bincount(labels[above], weights=seen[above], minlength=count)
    stats = stats[1:]
    height, width = seen.shape
    sides = (
        (stats[:, LEFT] == 0).astype(int)
        + (stats[:, TOP] == 0)
        + (stats[:, LEFT] + stats[:, WIDTH] == width)
        + (stats[:, TOP] + stats[:, HEIGHT] == height)
    )
    strengths = sums[1:] / stats[:, AREA]
    return Marks(level=level, labels=labels, stats=stats, strengths=strengths, sides=sides)
