"""Which moments of a training are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mnist_core.worker.moments import Moments


@given(st.integers(1, 100), st.integers(1, 2000))
def test_moments_are_few_and_reach_from_the_first_weights_to_the_last(
    count: int, steps: int
) -> None:
    moments = Moments(count)
    kept = [step for step in range(steps + 1) if moments.reached(step / steps)]
    assert kept[0] == 0
    assert kept[-1] == steps
    assert len(kept) <= count + 1


def test_early_moments_are_denser() -> None:
    moments = Moments(40)
    kept = [step for step in range(10_001) if moments.reached(step / 10_000)]
    assert len(kept) == 41
    assert sum(step <= 1250 for step in kept) == 21  # half of them in an eighth of the training


def test_a_moment_is_kept_once() -> None:
    moments = Moments(4)
    assert moments.reached(0.0)
    assert not moments.reached(0.0)
    assert moments.reached(0.5)  # several at once are one
    assert not moments.reached(0.5)
