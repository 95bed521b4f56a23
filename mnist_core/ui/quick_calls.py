"""The page's quick functions answered without Gradio's way to them, which costs more than a prediction."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.server.gate.requests import PAGE_CALLS, path_of
from mnist_core.ui.answers import ServerFunction, is_quick


class QuickCalls:
    """ASGI middleware: calls of functions that `serve` made `quick`; all others go on to Gradio.

    So do calls that can't be read, and all those of a page behind a password, which Gradio asks for.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] != "POST"
            or path_of(scope) != PAGE_CALLS
            or scope["app"].auth is not None
        ):
            await self._app(scope, receive, send)
            return
        messages = [await receive()]
        while messages[-1].get("more_body", False):
            messages.append(await receive())
        call = _read(b"".join(message.get("body", b"") for message in messages))
        function = _function(scope, call)
        if function is None:
            await self._app(scope, _again(messages, receive), send)
            return
        await JSONResponse(await function(call["data"]))(scope, receive, send)


def _read(body: bytes) -> dict[str, Any]:
    """The call in `body`, with all that belongs to one; else an empty one."""
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    whole = isinstance(call, dict) and {"data", "component_id", "fn_name", "session_hash"} <= set(
        call
    )
    return call if whole else {}


def _function(scope: Scope, call: dict[str, Any]) -> ServerFunction | None:
    component, name = call.get("component_id"), call.get("fn_name")
    if type(component) is not int or not isinstance(name, str):
        return None
    function = getattr(scope["app"].get_blocks().blocks.get(component), name, None)
    return function if is_quick(function) else None


def _again(messages: list[Message], receive: Receive) -> Receive:
    """`receive` with the `messages` that were received already before all others."""
    left = iter(messages)

    async def receive_again() -> Message:
        return next(left, None) or await receive()

    return receive_again
