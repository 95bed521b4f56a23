"""What trainings are expected to take, and when those that wait begin."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.server.estimates import Estimates, waits_s, work_s
from mnist_core.server.limits import Limits
from mnist_core.server.setup import parse_setup
from mnist_core.training.presets import PRESETS
from mnist_core.worker.messages import Start
from tests.support.examples import the_same_each_time
from tests.support.trainings import progressed


def start(**values: object) -> Start:
    setup = parse_setup(values, limits=Limits())
    return Start(
        run=1,
        model=setup.model_config(),
        train=setup.train_config(),
        train_size=setup.train_size,
        seed=0,
    )


def test_work_grows_with_what_a_training_has_to_do() -> None:
    fast = work_s(start(preset="fast"))
    epochs = 2 * PRESETS["fast"].train.epochs
    assert work_s(start(preset="fast", epochs=epochs)) == pytest.approx(2 * fast)
    assert work_s(start(preset="fast", batch_size=1)) > 2 * fast
    assert work_s(start(preset="fast", hidden_sizes=[1024, 1024])) > 2 * fast
    assert work_s(start(preset="few")) < fast


def test_a_training_alone_in_the_queue_is_not_judged_by_those_before_it() -> None:
    estimates = Estimates()
    long, short = start(preset="notebook", epochs=100), start(preset="few")
    estimates.learn(
        long, progressed(done=1.0, elapsed_s=2 * work_s(long)), took_s=2 * work_s(long) + 1
    )
    slowness = estimates.slowness([])
    assert slowness == pytest.approx(2)
    left_s = estimates.left_s(short, None, slowness=slowness)
    assert left_s == pytest.approx(1 + 2 * work_s(short))


def test_what_runs_now_says_more_than_what_ran_before() -> None:
    estimates = Estimates()
    fast = start(preset="fast")
    estimates.learn(fast, progressed(done=1.0, elapsed_s=work_s(fast)), took_s=work_s(fast))
    halfway = progressed(done=0.5, elapsed_s=2 * work_s(fast))
    slowness = estimates.slowness([(fast, halfway), (fast, None)])
    assert slowness == pytest.approx(4)
    left_s = estimates.left_s(fast, halfway, slowness=1.0)
    assert left_s == pytest.approx(2 * work_s(fast))


def test_a_training_that_went_by_in_no_time_says_nothing() -> None:
    estimates = Estimates()
    few = dataclasses.replace(start(preset="few"), train_size=100)
    estimates.learn(few, progressed(done=1.0, elapsed_s=0.1), took_s=0.3)
    assert estimates.slowness([(few, None)]) == 1


@the_same_each_time(50)
@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=5),
    st.lists(st.floats(0.1, 100), max_size=20),
)
def test_nobody_begins_before_those_in_front_and_each_place_is_used(
    running_s: list[float], waiting_s: list[float]
) -> None:
    begins = waits_s(running_s, waiting_s)
    assert begins == sorted(begins)
    assert not begins or begins[0] == min(running_s)
    # As many work at once as there are places, never more.
    for begin in begins:
        working = sum(
            each <= begin < each + takes for each, takes in zip(begins, waiting_s, strict=True)
        )
        assert working + sum(left > begin for left in running_s) <= len(running_s)
