"""One visitor: the runs, the model that answers, and the memory that both take."""

from __future__ import annotations

import pytest

from mnist_core.data.datasets import Splits
from mnist_core.models.checkpoints import dump_checkpoint
from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.session import Session
from mnist_core.server.sessions import Sessions
from mnist_core.worker.messages import End, Failed, Live, Moment, Snapshot
from tests.support.visitors import Pool, reports, setup


@pytest.fixture
def session(sessions: Sessions) -> Session:
    return sessions.open()


def test_a_training_waits_under_its_visitors_address(sessions: Sessions, pool: Pool) -> None:
    for address in ("1.2.3.4", "5.6.7.8"):
        sessions.open(address=address).start(setup())
    assert pool.addresses == ["1.2.3.4", "5.6.7.8"]


def test_yours_is_the_ready_made_model_until_there_is_one(
    session: Session, pool: Pool, digits: Splits, ready: Classifier
) -> None:
    assert session.classifier_for("yours") is ready
    assert not session.has_model
    pool.train(session, digits)
    assert session.has_model
    assert session.classifier_for("yours") is not ready
    assert session.classifier_for("ready") is ready


def test_visitors_never_see_each_others_model(
    sessions: Sessions, pool: Pool, digits: Splits, ready: Classifier
) -> None:
    pool.train(sessions.open(), digits)
    assert sessions.open().classifier_for("yours") is ready


def test_a_moment_answers_with_the_weights_of_then(
    session: Session, pool: Pool, digits: Splits
) -> None:
    assert digits.test is not None
    run = pool.train(session, digits)
    session.show(run, 0)
    then = session.classifier_for("yours")
    assert then is session.classifier_for("yours")
    session.show(run, None)
    now = session.classifier_for("yours")
    images = digits.test.images[:50]
    labels = digits.test.labels[:50].numpy()
    right = [(each.predict_images(images).argmax(1) == labels).mean() for each in (then, now)]
    assert right[1] > right[0] + 0.2


def test_a_moment_stays_the_one_chosen_while_others_are_given_up(
    session: Session, pool: Pool, digits: Splits
) -> None:
    run = pool.train(session, digits)
    chosen = run.moments[4]
    session.show(run, 4)
    run.thin()
    shown = session.shown
    assert shown is not None
    assert run.moments[shown] is chosen
    while run.thin():
        pass
    assert session.shown is None
    assert session.has_model  # the newest weights


def test_a_lost_worker_leaves_the_last_snapshot(
    session: Session, pool: Pool, digits: Splits
) -> None:
    run = pool.begin(session)
    for report in reports(digits, run):
        if not isinstance(report, End):
            pool.jobs[-1].tell(report)
    pool.jobs[-1].tell(Failed(run=run.id, code="lost"))
    assert run.status == "interrupted"
    assert "interrupted" in run.sentence
    assert session.has_model


def test_a_reset_forgets_the_run(session: Session, pool: Pool, digits: Splits) -> None:
    pool.train(session, digits)
    session.reset()
    assert not session.runs
    assert not session.has_model


def test_a_visitor_keeps_the_latest_runs(session: Session, pool: Pool, digits: Splits) -> None:
    for _ in range(4):
        pool.train(session, digits)
    assert [run.id for run in session.runs] == [3, 4]


def test_snapshots_thin_out_instead_of_growing(
    session: Session, pool: Pool, digits: Splits
) -> None:
    pool.train(session, digits)
    pool.train(session, digits)
    before = session.size_bytes
    session.trim(before // 2)
    assert session.size_bytes <= before // 2
    assert session.has_model
    assert len(session.runs[1].moments) >= len(session.runs[0].moments)


def test_older_runs_give_up_their_weights_before_the_newest_its_last_moments(
    session: Session, pool: Pool, digits: Splits
) -> None:
    older, newest = pool.train(session, digits), pool.train(session, digits)
    accuracy = older.summary()["accuracy"]
    session.trim(1)
    assert older.size_bytes < 64 * (len(older.points) + len(older.measures)) + 1000
    assert older.summary()["accuracy"] == accuracy
    assert 1 <= len(newest.moments) <= 2
    assert session.has_model
    session.trim(0)
    assert not newest.moments


def test_a_long_run_of_the_notebooks_network_takes_little_memory(
    session: Session, pool: Pool
) -> None:
    run = pool.begin(session, epochs=20)
    model = MLP(run.setup.model_config())
    for kind in [Moment] * 41 + [Live]:
        snapshot = Snapshot(
            step=0,
            epoch=1,
            elapsed_s=1.0,
            weights=dump_checkpoint(model, half=kind is Moment),
            predictions=bytes(2500),
            loss=1.0,
            accuracy=0.5,
        )
        pool.jobs[-1].tell(kind(run=run.id, snapshot=snapshot))
    run.points = [(1, 1.0, 1.0, 1.0)] * 460
    assert 5e6 < session.size_bytes < 15e6


def test_a_deleted_run_is_gone_and_another_answers(
    session: Session, pool: Pool, digits: Splits, ready: Classifier
) -> None:
    first, second = pool.train(session, digits), pool.train(session, digits)
    session.show(first, 0)
    assert (session.opened, session.shown) == (first.id, 0)
    session.delete(first)
    assert session.runs == [second]
    assert session.opened is None
    assert session.answering is second
    session.delete(second)
    assert session.is_empty
    assert session.classifier_for("yours") is ready


def test_deleting_the_run_that_trains_ends_it(session: Session, pool: Pool) -> None:
    run = session.start(setup())
    assert run is not None
    session.delete(run)
    assert run.status == "stopping"  # its worker has been told
    assert session.run is None


def test_a_run_whose_weights_were_given_up_answers_no_more(
    session: Session, pool: Pool, digits: Splits
) -> None:
    first, second = pool.train(session, digits), pool.train(session, digits)
    session.show(first, None)
    assert session.answering is first
    first.give_up_weights()
    assert session.opened is None
    assert session.answering is second
