"""How many pictures of digits are read right, a line for each kind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mnist_core.data.pendigits import PenDigit, held_out_digits
from mnist_core.evaluation.numbers import WrittenNumber, numbers_line
from mnist_core.evaluation.photos import KINDS, photo, photo_of_number
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import read_picture
from mnist_core.models.classifier import Classifier

_SEED = 2026
#: Pictures of each kind; of 12 megapixels, which take seconds to make, a tenth.
PICTURES_OF_A_KIND = 100
_LARGE = "12 megapixels"


def pictures_report(
    classifier: Classifier, pen: Sequence[PenDigit], *, count: int = PICTURES_OF_A_KIND
) -> Iterator[str]:
    """Yields a title, a line for each kind of picture, and one for all, of held-out writers' digits.

    Raises `DatasetError` where `pen` has none of those.
    """
    digits = held_out_digits(pen)
    yield f"Pictures of held-out writers' digits, {count} of each kind: right, refused"
    total = np.zeros(3, np.int64)
    for number, kind in enumerate(KINDS):
        generator = np.random.default_rng((_SEED, number))
        wanted = math.ceil(count / 10) if kind == _LARGE else count
        right = refused = 0
        for index in generator.integers(len(digits), size=wanted):
            file = photo(kind, digits[index].strokes, generator=generator)
            answer = classifier.predict(Ink.from_image(read_picture(file))).digit
            right += answer == digits[index].digit
            refused += answer is None
        total += (wanted, right, refused)
        yield _line(kind, wanted, right, refused)
    yield _line("all", *total.tolist())


def numbers_report(
    classifier: Classifier,
    pen: Sequence[PenDigit],
    *,
    drawn: int = 1000,
    photos: int = 2 * PICTURES_OF_A_KIND,
) -> Iterator[str]:
    """Yields a line for whole numbers of held-out writers' digits, and one for photos of such."""
    yield f"Whole numbers: {numbers_line(classifier, pen, count=drawn)}"
    photographed = numbers_line(classifier, pen, count=photos, ink_of=_photographed)
    yield f"Photos of whole numbers: {photographed}"


def _photographed(number: WrittenNumber, generator: np.random.Generator) -> Ink:
    file = photo_of_number(number.strokes, generator=generator)
    return Ink.from_image(read_picture(file))


def _line(kind: str, count: int, right: int, refused: int) -> str:
    return f"{kind:<28}{right / count:>8.2%}{refused / count:>8.2%}"
