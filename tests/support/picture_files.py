"""Files that people give for a picture: those that are read, and those that are refused."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_EXIF_ORIENTATION = 0x0112
#: How each orientation's file is stored, so that it shows upright.
_STORED: dict[int, Callable[[Image.Image], Image.Image]] = {
    1: lambda image: image,
    2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
    4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
}


def seven(size: tuple[int, int] = (180, 240)) -> Image.Image:
    """A 7, dark blue on white."""
    picture = Image.new("RGB", size, "white")
    width, height = size
    line = [
        (0.25 * width, 0.2 * height),
        (0.8 * width, 0.2 * height),
        (0.45 * width, 0.85 * height),
    ]
    ImageDraw.Draw(picture).line(line, fill="navy", width=width // 12, joint="curve")
    return picture


def stored(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    """The 7 as a camera held in that way stores it."""
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = orientation
    return stored(_STORED[orientation](seven()), kind, exif=exif)


@cache
def read_files() -> dict[str, bytes]:
    """The same 7 in every kind of file that is read."""
    grey = seven().convert("L")
    levels = np.asarray(grey)
    transparent = Image.new("RGBA", grey.size)
    transparent.putalpha(Image.fromarray(255 - levels))
    files = {
        "PNG": stored(seven(), "PNG"),
        "PNG of 1 bit": stored(grey.convert("1", dither=Image.Dither.NONE), "PNG"),
        "PNG of 16 bits": stored(Image.fromarray(levels.astype(np.uint16) * 257), "PNG"),
        "PNG with a palette": stored(seven().quantize(8), "PNG"),
        "transparent PNG": stored(transparent, "PNG"),
        "grey PNG with alpha": stored(transparent.convert("LA"), "PNG"),
        "JPEG": stored(seven(), "JPEG"),
        "CMYK JPEG": stored(seven().convert("CMYK"), "JPEG"),
        "large JPEG": stored(seven((1500, 2000)), "JPEG"),
        "WebP": stored(seven(), "WEBP"),
        "transparent WebP": stored(transparent, "WEBP", lossless=True),
        "GIF": stored(seven(), "GIF"),
        "animated GIF": stored(
            seven(), "GIF", save_all=True, append_images=[Image.new("RGB", grey.size, "white")]
        ),
        "BMP": stored(seven(), "BMP"),
        "TIFF": stored(seven(), "TIFF"),
        "AVIF": stored(seven(), "AVIF"),
        "HEIC": (Path(__file__).parent / "seven.heic").read_bytes(),
    }
    for name, array in _tiffs(levels).items():
        files[f"TIFF of {name}"] = stored(Image.fromarray(array), "TIFF")
    for orientation in _STORED:
        files[f"JPEG, orientation {orientation}"] = turned(orientation)
    for kind in ("PNG", "WEBP", "TIFF"):
        files[f"{kind}, upside down"] = turned(3, kind)
    return files


def _tiffs(levels: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    return {
        "floats in [0, 1]": levels.astype(np.float32) / 255,
        "floats in [0, 255]": levels.astype(np.float32),
        "other floats": levels.astype(np.float32) * 40 - 1000,
        "16 bits": levels.astype(np.uint16) * 257,
        "12 bits": levels.astype(np.uint16) * 16,
        "32 bits": levels.astype(np.int32) * 257,
    }


def _png(width: int, height: int, *, held: int = 1_000_000) -> bytes:
    """A PNG whose header promises so many pixels of 1 bit, and which holds so many bytes of them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(held))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)


def _packed_otherwise(tiff: bytes) -> bytes:
    """The TIFF with a compression that is nobody's, as programs that encrypt TIFFs write it."""
    (directory,) = struct.unpack("<I", tiff[4:8])
    (count,) = struct.unpack("<H", tiff[directory : directory + 2])
    entries = (directory + 2 + 12 * index for index in range(count))
    at = next(entry for entry in entries if tiff[entry : entry + 2] == struct.pack("<H", 259))
    return tiff[: at + 8] + struct.pack("<H", 65_000) + tiff[at + 10 :]


@cache
def refused_files() -> dict[str, tuple[bytes, str]]:
    """Files that are refused, each with what is said of it."""
    whole = stored(seven(), "JPEG")
    page = seven()
    return {
        "400 megapixels": (
            _png(20_000, 20_000, held=20_000 * 2_501),
            "at most 25 million pixels",
        ),
        "a huge side": (_png(2**31 - 1, 1), "at most 25 million pixels"),
        "a huge animation": (
            stored(Image.new("1", (8000, 8000)), "GIF", save_all=True, append_images=[page]),
            "at most 25 million pixels",
        ),
        "30 megapixels": (_png(6_000, 5_000), "at most 25 million pixels"),
        "an SVG": (
            b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
            "an SVG drawing",
        ),
        "text": (b"no picture", "a text file"),
        "nothing": (b"", "an empty file"),
        "a PDF": (b"%PDF-1.7 /Encrypt", "a PDF document"),
        "a film": (b"\0\0\0\x18ftypisom\0\0\0\0" + bytes(50), "a video"),
        "a cut-off JPEG": (whole[: len(whole) // 2], "damaged or cut off"),
        "a damaged PNG": (b"\x89PNG\r\n\x1a\n broken", "damaged"),
        "a TIFF of pages": (
            stored(page, "TIFF", save_all=True, append_images=[page, page]),
            "TIFF of 3 pages",
        ),
        "an encrypted TIFF": (
            _packed_otherwise(stored(page, "TIFF")),
            "a TIFF that is damaged, enc",
        ),
        "a TIFF in an encrypted container": (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "a file with a password",
        ),
    }


def blank_files() -> dict[str, bytes]:
    """Pictures that hold no ink."""
    return {
        "all white": stored(Image.new("L", (60, 50), 255), "PNG"),
        "all black": stored(Image.new("L", (60, 50), 0), "PNG"),
        "all transparent": stored(Image.new("RGBA", (60, 50)), "PNG"),
        "1×1": stored(Image.new("L", (1, 1), 90), "PNG"),
        "1×4,000": stored(Image.new("L", (1, 4000), 255), "PNG"),
    }
