"""A file in pieces: whole, or refused."""

from __future__ import annotations

import base64

import pytest

from mnist_core.errors import RefusedError
from mnist_core.server.arriving_file import ArrivingFile


def test_the_pieces_make_the_file() -> None:
    file, data = ArrivingFile(2**20), bytes(range(256)) * 3
    for start in range(0, len(data), 100):
        file.add(base64.b64encode(data[start : start + 100]).decode())
    assert len(file) == len(data)
    assert file.take() == data
    assert len(file) == 0


def test_a_file_above_the_limit_is_refused_and_dropped() -> None:
    file = ArrivingFile(2**20)
    piece = base64.b64encode(bytes(2**20)).decode()
    file.add(piece)
    with pytest.raises(RefusedError, match="more than 1 MB") as refused:
        file.add(piece)
    assert refused.value.code == "huge"
    assert len(file) == 0


@pytest.mark.parametrize("piece", ["A", "AAA!", "ä"])
def test_a_piece_that_is_no_base64_is_refused(piece: str) -> None:
    with pytest.raises(RefusedError, match="did not arrive whole"):
        ArrivingFile(100).add(piece)
