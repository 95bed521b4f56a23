"""Calls of quick functions are answered at once; all others reach Gradio whole."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.server.gate.requests import PAGE_CALLS
from mnist_core.server.payload import Payload
from mnist_core.ui.answers import serve
from mnist_core.ui.quick_calls import QuickCalls
from tests.support.visitors import Pool

COMPONENT = 7


@pytest.fixture
def application() -> Application:
    return Application(ready=Classifier(MLP()), pool=Pool())  # type: ignore[arg-type]


@pytest.fixture
def app(application: Application) -> Starlette:
    """Gradio's place: says what came to it."""

    async def came(request: Request) -> PlainTextResponse:
        return PlainTextResponse(b"came: " + await request.body())

    app = Starlette(routes=[Route(PAGE_CALLS, came, methods=["POST"])])
    block = SimpleNamespace(
        quick=serve(application.sessions, "quick", Payload, lambda *_: {"n": 1}, quick=True),
        slow=serve(application.sessions, "slow", Payload, lambda *_: {"n": 2}),
        other=lambda data: {"n": 3},
    )
    app.auth = None  # type: ignore[attr-defined]
    app.get_blocks = lambda: SimpleNamespace(blocks={COMPONENT: block})  # type: ignore[attr-defined]
    app.add_middleware(QuickCalls)
    return app


def call(application: Application, **changes: Any) -> dict[str, Any]:
    token = application.sessions.open().token
    whole = {"data": {"token": token}, "component_id": COMPONENT, "session_hash": "x"}
    return whole | {"fn_name": "quick"} | changes


def test_a_quick_function_answers_its_visitor(app: Starlette, application: Application) -> None:
    answer = TestClient(app).post(PAGE_CALLS, json=call(application))
    assert answer.json() == {"ok": True, "n": 1}
    stranger = TestClient(app).post(PAGE_CALLS, json=call(application, data={"token": "?"}))
    assert (stranger.json()["ok"], stranger.json()["code"]) == (False, "session")


@pytest.mark.parametrize(
    "changes",
    [
        {"fn_name": "slow"},
        {"fn_name": "other"},
        {"fn_name": "__class__"},
        {"fn_name": ["quick"]},
        {"component_id": 8},
        {"component_id": str(COMPONENT)},
        {"component_id": [COMPONENT]},
    ],
)
def test_other_calls_reach_gradio_whole(
    app: Starlette, application: Application, changes: dict[str, Any]
) -> None:
    sent = json.dumps(call(application, **changes))
    answer = TestClient(app).post(PAGE_CALLS, content=sent)
    assert answer.text == f"came: {sent}"


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"fn_name": "quick"}', "[" * 100_000])
def test_what_is_no_call_reaches_gradio(app: Starlette, body: str) -> None:
    assert TestClient(app).post(PAGE_CALLS, content=body).text == f"came: {body}"


def test_behind_a_password_gradio_asks_for_it_first(
    app: Starlette, application: Application
) -> None:
    app.auth = {"anna": "secret"}  # type: ignore[attr-defined]
    assert TestClient(app).post(PAGE_CALLS, json=call(application)).text.startswith("came: ")
