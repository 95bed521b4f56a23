import inspect
import subprocess
import sys
from typing import NoReturn

import numpy as np
import pytest

from mnist_core.evaluation.other_ink import LETTERS, letter, other_ink
from mnist_core.record import hands, non_digits, rare_styles

SEVEN = [np.array([(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)])]


def test_every_kind_of_other_ink_is_an_image() -> None:
    images = other_ink(34, digits=[SEVEN], generator=np.random.default_rng(0))
    assert images.shape == (34, 28, 28)
    assert np.isfinite(images).all()
    assert (images.sum(axis=(1, 2)) > 1.0).all()


def test_the_same_seed_draws_the_same() -> None:
    first, same, other = (
        other_ink(17, digits=[SEVEN], generator=np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_letters_that_are_digits_without_their_context_are_left_out() -> None:
    assert not set(LETTERS) & set("OIlSZ")
    assert not letter("A", generator=np.random.default_rng(0)).is_empty


def test_nothing_that_trains_is_drawn_for_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    def trained(*_: object, **__: object) -> NoReturn:
        raise AssertionError("what measures is drawn by what trains")

    for module in (non_digits, hands, rare_styles):
        for name, _ in inspect.getmembers(module, inspect.isfunction):
            monkeypatch.setattr(module, name, trained)
    other_ink(34, digits=[SEVEN], generator=np.random.default_rng(0))


def test_measuring_knows_nothing_of_what_trains() -> None:
    code = (
        "import sys, mnist_core.evaluation.other_ink; "
        "sys.exit(any(name.startswith('mnist_core.record') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
