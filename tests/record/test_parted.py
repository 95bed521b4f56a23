"""Digits parted from others."""

from __future__ import annotations

import numpy as np

from mnist_core.data.pendigits import pen_dataset
from mnist_core.record.parted import parted_digits
from tests.support.pen_digits import made_up_pen

PEN = made_up_pen((1, 2))


def test_they_are_the_digits_of_rows_that_touch() -> None:
    images, labels = parted_digits(PEN, 150, np.random.default_rng(0))
    assert images.shape == (len(labels), 28, 28)
    assert images.dtype == np.uint8
    assert len(labels) > 100
    assert set(labels.tolist()) == set(range(10))
    # One is more like whole digits of its kind than like those of another.
    whole = pen_dataset(PEN)
    means = np.stack([whole.images[whole.labels == each].mean(dim=0).numpy() for each in range(10)])
    flat = images.reshape(len(images), -1) / np.linalg.norm(
        images.reshape(len(images), -1), axis=1, keepdims=True
    )
    means = means.reshape(10, -1) / np.linalg.norm(means.reshape(10, -1), axis=1, keepdims=True)
    assert np.mean((flat @ means.T).argmax(axis=1) == labels) > 0.6


def test_the_same_seed_gives_the_same_and_no_pen_digits_none() -> None:
    one, again = (parted_digits(PEN, 10, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    images, labels = parted_digits([], 10, np.random.default_rng(3))
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)
