"""Frames: what the page's server and its training workers send each other over pipes.

A frame is a JSON object and, where weights or pictures travel, raw bytes behind it. Nothing is
ever pickled, so neither side can be made to run what the other one sends.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from mnist_core.errors import FrameError

_LENGTHS = struct.Struct("<II")  # bytes of the JSON header, bytes of the payload
MAX_HEADER_BYTES = 4 * 2**20
MAX_PAYLOAD_BYTES = 256 * 2**20


def write_frame(stream: BinaryIO, header: Mapping[str, Any], payload: bytes = b"") -> None:
    """Write one frame and flush it. `OSError` where the other side has gone."""
    encoded = json.dumps(header, separators=(",", ":")).encode()
    stream.write(_LENGTHS.pack(len(encoded), len(payload)))
    stream.write(encoded)
    stream.write(payload)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame, waiting for it; None where the stream has ended between two frames.

    Raises `FrameError` for a frame that is cut short, too large or not a JSON object.
    """
    lengths = stream.read(_LENGTHS.size)
    if not lengths:
        return None
    if len(lengths) < _LENGTHS.size:
        raise FrameError("the stream ended inside a frame's lengths")
    header_bytes, payload_bytes = _LENGTHS.unpack(lengths)
    if header_bytes > MAX_HEADER_BYTES or payload_bytes > MAX_PAYLOAD_BYTES:
        raise FrameError(f"a frame of {header_bytes} + {payload_bytes} bytes is too large")
    encoded = stream.read(header_bytes)
    payload = stream.read(payload_bytes)
    if len(encoded) < header_bytes or len(payload) < payload_bytes:
        raise FrameError("the stream ended inside a frame")
    try:
        header = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise FrameError("a frame's header is not JSON") from error
    if not isinstance(header, dict):
        raise FrameError(f"a frame's header must be an object, not {type(header).__name__}")
    return header, payload
