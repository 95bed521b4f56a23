"""What is kept of one training, and what is told of it."""

from __future__ import annotations

import pytest

from mnist_core.data.datasets import Splits
from mnist_core.server.runs import Run, first_layer
from mnist_core.server.sessions import Sessions
from tests.support.visitors import Pool, reports, setup


def test_first_layer_weights_are_those_of_the_model(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    run = pool.train(sessions.open(), digits)
    snapshot = run.at(None)
    assert snapshot is not None
    expected = run.model(snapshot).linear_layers[0].weight.detach().numpy()
    assert first_layer(snapshot.weights, count=5) == pytest.approx(expected[:5])


def test_an_end_that_comes_before_the_stop_stays(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    run = pool.train(sessions.open(), digits)
    run.stopping()
    assert run.status == "finished"


def test_a_run_tells_the_settings_that_changed_on_its_way() -> None:
    run = Run(run_id=1, setup=setup(learning_rate=0.1))
    for rate in (0.5, 0.05):
        run.change(setup(learning_rate=rate))
    assert run.summary()["changed"] == {"learning_rate": [0.1, 0.5, 0.05]}
    for rate in range(1, 50):
        run.change(setup(learning_rate=float(rate)))
    assert len(run.summary()["changed"]["learning_rate"]) == 6
    assert run.summary()["changed"]["learning_rate"][-1] == 49.0


def test_a_run_that_lost_what_it_had_learnt_says_so(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    run = pool.begin(sessions.open())
    for header, payload in reports(digits, run):
        if header["type"] == "end":
            header |= {"accuracy": 0.1}
        pool.jobs[-1].tell(header, payload)
    assert "lost again" in run.sentence
