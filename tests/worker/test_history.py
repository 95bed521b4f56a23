"""The training loss in few points."""

from __future__ import annotations

import pytest

from mnist_core.worker.history import History
from mnist_core.worker.messages import Point


def points_of(progress: list[float]) -> tuple[Point, ...]:
    history = History()
    for step, done in enumerate(progress, start=1):
        history.add(step, done, loss=1.0, accuracy=0.5, elapsed_s=0.0)
    return history.take()


def test_a_long_history_stays_short() -> None:
    assert len(points_of([step / 100_000 for step in range(1, 100_001)])) <= 460


def test_a_history_stays_short_where_the_batch_shrinks_on_the_way() -> None:
    done = [step / 200 for step in range(1, 101)] + [0.5 + step / 80_000 for step in range(40_001)]
    points = points_of(done)
    assert len(points) <= 460
    assert points[-1][0] == len(done)


def test_the_first_steps_have_a_point_each_and_later_ones_share_their_mean() -> None:
    history = History()
    for step in range(1, 2001):
        history.add(step, step / 2000, loss=float(step), accuracy=step / 2000, elapsed_s=step / 10)
    points = history.take()
    assert points[:50] == tuple((step, step, step / 2000, step / 10) for step in range(1, 51))
    assert points[50] == pytest.approx((55, 53, 53 / 2000, 5.5))
    assert history.take() == ()
