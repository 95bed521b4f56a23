"""Digits parted from others."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

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
    means = torch.stack([whole.images[whole.labels == each].mean(dim=0) for each in range(10)])
    ours, theirs = (
        functional.normalize(each.flatten(1), dim=1)
        for each in (torch.from_numpy(images).float(), means)
    )
    assert np.mean((ours @ theirs.T).argmax(dim=1).numpy() == labels) > 0.6


def test_the_same_seed_gives_the_same_and_no_pen_digits_none() -> None:
    one, again = (parted_digits(PEN, 10, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    images, labels = parted_digits([], 10, np.random.default_rng(3))
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)
