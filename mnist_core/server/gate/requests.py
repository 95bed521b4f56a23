"""What the gate reads of a request, and how it refuses one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

#: The page's own calls: here each visitor, known by a secret, has a limit of their own.
PAGE_CALLS = "/gradio_api/component_server"
WEIGHTS = "/page/weights"
PICTURE = "/page/picture"
UPLOAD = "/gradio_api/upload"
SIGN_IN = "/login"
#: The API as tools for language models.
TOOLS = "/gradio_api/mcp"

# So much of a refused body is read and dropped: a client that is still sending misses the answer.
_MAX_DROPPED_BYTES = 64 * 2**20
_MAX_DROP_S = 2.0


def path_of(scope: Scope) -> str:
    """The path below where the page is mounted, without a slash at its end."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).rstrip("/") or "/"


def address_of(scope: Scope) -> str:
    """Who asks, "" where that is not known: the visitor's address where a trusted proxy named it."""
    return str(scope["client"][0]) if scope.get("client") else ""


def header_of(scope: Scope, name: bytes) -> bytes | None:
    """The header `name`; None where the request has none."""
    return dict(scope["headers"]).get(name)


def stated_bytes(scope: Scope) -> int | None:
    """How long the body is said to be, 0 where nothing is said; None where that is no number."""
    length = header_of(scope, b"content-length") or b"0"
    return int(length) if length.isdigit() else None


def refusal(status: int, error: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer {"error": error}."""
    # A rest of the body may be left unread, so the connection is not used again.
    told = {"Connection": "close", **(headers or {})}
    return JSONResponse({"error": error}, status_code=status, headers=told)


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    status: int,
    error: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answers {"error": error} to a request of which nothing was read."""
    await _drop_body(receive)
    await refusal(status, error, headers)(scope, receive, send)


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
