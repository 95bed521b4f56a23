"""Random variations of images, in batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

_BENDS = 5  # points a side of the coarse field of bends
_TEXTURE = 7  # and of that of the pen's pressure


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


def augment(images: Tensor, *, config: AugmentationConfig, generator: torch.Generator) -> Tensor:
    """Varied copies of `images`, (N, height, width) in [0, 1]: slant, size, elastic bends and pen.

    The same generator state gives the same result. Works on the images' device.
    """
    count, height, width = images.shape
    if count == 0:
        return images.clone()

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, device=generator.device).to(images.device)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=generator.device).to(images.device)

    # Images left as they are keep the model sure of undistorted digits.
    strength = (uniform(count) < config.share).to(images.dtype)
    noise = normal(count, 6) * strength[:, None]
    affine = _affine_rows(noise, height, width, config=config)
    # Bends: a coarse random field, smoothly enlarged (Simard et al. 2003, at a fraction of the cost).
    bends = normal(count, 2, _BENDS**2)
    sides = torch.tensor((width, height), device=images.device)[:, None]
    bends *= (strength * uniform(count) * 1.5 * config.elastic * 2)[:, None, None] / sides
    # Both are linear in their coefficients, so that one product gives all places to read from.
    places = torch.cat((affine, bends), dim=2) @ _places(height, width, images.device)
    varied = functional.grid_sample(
        images[:, None],
        places.reshape(count, 2, height, width).permute(0, 2, 3, 1),
        mode="bilinear",
        padding_mode="zeros",
        align_corners=False,
    )[:, 0]
    if config.stroke_width > 0:
        varied = _vary_stroke_width(varied, (uniform(count) * 2 - 1) * config.stroke_width)
    if config.texture > 0:
        coarse = normal(count, _TEXTURE**2) * (config.texture * strength)[:, None]
        pressure = 1 + coarse @ _pressures(height, width, images.device)
        varied = varied * pressure.reshape(images.shape)
    return varied.clamp_(0.0, 1.0)


def _affine_rows(noise: Tensor, height: int, width: int, *, config: AugmentationConfig) -> Tensor:
    """(N, 6) standard normal -> (N, 2, 3): what x, y and 1 add to the place that a pixel is read from.

    Places are in grid_sample's [-1, 1], in which a side is two, however long.
    """
    angle = noise[:, 0] * config.rotation
    shear = noise[:, 1] * config.shear
    scale = torch.exp(noise[:, 2] * config.scale)
    aspect = torch.exp(noise[:, 3] * config.aspect)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = torch.empty(len(noise), 2, 3, device=noise.device, dtype=noise.dtype)
    rows[:, 0, 0] = cos * aspect
    rows[:, 0, 1] = (cos * shear - sin) * (height / width)
    rows[:, 1, 0] = sin * aspect * (width / height)
    rows[:, 1, 1] = (cos + sin * shear) / aspect
    for axis, side in enumerate((width, height)):
        rows[:, axis, 2] = noise[:, 4 + axis] * (config.shift * 2 / side)
    return rows


def _vary_stroke_width(images: Tensor, amount: Tensor) -> Tensor:
    """(N, height, width) widened by a share of a pixel where `amount` > 0, narrowed where it is < 0.

    Half of the images, those of the smaller amounts, stay as they are.
    """
    limit = amount.abs().median()
    varied = images.clone()
    for sign in (1.0, -1.0):
        chosen = torch.nonzero(amount * sign > limit)[:, 0]
        if len(chosen):
            some = images[chosen]
            extreme = _maximum_of_neighbours(some * sign) * sign
            weight = amount[chosen].abs()[:, None, None]
            if sign < 0:
                # Thin pens would vanish if they lost as much as thick ones gain.
                weight = weight * 0.7
            varied[chosen] = some + (extreme - some) * weight
    return varied


def _maximum_of_neighbours(images: Tensor) -> Tensor:
    """(N, height, width): the largest of each pixel and the four beside it.

    A plus-shaped neighbourhood: half as wide as a square one at the diagonals. Eight times as fast as
    max_pool2d on a CPU.
    """
    result = images.clone()
    for ours, theirs in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        result[:, ours] = torch.maximum(result[:, ours], images[:, theirs])
        result[:, :, ours] = torch.maximum(result[:, :, ours], images[:, :, theirs])
    return result


@cache
def _places(height: int, width: int, device: torch.device) -> Tensor:
    """(28, pixels): where each pixel's middle is (x, y, 1), and how far each bend reaches."""
    # In grid_sample's [-1, 1].
    down, across = ((2 * torch.arange(side) + 1) / side - 1 for side in (height, width))
    y, x = torch.meshgrid(down, across, indexing="ij")
    affine = torch.stack((x, y, torch.ones_like(x))).reshape(3, -1)
    return torch.cat((affine, _enlarged(_BENDS, (height, width), "bicubic"))).to(device)


@cache
def _pressures(height: int, width: int, device: torch.device) -> Tensor:
    """(49, pixels): how far each point of the coarse field of the pen's pressure reaches."""
    return _enlarged(_TEXTURE, (height, width), "bilinear").to(device)


def _enlarged(size: int, shape: tuple[int, int], mode: str) -> Tensor:
    """(size * size, pixels): each point of a coarse grid enlarged to an image by itself."""
    points = torch.eye(size * size).reshape(size * size, 1, size, size)
    return functional.interpolate(points, size=shape, mode=mode).reshape(size * size, -1)
