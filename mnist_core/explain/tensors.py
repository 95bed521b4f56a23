"""From grey pixels to the rows of numbers that a network reads."""

from torch import Tensor


def to_tensor(pixels: Tensor) -> Tensor:
    """Bytes 0..255 of shape (N, 28, 28) as floats 0..1 of shape (N, 1, 28, 28).

    The 1 is the number of colours: MNIST is grey.
    """
    return pixels.float().div(255).unsqueeze(1)


def normalize(images: Tensor, *, mean: float = 0.5, std: float = 0.5) -> Tensor:
    """Pixels moved and stretched; with 0.5 and 0.5, from 0..1 to -1..1."""
    return (images - mean) / std


def flatten(images: Tensor) -> Tensor:
    """Each picture as one row: (N, 1, 28, 28) becomes (N, 784)."""
    return images.flatten(start_dim=1)
