"""A picture's ink in pieces: what hangs together, and where two digits touch, parts of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.picture import Picture, extent, place, place_pair
from mnist_core.ink.pieces import (
    Box,
    Judge,
    Profile,
    Said,
    around,
    profile_of,
    said_of,
    said_of_each,
)
from mnist_core.ink.raster import Image

if TYPE_CHECKING:
    from mnist_core.ink.touching import TouchingDigit

# Ink joins what is so dark, as a share of this quantile of all that is no rim: of thin lines, where two
# cross may be twice as dark as the rest.
_JOINS, _USUAL, _RIM = 0.6, 0.7, 0.15
# Marks whose sides are below this share of the largest one's are left out.
_LEAST_MARK = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class PicturePiece:
    """Ink that hangs together, whose part is -1, or a digit of it. mask: (height, width), where it is."""

    name: tuple[int, int]
    mask: NDArray[np.bool_]
    box: Box
    said: Said | None = None
    is_link: ClassVar = False

    @property
    def is_digit(self) -> bool:
        return self.name[1] >= 0

    def profile(self, height: float) -> Profile:
        rows = np.flatnonzero(self.mask.any(axis=1))
        inked = self.mask[rows]
        lefts, rights = inked.argmax(axis=1), inked.shape[1] - inked[:, ::-1].argmax(axis=1)
        ends = (
            (float(x), float(y)) for xs in (lefts, rights) for x, y in zip(xs, rows, strict=True)
        )
        return profile_of(ends, height)

    def parted(self, digits: Sequence[TouchingDigit]) -> list[PicturePiece]:
        """The digits that this ink is; itself where it is rather one."""
        if len(digits) < 2:
            return [self]
        return [
            PicturePiece.of((self.name[0], part), digit.mask, digit.said)
            for part, digit in enumerate(digits)
        ]

    @classmethod
    def of(
        cls, name: tuple[int, int], mask: NDArray[np.bool_], said: Said | None = None
    ) -> PicturePiece:
        rows, columns = extent(mask)
        box = (columns.start, rows.start, columns.stop, rows.stop)
        return cls(name, mask, tuple(map(float, box)), said)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class PicturePieces:
    """The pieces of what was found in a picture, from left to right."""

    ink: Picture
    pieces: list[PicturePiece]
    in_picture: ClassVar = True

    @classmethod
    def of(cls, ink: Picture) -> PicturePieces:
        import cv2  # takes time and memory, which strokes do without

        joins = ink > _JOINS * np.quantile(ink[ink > _RIM], _USUAL)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joins.astype(np.uint8))
        sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
        marks = [mark for mark in range(1, count) if sides[mark] >= _LEAST_MARK * sides[1:].max()]
        marks.sort(key=lambda mark: int(stats[mark, cv2.CC_STAT_LEFT]))
        pieces = [PicturePiece.of((mark, -1), labels == mark) for mark in marks]
        return cls(ink, pieces)

    def cut(self, which: set[int], *, height: float, judge: Judge) -> PicturePieces:
        from mnist_core.ink.touching import Parter  # as in `of`

        parter = Parter(self.image_of, self.pair_image_of, judge, height)
        marks = [piece.mask for piece in self.pieces if piece.name[0] in which]
        digits = iter(parter.digits_of_each(marks))
        parts = [
            part
            for piece in self.pieces
            for part in (piece.parted(next(digits)) if piece.name[0] in which else [piece])
        ]
        return PicturePieces(self.ink, parts)

    def image(self, members: Iterable[int]) -> Image:
        return self.image_of(self._mask(members))

    def pair_image(self, members: Iterable[int]) -> Image:
        """The pieces together as two digits, (28, 48)."""
        return self.pair_image_of(self._mask(members))

    def together(self, groups: Sequence[Sequence[int]], *, judge: Judge) -> list[Said | None]:
        if len(groups) < 2:
            return [None] * len(groups)
        of_parts = [said_of(self.pieces, members) for members in groups]
        if all(said is not None for said in of_parts):
            return of_parts
        images = [self.pair_image((*one, *other)) for one, other in pairwise(groups)]
        return [
            beside if parted is None else parted
            for parted, beside in zip(of_parts, said_of_each(judge.pairs(images)), strict=True)
        ]

    def strokes(self, members: Iterable[int]) -> None:
        return None

    def place(self, members: Iterable[int]) -> Box:
        return around(self.pieces[member].box for member in members)

    def image_of(self, mask: NDArray[np.bool_]) -> Image:
        """The (28, 28) image of the ink in a mask, (height, width)."""
        return place(self._ink_of(mask))

    def pair_image_of(self, mask: NDArray[np.bool_]) -> Image:
        """The (28, 48) image of the ink in a mask, as two digits."""
        return place_pair(self._ink_of(mask))

    def _mask(self, members: Iterable[int]) -> NDArray[np.bool_]:
        return np.asarray(np.logical_or.reduce([self.pieces[member].mask for member in members]))

    def _ink_of(self, mask: NDArray[np.bool_]) -> Picture:
        window = extent(mask)
        return np.where(mask[window], self.ink[window], 0.0)
