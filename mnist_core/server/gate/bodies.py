"""How large a body may be, how long it may take to arrive, and how much may arrive at once."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.server.gate.requests import (
    PAGE_CALLS,
    PICTURE,
    TOOLS,
    UPLOAD,
    header_of,
    path_of,
    refuse,
    stated_bytes,
)
from mnist_core.server.limits import Limits

#: A body that has not come whole within this is given up.
BODY_S = 30.0
# The page's pictures come straight from a phone's camera, maybe over a slow link.
_SLOW_BYTES_PER_S = 24 * 2**10
_PICTURE_S = 300.0
# A form carries a file and the lines between which it stands.
_FORM_BYTES = 64 * 2**10
# An event of the API; a drawing of the most points takes 200 kB.
_EVENT_BYTES = 256 * 2**10
# A drawing is smaller; larger bodies share what memory there is for them.
_SMALL_BYTES = 256 * 2**10


class Bodies:
    """Answers 411, 413 or 503 by the length that a request states; TimeoutError for one that is late."""

    def __init__(self, app: ASGIApp, *, limits: Limits, body_s: float = BODY_S) -> None:
        self.app = app
        self._limits = limits
        self._body_s = body_s
        self._arriving_bytes = 0  # of large requests under way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, error = 0, ""
        size, limit = stated_bytes(scope), self._limit_of(scope)
        if header_of(scope, b"transfer-encoding") is not None:
            status, error = 411, "Expected a request that states its length."
        elif size is None or size > limit:
            status, error = 413, f"Expected a request of at most {limit // 2**10:,} kB."
        elif _SMALL_BYTES < size > self._limits.arriving_bytes - self._arriving_bytes:
            status, error = 503, "Very much is being sent here. Try again in a minute, please."
        if size is None or status:
            await refuse(scope, receive, send, status=status, error=error)
            return
        large_bytes = size if size > _SMALL_BYTES else 0
        self._arriving_bytes += large_bytes
        try:
            await self.app(scope, _in_time(receive, self._seconds_of(scope, size)), send)
        finally:
            self._arriving_bytes -= large_bytes

    def _seconds_of(self, scope: Scope, size: int) -> float:
        if path_of(scope) != PICTURE:
            return self._body_s
        return min(_PICTURE_S, self._body_s + size / _SLOW_BYTES_PER_S)

    def _limit_of(self, scope: Scope) -> int:
        path = path_of(scope)
        if path == PICTURE:
            return self._limits.picture_bytes
        if path in (PAGE_CALLS, TOOLS):  # a picture comes to a tool within its request
            return self._limits.request_bytes
        kind = header_of(scope, b"content-type") or b""
        if path == UPLOAD and kind.startswith(b"multipart/form-data"):
            return self._limits.picture_bytes + _FORM_BYTES
        return _EVENT_BYTES


def _in_time(receive: Receive, limit_s: float) -> Receive:
    """`receive`, with TimeoutError for a body that does not come whole in time."""
    arriving = True
    until = asyncio.get_running_loop().time() + limit_s

    async def receive_in_time() -> Message:
        nonlocal arriving
        if not arriving:
            return await receive()  # waits for the client to leave, however long
        async with asyncio.timeout_at(until):
            message = await receive()
        arriving = bool(message.get("more_body", False))
        return message

    return receive_in_time
