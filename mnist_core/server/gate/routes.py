"""Which routes are open: the page, its files, its sign-in, and the API of its endpoints.

Files that visitors sent (`file=`) are among what is closed: the endpoints read them from disk, and
nothing serves them.
"""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.server.gate.requests import TOOLS, path_of, refuse

PAGE = re.compile(
    r"/(?:config|login|logout|theme\.css|robots\.txt|favicon\.ico|manifest\.json|pwa_icon"
    r"|assets/.*|static/.*|svelte/.*|page/[0-9a-f]{16}/(?:(?:[a-z]+/){1,2}[a-z]+\.js|mnist\.safetensors)|page/(?:weights|picture))?/?"
)
API = re.compile(
    r"/gradio_api/(?:component_server|info|openapi\.json|app_id|user|login_check|theme\.css"
    r"|startup-events|upload|queue/(?:join|data)|cancel|reset|heartbeat/[^/]+"
    r"|(?:call|call/v2|run|api)/[^/]+(?:/[^/]+)?)/?"
)
_TOOLS = re.compile(rf"{TOOLS}(?:/schema)?/?")
_METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class Routes:
    """Answers 404 or 405 where the page has no such route or method. tools: serve those too."""

    def __init__(self, app: ASGIApp, *, tools: bool) -> None:
        self.app = app
        self._open = (PAGE, API, _TOOLS) if tools else (PAGE, API)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        if not any(each.fullmatch(path) for each in self._open):
            await refuse(scope, receive, send, status=404, error="There is nothing here.")
        elif scope["method"] not in _METHODS:
            await refuse(scope, receive, send, status=405, error="Expected GET or POST.")
        else:
            await self.app(scope, receive, send)


def known(path: str) -> str:
    """The path without what a visitor may have put into it, for the log."""
    return "/".join(path.split("/")[:3]) if API.fullmatch(path) else "page"
