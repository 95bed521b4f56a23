"""The health endpoint, for whoever runs the page."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.server.gate.requests import path_of

HEALTH_PATH = "/health"


class Health:
    """Answers 200 there where `is_well` says so, else 503; whatever else is asked goes on to `app`."""

    def __init__(self, app: ASGIApp, *, is_well: Callable[[], bool]) -> None:
        self.app = app
        self._is_well = is_well

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if path_of(scope) != HEALTH_PATH:
            await self.app(scope, receive, send)
            return
        well = self._is_well()
        answer = JSONResponse({"status": "ok" if well else "ending"}, 200 if well else 503)
        await answer(scope, receive, send)
