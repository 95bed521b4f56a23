"""What trainings are expected to take, and when those that wait begin."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.files import ROOT
from mnist_core.server.estimates import Estimates, waits_s, work_s
from mnist_core.server.limits import Limits
from mnist_core.server.setup import parse_setup
from mnist_core.training.presets import PRESETS
from tests.support.examples import the_same_each_time
from tests.support.trainings import progressed, start_of

NODE = shutil.which("node")


def test_work_grows_with_what_a_training_has_to_do() -> None:
    fast = work_s(start_of(preset="fast"))
    epochs = 2 * PRESETS["fast"].train.epochs
    assert 1.7 * fast < work_s(start_of(preset="fast", epochs=epochs)) < 2 * fast
    assert work_s(start_of(preset="fast", batch_size=1)) > 2 * fast
    assert work_s(start_of(preset="fast", hidden_sizes=[1024, 1024])) > 2 * fast
    assert work_s(start_of(preset="few")) < fast


@pytest.mark.skipif(NODE is None, reason="needs Node")
def test_the_page_expects_of_a_set_up_what_the_server_expects() -> None:
    setups: list[dict[str, Any]] = [
        {"preset": "fast", "hidden_sizes": []},
        {"preset": "notebook", "optimizer": "adam", "batch_size": 7, "epochs": 9},
        {"preset": "augmented", "hidden_sizes": [1024, 30], "train_size": 1234},
    ]
    whole = [parse_setup(each, limits=Limits()).as_json() for each in setups]
    program = f"""
        import {{ Cost, parametersOf }} from "{ROOT.as_uri()}/assets/lab/cost.js";
        const parameters = ({{ hidden_sizes }}) => parametersOf([784, ...hidden_sizes, 10]);
        const expect = (setup) => new Cost().estimate(setup, parameters(setup));
        console.log(JSON.stringify({json.dumps(whole)}.map(expect)));
    """
    command = [str(NODE), "--input-type=module", "--no-warnings", "--eval", program]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert told == pytest.approx([work_s(start_of(**each)) for each in setups])


def test_a_training_is_judged_by_those_before_it_for_as_much_as_it_has_to_do() -> None:
    estimates = Estimates()
    long, short = start_of(preset="notebook", epochs=100), start_of(preset="few")
    for _ in range(3):
        estimates.learn(long, progressed(done=1.0, elapsed_s=0), took_s=2 * work_s(long))
    slowness = estimates.slowness([])(short)
    assert slowness == pytest.approx(2, rel=0.1)
    assert estimates.left_s(short, None, slowness=2) == pytest.approx(2 * work_s(short))
    brief = dataclasses.replace(short, max_s=0.1)
    assert estimates.left_s(brief, None, slowness=2) == 0.1


def test_what_runs_says_how_fast_its_kind_is() -> None:
    estimates = Estimates()
    sgd, adam = (start_of(preset="notebook", optimizer=each, epochs=50) for each in ("sgd", "adam"))
    running = [
        (sgd, progressed(done=0.5, elapsed_s=work_s(sgd))),
        (adam, progressed(done=0.5, elapsed_s=2 * work_s(adam))),
    ]
    slowness = estimates.slowness([*running, (sgd, None)])
    assert slowness(sgd) == pytest.approx(2, rel=0.1)
    assert slowness(adam) == pytest.approx(4, rel=0.1)
    assert 2 < slowness(start_of(preset="linear")) < 4
    left_s = estimates.left_s(*running[0], slowness=slowness(sgd))
    assert left_s == pytest.approx(work_s(sgd), rel=0.1)


def test_a_worker_that_is_late_is_waited_for_longer() -> None:
    estimates = Estimates()
    usual_s = estimates.warm_up_s
    assert estimates.coming_s(0.0, answered_s=None) == usual_s
    assert estimates.coming_s(20.0, answered_s=None) > 20
    assert estimates.coming_s(17.0, answered_s=16.0) == pytest.approx(10 * usual_s - 17)
    assert estimates.coming_s(400.0, answered_s=16.0) == pytest.approx(40)
    estimates.warmed(30.0)
    assert estimates.coming_s(10.0, answered_s=None) == pytest.approx(20)
    # Where nothing has been trained, that alone tells how slow it is here.
    fast = start_of(preset="fast")
    assert estimates.slowness([])(fast) == pytest.approx(30 / usual_s)
    assert estimates.slowness([], coming_s=[2 * usual_s])(fast) == pytest.approx(2)


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
