import inspect
from typing import NoReturn

import numpy as np
import pytest

from mnist_core.evaluation import other_ink
from mnist_core.ink.ink import Ink
from mnist_core.record.non_digits import non_digit

SEVEN = [np.array([(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)])]


def test_non_digits_can_be_drawn_and_few_are_dots() -> None:
    generator = np.random.default_rng(0)
    drawn = [Ink(non_digit([SEVEN], generator=generator)).to_image() for _ in range(60)]
    assert all(np.isfinite(image).all() for image in drawn)
    ink = [image.sum() for image in drawn]
    assert min(ink) > 1.0
    assert sum(each < 9 for each in ink) < 10


def test_without_digits_there_are_no_rows_of_them() -> None:
    generator = np.random.default_rng(0)
    for _ in range(100):
        assert non_digit([], generator=generator)


def test_the_same_seed_draws_the_same() -> None:
    first, same, other = (
        Ink(non_digit([SEVEN], generator=np.random.default_rng(seed))).to_image()
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_nothing_that_measures_is_drawn_for_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(*_: object, **__: object) -> NoReturn:
        raise AssertionError("training draws what it is measured on")

    for name, _ in inspect.getmembers(other_ink, inspect.isfunction):
        monkeypatch.setattr(other_ink, name, measured)
    generator = np.random.default_rng(0)
    for _ in range(200):  # each kind many times
        non_digit([SEVEN], generator=generator)
