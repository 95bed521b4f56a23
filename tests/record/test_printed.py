"""Print, for training."""

from __future__ import annotations

import string

import numpy as np
import pytest

from mnist_core.record.printed import printed, some_letters


@pytest.mark.parametrize("text", ["7", "42", "Qg", "W"])
@pytest.mark.parametrize("size", [22.0, 60.0, 150.0])
def test_print_is_a_tight_shape_of_about_that_size(text: str, size: float) -> None:
    for seed in range(12):  # of all fonts
        shape = printed(text, size=size, generator=np.random.default_rng(seed))
        assert 0 <= shape.min() < shape.max() <= 1
        assert 0.5 * size < shape.shape[0] < 1.8 * size
        assert 0.2 * size < shape.shape[1] < len(text) * 2 * size
        for axis in (0, 1):
            assert shape.max(axis=axis)[[0, -1]].min() > 0


def test_digits_of_a_number_are_close_or_apart() -> None:
    def width(text: str, *, apart: bool = False) -> float:
        generator = np.random.default_rng(3)
        shapes = (printed(text, size=60, generator=generator, apart=apart) for _ in range(40))
        return float(np.mean([shape.shape[1] for shape in shapes]))

    assert width("8") * 1.5 < width("88") < width("8") * 2.1
    assert width("88") + 60 * 0.15 < width("88", apart=True) < width("88") + 60 * 0.35


def test_letters_are_one_or_a_few_that_are_no_number() -> None:
    generator = np.random.default_rng(0)
    texts = [some_letters(generator) for _ in range(2000)]
    assert {len(text) for text in texts} == {1, 2, 3}
    assert set("".join(texts)) == set(string.ascii_letters)
    assert not {"lO", "IO", "Il", "So", "SI"} & set(texts)
    assert {len(some_letters(generator, least=2)) for _ in range(200)} == {2, 3}
