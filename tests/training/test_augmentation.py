import numpy as np
import pytest
import torch

from mnist_core.ink.ink import Ink
from mnist_core.training.augmentation import AugmentationConfig, augment

SEVEN = [np.array([(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)])]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 32) -> torch.Tensor:
    return torch.from_numpy(Ink(SEVEN).to_image()).expand(count, 28, 28).clone()


def test_augmented_images_stay_images() -> None:
    varied = augment(images(), config=AugmentationConfig(), generator=seeded())
    assert varied.shape == (32, 28, 28)
    assert varied.dtype == torch.float32
    assert bool(torch.isfinite(varied).all())
    assert varied.min() >= 0.0
    assert varied.max() <= 1.0
    # Moved, but not away: most of the ink is still in the picture.
    ink = varied.sum(dim=(1, 2)) / images().sum(dim=(1, 2))
    assert ink.min() > 0.4
    assert ink.max() < 2.2


def test_augmentation_is_repeatable_and_differs_by_image() -> None:
    config = AugmentationConfig()
    first = augment(images(), config=config, generator=seeded(1))
    assert torch.equal(first, augment(images(), config=config, generator=seeded(1)))
    assert not torch.equal(first, augment(images(), config=config, generator=seeded(2)))
    assert not torch.equal(first[0], first[1])


def test_nothing_to_vary_leaves_images_as_they_are() -> None:
    still = AugmentationConfig(share=0.0, stroke_width=0.0)
    varied = augment(images(4), config=still, generator=seeded())
    assert torch.allclose(varied, images(4), atol=1e-5)
    assert augment(images(0), config=still, generator=seeded()).shape == (0, 28, 28)


def test_stroke_width_makes_some_pens_thicker_and_some_thinner() -> None:
    only_width = AugmentationConfig(share=0.0, stroke_width=0.8)
    ink = augment(images(200), config=only_width, generator=seeded()).sum(dim=(1, 2))
    before = images(1).sum()
    assert ink.max() > 1.2 * before
    assert ink.min() < 0.9 * before


def test_wide_images_are_turned_and_not_stretched() -> None:
    # A square turned about the middle of a wide image stays a square: as wide as it is high.
    square = torch.zeros(64, 28, 48)
    square[:, 9:19, 19:29] = 1.0
    turned = AugmentationConfig(
        shear=0, scale=0, aspect=0, shift=0, elastic=0, stroke_width=0, texture=0, rotation=0.4, share=1
    )  # fmt: skip
    varied = augment(square, config=turned, generator=seeded())
    assert varied.shape == (64, 28, 48)
    down, across = (
        torch.tensor([float(one.amax(dim=axis).sum()) for one in varied]) for axis in (1, 0)
    )
    assert float(across.max()) > 12
    assert torch.allclose(down, across, atol=0.6)


def test_share_is_checked() -> None:
    with pytest.raises(ValueError, match="share"):
        AugmentationConfig(share=1.5)
