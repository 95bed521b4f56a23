"""The training images that look most like a drawing, pixel by pixel."""

import torch
from torch import Tensor
from torch.nn import functional

# Images are shrunk in pieces of so many, as all 60,000 as floats would take 188 MB at once.
_ROWS = 2000


def shrink(images: Tensor) -> Tensor:
    """Each image (28, 28), in [0, 1] or as bytes, as 7 × 7 averages in [0, 1]: (N, 49)."""
    if images.dtype == torch.uint8:
        return torch.cat([shrink(rows / 255) for rows in torch.split(images, _ROWS)])
    return functional.avg_pool2d(images.unsqueeze(1), 4).flatten(1)


def likely_nearest(image: Tensor, shrunk: Tensor, *, count: int) -> Tensor:
    """Where to look: the positions of the images that are nearest when shrunk.

    Shrunk images are never further apart than the images themselves, by their 16 pixels an
    average, so what is far apart here is far apart there too.
    """
    distances = torch.cdist(shrink(image.unsqueeze(0)), shrunk)[0]
    return torch.topk(distances, count, largest=False).indices


def squared_distances(image: Tensor, others: Tensor) -> Tensor:
    """How far an image (28, 28) lies from N others, bytes 0..255 of shape (N, 28, 28): (N,)."""
    return (others / 255 - image).square().sum(dim=(1, 2))


def nearest(image: Tensor, pixels: Tensor, shrunk: Tensor, *, count: int) -> tuple[Tensor, Tensor]:
    """The positions and distances of the `count` nearest images, nearest first."""
    places = likely_nearest(image, shrunk, count=min(800, len(pixels)))
    distances = squared_distances(image, pixels[places]).sqrt()
    best = torch.topk(distances, count, largest=False)
    return places[best.indices], best.values
