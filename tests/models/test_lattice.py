"""Which pieces are a digit each, by what is said of groups of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mnist_core.ink.picture_pieces import PicturePiece
from mnist_core.models.lattice import NO_ROW, likeliest_row


def piece(name: tuple[int, int], *, left: int, right: int) -> PicturePiece:
    mask = np.zeros((100, 200), np.bool_)
    mask[10:90, left:right] = True
    return PicturePiece.of(name, mask)


def each_a_digit(groups: Sequence[tuple[int, ...]]) -> list[float]:
    return [0.99 if len(members) == 1 else 0.0 for members in groups]


@pytest.mark.parametrize("others", [0, 1])
def test_digits_that_one_mark_was_parted_into_may_overlap(others: int) -> None:
    parts = [piece((1, 0), left=20, right=80), piece((1, 1), left=22, right=84)]
    beside = [piece((2, -1), left=120, right=160)][:others]
    row = likeliest_row([*parts, *beside], each_a_digit, rejects=True)
    assert [group.members for group in row.groups] == [(0,), (1,), (2,)][: 2 + others]
    assert row.score > -0.1


def test_marks_that_lie_on_each_other_are_no_two_digits() -> None:
    marks = [piece((1, -1), left=20, right=80), piece((2, -1), left=22, right=84)]
    assert likeliest_row(marks, each_a_digit, rejects=True).score == NO_ROW.score
