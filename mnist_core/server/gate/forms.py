"""Forms, and the files in them: only where they are needed, and with room for them on the disk."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.server.gate.requests import (
    SIGN_IN,
    UPLOAD,
    header_of,
    path_of,
    refuse,
    stated_bytes,
)
from mnist_core.server.uploads import Uploads

_FORMS = (b"multipart/form-data", b"application/x-www-form-urlencoded")


class Forms:
    """Answers 415 to a form that is neither an upload nor a sign-in.

    Gradio would write the files in it to the disk, wherever it was sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = (header_of(scope, b"content-type") or b"").strip().lower()
        if kind.startswith(_FORMS) and path_of(scope) not in (UPLOAD, SIGN_IN):
            await refuse(scope, receive, send, status=415, error="Expected JSON.")
        else:
            await self.app(scope, receive, send)


class RoomForUploads:
    """Sweeps `uploads` before one more comes."""

    def __init__(self, app: ASGIApp, *, uploads: Uploads) -> None:
        self.app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if path_of(scope) == UPLOAD:
            # Gradio would remember the progress that a request names for good; nobody asks for it.
            scope = {**scope, "query_string": b""}
            await asyncio.to_thread(self._uploads.sweep, stated_bytes(scope) or 0)
        await self.app(scope, receive, send)
