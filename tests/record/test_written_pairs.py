"""Pairs that one hand writes."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from mnist_core.record.pools import NOT_A_DIGIT
from mnist_core.record.written_pairs import written_pairs
from tests.support.pen_digits import made_up_pen

PEN = made_up_pen((1, 2))


def test_they_are_two_digits_that_touch_or_what_is_no_pair() -> None:
    pool = written_pairs(PEN, 600, generator=np.random.default_rng(0))
    assert pool.images.shape == (600, 28, 48)
    assert pool.labels.shape == (600, 2)
    none = pool.labels == NOT_A_DIGIT
    assert torch.equal(none[:, 0], none[:, 1])
    # Of digits, those that do not touch are left out.
    assert 0.35 < float(none[:, 0].float().mean()) < 0.55
    for side in (0, 1):
        assert set(pool.labels[~none[:, 0], side].tolist()) == set(range(10))
    # Two digits are wider than one, and each image is what hangs together.
    inked = pool.images.numpy() > 100
    widths = inked.any(axis=1).sum(axis=1)
    assert np.median(widths[~none[:, 0].numpy()]) > 20
    marks = [cv2.connectedComponents(image.astype(np.uint8))[0] - 1 for image in inked]
    assert np.mean(np.array(marks) == 1) > 0.9


def test_the_same_seed_gives_the_same() -> None:
    one, again, other = (
        written_pairs(PEN, 20, generator=np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert torch.equal(one.images, again.images)
    assert torch.equal(one.labels, again.labels)
    assert not torch.equal(one.images, other.images)


def test_without_pen_digits_there_are_none() -> None:
    pool = written_pairs([], 20, generator=np.random.default_rng(0))
    assert pool.images.shape == (0, 28, 48)
    assert pool.labels.shape == (0, 2)
