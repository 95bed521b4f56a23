import numpy as np

from mnist_core.ink.ink import Ink
from mnist_core.record.rare_styles import FIGURES, made_up_digit, oval, smooth, with_bar, with_slash

SEVEN = [np.array([(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)])]


def test_every_digit_has_made_up_styles() -> None:
    generator = np.random.default_rng(0)
    assert sorted(FIGURES) == list(range(1, 10))
    for digit in range(10):
        image = Ink(made_up_digit(digit, generator=generator)).to_image()
        assert 0.02 < image.mean() < 0.4


def test_slash_and_bar_add_a_stroke() -> None:
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


def test_smooth_curve_passes_through_its_points() -> None:
    points = np.array([(0.0, 0.0), (1.0, 0.5), (0.2, 1.0)])
    curve = smooth(points, pieces=4)
    assert len(curve) == 9
    assert np.allclose(curve[::4], points)
