"""Visitors and their secrets: who is who, how many there are, and how often they may ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mnist_core.data.datasets import Splits
from mnist_core.errors import RefusedError
from mnist_core.server.application import Application
from mnist_core.server.sessions import Sessions
from tests.support.visitors import Clock, Pool, setup

Limited = Callable[..., Application]


def test_a_token_is_long_and_opens_one_session_only(sessions: Sessions) -> None:
    first, second = sessions.open(), sessions.open()
    assert len(first.token) >= 43
    assert first.token != second.token
    assert sessions.open(first.token) is first
    assert sessions.get(second.token) is second


@pytest.mark.parametrize("token", [None, "", "x", 3, [], {}, float("nan")])
def test_no_other_value_is_a_token(sessions: Sessions, token: object) -> None:
    sessions.open()
    assert sessions.get(token) is None


def test_the_least_recently_used_session_goes_first(sessions: Sessions) -> None:
    first, second, third = (sessions.open() for _ in range(3))
    sessions.get(first.token)
    sessions.open()
    assert len(sessions) == 3
    assert sessions.get(second.token) is None
    assert sessions.get(first.token) is first
    assert sessions.get(third.token) is third


def test_sessions_come_in_the_order_of_their_last_use(sessions: Sessions) -> None:
    first, second, third = (sessions.open() for _ in range(3))
    sessions.get(first.token)
    assert list(sessions) == [first, third, second]


def test_whoever_opens_many_sessions_pushes_out_nobody_with_a_model(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    first = sessions.open()
    pool.train(first, digits)
    newest = [sessions.open() for _ in range(10)][-1]
    assert sessions.get(first.token) is first
    assert sessions.get(newest.token) is newest
    assert len(sessions) == 3


def test_nothing_begins_in_a_session_that_was_forgotten(sessions: Sessions, pool: Pool) -> None:
    first = sessions.open()
    for _ in range(3):
        sessions.open()
    with pytest.raises(RefusedError) as refused:
        first.start(setup())
    assert refused.value.code == "session"
    assert not pool.jobs


def test_too_many_requests_of_one_visitor_are_refused(limited: Limited, clock: Clock) -> None:
    sessions = limited(requests_per_s=1).sessions
    eager, other = sessions.open(), sessions.open()
    for _ in range(3):
        sessions.visit(eager.token)
    with pytest.raises(RefusedError, match="Wait") as refused:
        sessions.visit(eager.token)
    assert refused.value.code == "rate"
    assert sessions.visit(other.token) is other
    clock.now += 1
    assert sessions.visit(eager.token) is eager


def test_a_request_without_a_session_is_refused(sessions: Sessions) -> None:
    with pytest.raises(RefusedError) as unknown:
        sessions.visit("x")
    assert unknown.value.code == "session"


def test_an_address_opens_only_so_many_sessions(limited: Limited) -> None:
    sessions = limited(api_requests_per_s=1).sessions
    first = sessions.open(address="a")
    for _ in range(2):
        sessions.open(address="a")
    with pytest.raises(RefusedError) as refused:
        sessions.open(address="a")
    assert refused.value.code == "rate"
    assert sessions.open(first.token, address="a") is first
    assert sessions.open(address="b")
