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
from PIL import Image, ImageOps, UnidentifiedImageError

from mnist_core.errors import PictureError

Source = Path | str | bytes | BinaryIO

#: More pixels than this are refused before any is decoded. A JPEG is decoded at a part of its size.
MAX_PIXELS = 25_000_000
MAX_JPEG_PIXELS = 64_000_000
# Larger pictures are averaged down to this, and decoded one at a time from so many pixels on.
_SIDE = 900
_LARGE_PIXELS = 2_000_000
_LARGE = threading.Lock()
_FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
#: In words, the formats that are read.
FORMATS_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF"
_EXPECTED = f"Expected a picture file ({FORMATS_IN_WORDS})"
# What people send for a picture, by how it begins.
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x1a\x45\xdf\xa3", "a video"),
    (b"RIFF", "a video or a sound"),
    (b"II*\0", "a TIFF that is damaged, encrypted, or packed in a way that is not read"),
    (b"MM\0*", "a TIFF that is damaged, encrypted, or packed in a way that is not read"),
    (b"\xd0\xcf\x11\xe0", "an office document, or a file with a password"),
    (b"Salted__", "a file with a password"),
    (b"AES", "a file with a password"),
)
_HEAD_BYTES = 1024
#: What is said of a picture that was read, and shows nothing.
NO_INK = "Expected a digit, dark on light or light on dark; no ink found in this picture."


def read_picture(source: Source, *, max_bytes: int | None = None) -> NDArray[Any]:
    """The picture in a file, upright, as `Ink.from_image` takes it; a large one averaged down.

    (height, width, 4) uint8 RGBA; or (height, width) float32 in [0, 1] of more than 8 bits. Of an
    animation, the first picture. `source` is a path, the file's bytes, or an open file. Raises
    `PictureError`, whose sentence says what was expected and what came, and OSError where there is no
    such file.
    """
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            return read_picture(file, max_bytes=max_bytes)
    if max_bytes is not None and source.seek(0, os.SEEK_END) > max_bytes:
        raise PictureError(f"Expected a picture of at most {max_bytes // 2**20} MB.")
    source.seek(0)
    head = source.read(_HEAD_BYTES)
    source.seek(0)
    if not head:
        raise PictureError(f"{_EXPECTED}, got an empty file.")
    if head[4:8] == b"ftyp":
        _open_heif_files()
    try:
        with warnings.catch_warnings(), Image.open(source, formats=_formats()) as picture:
            warnings.simplefilter("ignore")
            _check(picture)
            large = picture.width * picture.height > _LARGE_PIXELS
            with _LARGE if large else nullcontext():
                return _decoded(picture)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"{_EXPECTED}, got {_named(head)}.") from error
    except Image.DecompressionBombError as error:
        raise _too_large(MAX_PIXELS) from error
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise PictureError(f"{_EXPECTED}; this one is damaged or cut off.") from error


def _formats() -> list[str]:
    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


def _open_heif_files() -> None:
    """Teaches Pillow the format of iPhones, not before one comes."""
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def _check(picture: Image.Image) -> None:
    """Sees, before anything is decoded, that it may be."""
    most = MAX_JPEG_PIXELS if picture.format in ("JPEG", "MPO") else MAX_PIXELS
    if picture.width * picture.height > most:
        raise _too_large(most)
    pages = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    if pages > 1:
        raise PictureError(f"Expected one picture, got a TIFF of {pages} pages.")


def _too_large(most: int) -> PictureError:
    return PictureError(f"Expected a picture of at most {most // 10**6} million pixels.")


def _decoded(picture: Image.Image) -> NDArray[Any]:
    picture.draft(None, (_SIDE, _SIDE))  # a JPEG's coarse parts alone; others stay
    picture.load()
    if picture.mode in ("F", "I") or picture.mode.startswith("I;16"):
        return _scaled(np.asarray(ImageOps.exif_transpose(picture)))
    whole = picture.convert("RGBA") if _is_transparent(picture) else picture.convert("RGB")
    # As numbers, every pixel takes many bytes.
    factor = max(1, max(whole.size) // _SIDE)
    # Premultiplied, so that the colours of what can't be seen count for nothing.
    small = (
        whole.convert("RGBa").reduce(factor).convert("RGBA")
        if whole.mode == "RGBA" and factor > 1
        else whole.reduce(factor)
    )
    return np.asarray(ImageOps.exif_transpose(small).convert("RGBA"))


def _is_transparent(picture: Image.Image) -> bool:
    return "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa")


def _scaled(values: NDArray[Any]) -> NDArray[np.float32]:
    """Grey of more than 8 bits, in [0, 1]: by its range where that is a usual one, else by its own."""
    factor = max(1, max(values.shape) // _SIDE)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite((low, high)).all():
        raise PictureError(f"{_EXPECTED}; this one holds values that are no numbers.")
    whole = values.dtype.kind in "ui"
    if low < 0 or (not whole and high > 255):
        start, full = low, high - low
    elif whole:
        start, full = 0.0, 1.0 if high <= 1 else float(2 ** max(8, int(high).bit_length()) - 1)
    else:
        start, full = 0.0, 1.0 if high <= 1.1 else 255.0
    rows, columns = (size // factor * factor for size in values.shape)
    blocks = values[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor)
    small = blocks.mean(axis=(1, 3), dtype=np.float64)
    return np.asarray(np.clip((small - start) / (full or 1.0), 0, 1), np.float32)


def _named(head: bytes) -> str:
    """What a file is that is no picture we read."""
    for start, name in _OTHERS:
        if head.startswith(start):
            return name
    if head[4:8] == b"ftyp":
        return "a video, or a picture that is damaged"
    if b"\0" not in head:
        text = head.decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t").lower()
        if "<svg" in text:
            return "an SVG drawing"
        if "\ufffd" not in text[:-1]:
            return "a text file"
    return "a file of another kind, or a damaged one"
