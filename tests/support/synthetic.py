"""Made-up digits, for all that can do without MNIST."""

from __future__ import annotations

import torch
from torch import Tensor

from mnist_core.data.datasets import Dataset
from mnist_core.ink.raster import IMAGE_SIZE
from mnist_core.models.config import CLASS_COUNT, MLPConfig
from mnist_core.models.mlp import MLP


def synthetic_digits(count: int, *, generator: torch.Generator) -> Dataset:
    """`count` easy, made-up digits: shifted seven-segment figures with noise, for tests and trials."""
    labels = torch.randint(CLASS_COUNT, (count,), generator=generator)
    shifts = torch.randint(-3, 4, (count, 2), generator=generator)
    figures = _seven_segment_figures()
    images = torch.stack(
        [
            torch.roll(figures[label], shifts=(int(dy), int(dx)), dims=(0, 1))
            for label, (dy, dx) in zip(labels.tolist(), shifts, strict=True)
        ]
    )
    strength = torch.empty(count, 1, 1).uniform_(0.6, 1.0, generator=generator)
    noise = torch.empty_like(images).uniform_(0.0, 0.1, generator=generator)
    return Dataset((images * strength + noise).clamp_(0.0, 1.0), labels)


def _seven_segment_figures() -> Tensor:
    """(10, 28, 28): one seven-segment figure a digit."""
    bars = {
        "a": (slice(5, 7), slice(9, 19)),
        "b": (slice(5, 15), slice(17, 19)),
        "c": (slice(13, 23), slice(17, 19)),
        "d": (slice(21, 23), slice(9, 19)),
        "e": (slice(13, 23), slice(9, 11)),
        "f": (slice(5, 15), slice(9, 11)),
        "g": (slice(13, 15), slice(9, 19)),
    }
    segments = [
        "abcdef",
        "bc",
        "abged",
        "abgcd",
        "fgbc",
        "afgcd",
        "afgecd",
        "abc",
        "abcdefg",
        "abcdfg",
    ]
    figures = torch.zeros(CLASS_COUNT, IMAGE_SIZE, IMAGE_SIZE)
    for figure, names in zip(figures, segments, strict=True):
        for name in names:
            figure[bars[name]] = 1.0
    return figures


def uniform_model(config: MLPConfig | None = None) -> MLP:
    """A network without hidden layers whose weights are all 0."""
    model = MLP(config if config is not None else MLPConfig(hidden_sizes=())).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    return model
