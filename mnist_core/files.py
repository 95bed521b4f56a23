"""Where the project's own files lie, and how a file is written whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app.py"
ASSETS = ROOT / "assets"
WEIGHTS = ASSETS / "mnist.safetensors"
PAIR_WEIGHTS = ASSETS / "pairs.safetensors"
# What these go on from, which nine of the thirty pen writers have not taught: six of them measure it.
ELDER_WEIGHTS = ASSETS / "elders" / "mnist.safetensors"
ELDER_PAIR_WEIGHTS = ASSETS / "elders" / "pairs.safetensors"


# A part of a file that nobody has written to for so long is what a killed process left.
_ABANDONED_S = 600.0


def write_atomically(path: Path, data: bytes) -> None:
    """Writes to a temporary file beside `path`, then renames it over `path`.

    Parts that a kill left of earlier writes go.
    """
    remove_abandoned_parts(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp keeps the file to its owner; this one gets what any new file would.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_abandoned_parts(path: Path) -> None:
    """Removes what a killed `write_atomically` left beside `path`."""
    newest = time.time() - _ABANDONED_S
    for part in path.parent.glob(f".{glob.escape(path.name)}-*"):
        with contextlib.suppress(OSError):  # gone, or in a folder that can't be written to
            if part.stat().st_mtime < newest:
                part.unlink()
