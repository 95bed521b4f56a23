"""Images of pairs for training: two digits that touch, as a picture would have them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from mnist_core.ink.picture import place_pair
from mnist_core.record.pairs import pair_batches, pairs_of
from mnist_core.record.pools import NOT_A_DIGIT, RecordConfig, make_pools, pool_of
from mnist_core.record.written_pairs import written_pairs
from tests.support.pen_digits import made_up_pen
from tests.support.synthetic import synthetic_digits

CONFIG = RecordConfig(
    images_per_epoch=1024,
    batch_size=256,
    pen_variants=1,
    made_up=40,
    pictures=10,
    non_digits=40,
    mnist_share=0.4,
    pen_share=0.3,
    made_up_share=0.2,
    picture_share=0.1,
    parted_share=0.0,
    parted=0,
    non_digit_share=0.0,
    numbers_are_none=False,
    written_pairs=60,
    written_share=0.3,
)


def epoch(*, seed: int = 0, config: RecordConfig = CONFIG) -> list[tuple[Tensor, Tensor]]:
    mnist = synthetic_digits(200, generator=torch.Generator().manual_seed(0))
    pen = made_up_pen((1, 2))
    pools = make_pools(mnist, pen, config, "cpu")
    written = written_pairs(pen, config.written_pairs, generator=np.random.default_rng(0))
    batches = pair_batches(pools, written, config, seed=seed, progress=0.0, device="cpu")
    return [(images, labels) for images, labels, _ in batches]


def test_batches_are_pairs_and_what_is_none_and_the_same_for_the_same_seed() -> None:
    batches = epoch()
    assert [tuple(images.shape) for images, _ in batches] == [(256, 28, 48)] * 4
    images, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    assert labels.shape == (1024, 2)
    assert 0 <= float(images.min()) <= float(images.max()) <= 1
    none = labels == NOT_A_DIGIT
    assert torch.equal(none[:, 0], none[:, 1])
    assert 0.25 < float(none[:, 0].float().mean()) < 0.4
    assert set(labels[~none].tolist()) == set(range(10))
    again = torch.cat([images for images, _ in epoch()])
    assert torch.equal(images, again)
    assert not torch.equal(images, torch.cat([images for images, _ in epoch(seed=1)]))


def test_two_digits_of_a_pair_touch_or_a_line_joins_them() -> None:
    pool = pool_of(synthetic_digits(300, generator=torch.Generator().manual_seed(2)))
    images, labels = pairs_of(pool, 700, generator=torch.Generator().manual_seed(3))
    assert images.shape == (700, 28, 48)
    assert labels.shape == (700, 2)
    assert set(labels.flatten().tolist()) == set(range(10))
    marks = [
        cv2.connectedComponents((image.numpy() > 0.35).astype("uint8"))[0] - 1 for image in images
    ]
    assert sum(count == 1 for count in marks) > 0.9 * len(marks)


def test_they_lie_where_a_pictures_pair_does() -> None:
    pool = pool_of(synthetic_digits(300, generator=torch.Generator().manual_seed(2)))
    images, _ = pairs_of(pool, 50, generator=torch.Generator().manual_seed(3))
    for image in images:
        placed = torch.from_numpy(place_pair(image.numpy()))
        alike = (placed * image).sum() / (placed.norm() * image.norm())
        assert float(alike) > 0.9


@pytest.mark.parametrize("batch_size", [48, 700])
def test_any_batch_size_goes(batch_size: int) -> None:
    batches = epoch(config=replace(CONFIG, images_per_epoch=1400, batch_size=batch_size))
    assert {len(images) for images, _ in batches} == {batch_size}
