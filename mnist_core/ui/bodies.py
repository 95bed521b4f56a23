"""Requests bounded by their size before anything is read from them."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

#: A body of JSON; a drawing of the most points allowed takes 200 kB.
MAX_JSON_BYTES = 4 * 2**20
#: A form with a file in it; Gradio bounds the file itself.
MAX_UPLOAD_BYTES = 16 * 2**20
#: So much of a refused body is read and dropped: a client that is still sending misses the answer.
_MAX_DROPPED_BYTES = 64 * 2**20


class BodyLimit:
    """ASGI middleware that answers 413 to larger bodies, and 411 to those of unstated length.

    The server holds a client to the length that it stated.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        json_bytes: int = MAX_JSON_BYTES,
        upload_bytes: int = MAX_UPLOAD_BYTES,
    ) -> None:
        self.app = app
        self.json_bytes = json_bytes
        self.upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await _drop_body(receive)
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = dict(scope["headers"])
        if b"transfer-encoding" in headers:
            return _refused(411, "Expected a request that states its length.")
        upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        limit = self.upload_bytes if upload else self.json_bytes
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            return _refused(413, f"Expected a request of at most {limit // 2**20} MB.")
        return None


async def _drop_body(receive: Receive) -> None:
    dropped_bytes = 0
    while dropped_bytes < _MAX_DROPPED_BYTES:
        message = await receive()
        dropped_bytes += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


def _refused(status: int, error: str) -> JSONResponse:
    # A rest of the body may be left unread, so the connection is not used again.
    return JSONResponse({"error": error}, status_code=status, headers={"Connection": "close"})
