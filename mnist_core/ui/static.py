"""What browsers keep for good: scripts and weights of `assets/`, at addresses of their content."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import posixpath
import re
import threading
from collections.abc import AsyncIterator, Mapping
from functools import cache
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mnist_core.files import ASSETS, WEIGHTS

# A changed script has another address, so a browser keeps what it has for good.
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
_PIECE_BYTES = 2**16
_COMPRESSING = threading.Lock()
# Folders of the scripts that the pad needs.
_FIRST = ("shared/", "pad/")
_IMPORT = re.compile(r'^import\s[^"]*"([^"]+)"', re.MULTILINE)


@cache
def modules() -> Mapping[str, bytes]:
    """Every script by its path in `assets/`, read once: what is served fits together."""
    found = {path.relative_to(ASSETS).as_posix(): path for path in sorted(ASSETS.glob("**/*.js"))}
    return MappingProxyType({name: path.read_bytes() for name, path in found.items()})


@cache
def version() -> str:
    """16 hexadecimal digits that change when any script does: they import one another."""
    digest = hashlib.sha256()
    for name, content in modules().items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def address(name: str) -> str:
    """Where the page finds the script `name`, from the page's own address: a prefix may precede it.

    Raises `KeyError` where there is no such script.
    """
    if name not in modules():
        raise KeyError(f"expected one of {', '.join(modules())}, got {name}")
    return f"page/{version()}/{name}"


@cache
def _weights() -> bytes:
    return WEIGHTS.read_bytes()


def _compressed_weights() -> bytes:
    with _COMPRESSING:  # once, however many come at the same moment
        return _compressed_once()


@cache
def _compressed_once() -> bytes:
    return gzip.compress(_weights(), compresslevel=6)


@cache
def _weights_digest() -> str:
    return hashlib.sha256(_weights()).hexdigest()


def weights() -> dict[str, str]:
    """Where the page finds the ready-made model's file: {address, sha256}, as `address` gives it."""
    digest = _weights_digest()
    return {"address": f"page/{digest[:16]}/{WEIGHTS.name}", "sha256": digest}


def mount_script(name: str) -> str:
    """What a component runs when it is shown: it loads the script `name` and calls its `mount`."""
    where = f"new URL({json.dumps(address(name))}, document.baseURI)"
    return f"import({where}).then(({{ mount }}) => mount({{ element, props, server }}));"


def preload_links() -> str:
    """Elements for the page's head: the scripts at once, not one after the other's imports.

    A browser takes six at a time, so the pad's, which a visitor sees first, come first.
    """
    names = sorted(_imported(), key=lambda name: (not name.startswith(_FIRST), name))
    return "".join(f'<link rel="modulepreload" href="{address(name)}">' for name in names)


def _imported() -> set[str]:
    """The components' scripts and all that those import; what a worker alone imports comes later."""
    waiting = [name for name in modules() if (ASSETS / name).with_suffix(".html").exists()]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            imports = _IMPORT.findall(modules()[name].decode())
            waiting += [posixpath.normpath(f"{name}/../{path}") for path in imports]
    return found


async def _serve(request: Request) -> Response:
    asked = f"page/{request.path_params['version']}/{request.path_params['name']}"
    if asked == weights()["address"]:
        return await _serve_weights("gzip" in request.headers.get("accept-encoding", ""))
    content = modules().get(request.path_params["name"])
    if content is None or request.path_params["version"] != version():
        return JSONResponse({"error": "There is nothing here."}, status_code=404)
    return Response(content, media_type="text/javascript", headers=_FOR_GOOD)


async def _serve_weights(compressed: bool) -> Response:
    headers = {**_FOR_GOOD, "Vary": "Accept-Encoding"}
    content = _weights()
    if compressed:
        headers["Content-Encoding"] = "gzip"
        content = await asyncio.to_thread(_compressed_weights)  # the first time, it takes a while
    return in_pieces(content, headers=headers)


def in_pieces(content: bytes, *, headers: Mapping[str, str]) -> Response:
    """An answer of many bytes, handed on as the browser takes them.

    As one piece, it would be copied for each connection and kept until a slow one has it all.
    """

    async def pieces() -> AsyncIterator[bytes]:
        for first in range(0, len(content), _PIECE_BYTES):
            yield content[first : first + _PIECE_BYTES]

    return StreamingResponse(
        pieces(),
        media_type="application/octet-stream",
        headers={**headers, "Content-Length": str(len(content))},
    )


def static_route() -> Route:
    """The route that serves scripts and weights; only a name that is known leads to one."""
    return Route("/page/{version}/{name:path}", _serve, methods=["GET"], name="page_scripts")
