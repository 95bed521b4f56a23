"""Token buckets: so many at once, so many a second, each address for itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mnist_core.server.rates import BURST_S, Bucket, Buckets


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    bucket = Bucket(10.0, clock=clock)
    assert [bucket.take() for _ in range(31)] == [True] * 30 + [False]
    clock.now += 0.1
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now += 1000.0
    assert sum(bucket.take() for _ in range(100)) == 30


@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=200), st.floats(0.5, 50.0))
def test_never_more_than_the_rate_and_the_burst(waits: list[float], per_s: float) -> None:
    clock = Clock()
    bucket = Bucket(per_s, clock=clock)
    taken = 0
    for wait in waits:
        clock.now += wait
        taken += bucket.take()
    assert taken <= max(1.0, BURST_S * per_s) + per_s * sum(waits) + 1e-6


def test_a_costly_request_counts_as_often_as_it_costs() -> None:
    bucket = Bucket(10.0, clock=Clock())
    assert [bucket.take(12.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take() for _ in range(7)] == [True] * 6 + [False]
    assert Bucket(1.0, clock=Clock()).take(50.0)  # once in a while, even that


def test_addresses_do_not_share() -> None:
    buckets = Buckets(1.0, clock=Clock())
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b")
