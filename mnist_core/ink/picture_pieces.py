"""A picture's ink in pieces: what hangs together, and where two digits touch, parts of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.picture import Picture, place
from mnist_core.ink.partings import partings
from mnist_core.ink.pieces import Box, Likely, Profile, around, profile_of, share_a_mark
from mnist_core.ink.raster import Image

# Fainter ink joins nothing.
_INK = 0.6
# Marks whose sides are below this share of the largest one's are left out.
_LEAST_MARK = 0.08
#: What hangs together is two digits rather than one that is less probable.
SURELY_ONE = 0.99
# So many ways to part a mark are tried, and a mark is so many digits at most.
_WAYS = 60
_MOST_DIGITS = 4
# Logits of what is a digit, and what they count for at least and at most.
_DIGIT, _LEAST_LOGIT, _MOST_LOGIT = 2.2, -3.0, 6.0
import os
_A = float(os.environ.get('A', -5.0))
_B = float(os.environ.get('B', 2.0))
# Where two digits are doubtful, so many ways are tried in which one is a digit, and the rest is parted again.
_CHAINS = 2


@dataclass(frozen=True, slots=True, eq=False)
class PicturePiece:
    """Ink that hangs together, or a part of it. mask: (height, width), where it is."""

    name: tuple[int, int]
    mask: NDArray[np.bool_]
    box: Box
    is_link: bool = False
    is_digit: bool = False

    def profile(self, height: float) -> Profile:
        rows = np.flatnonzero(self.mask.any(axis=1))
        inked = self.mask[rows]
        lefts, rights = inked.argmax(axis=1), inked.shape[1] - inked[:, ::-1].argmax(axis=1)
        ends = (
            (float(x), float(y)) for xs in (lefts, rights) for x, y in zip(xs, rows, strict=True)
        )
        return profile_of(ends, height)

    @classmethod
    def of(
        cls, name: tuple[int, int], mask: NDArray[np.bool_], *, is_digit: bool = False
    ) -> PicturePiece:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        return cls(name, mask, tuple(map(float, box)), is_digit=is_digit)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class PicturePieces:
    """The pieces of what was found in a picture, from left to right."""

    ink: Picture
    pieces: list[PicturePiece]

    @classmethod
    def of(cls, ink: Picture) -> PicturePieces:
        import cv2  # takes time and memory, which strokes do without

        count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > _INK).astype(np.uint8))
        sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
        marks = [mark for mark in range(1, count) if sides[mark] >= _LEAST_MARK * sides[1:].max()]
        marks.sort(key=lambda mark: int(stats[mark, cv2.CC_STAT_LEFT]))
        pieces = [PicturePiece.of((mark, -1), labels == mark) for mark in marks]
        return cls(ink, pieces)

    def cut(self, which: set[int], *, height: float, likely: Likely) -> PicturePieces:
        parts = [
            part
            for piece in self.pieces
            for part in (
                self._parts(piece, height, likely) if piece.name[0] in which else [piece]
            )
        ]
        return PicturePieces(self.ink, parts)

    def image(self, members: Iterable[int]) -> Image:
        return self._image(np.logical_or.reduce([self.pieces[member].mask for member in members]))

    def strokes(self, members: Iterable[int]) -> None:
        return None

    def touch(self, one: Sequence[int], other: Sequence[int], *, height: float) -> bool:
        return share_a_mark(self.pieces, one, other)

    def place(self, members: Iterable[int]) -> Box:
        return around(self.pieces[member].box for member in members)

    def _image(self, mask: NDArray[np.bool_]) -> Image:
        return place(np.where(mask, self.ink, 0.0))

    def _parts(self, piece: PicturePiece, height: float, likely: Likely) -> list[PicturePiece]:
        _, masks = self._parted(piece.mask, height, likely, most=_MOST_DIGITS)
        if len(masks) == 1:
            return [piece]
        return [
            PicturePiece.of((piece.name[0], part), mask, is_digit=True)
            for part, mask in enumerate(masks)
        ]

    def _parted(
        self, mask: NDArray[np.bool_], height: float, likely: Likely, *, most: int
    ) -> tuple[float, list[NDArray[np.bool_]]]:
        """A mark as the likeliest digits that touch, from left to right, and the sum of their logits."""
        (alone,) = likely([self._image(mask)])
        if alone >= SURELY_ONE:
            return _logit(alone), [mask]
        ways = partings(mask, height=height, most=_WAYS) if most > 1 else []
        images = [self._image(part) for way in ways for part in way.parts]
        known = [_logit(probability) for probability in likely(images)] if images else []
        best = _A + _B * _logit(alone), [mask]
        chains = []
        for way, left, right in zip(ways, known[::2], known[1::2], strict=True):
            best = max(best, (left + right - way.cost, [*way.parts]), key=_first)
            if min(left, right) < _DIGIT < max(left, right):
                chains.append((max(left, right) - way.cost, left > right, way.parts))
        if best[0] < 2 * _DIGIT:
            for score, left_is_one, (left, right) in sorted(chains, key=_first)[-_CHAINS:]:
                score_of_rest, rest = self._parted(
                    right if left_is_one else left, height, likely, most=most - 1
                )
                if len(rest) > 1:
                    masks = [left, *rest] if left_is_one else [*rest, right]
                    best = max(best, (score + score_of_rest, masks), key=_first)
        return best


def _first(each: tuple[float, ...]) -> float:
    return each[0]


def _logit(probability: float) -> float:
    """What a probability counts for: its logit between bounds."""
    odds = probability / max(1 - probability, 1e-9)
    return min(max(math.log(max(odds, 1e-9)), _LEAST_LOGIT), _MOST_LOGIT)
