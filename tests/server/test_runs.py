"""What is kept of one training, and what is told of it."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.ink.ink import Ink
from mnist_core.models.checkpoints import dump_checkpoint
from mnist_core.models.mlp import MLP
from mnist_core.server.runs import Run
from mnist_core.server.sessions import Sessions
from mnist_core.worker.messages import End, Interrupted, Live, Moment, Progress, Snapshot
from tests.support.browser import SEVEN
from tests.support.visitors import Pool, reports, setup


def test_weights_that_overflow_answer_as_one_that_knows_nothing() -> None:
    run = Run(run_id=1, setup=setup())
    model = MLP(run.setup.model_config())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1e30)
    snapshot = Snapshot(step=1, epoch=1, elapsed_s=1.0, weights=dump_checkpoint(model))
    run.hear(Live(run=1, snapshot=snapshot))
    without = run.size_bytes
    classifier = run.classifier_of(snapshot)
    assert run.size_bytes == without + 4 * model.parameter_count
    assert classifier.predict(Ink(SEVEN)).probabilities == pytest.approx(0.1)


def progress(*, paused: bool) -> Progress:
    return Progress(
        run=1, points=(), step=1, epoch=1, epochs=1, progress=0.5, loss=1.0, accuracy=0.5,
        images_per_s=1.0, elapsed_s=1.0, left_s=1.0, paused=paused,
    )  # fmt: skip


def test_a_run_rests_and_goes_on_as_its_worker_says_until_it_is_stopped() -> None:
    run = Run(run_id=1, setup=setup())
    statuses = []
    for paused in (False, True, False):
        run.hear(progress(paused=paused))
        statuses.append(run.status)
    run.stopping()
    run.hear(progress(paused=False))
    assert [*statuses, run.status] == ["running", "paused", "running", "stopping"]


def test_the_newest_measure_is_of_weights_that_were_measured() -> None:
    run = Run(run_id=1, setup=setup())
    measured = Snapshot(step=1, epoch=1, elapsed_s=1.0, weights=b"w", predictions=b"7")
    run.hear(Moment(run=1, snapshot=measured))
    run.hear(Live(run=1, snapshot=Snapshot(step=2, epoch=1, elapsed_s=2.0, weights=b"w")))
    found = run.measured(None)
    assert found is not None
    assert (found.step, found.predictions, found.weights) == (1, b"7", b"")


def test_a_milestone_that_only_the_last_measure_reaches_counts() -> None:
    run = Run(run_id=1, setup=setup())
    last = Snapshot(step=9, epoch=1, elapsed_s=2.0, weights=b"w", accuracy=0.969)
    run.hear(Moment(run=1, snapshot=last))
    final = dataclasses.replace(last, accuracy=0.971, elapsed_s=2.5)  # of more images
    run.hear(End(run=1, outcome="finished", elapsed_s=2.5, snapshot=final))
    assert run.milestones == {"97": 2.5, "98": None}
    assert run.measures == [[9, None, 0.971, 2.5]]
    assert run.moments == [final]


def test_a_moment_that_is_none_has_no_snapshot() -> None:
    run = Run(run_id=1, setup=setup())
    snapshot = Snapshot(step=1, epoch=1, elapsed_s=1.0, weights=b"w")
    run.hear(Moment(run=1, snapshot=snapshot))
    assert [run.at(moment) for moment in (-1, 0, 1)] == [None, snapshot, None]
    assert run.summary()["version"] == 1  # and the page sees that there is one


def test_a_diverged_run_answers_with_its_last_good_weights() -> None:
    run = Run(run_id=1, setup=setup())
    good, bad = (
        Snapshot(step=step, epoch=1, elapsed_s=1.0, weights=b"w", loss=loss)
        for step, loss in ((1, 1.0), (2, 5000.0))
    )
    for snapshot in (good, bad):
        run.hear(Moment(run=1, snapshot=snapshot))
        run.hear(Live(run=1, snapshot=snapshot))
    run.hear(End(run=1, outcome="diverged", elapsed_s=1.0))
    assert run.moments == [good]
    assert run.at(None) is good


def test_an_end_that_comes_before_the_stop_stays(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    run = pool.train(sessions.open(), digits)
    run.stopping()
    assert run.status == "finished"


def test_a_run_tells_the_settings_that_changed_on_its_way() -> None:
    run = Run(run_id=1, setup=setup(learning_rate=0.1))
    for version, rate in enumerate((0.5, 0.05), start=1):
        run.change(setup(learning_rate=rate))
        assert run.summary()["version"] == version  # by which the page sees that it is another
    assert run.summary()["changed"] == {"learning_rate": [0.1, 0.5, 0.05]}
    for rate in range(1, 50):
        run.change(setup(learning_rate=float(rate)))
    assert len(run.summary()["changed"]["learning_rate"]) == 6
    assert run.summary()["changed"]["learning_rate"][-1] == 49.0


def test_a_run_that_lost_what_it_had_learnt_says_so(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    run = pool.begin(sessions.open())
    for report in reports(digits, run):
        if isinstance(report, End) and report.snapshot is not None:
            lost = dataclasses.replace(report.snapshot, accuracy=0.1)
            report = dataclasses.replace(report, snapshot=lost)
        pool.jobs[-1].tell(report)
    assert "lost again" in run.sentence


def test_a_run_that_goes_on_elsewhere_takes_back_what_came_after_its_savepoint(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    run = pool.begin(sessions.open())
    told = [report for report in reports(digits, run) if not isinstance(report, End)]
    for report in told:
        pool.jobs[-1].tell(report)
    whole = run.points, run.measures, [each.step for each in run.moments]
    newest, half = run.live, run.points[len(run.points) // 2][0]
    pool.jobs[-1].tell(Interrupted(run=run.id))
    assert run.status == "resuming"
    assert run.active
    assert run.started is not None
    run.hear(dataclasses.replace(run.started, step=half))
    assert run.points[-1][0] == half
    assert all(row[0] is not None and row[0] <= half for row in run.measures)
    assert all(each.step <= half for each in run.moments)
    assert run.live is newest  # it answers until there is another one
    summary = run.summary()
    assert (summary["resumed_after"], summary["rewinds"]) == (half, 1)
    for report in told:
        match report:
            case Progress():
                points = tuple(point for point in report.points if point[0] > half)
                run.hear(dataclasses.replace(report, points=points))
            case Moment() if report.snapshot.step > half:
                run.hear(report)
    assert (run.points, run.measures, [each.step for each in run.moments]) == whole
    assert run.status == "running"
