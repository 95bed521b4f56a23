"""A mark is parted into the digits that networks see in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import pytest

from mnist_core.ink.paper import Mask
from mnist_core.ink.picture import extent, place, place_pair
from mnist_core.ink.pieces import Said
from mnist_core.ink.raster import Image
from mnist_core.ink.touching import Parter, TouchingDigit
from tests.ink.test_partings import inked, shared
from tests.support.pictures import FOUR, SEVEN

Key = TypeVar("Key")

NONE = 10
LEFT, RIGHT, THIRD = inked(SEVEN, 0), inked(FOUR, 52), inked(FOUR, 112)


def said(digit: int, probability: float = 0.97) -> Said:
    rest = np.full(11, (1 - probability) / 10)
    rest[digit] = probability
    return rest


class Knowing:
    """Networks that know the digits and pairs of a picture, by how much of the ink is theirs."""

    def __init__(
        self,
        digits: Mapping[int, Mask],
        pairs: Mapping[tuple[int, int], Mask],
        *,
        sure: float = 0.97,
    ) -> None:
        self._sure = sure
        self._digits = {digit: placed(mask) for digit, mask in digits.items()}
        self._pairs = {pair: placed_pair(mask) for pair, mask in pairs.items()}

    def digits(self, images: list[Image]) -> Said:
        return np.stack(
            [said(likeliest(self._digits, image, NONE), self._sure) for image in images]
        )

    def pairs(self, images: list[Image]) -> Said:
        found = [likeliest(self._pairs, image, (NONE, NONE)) for image in images]
        return np.array([[said(left), said(right)] for left, right in found])


def likeliest(known: Mapping[Key, Image], image: Image, otherwise: Key) -> Key:
    likenesses = {key: likeness(own, image) for key, own in known.items()}
    best = max(likenesses, key=lambda key: likenesses[key], default=otherwise)
    return best if likenesses.get(best, 0) > 0.7 else otherwise


def likeness(one: Image, other: Image) -> float:
    return float((one * other).sum() / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-9))


def placed(mask: Mask) -> Image:
    return place(mask[extent(mask)].astype(np.float64))


def placed_pair(mask: Mask) -> Image:
    return place_pair(mask[extent(mask)].astype(np.float64))


def parted(mark: Mask, judge: Knowing) -> list[TouchingDigit]:
    (digits,) = Parter(placed, placed_pair, judge, 100.0).digits_of_each([mark])
    return digits


def test_a_pair_is_parted_where_its_parts_are_its_digits() -> None:
    both = LEFT | RIGHT
    judge = Knowing({7: LEFT, 4: RIGHT}, {(7, 4): both})
    one, other = parted(both, judge)
    assert shared(one.mask, LEFT) > 0.7
    assert shared(other.mask, RIGHT) > 0.7
    assert one.said is not None
    assert other.said is not None
    assert (int(one.said.argmax()), int(other.said.argmax())) == (7, 4)


def test_what_is_surely_one_digit_is_not_looked_at_further() -> None:
    both = LEFT | RIGHT
    judge = Knowing({7: LEFT, 4: RIGHT}, {})
    judge.digits = lambda images: np.stack([said(8, 0.995)] * len(images))  # type: ignore[method-assign]
    judge.pairs = lambda images: np.array([[said(7, 0.3), said(4, 0.3)]] * len(images))  # type: ignore[method-assign]
    (only,) = parted(both, judge)
    assert only.mask is both
    assert only.said is None


def test_what_is_no_pair_stays_whole() -> None:
    both = LEFT | RIGHT
    (only,) = parted(both, Knowing({}, {}))
    assert only.mask is both


def test_what_is_rather_surely_a_pair_is_two() -> None:
    both = LEFT | RIGHT
    judge = Knowing({7: LEFT, 4: RIGHT}, {})
    whole, say = placed(both), judge.digits
    judge.digits = lambda images: np.stack(  # type: ignore[method-assign]
        [said(8, 0.995) if np.array_equal(image, whole) else say([image])[0] for image in images]
    )
    for probability, parts in ((0.3, 1), (0.9, 2)):
        pair = np.array([[said(7, probability), said(4, probability)]])
        judge.pairs = lambda images, pair=pair: pair  # type: ignore[method-assign,misc]
        assert len(parted(both, judge)) == parts


def test_two_digits_that_are_no_pair_are_none() -> None:
    both = LEFT | RIGHT
    (only,) = parted(both, Knowing({7: LEFT, 4: RIGHT}, {}))
    assert only.mask is both


def test_what_is_surely_none_may_be_digits_that_are_hardly_like_some() -> None:
    digits = {7: placed(LEFT), 4: placed(RIGHT)}
    judge = Knowing({}, {(7, 4): LEFT | RIGHT, (4, 4): RIGHT | THIRD})
    judge.digits = lambda images: np.stack(  # type: ignore[method-assign]
        [
            said(digit, 0.99 if digit == NONE else 0.3)
            for digit in (likeliest(digits, image, NONE) for image in images)
        ]
    )
    assert len(parted(LEFT | RIGHT | THIRD, judge)) == 3


@pytest.mark.parametrize("first", [True, False])
def test_a_digit_beside_a_pair_is_three(first: bool) -> None:
    everything = LEFT | RIGHT | THIRD
    pairs = {(4, 4): RIGHT | THIRD} if first else {(7, 4): LEFT | RIGHT}
    judge = Knowing({7: LEFT, 4: RIGHT}, pairs, sure=0.9999)
    digits = parted(everything, judge)
    assert len(digits) == 3
    for digit, mask in zip(digits, (LEFT, RIGHT, THIRD), strict=True):
        assert shared(digit.mask, mask) > 0.7
    said_of = [digit.said for digit in digits]
    none = [each is not None and int(each.argmax()) == NONE for each in said_of]
    assert none[0 if first else 2]
    assert not none[2 if first else 0]


def test_what_each_is_the_pairs_that_it_is_of_say_together() -> None:
    pairs = {(7, 4): LEFT | RIGHT, (4, 4): RIGHT | THIRD}
    digits = parted(LEFT | RIGHT | THIRD, Knowing({7: LEFT, 4: RIGHT}, pairs))
    sure = [digit.said.max() for digit in digits if digit.said is not None]
    assert [digit.said is not None and int(digit.said.argmax()) for digit in digits] == [7, 4, 4]
    assert sure[1] > max(sure[0], sure[2])
    assert sum(digits[1].said) == pytest.approx(1)  # type: ignore[arg-type]


def test_all_of_six_digits_that_touch_are_found() -> None:
    masks = [LEFT, *(inked(FOUR, 52 + 60 * place) for place in range(5))]
    judge = Knowing({7: LEFT, 4: RIGHT}, {(7, 4): LEFT | RIGHT, (4, 4): RIGHT | THIRD})
    digits = parted(np.logical_or.reduce(masks), judge)
    assert len(digits) == 6
    for digit, mask in zip(digits, masks, strict=True):
        assert shared(digit.mask, mask) > 0.7


def test_a_mark_that_can_not_be_cut_is_one_or_two_halves() -> None:
    stroke = inked([[(0, 0), (0, 100)]], 0)
    (only,) = parted(stroke, Knowing({}, {}))
    assert only.mask is stroke
    left, right = parted(stroke, Knowing({}, {(1, 1): stroke}))
    assert not (left.mask & right.mask).any()
    assert np.array_equal(left.mask | right.mask, stroke)
    assert extent(left.mask)[1].stop <= extent(right.mask)[1].start
