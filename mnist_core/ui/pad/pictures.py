"""Picture files that a visitor sent."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from mnist_core.errors import PictureError
from mnist_core.ink.picture_file import read_picture
from mnist_core.ui.files import uploaded


def read_upload(file: Any, *, max_bytes: int) -> NDArray[Any]:
    """The picture in an uploaded file, as `Ink.from_image` takes it; else `PictureError`."""
    path = file.get("path") if isinstance(file, dict) else None
    if not isinstance(path, str):
        raise PictureError(f"Expected a picture file, got {type(file).__name__}.")
    # Once more, where the file is read: it may have been swept since.
    resolved = uploaded(path)
    if resolved is None:
        raise PictureError("Expected a picture file, uploaded with this request.")
    return read_picture(resolved, max_bytes=max_bytes)
