"""Answers to the page's scripts: every error is one of them, with a code and a fixed sentence."""

from __future__ import annotations

from typing import Any

import pytest

from mnist_core.errors import PictureError, RefusedError, StrokesError
from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.server.payload import Payload
from mnist_core.server.session import Session
from mnist_core.server.sessions import Sessions
from mnist_core.ui.answers import Answer, api_error, serve
from tests.support.loops import run
from tests.support.visitors import Pool


class Number(Payload):
    number: int


@pytest.fixture
def sessions() -> Sessions:
    return Application(ready=Classifier(MLP()), pool=Pool()).sessions  # type: ignore[arg-type]


def doubled(session: Session, request: Number) -> Answer:
    return {"double": 2 * request.number}


def asked(sessions: Sessions, answer: Any, payload: Any, *, quick: bool) -> Any:
    function = serve(sessions, "double", Number, answer, quick=quick)
    assert function.__name__ == "double"
    if not quick:
        return function(payload)
    return run(function(payload))


@pytest.mark.parametrize("quick", [True, False])
def test_a_visitor_is_answered(sessions: Sessions, quick: bool) -> None:
    payload = {"token": sessions.open().token, "number": 3, "more": "ignored"}
    assert asked(sessions, doubled, payload, quick=quick) == {"ok": True, "double": 6}


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_what_is_no_request_is_refused(sessions: Sessions, payload: Any, quick: bool) -> None:
    assert asked(sessions, doubled, payload, quick=quick)["code"] == "payload"


@pytest.mark.parametrize("number", [None, "3", 3.0, True, [3]])
def test_a_field_of_another_type_is_refused(sessions: Sessions, number: Any) -> None:
    payload = {"token": sessions.open().token, "number": number}
    answer = asked(sessions, doubled, payload, quick=False)
    assert answer["code"] == "payload"
    assert answer["error"].endswith(".")


@pytest.mark.parametrize("token", [None, 3, "x", ["x"]])
def test_nobody_is_answered_without_a_secret(sessions: Sessions, token: Any) -> None:
    sessions.open()
    payload = {"token": token, "number": "also wrong"}
    assert asked(sessions, doubled, payload, quick=False)["code"] == "session"


def failing(error: Exception) -> Any:
    def fail(session: Session, request: Number) -> Answer:
        raise error

    return fail


def test_a_refusal_is_told_with_its_code_and_its_sentence(sessions: Sessions) -> None:
    payload = {"token": sessions.open().token, "number": 3}
    refusals = (
        (RefusedError("gone", "It is gone."), "gone", "It is gone."),
        (StrokesError("type", "Draw again.", expected="Expected a list."), "type", "Draw again."),
    )
    for error, code, sentence in refusals:
        answer = asked(sessions, failing(error), payload, quick=False)
        assert answer == {"ok": False, "code": code, "error": sentence}


def test_any_other_error_is_told_by_a_sentence_that_repeats_nothing(sessions: Sessions) -> None:
    payload = {"token": sessions.open().token, "number": 3}
    answer = asked(sessions, failing(ValueError("a secret")), payload, quick=False)
    assert answer["code"] == "internal"
    assert "secret" not in answer["error"]


def test_the_api_tells_programmers_more_than_the_page_tells_visitors() -> None:
    strokes = StrokesError("type", "Draw again.", expected="Expected a list.")
    assert api_error(strokes).message == "Expected a list."
    assert api_error(PictureError("Expected a picture.")).message == "Expected a picture."
