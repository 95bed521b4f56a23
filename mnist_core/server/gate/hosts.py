"""By what name a visitor asks: the page's own addresses are made from it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.server.gate.requests import header_of, path_of, refuse

_ERROR = "Expected a Host header. A proxy in front of this page has to pass it on."


class Hosts:
    """Answers 400 to who asks for the page without saying by what name.

    Gradio would write this machine's own address into it, and the browser would wait there for good.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = header_of(scope, b"host") or header_of(scope, b"x-forwarded-host") or b""
        if path_of(scope) in ("/", "/config") and not named.strip():
            await refuse(scope, receive, send, status=400, error=_ERROR)
        else:
            await self.app(scope, receive, send)
