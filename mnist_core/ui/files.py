"""Files in what a request sends: only those that were uploaded here before.

Where a value says that it is a file, Gradio fetches the address in it, whole and for anybody, before
the code of an endpoint runs. So `check_values` has to see every value before Gradio does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from mnist_core.errors import RefusedError

ONLY_UPLOADS = "Pictures come as uploads alone: send the file to /gradio_api/upload, then its path."
TOO_DEEP = "The request is nested too deeply."

# A drawing is three lists deep. Gradio walks through values by recursion.
_MAX_DEPTH = 32
# What a file's description holds; an address in `url` is for browsers, and dropped.
_FIELDS = ("path", "orig_name", "size", "mime_type", "meta")
_ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*://|data:|//)", re.IGNORECASE)


def check_values(values: Sequence[Any]) -> None:
    """Sees that no value of a request, however deep in it, names anything but an uploaded file.

    A file's description is cut down to what the upload itself said. Raises `RefusedError` for an
    address, inline data, or a path elsewhere.
    """
    waiting: list[tuple[Any, int]] = [(values, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise RefusedError("files", TOO_DEEP)
        if isinstance(value, str):
            if _ADDRESS.match(value):
                raise RefusedError("files", ONLY_UPLOADS)
        elif isinstance(value, dict):
            if _is_file(value):
                _check_file(value)
            waiting.extend((each, depth + 1) for each in value.values())
        elif isinstance(value, list | tuple):
            waiting.extend((each, depth + 1) for each in value)


def uploaded(path: object) -> Path | None:
    """The file at `path`, links followed, where it lies in the folder of uploads; else None."""
    if not isinstance(path, str) or _ADDRESS.match(path):
        return None
    try:
        resolved = Path(path).resolve()
        inside = resolved.is_relative_to(Path(get_upload_folder()).resolve())
        return resolved if inside and resolved.is_file() else None
    except (OSError, ValueError, RuntimeError):  # too long, a NUL in it, a loop of links
        return None


def _is_file(value: dict[Any, Any]) -> bool:
    meta = value.get("meta")
    return "path" in value or "url" in value or (isinstance(meta, dict) and "_type" in meta)


def _check_file(value: dict[Any, Any]) -> None:
    if uploaded(value.get("path")) is None:
        raise RefusedError("files", ONLY_UPLOADS)
    for name in value.keys() - set(_FIELDS):
        del value[name]
