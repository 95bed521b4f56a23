"""Pairs that one hand writes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mnist_core.record import written_pairs as module
from mnist_core.record.pools import NOT_A_DIGIT, Pool
from mnist_core.record.written_pairs import written_pairs
from tests.support.pen_digits import made_up_pen

PEN = made_up_pen((1, 2))


def some(apart_share: float, patch: pytest.MonkeyPatch) -> Pool:
    patch.setattr(module, "_APART_SHARE", apart_share)
    return written_pairs(PEN, 600, generator=np.random.default_rng(0))


def marks_of(pool: Pool) -> NDArray[np.int64]:
    """How many marks each image is."""
    inked = (pool.images.numpy() > 100).astype(np.uint8)
    return np.array([cv2.connectedComponents(image)[0] - 1 for image in inked])


@pytest.mark.parametrize("apart_share", [0.0, 1.0])
def test_they_are_two_digits_or_what_is_no_pair(
    apart_share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = some(apart_share, monkeypatch)
    assert pool.images.shape == (600, 28, 48)
    assert pool.labels.shape == (600, 2)
    none = pool.labels == NOT_A_DIGIT
    assert torch.equal(none[:, 0], none[:, 1])
    # Of digits that are to touch, those that do not are left out.
    assert 0.35 < float(none[:, 0].float().mean()) < 0.55
    for side in (0, 1):
        assert set(pool.labels[~none[:, 0], side].tolist()) == set(range(10))
    # Two digits are wider than one.
    widths = (pool.images.numpy() > 100).any(axis=1).sum(axis=1)
    assert np.median(widths[~none[:, 0].numpy()]) > 20


def test_some_hang_together_and_others_stand_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert np.mean(marks_of(some(0.0, monkeypatch)) == 1) > 0.9
    apart = some(1.0, monkeypatch)
    pairs = apart.labels[:, 0].numpy() != NOT_A_DIGIT
    assert np.mean(marks_of(apart)[pairs] > 1) > 0.85
    monkeypatch.undo()
    both = marks_of(written_pairs(PEN, 600, generator=np.random.default_rng(0)))
    assert 0.55 < np.mean(both == 1) < 0.8


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
