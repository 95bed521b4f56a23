"""What stands between the network and Gradio: which routes there are, how much, how often, how safe.

Gradio brings routes along that this page has no use for, and answers a request that it can't read
with whatever its code raised. Here only the page's own routes are open, bodies are bounded before
anything is read from them, and an error is a fixed sentence that repeats nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.server.limits import Limits
from mnist_core.server.rates import Buckets

log = logging.getLogger(__name__)

HEALTH_PATH = "/health"
# A form carries a file and the lines between which it stands.
_FORM_BYTES = 64 * 2**10
# A drawing is smaller; larger bodies share what memory there is for them.
_SMALL_BYTES = 256 * 2**10
# Bodies of more bytes are counted for each address: reading JSON holds everybody up.
_LARGE_BYTES = 16 * 2**10
# A body that has not come whole within this is given up.
_MAX_BODY_S = 30.0
# So much of a refused body is read and dropped: a client that is still sending misses the answer.
_MAX_DROPPED_BYTES = 64 * 2**20
_MAX_DROP_S = 2.0

# The page, its files, its sign-in, and the API of its two endpoints. Files that visitors sent
# (`file=`) are among what is closed: the endpoints read them from disk, and nothing serves them.
_PAGE = re.compile(
    r"/(?:config|login|logout|theme\.css|robots\.txt|favicon\.ico|manifest\.json|pwa_icon"
    r"|assets/.*|static/.*|svelte/.*|page/[0-9a-f]{16}/[a-z]+/[a-z]+\.js)?/?"
)
_API = re.compile(
    r"/gradio_api/(?:component_server|info|openapi\.json|app_id|user|login_check|theme\.css"
    r"|startup-events|upload|upload_progress|queue/(?:join|data)|cancel|reset|heartbeat/[^/]+"
    r"|(?:call|call/v2|run|api)/[^/]+(?:/[^/]+)?)/?"
)
# The page's own calls: here each visitor, known by a secret, has a limit of their own.
_OF_A_VISITOR = "/gradio_api/component_server"
_UPLOAD = "/gradio_api/upload"
# An event of the API; a drawing of the most points takes 200 kB.
_EVENT_BYTES = 256 * 2**10
_METHODS = ("GET", "HEAD", "POST", "OPTIONS")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # Gradio starts its page from inline scripts and builds components with `new Function`. Frames:
    # as a Space, the page stands in one on Hugging Face.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: https://cdnjs.cloudflare.com",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
        )
    ),
}


class Gate:
    """ASGI middleware around the whole page.

    `is_well` answers the health endpoint: 200 where it is true, else 503. A refused request gets
    404 (no such route), 405 (method), 411 or 413 (body), 429 (too often), 503 (too much at once) or,
    where the page could not make sense of it, 400; always with one fixed sentence as {"error": ...}.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits, is_well: Callable[[], bool]) -> None:
        self.app = app
        self.limits = limits
        self.is_well = is_well
        self._api = Buckets(limits.api_requests_per_s)
        self._large = Buckets(limits.large_bytes_per_s)
        self._arriving_bytes = 0  # of large requests under way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # The page speaks HTTP alone; the server's own start and end come by "lifespan".
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        answer = _Answer(send)
        if _path(scope) == HEALTH_PATH:
            well = self.is_well()
            reply = JSONResponse({"status": "ok" if well else "ending"}, 200 if well else 503)
            await reply(scope, receive, answer)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _drop_body(receive)
            await refusal(scope, receive, answer)
            return
        stated_bytes = _stated_bytes(scope)
        large_bytes = stated_bytes if stated_bytes > _SMALL_BYTES else 0
        self._arriving_bytes += large_bytes
        try:
            await self.app(scope, _in_time(receive), answer)
        except Exception as error:
            log.warning(
                "a request could not be answered",
                extra={"path": _known(_path(scope)), "error": type(error).__name__},
            )
            if answer.begun:
                await answer({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                sentence = "The request could not be understood."
                await _refused(400, sentence)(scope, receive, answer)
        finally:
            self._arriving_bytes -= large_bytes

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        path, method = _path(scope), scope["method"]
        if not (_PAGE.fullmatch(path) or _API.fullmatch(path)):
            return _refused(404, "There is nothing here.")
        if method not in _METHODS:
            return _refused(405, "Expected GET or POST.")
        headers = dict(scope["headers"])
        if b"transfer-encoding" in headers:
            return _refused(411, "Expected a request that states its length.")
        upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        limit = _EVENT_BYTES
        if path == _OF_A_VISITOR:
            limit = self.limits.request_bytes
        elif path == _UPLOAD and upload:
            limit = self.limits.picture_bytes + _FORM_BYTES
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            return _refused(413, f"Expected a request of at most {limit // 2**10:,} kB.")
        if _SMALL_BYTES < int(length) > self.limits.arriving_bytes - self._arriving_bytes:
            return _refused(503, "Very much is being sent here. Try again in a minute, please.")
        address = scope["client"][0] if scope.get("client") else ""
        if (method == "POST" and path != _OF_A_VISITOR and not self._api.take(address)) or (
            int(length) > _LARGE_BYTES and not self._large.take(address, int(length))
        ):
            return _refused(429, "Too many requests. Wait a moment, please.")
        return None


class _Answer:
    """Sends an answer with the security headers, and knows whether it has begun.

    Where Gradio lists what is wrong with a request, and so repeats it, one sentence goes out instead.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self._replaced = False

    async def __call__(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start" and message["status"] == 422:
            body = json.dumps({"error": "The request could not be understood."}).encode()
            plain = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            await self({"type": message["type"], "status": 400, "headers": plain})
            await self({"type": "http.response.body", "body": body})
            self._replaced = True
            return
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await self._send(message)


def _path(scope: Scope) -> str:
    """The path below where the page is mounted, without a slash at its end."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).rstrip("/") or "/"


def _stated_bytes(scope: Scope) -> int:
    return int(dict(scope["headers"]).get(b"content-length", b"0"))


def _in_time(receive: Receive) -> Receive:
    """`receive`, with TimeoutError for a body that does not come whole in time."""
    arriving = True
    until = asyncio.get_running_loop().time() + _MAX_BODY_S

    async def receive_in_time() -> Message:
        nonlocal arriving
        if not arriving:
            return await receive()  # waits for the client to leave, however long
        async with asyncio.timeout_at(until):
            message = await receive()
        arriving = bool(message.get("more_body", False))
        return message

    return receive_in_time


async def _drop_body(receive: Receive) -> None:
    dropped_bytes = 0
    # Whoever states a length and sends nothing is not waited for.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_MAX_DROP_S):
            while dropped_bytes < _MAX_DROPPED_BYTES:
                message = await receive()
                dropped_bytes += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _refused(status: int, error: str) -> JSONResponse:
    # A rest of the body may be left unread, so the connection is not used again.
    return JSONResponse({"error": error}, status_code=status, headers={"Connection": "close"})


def _known(path: str) -> str:
    """The path without what a visitor may have put into it."""
    return "/".join(path.split("/")[:3]) if _API.fullmatch(path) else "page"
