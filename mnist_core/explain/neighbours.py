"""The training images that look most like a drawing, pixel by pixel."""

import torch
from torch import Tensor

# As floats, the 60,000 training images take 188 MB; as bytes, 47 MB. Few rows at a time are
# turned into floats, so that they stay in the processor's cache.
_ROWS = 256


def squared_sizes(pixels: Tensor) -> Tensor:
    """Each image's sum of squared pixels, (N,), from bytes 0..255 of shape (N, 28, 28)."""
    return torch.cat(
        [(rows.float() / 255).square().sum(dim=(1, 2)) for rows in torch.split(pixels, _ROWS)]
    )


def squared_distances(image: Tensor, pixels: Tensor, sizes: Tensor) -> Tensor:
    """How far one image (28, 28) lies from each of N others, (N,).

    By |a - b|² = |a|² - 2ab + |b|², where `sizes` holds the |b|² of `squared_sizes`.
    """
    query = image.flatten()
    products = (
        torch.cat([rows.flatten(1).float() @ query for rows in torch.split(pixels, _ROWS)]) / 255
    )
    return (query @ query - 2 * products + sizes).clamp(min=0)


def nearest(distances: Tensor, *, count: int) -> Tensor:
    """The positions of the `count` smallest distances, nearest first."""
    return torch.topk(distances, count, largest=False).indices
