"""A download as pieces, with its progress."""

from __future__ import annotations

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
    url: str, *, name: str, on_progress: ProgressCallback | None = None
) -> Iterator[bytes]:
    """The bytes at `url`, piece by piece, reporting to `on_progress`. OSError where it breaks off."""
    received, total = 0, None
    try:
        with urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT_S) as response:
            length = response.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            while chunk := response.read(_CHUNK_BYTES):
                received += len(chunk)
                if on_progress is not None:
                    on_progress(DownloadProgress(name, received, total))
                yield chunk
    except HTTPException as error:
        raise ConnectionError(f"the download broke off: {error}") from error
    if total is not None and received < total:
        raise ConnectionError(f"the download broke off after {received:,} of {total:,} bytes")
