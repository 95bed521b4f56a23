"""A download as pieces, with its progress."""

from __future__ import annotations

import contextlib
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException

_DOWNLOAD_TIMEOUT_S = 20
_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download has come, over all of its files."""

    file: str
    received_bytes: int
    total_bytes: int | None


ProgressCallback = Callable[[DownloadProgress], None]


def downloaded(
    url: str, *, name: str, max_bytes: int, on_progress: ProgressCallback | None = None
) -> Iterator[bytes]:
    """The bytes at `url`, piece by piece, reporting to `on_progress`.

    ConnectionError, and nothing else, where it can't be reached, breaks off, or sends more than
    `max_bytes`.
    """
    received, total = 0, None
    with contextlib.ExitStack() as stack:
        try:
            response = stack.enter_context(urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT_S))
            length = response.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
        except (OSError, HTTPException) as error:
            raise ConnectionError(f"it can't be reached: {error}") from error
        while True:
            try:
                chunk = response.read(_CHUNK_BYTES)
            except (OSError, HTTPException) as error:
                raise ConnectionError(f"the download broke off: {error}") from error
            if not chunk:
                break
            received += len(chunk)
            if received > max_bytes:
                raise ConnectionError(f"expected at most {max_bytes:,} bytes, got more")
            if on_progress is not None:
                on_progress(DownloadProgress(name, received, total))
            yield chunk
    if total is not None and received < total:
        raise ConnectionError(f"the download broke off after {received:,} of {total:,} bytes")
