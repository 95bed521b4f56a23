import numpy as np

from mnist_core.ink.ink import Ink
from mnist_core.record.hands import cut_off, vary_strokes

SEVEN = [np.array([(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)])]


def test_varied_strokes_keep_their_points_and_lose_their_place() -> None:
    strokes = [*SEVEN, np.array([(30.0, 70.0), (75.0, 68.0)])]
    varied = vary_strokes(strokes, generator=np.random.default_rng(0))
    assert [len(stroke) for stroke in varied] == [3, 2]
    assert np.abs(np.concatenate(varied)).max() < 2.0
    still = vary_strokes(strokes, strength=0.0, generator=np.random.default_rng(0))
    assert np.abs(Ink(still).to_image() - Ink(strokes).to_image()).max() < 0.01


def test_a_dot_can_be_varied() -> None:
    (dot,) = vary_strokes([np.zeros((1, 2))], generator=np.random.default_rng(0))
    assert np.isfinite(dot).all()


def test_ink_is_cut_off_on_one_side_by_at_most_a_seventh() -> None:
    ring = [
        np.stack([np.cos(turn), 3 * np.sin(turn)], axis=1) for turn in [np.linspace(0, 6.3, 60)]
    ]
    before = np.array([(-1, -3), (1, 3)])
    for seed in range(20):
        kept = np.concatenate(cut_off(ring, generator=np.random.default_rng(seed)))
        lost = np.abs(np.array([kept.min(axis=0), kept.max(axis=0)]) - before) / (2, 6)
        assert np.sort(lost.ravel())[-2] < 0.01 < lost.max() < 0.15
