"""Images with their labels, split and batched."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.ink.raster import IMAGE_SIZE


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images with their labels.

    images: (N, 28, 28) float32 in [0, 1], ink = 1. labels: (N,) int64 in 0-9.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or self.images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images: expected shape (N, 28, 28), got {tuple(self.images.shape)}")
        if self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels: expected shape ({len(self.images)},), got {tuple(self.labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, index: Tensor | slice) -> Dataset:
        """The images and labels at `index`, (M,) int64 or a slice."""
        return Dataset(self.images[index], self.labels[index])

    def to(self, device: torch.device | str) -> Dataset:
        return Dataset(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, slots=True)
class Splits:
    """The parts of a data set: what trains, what chooses settings, and what measures at the end."""

    train: Dataset
    validation: Dataset | None = None
    test: Dataset | None = None


def hold_out(splits: Splits, *, size: int, generator: torch.Generator) -> Splits:
    """The same data with `size` random training images moved to validation; the test set stays.

    Raises `ValueError` unless 0 < size < the number of training images.
    """
    count = len(splits.train)
    if not 0 < size < count:
        raise ValueError(f"size: expected 1 to {count - 1}, got {size}")
    order = torch.randperm(count, generator=generator)
    return Splits(
        train=splits.train.subset(order[size:]),
        validation=splits.train.subset(order[:size]),
        test=splits.test,
    )


def batches(count: int, *, batch_size: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    """One shuffled pass over `count` images: the places of each batch, the last perhaps smaller."""
    order = torch.randperm(count, generator=generator)
    return order.split(batch_size)  # type: ignore[no-any-return]
