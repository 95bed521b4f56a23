import numpy as np
import pytest
import torch

from mnist_core.evaluation.other_ink import other_ink
from mnist_core.ink.ink import Ink
from mnist_core.record.non_digits import non_digit
from mnist_core.record.rare_styles import FIGURES, made_up_digit, oval, smooth, with_bar, with_slash
from mnist_core.training.augmentation import AugmentationConfig, augment, vary_strokes

SEVEN = [np.array([(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)])]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def images(count=32):
    return torch.from_numpy(Ink(SEVEN).to_image()).expand(count, 28, 28).clone()


def test_augmented_images_stay_images():
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


def test_augmentation_is_repeatable_and_differs_by_image():
    config = AugmentationConfig()
    first = augment(images(), config=config, generator=seeded(1))
    assert torch.equal(first, augment(images(), config=config, generator=seeded(1)))
    assert not torch.equal(first, augment(images(), config=config, generator=seeded(2)))
    assert not torch.equal(first[0], first[1])


def test_nothing_to_vary_leaves_images_as_they_are():
    still = AugmentationConfig(share=0.0, stroke_width=0.0)
    varied = augment(images(4), config=still, generator=seeded())
    assert torch.allclose(varied, images(4), atol=1e-5)
    assert augment(images(0), config=still, generator=seeded()).shape == (0, 28, 28)


def test_stroke_width_makes_some_pens_thicker_and_some_thinner():
    only_width = AugmentationConfig(share=0.0, stroke_width=0.8)
    ink = augment(images(200), config=only_width, generator=seeded()).sum(dim=(1, 2))
    before = images(1).sum()
    assert ink.max() > 1.2 * before
    assert ink.min() < 0.9 * before


def test_share_is_checked():
    with pytest.raises(ValueError, match="share"):
        AugmentationConfig(share=1.5)


def test_varied_strokes_keep_their_points_and_lose_their_place():
    strokes = [*SEVEN, np.array([(30.0, 70.0), (75.0, 68.0)])]
    varied = vary_strokes(strokes, generator=np.random.default_rng(0))
    assert [len(stroke) for stroke in varied] == [3, 2]
    assert np.abs(np.concatenate(varied)).max() < 2.0
    still = vary_strokes(strokes, strength=0.0, generator=np.random.default_rng(0))
    assert np.abs(Ink(still).to_image() - Ink(strokes).to_image()).max() < 0.01


def test_a_dot_can_be_varied():
    (dot,) = vary_strokes([np.zeros((1, 2))], generator=np.random.default_rng(0))
    assert np.isfinite(dot).all()


def test_every_digit_has_made_up_styles():
    generator = np.random.default_rng(0)
    assert sorted(FIGURES) == list(range(1, 10))
    for digit in range(10):
        image = Ink(made_up_digit(digit, generator=generator)).to_image()
        assert 0.02 < image.mean() < 0.4


def test_slash_and_bar_add_a_stroke():
    generator = np.random.default_rng(0)
    zero = [oval(width=0.7, height=1.0)]
    assert len(with_slash(zero, generator=generator)) == 2
    slashed = Ink(with_slash(zero, generator=np.random.default_rng(1))).to_image()
    assert slashed.sum() > 1.1 * Ink(zero).to_image().sum()
    crossed = with_bar(SEVEN, generator=generator)
    bar = crossed[-1]
    # The bar crosses the stem, which is near x = 60 at half of the height.
    assert bar[:, 0].min() < 60 < bar[:, 0].max()
    assert 55 < bar[:, 1].mean() < 90


def test_smooth_curve_passes_through_its_points():
    points = np.array([(0.0, 0.0), (1.0, 0.5), (0.2, 1.0)])
    curve = smooth(points, pieces=4)
    assert len(curve) == 9
    assert np.allclose(curve[::4], points)


def test_non_digits_are_drawable_and_differ_between_training_and_measuring():
    generator = np.random.default_rng(0)
    trained = [Ink(non_digit([SEVEN], generator=generator)).to_image() for _ in range(60)]
    measured = other_ink(34, digits=[SEVEN], generator=generator)
    assert measured.shape == (34, 28, 28)
    for image in (*trained, *measured):
        assert np.isfinite(image).all()
        assert image.sum() > 1.0
    dots = [image for image in trained if image.sum() < 9]
    assert not any(np.allclose(a, b) for a in measured for b in trained if b.sum() >= 9)
    assert len(dots) < 10
