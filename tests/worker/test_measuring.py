"""What measures a training: images that never train."""

from __future__ import annotations

import torch

from mnist_core.data.datasets import Splits
from mnist_core.worker.measuring import evaluation_set, pictures_of, share
from tests.support.synthetic import synthetic_digits


def test_held_out_pictures_never_train() -> None:
    data = synthetic_digits(600, generator=torch.Generator().manual_seed(3))
    splits = Splits(train=data, test=data.subset(slice(50)))
    held_out = evaluation_set(splits, "validation")
    for size in (100, 550):
        train, measured_on = share(splits, size=size, seed=1)
        assert measured_on == "validation"
        assert len(train.train) == size
        used = {image.numpy().tobytes() for image in train.train.images}
        assert not used & {image.numpy().tobytes() for image in held_out.images}
    assert share(splits, size=600, seed=1)[1] == "test"


def test_pictures_are_bytes_of_ink_with_their_labels(digits: Splits) -> None:
    held = evaluation_set(digits, "validation")
    pictures = pictures_of(digits, "validation")
    assert pictures.held == "validation"
    assert list(pictures.labels) == held.labels.tolist()
    ink = torch.frombuffer(bytearray(pictures.images), dtype=torch.uint8).reshape(-1, 28, 28)
    torch.testing.assert_close(ink / 255, held.images, atol=0.5 / 255, rtol=0)
