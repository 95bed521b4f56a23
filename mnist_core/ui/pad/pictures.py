"""Picture files that a visitor sent: bounded and decoded."""

from __future__ import annotations

import threading
import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mnist_core.errors import PictureError
from mnist_core.ui.files import uploaded

MAX_PIXELS = 25_000_000
# Larger pictures are averaged down to this, and decoded one at a time from so many pixels on.
_SIDE = 512
_LARGE_PIXELS = 2_000_000
_LARGE = threading.Lock()
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_EXPECTED = "Expected a picture file (PNG, JPEG, WebP, GIF or BMP)"


def read_picture(file: Any, *, max_bytes: int) -> NDArray[np.uint8]:
    """The picture in an uploaded file, (height, width, 4) RGBA; else `PictureError`.

    A large one is averaged down to fewer than 1,024 pixels a side.
    """
    path = file.get("path") if isinstance(file, dict) else None
    if not isinstance(path, str):
        raise PictureError(f"{_EXPECTED}, got {type(file).__name__}.")
    # Once more, where the file is read: it may have been swept since.
    resolved = uploaded(path)
    if resolved is None:
        raise PictureError(f"{_EXPECTED}, uploaded with this request.")
    if resolved.stat().st_size > max_bytes:
        raise PictureError(f"Expected a picture of at most {max_bytes // 2**20} MB.")
    try:
        with warnings.catch_warnings(), Image.open(resolved, formats=_FORMATS) as picture:
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
