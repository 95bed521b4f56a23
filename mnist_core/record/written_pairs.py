"""Images of two neighbours in a row, for training: written by one hand with one pen, or printed.

Those of `record.pairs` are put together from images of one digit each; these have in common what two
digits of a number have: slant, pen, light and edges.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from mnist_core.data.pendigits import PenDigit
from mnist_core.ink.paper import Grey
from mnist_core.ink.picture import PAIR_SHAPE
from mnist_core.ink.picture_pieces import PicturePieces
from mnist_core.ink.raster import Strokes
from mnist_core.models.config import CLASS_COUNT
from mnist_core.record.hands import Labelled
from mnist_core.record.non_digits import letter
from mnist_core.record.parts import Part, in_parts
from mnist_core.record.pictures import found_in, found_whole
from mnist_core.record.pools import NOT_A_DIGIT, Pool
from mnist_core.record.printed import printed, some_letters
from mnist_core.record.rows import by_hand, digit_by, some_height, written_row

# The kinds, of what hangs together and of what stands apart; how many do the latter.
_TWO, _THREE, _ONE, _LETTERS = range(4)
_SHARES, _SHARES_APART = (0.58, 0.06, 0.17, 0.19), (0.6, 0.0, 0.05, 0.35)
_APART_SHARE = 1 / 3
# Of each, how many are printed: mostly of what is no pair, since print seldom touches.
_PRINTED = (0.08, 0.0, 0.5, 0.4)
# Of letters, some stand beside a digit or another letter; what stands apart all do.
_BESIDE_A_DIGIT, _TWO_LETTERS = 0.2, 0.2
_BESIDE_A_DIGIT_APART = 0.35
_NONE = (NOT_A_DIGIT, NOT_A_DIGIT)


def written_pairs(pen: Sequence[PenDigit], count: int, *, generator: np.random.Generator) -> Pool:
    """`count` images, (28, 48) as by `place_pair`, and labels (count, 2); none without pen digits.

    The labels of what is no pair are `NOT_A_DIGIT`.
    """
    draw = functools.partial(_some, by_hand(pen), pen)
    return Pool.of(in_parts(draw, count if pen else 0, generator=generator))


def _some(
    hands: Sequence[Sequence[PenDigit]],
    pen: Sequence[PenDigit],
    count: int,
    generator: np.random.Generator,
) -> Part:
    images = np.zeros((count, *PAIR_SHAPE), np.uint8)
    labels = np.full((count, 2), NOT_A_DIGIT)
    for image, label in zip(images, labels, strict=True):
        found: PicturePieces | None = None
        while found is None:
            apart = generator.random() < _APART_SHARE
            shares = _SHARES_APART if apart else _SHARES
            kind = int(generator.choice(len(shares), p=shares))
            if generator.random() < _PRINTED[kind]:
                shape, label[:] = _in_print(kind, generator, apart=apart)
            else:
                hand = hands[int(generator.integers(len(hands)))]
                inks, label[:] = _side_by_side(kind, hand, pen, generator, apart=apart)
                shape = np.maximum.reduce(written_row(inks, generator, apart=apart))
            found = (found_in if apart else found_whole)(shape, generator=generator)
        image[:] = np.rint(found.pair_image(range(len(found.pieces))) * 255)
    return images, labels


def _in_print(
    kind: int, generator: np.random.Generator, *, apart: bool
) -> tuple[Grey, tuple[int, int]]:
    """A shape, and its labels."""
    size = some_height(generator)
    if kind == _LETTERS:
        letters = some_letters(generator, least=2 if apart else 1)
        return printed(letters, size=size, generator=generator, apart=apart), _NONE
    digits = generator.integers(CLASS_COUNT, size=2 if kind == _TWO else 1).tolist()
    text = "".join(map(str, digits))
    shape = printed(text, size=size, generator=generator, apart=apart)
    return shape, (digits[0], digits[1]) if kind == _TWO else _NONE


def _side_by_side(
    kind: int,
    hand: Sequence[PenDigit],
    pen: Sequence[PenDigit],
    generator: np.random.Generator,
    *,
    apart: bool,
) -> tuple[list[Strokes], tuple[int, int]]:
    """What is written side by side, and its labels."""

    def digit() -> Labelled:
        return digit_by(hand, pen, generator)

    if kind == _TWO:
        (left, first), (right, second) = digit(), digit()
        return [left, right], (first, second)
    if kind in (_THREE, _ONE):
        return [digit()[0] for _ in range(3 if kind == _THREE else 1)], _NONE
    inks: list[Strokes] = [letter(generator=generator)]
    chance = generator.random()
    if chance < (_BESIDE_A_DIGIT_APART if apart else _BESIDE_A_DIGIT):
        inks.insert(int(generator.integers(2)), digit()[0])
    elif apart or chance < _BESIDE_A_DIGIT + _TWO_LETTERS:
        inks.append(letter(generator=generator))
    return inks, _NONE
