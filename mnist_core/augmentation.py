"""Random variations of images in batches, and of strokes before they are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Strokes = Sequence[NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentationConfig:
    """How far images stray; each value is a standard deviation unless it says otherwise.

    rotation: radians. shear: horizontal, as a share of the height. scale, aspect: logarithmic.
    shift, elastic: pixels. stroke_width: the largest share of a one-pixel widening or narrowing.
    texture: of the pen's pressure. `share`: of the images that are varied at all, in [0, 1].
    """

    rotation: float = 0.12
    shear: float = 0.14
    scale: float = 0.07
    aspect: float = 0.07
    shift: float = 0.6
    elastic: float = 0.9
    stroke_width: float = 0.7
    texture: float = 0.1
    share: float = 0.95

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share: expected [0, 1], got {self.share}")


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
        return torch.empty(count, device=images.device).uniform_(-limit, limit, generator=generator)

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


def augment(images: Tensor, *, config: AugmentationConfig, generator: torch.Generator) -> Tensor:
    """Varied copies of `images`, (N, 28, 28) in [0, 1]: slant, size, elastic bends and pen.

    The same generator state gives the same result. Works on the images' device.
    """
    count = len(images)
    if count == 0:
        return images.clone()

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, device=generator.device).to(images.device)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=generator.device).to(images.device)

    # Images left as they are keep the model sure of undistorted digits.
    strength = (uniform(count) < config.share).to(images.dtype)
    grid = _affine_grid(normal(count, 6), strength, config=config, size=images.shape[-1])
    # Bends: a coarse random field, smoothly enlarged (Simard et al. 2003, at a fraction of the cost).
    bends = functional.interpolate(normal(count, 2, 5, 5), size=28, mode="bicubic")
    amount = strength * uniform(count) * 1.5 * config.elastic * 2 / images.shape[-1]
    grid = grid + (bends * amount[:, None, None, None]).permute(0, 2, 3, 1)
    varied = functional.grid_sample(
        images[:, None], grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    if config.stroke_width > 0:
        varied = _vary_stroke_width(varied, (uniform(count) * 2 - 1) * config.stroke_width)
    if config.texture > 0:
        coarse = functional.interpolate(normal(count, 1, 7, 7), size=28, mode="bilinear")
        varied = varied * (1 + coarse * (config.texture * strength)[:, None, None, None])
    return varied[:, 0].clamp_(0.0, 1.0)


def _affine_grid(
    noise: Tensor, strength: Tensor, *, config: AugmentationConfig, size: int
) -> Tensor:
    """(N, size, size, 2): where each output pixel is read from, in grid_sample's [-1, 1]."""
    noise = noise * strength[:, None]
    angle = noise[:, 0] * config.rotation
    shear = noise[:, 1] * config.shear
    scale = torch.exp(noise[:, 2] * config.scale)
    aspect = torch.exp(noise[:, 3] * config.aspect)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    matrix = torch.empty(len(noise), 2, 3, device=noise.device, dtype=noise.dtype)
    matrix[:, 0, 0] = cos * aspect
    matrix[:, 0, 1] = cos * shear - sin
    matrix[:, 1, 0] = sin * aspect
    matrix[:, 1, 1] = (cos + sin * shear) / aspect
    matrix[:, :, 2] = noise[:, 4:6] * (config.shift * 2 / size)
    return functional.affine_grid(matrix, [len(noise), 1, size, size], align_corners=False)


def _vary_stroke_width(images: Tensor, amount: Tensor) -> Tensor:
    """(N, 1, 28, 28) widened by a share of a pixel where `amount` > 0, narrowed where it is < 0.

    Half of the images, those of the smaller amounts, stay as they are.
    """
    limit = amount.abs().median()
    varied = images.clone()
    for sign in (1.0, -1.0):
        chosen = torch.nonzero(amount * sign > limit)[:, 0]
        if len(chosen):
            some = images[chosen]
            # A plus-shaped neighbourhood: half as wide as a square one at the diagonals.
            extreme = torch.maximum(
                functional.max_pool2d(some * sign, (3, 1), stride=1, padding=(1, 0)),
                functional.max_pool2d(some * sign, (1, 3), stride=1, padding=(0, 1)),
            )
            weight = amount[chosen].abs()[:, None, None, None]
            if sign < 0:
                # Thin pens would vanish if they lost as much as thick ones gain.
                weight = weight * 0.7
            varied[chosen] = some + (extreme * sign - some) * weight
    return varied


def vary_strokes(
    strokes: Strokes, *, strength: float = 1.0, generator: np.random.Generator
) -> list[NDArray[np.float64]]:
    """The same digit by another hand: turned, slanted, stretched and smoothly bent.

    `strokes`: (n, 2) arrays in any unit; the result lies around the unit box, y as given.
    `strength` scales all of it.
    """
    points = np.concatenate([np.asarray(stroke, dtype=np.float64) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    extent = max(float((high - low).max()), 1e-9)
    points = (points - (low + high) / 2) / extent
    angle, slant, aspect = generator.normal(0, (0.13, 0.2, 0.15)) * strength
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[math.exp(aspect), slant], [0, 1]])
    points = points @ matrix.T
    # Three slow waves across the box bend every part of the digit a little and together.
    waves = generator.normal(0, 2.5, (3, 2))
    phases = generator.uniform(0, 2 * math.pi, 3)
    moves = generator.normal(0, 0.022 * strength, (3, 2))
    points = points + np.sin(points @ waves.T + phases) @ moves
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return np.split(points, ends)
