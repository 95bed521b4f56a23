"""Picture files as arrays: whatever people's phones, scanners and screens write, decoded small.

One reader for the page, the API and the command line, so that a file has one answer.
"""

from __future__ import annotations

import io
import os
import threading
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mnist_core.errors import PictureError

Source = Path | str | bytes | BinaryIO

#: More pixels than this are refused before any is decoded.
MAX_PIXELS = 25_000_000
# Larger pictures are averaged down to this, and decoded one at a time from so many pixels on.
_SIDE = 512
_LARGE_PIXELS = 2_000_000
_LARGE = threading.Lock()
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_READ = "PNG, JPEG, WebP, GIF or BMP"
_EXPECTED = f"Expected a picture file ({_READ})"


def read_picture(source: Source, *, max_bytes: int | None = None) -> NDArray[Any]:
    """The picture in a file, upright, as `Ink.from_image` takes it: (height, width, 4) RGBA.

    A large one is averaged down to fewer than 1,024 pixels a side. `source` is a path, the file's
    bytes, or an open file. Raises `PictureError`, whose sentence says what was expected and what
    came, and OSError where there is no such file.
    """
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            return read_picture(file, max_bytes=max_bytes)
    if max_bytes is not None and source.seek(0, os.SEEK_END) > max_bytes:
        raise PictureError(f"Expected a picture of at most {max_bytes // 2**20} MB.")
    source.seek(0)
    try:
        with warnings.catch_warnings(), Image.open(source, formats=_FORMATS) as picture:
            warnings.simplefilter("ignore")
            if picture.width * picture.height > MAX_PIXELS:
                raise PictureError(f"Expected at most {MAX_PIXELS // 10**6} million pixels.")
            with _LARGE if picture.width * picture.height > _LARGE_PIXELS else nullcontext():
                whole = ImageOps.exif_transpose(picture).convert("RGBA")
                # As numbers, every pixel takes a hundred bytes.
                return np.asarray(whole.reduce(max(1, max(whole.size) // _SIDE)))
    except PictureError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise PictureError(f"{_EXPECTED}; this file can't be read as one.") from error
