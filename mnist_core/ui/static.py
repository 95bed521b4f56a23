"""The page's scripts: ES modules of `assets/`, at addresses that change with what is in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mnist_core.files import ASSETS

# A changed script has another address, so a browser keeps what it has for good.
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
# Folders of the scripts that the pad needs.
_FIRST = ("shared/", "pad/")


@cache
def modules() -> Mapping[str, bytes]:
    """Every script by its path in `assets/`, read once: what is served fits together."""
    found = {path.relative_to(ASSETS).as_posix(): path for path in sorted(ASSETS.glob("*/*.js"))}
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


def mount_script(name: str) -> str:
    """What a component runs when it is shown: it loads the script `name` and calls its `mount`."""
    where = f"new URL({json.dumps(address(name))}, document.baseURI)"
    return f"import({where}).then(({{ mount }}) => mount({{ element, props, server }}));"


def preload_links() -> str:
    """Elements for the page's head: all scripts at once, not one after the other's imports.

    A browser takes six at a time, so the pad's, which a visitor sees first, come first.
    """
    names = sorted(modules(), key=lambda name: not name.startswith(_FIRST))
    return "".join(f'<link rel="modulepreload" href="{address(name)}">' for name in names)


async def _serve(request: Request) -> Response:
    content = modules().get(request.path_params["name"])
    if content is None or request.path_params["version"] != version():
        return JSONResponse({"error": "There is nothing here."}, status_code=404)
    return Response(content, media_type="text/javascript", headers=_FOR_GOOD)


def static_route() -> Route:
    """The route that serves the scripts; only a name that is known leads to one."""
    return Route("/page/{version}/{name:path}", _serve, methods=["GET"], name="page_scripts")
