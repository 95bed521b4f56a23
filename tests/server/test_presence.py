"""Whether a page is there: by what it says, and when it last said anything."""

from __future__ import annotations

import pytest

from mnist_core.server.limits import Limits
from mnist_core.server.presence import Presence
from tests.support.visitors import Clock


@pytest.fixture
def presence(clock: Clock) -> Presence:
    return Presence(limits=Limits(), clock=clock)


@pytest.mark.parametrize(("hidden", "lease_s"), [(False, 15), (True, 120)])
def test_a_lease_lasts_and_each_question_renews_it(
    presence: Presence, clock: Clock, hidden: bool, lease_s: float
) -> None:
    for _ in range(3):
        presence.follow(hidden=hidden)
        clock.now += lease_s
        assert not presence.lease_is_over(others_wait=False)
    clock.now += 1
    assert presence.lease_is_over(others_wait=False)


def test_a_lease_is_shorter_while_others_wait(presence: Presence, clock: Clock) -> None:
    clock.now += 2
    assert not presence.lease_is_over(others_wait=True)
    clock.now += 2
    assert presence.lease_is_over(others_wait=True)
    assert not presence.lease_is_over(others_wait=False)


def test_a_page_in_the_background_keeps_its_lease_while_others_wait(
    presence: Presence, clock: Clock
) -> None:
    presence.follow(hidden=True)
    clock.now += 119
    assert not presence.lease_is_over(others_wait=True)


def test_a_goodbye_shortens_the_lease_and_a_return_mends_it(
    presence: Presence, clock: Clock
) -> None:
    presence.leave()
    assert not presence.lease_is_over(others_wait=True)  # a reload ends nothing
    clock.now += 4
    assert presence.lease_is_over(others_wait=False)
    assert presence.is_away
    presence.follow()
    assert not presence.lease_is_over(others_wait=False)
    assert not presence.is_away


def test_a_question_that_arrives_after_its_page_s_goodbye_renews_nothing(
    presence: Presence, clock: Clock
) -> None:
    presence.follow(visit="one")
    presence.leave(visit="one")
    presence.follow(visit="one")  # asked before the goodbye, and overtaken by it
    clock.now += 4
    assert presence.lease_is_over(others_wait=False)
    presence.follow(visit="two")  # the page is back
    assert not presence.lease_is_over(others_wait=False)
    assert not presence.is_away


def test_any_request_tells_that_a_page_is_there_but_renews_no_lease(
    presence: Presence, clock: Clock
) -> None:
    clock.now += 36
    assert presence.is_away
    presence.ask()
    assert not presence.is_away
    assert presence.idle_s == 0
    assert presence.lease_is_over(others_wait=False)


@pytest.mark.parametrize(("hidden", "limit_s"), [(False, 35), (True, 150)])
def test_a_page_that_says_nothing_is_away(
    presence: Presence, clock: Clock, hidden: bool, limit_s: float
) -> None:
    presence.follow(hidden=hidden)
    clock.now += limit_s
    assert not presence.is_away
    clock.now += 1
    assert presence.is_away


def test_a_page_that_was_missed_is_away_until_it_asks_for_its_training(presence: Presence) -> None:
    presence.miss()
    assert presence.is_away
    presence.follow()
    assert not presence.is_away


def test_only_a_page_that_asks_often_or_in_the_background_is_watching(
    presence: Presence, clock: Clock
) -> None:
    assert presence.is_watching
    clock.now += 1
    assert not presence.is_watching
    presence.follow(hidden=True)
    clock.now += 60
    assert presence.is_watching


@pytest.mark.parametrize(("leaves", "limit_s"), [(True, 60), (False, 3600)])
def test_a_visitor_is_forgotten_in_the_end_sooner_after_a_goodbye(
    presence: Presence, clock: Clock, leaves: bool, limit_s: float
) -> None:
    if leaves:
        presence.leave()
    clock.now += limit_s
    assert not presence.is_over
    clock.now += 1
    assert presence.is_over
