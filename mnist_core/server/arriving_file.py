"""A file that a visitor sends in pieces, as one request holds only so much."""

from __future__ import annotations

import base64
import binascii

from mnist_core.errors import RefusedError


class ArrivingFile:
    """What has come of a file so far, of `limit_bytes` at most."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    def add(self, piece: str) -> None:
        """Take in the next piece, in base64. `RefusedError` "huge" or "refused" where it can't be."""
        if len(self) + len(piece) * 3 // 4 > self._limit_bytes + 3:
            self.drop()
            limit_mb = self._limit_bytes >> 20
            raise RefusedError("huge", f"A model file of more than {limit_mb} MB is not taken.")
        try:
            self._data += base64.b64decode(piece, validate=True)
        except (binascii.Error, ValueError) as error:
            raise RefusedError(
                "refused", "The file did not arrive whole. Please try again."
            ) from error

    def take(self) -> bytes:
        """All of it; another one may come."""
        data = bytes(self._data)
        self.drop()
        return data

    def drop(self) -> None:
        """Forget what has come."""
        self._data = bytearray()
