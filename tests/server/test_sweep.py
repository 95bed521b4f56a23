"""The sweep: trainings without a page end, visitors are forgotten, memory stays under its caps."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable

import pytest

from mnist_core.data.datasets import Splits
from mnist_core.server.application import Application
from mnist_core.server.session import Session
from mnist_core.worker.messages import Stop
from tests.support.visitors import Clock, Pool

Limited = Callable[..., Application]
PIECE = base64.b64encode(bytes(2**20)).decode()


def stops(pool: Pool) -> list[int]:
    """The runs that were told to stop."""
    return [order.run for order in pool.orders if isinstance(order, Stop)]


@pytest.fixture
def session(application: Application) -> Session:
    return application.sessions.open()


def test_a_page_that_is_gone_ends_its_training(
    application: Application, session: Session, pool: Pool, clock: Clock
) -> None:
    run = pool.begin(session)
    clock.now += 15
    application.sweep()
    assert not stops(pool)
    clock.now += 1
    application.sweep()
    assert stops(pool) == [run.id]
    assert session.presence.is_away


def test_a_page_is_missed_sooner_while_others_wait(
    application: Application, session: Session, pool: Pool, clock: Clock
) -> None:
    run = pool.begin(session)
    pool.waiting = 1
    clock.now += 2
    application.sweep()
    assert not stops(pool)
    clock.now += 2
    application.sweep()
    assert stops(pool) == [run.id]


def test_a_reload_ends_nothing_even_while_others_wait(
    application: Application, session: Session, pool: Pool
) -> None:
    pool.begin(session)
    pool.waiting = 1
    session.presence.leave()
    application.sweep()
    session.presence.follow()
    application.sweep()
    assert not stops(pool)


def test_a_pause_gives_way_to_those_who_wait(
    application: Application, session: Session, pool: Pool, clock: Clock
) -> None:
    run = pool.begin(session)
    run.status = "paused"
    application.sweep()
    clock.now += 31
    session.presence.follow()
    application.sweep()  # nobody waits
    pool.waiting = 1
    clock.now += 30
    session.presence.follow()
    application.sweep()
    assert not stops(pool)
    clock.now += 1
    session.presence.follow()
    application.sweep()
    assert stops(pool) == [run.id]


def test_whoever_will_not_come_back_is_forgotten(application: Application, clock: Clock) -> None:
    gone, here = application.sessions.open(), application.sessions.open()
    gone.presence.leave()
    clock.now += 61
    application.sweep()
    assert list(application.sessions) == [here]


def test_a_file_whose_rest_does_not_come_is_dropped(
    application: Application, session: Session, clock: Clock
) -> None:
    session.file.add(PIECE)
    clock.now += 30
    application.sweep()
    assert session.size_bytes
    clock.now += 1
    application.sweep()
    assert not session.size_bytes


def test_pages_that_are_gone_share_little_memory(
    limited: Limited, pool: Pool, clock: Clock, digits: Splits
) -> None:
    application = limited(away_bytes=1)
    gone, here = application.sessions.open(), application.sessions.open()
    for session in (gone, here):
        pool.train(session, digits)
    clock.now += 34
    application.sessions.get(here.token)
    application.sweep()
    assert gone.has_model
    clock.now += 2
    application.sweep()
    assert not gone.has_model
    assert here.has_model
    # Whoever comes back goes on with an empty session.
    assert application.sessions.get(gone.token) is gone


def test_a_page_that_is_gone_keeps_a_few_moments_of_each_run(
    limited: Limited, pool: Pool, clock: Clock, digits: Splits
) -> None:
    application = limited()
    run = pool.train(application.sessions.open(), digits)
    assert len(run.moments) > 5
    clock.now += 36
    application.sweep()
    assert 1 <= len(run.moments) <= 5


def test_a_reload_loses_no_runs(limited: Limited, pool: Pool, digits: Splits) -> None:
    application = limited(away_bytes=1)
    session = application.sessions.open()
    pool.train(session, digits)
    session.presence.leave()
    application.sweep()
    assert session.has_model


def test_all_visitors_together_stay_under_a_cap(limited: Limited) -> None:
    application = limited(total_bytes=2_500_000)
    visitors = [application.sessions.open() for _ in range(4)]
    for session in visitors:
        session.file.add(PIECE)
    application.sweep()
    assert [session.size_bytes > 0 for session in visitors] == [False, False, True, True]


def test_trained_models_too_stay_under_the_cap(
    limited: Limited, pool: Pool, digits: Splits
) -> None:
    application = limited(total_bytes=1_000_000)
    visitors = [application.sessions.open() for _ in range(4)]
    for session in visitors:
        pool.train(session, digits)
        session.classifier_for("yours")  # built, it takes memory too
    application.sweep()
    assert sum(session.size_bytes for session in visitors) <= 1_000_000
    assert [session.is_empty for session in visitors] == [True, True, True, False]


def test_freed_memory_is_given_back_every_few_seconds(
    application: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[float] = []
    monkeypatch.setattr(
        "mnist_core.server.sweep.give_back_memory", lambda: given_back.append(clock.now)
    )
    began = clock.now
    for _ in range(13):
        application.sweep()
        clock.now += 1
    assert given_back == [began, began + 6, began + 12]


def test_a_part_that_fails_switches_off_no_other(
    limited: Limited,
    pool: Pool,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = limited(total_bytes=1_500_000)
    followed = []

    def fail() -> None:
        raise RuntimeError

    application.sweep.add(fail)
    application.sweep.add(lambda: followed.append(clock.now))
    left, unwatched, *large = (application.sessions.open() for _ in range(4))
    left.presence.leave()
    run = pool.begin(unwatched)
    clock.now += 61
    for session in large:
        session.presence.follow()
        session.file.add(PIECE)
    with caplog.at_level(logging.ERROR):
        application.sweep()
    assert stops(pool) == [run.id]
    assert left not in list(application.sessions)
    assert sum(session.size_bytes for session in large) <= 1_500_000
    assert followed
    assert [record.exc_info is not None for record in caplog.records] == [True]
