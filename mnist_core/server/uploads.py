"""The folder of uploaded files, held within an age and a number of bytes."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

#: A picture is read in the request after its upload; a file that was cut off, never.
AGE_S = 300.0
# A file of one byte takes a block on the disk, and so does its folder.
_BLOCK_BYTES = 4096


class Uploads:
    """The files below `folder`: none older than `AGE_S`, and no more than `most_bytes` together.

    Where there are more, the oldest go first. Safe to call from several threads.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self._clock = clock
        self._lock = threading.Lock()

    def sweep(self, coming_bytes: int = 0) -> None:
        """Deletes what is too old, and the oldest until `coming_bytes` find room."""
        with self._lock:
            files = sorted(self._files())
            total = sum(taken for _, taken, _ in files)
            oldest_ok = self._clock() - AGE_S
            for modified, taken, path in files:
                if modified >= oldest_ok and total + coming_bytes <= self.most_bytes:
                    break
                with contextlib.suppress(OSError):
                    os.unlink(path)
                    total -= taken
                with contextlib.suppress(
                    OSError
                ):  # each upload has a folder, of one file as a rule
                    if Path(path).parent != self.folder:
                        os.rmdir(Path(path).parent)

    def _files(self) -> list[tuple[float, int, str]]:
        """Each file as (when it was last written, the bytes that it takes, its path)."""
        found = []
        waiting = [self.folder]
        while waiting:
            with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):  # it has just gone
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(Path(entry.path))
                            continue
                        stat = entry.stat(follow_symlinks=False)
                        taken = max(_BLOCK_BYTES, stat.st_size) + _BLOCK_BYTES
                        found.append((stat.st_mtime, taken, entry.path))
        return found
