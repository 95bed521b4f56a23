"""Frames between the page's server and a training worker."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.errors import FrameError
from mnist_core.worker.frames import MAX_PAYLOAD_BYTES, read_frame, write_frame


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), st.binary())
def test_a_frame_comes_back_as_it_was_written(header: dict[str, Any], payload: bytes) -> None:
    stream = io.BytesIO()
    write_frame(stream, header, payload)
    stream.seek(0)
    assert read_frame(stream) == (header, payload)
    assert read_frame(stream) is None


@given(st.binary(min_size=1, max_size=200))
def test_anything_but_a_frame_is_refused(noise: bytes) -> None:
    stream = io.BytesIO(noise)
    try:
        frame = read_frame(stream)
    except FrameError:
        return
    assert frame is not None
    assert isinstance(frame[0], dict)


def framed(header: bytes, *, payload_bytes: int = 0) -> bytes:
    return len(header).to_bytes(4, "little") + payload_bytes.to_bytes(4, "little") + header


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (framed(b"{}")[:5], "inside a frame's lengths"),
        (framed(b"{}")[:-1], "inside a frame"),
        (framed(b"{}", payload_bytes=1), "inside a frame"),
        (framed(b"{}", payload_bytes=MAX_PAYLOAD_BYTES + 1), "too large"),
        (framed(b"{"), "not JSON"),
        (framed(b"\xff"), "not JSON"),
        (framed(b"[" * 100_000), "not JSON"),
        (framed(b"[]"), "must be an object, not list"),
    ],
)
def test_a_damaged_frame_is_refused_with_the_reason(stream: bytes, said: str) -> None:
    with pytest.raises(FrameError, match=said):
        read_frame(io.BytesIO(stream))
