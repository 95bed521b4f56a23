"""Digits parted from others, for training: a stump of the neighbour is left, or something is cut off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mnist_core.data.pendigits import PenDigit
from mnist_core.ink.partings import partings
from mnist_core.ink.picture import extent
from mnist_core.record.parts import Part
from mnist_core.record.pictures import found_whole
from mnist_core.record.rows import by_hand, digit_by, written_row

_INK = 0.5
# A part is a digit from this share of ink in common on.
_ALIKE = 0.75
_THREE_SHARE = 0.2


def parted_digits(pen: Sequence[PenDigit], count: int, generator: np.random.Generator) -> Part:
    """Images, (N, 28, 28), and labels of the digits of `count` rows of two or three that touch.

    Of the parts that the reader looks at, each is the one that is most like the digit; those that are
    hardly like it are left out.
    """
    hands = by_hand(pen)
    images, labels = [], []
    for _ in range(count if pen else 0):
        hand = hands[int(generator.integers(len(hands)))]
        several = 3 if generator.random() < _THREE_SHARE else 2
        inks, digits = zip(*(digit_by(hand, pen, generator) for _ in range(several)), strict=True)
        shapes = written_row(inks, generator)
        found = found_whole(np.maximum.reduce(shapes), generator=generator)
        if found is None:
            continue
        mark = found.pieces[0].mask
        rows = extent(mark)[0]
        parts = list(partings(mark, height=rows.stop - rows.start).parts.values())
        if not parts:
            continue
        rim = (len(mark) - len(shapes[0])) // 2
        for shape, digit in zip(shapes, digits, strict=True):
            own = (np.pad(shape, rim) > _INK) & mark
            alike = [np.sum(part & own) / np.sum(part | own) for part in parts]
            best = int(np.argmax(alike))
            if alike[best] >= _ALIKE:
                images.append(np.rint(255 * found.image_of(parts[best])).astype(np.uint8))
                labels.append(digit)
    return np.array(images, np.uint8).reshape(-1, 28, 28), np.array(labels, np.int64)
