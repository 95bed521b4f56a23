"""Images changed at random, a batch at a time, so that a model learns what does not matter."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def random_affine(
    images: Tensor,
    *,
    generator: torch.Generator,
    degrees: float = 12.0,
    scale: float = 0.12,
    shear: float = 0.25,
    shift: float = 1.5,
) -> Tensor:
    """`images`, (N, 28, 28), each turned, scaled, sheared and shifted by its own random amounts.

    degrees: the largest turn. scale: the largest change of either side, a share. shear: the largest
    slant, in px a px. shift: the largest move in px. What moves in from outside is background.
    """
    count = len(images)

    def spread(limit: float) -> Tensor:
        return torch.empty(count, device=images.device).uniform_(
            -limit, limit, generator=generator
        )

    angle = spread(math.radians(degrees))
    width, height = 1 + spread(scale), 1 + spread(scale)
    slant = spread(shear)
    cos, sin = angle.cos(), angle.sin()
    half = images.shape[-1] / 2
    rows = [
        torch.stack((cos / width, (slant * cos - sin) / width, spread(shift / half)), dim=1),
        torch.stack((sin / height, (slant * sin + cos) / height, spread(shift / half)), dim=1),
    ]
    grid = functional.affine_grid(
        torch.stack(rows, dim=1), [count, 1, *images.shape[1:]], align_corners=False
    )
    moved = functional.grid_sample(images[:, None], grid, align_corners=False)
    return moved[:, 0].clamp_(0.0, 1.0)
