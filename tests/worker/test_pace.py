"""The time of a training: what is due, how long it worked, how fast it is."""

from __future__ import annotations

import pytest

from mnist_core.worker.pace import Pace, Speedometer, Stopwatch


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_something_is_due_at_once_and_then_every_so_often() -> None:
    clock = Clock()
    pace = Pace(0.5, clock=clock)
    assert pace.is_due
    pace.begin()
    assert not pace.is_due
    clock.now += 0.4
    assert not pace.is_due
    clock.now += 0.1
    assert pace.is_due
    assert pace.is_due  # until it begins again


def test_a_stopwatch_counts_no_pauses() -> None:
    clock = Clock()
    stopwatch = Stopwatch(clock=clock)
    clock.now += 5
    assert stopwatch.stands
    assert stopwatch.elapsed_s == 0
    stopwatch.run()
    clock.now += 2
    assert stopwatch.elapsed_s == 2
    stopwatch.stand()
    clock.now += 10
    stopwatch.stand()
    assert stopwatch.elapsed_s == 2
    stopwatch.run()
    clock.now += 1
    stopwatch.run()
    clock.now += 1
    assert stopwatch.elapsed_s == 4
    assert not stopwatch.stands


def test_a_speed_is_that_of_the_latest_half_second() -> None:
    speedometer = Speedometer()
    assert speedometer.images_per_s(0.0) == 0
    speedometer.count(10)
    assert speedometer.images_per_s(0.001) == 0  # too soon for any
    assert speedometer.images_per_s(0.1) == pytest.approx(100)
    speedometer.count(90)
    assert speedometer.images_per_s(1.0) == pytest.approx(100)
    speedometer.count(1000)
    assert speedometer.images_per_s(1.4) == pytest.approx(100)  # too soon for another one
    assert speedometer.images_per_s(2.0) == pytest.approx(1000)
