"""MNIST as tensors: download, verify, hold out, batch."""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import io
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from mnist_core.data.datasets import Dataset, Splits
from mnist_core.data.download import ProgressCallback, downloaded
from mnist_core.errors import DatasetError
from mnist_core.files import remove_abandoned_parts, write_atomically
from mnist_core.ink.raster import IMAGE_SIZE

if TYPE_CHECKING:
    from torchvision import datasets

# The unpacked files' MD5 sums: what they are read for is known to be there.
_RAW_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
# The largest of the files is 47 MB unpacked; what says that it is more is none of them.
_MAX_BYTES = 2**26
# Before what counts, a file has its kind and its sizes.
_BEFORE_IMAGES, _BEFORE_LABELS = 16, 8


@cache
def mnist_class() -> type[datasets.MNIST]:
    """torchvision's MNIST, which unpickles nothing."""
    # Not before it is needed: torchvision takes a second, and memory.
    from torchvision import datasets

    class MNIST(datasets.MNIST):  # type: ignore[misc]  # torchvision is untyped
        # Keeps torchvision's name, since the data's folder is named after the class.

        def _check_legacy_exist(self) -> bool:
            # A `processed/training.pt` of old torchvision releases would be unpickled.
            return False

    return MNIST


def default_root() -> Path:
    """The folder that holds MNIST where the user names no other: a cache at home.

    Where nothing can be written there, as in some containers, a temporary one.
    """
    with contextlib.suppress(RuntimeError):  # this user has no home
        cache = Path.home() / ".cache" / "mnist_core"
        nearest = next(each for each in (cache, *cache.parents) if each.exists())
        if cache.is_dir() or os.access(nearest, os.W_OK):
            return cache
    return Path(tempfile.gettempdir()) / "mnist_core"


def load_mnist(
    root: Path | str | None = None,
    *,
    download: bool = True,
    on_progress: ProgressCallback | None = None,
) -> Splits:
    """MNIST: 60,000 training and 10,000 test images, in the published order (notebook step 1).

    Files are verified by checksum each time. Missing or damaged ones are unpacked from the archives
    beside them or, with `download`, fetched (about 11 MB), reporting to `on_progress`; what breaks
    off leaves nothing behind.

    Raises `DatasetError`, which names the file, where one is missing or damaged and can't be had.
    """
    folder = Path(root) if root is not None else default_root()
    raw_folder = folder / "MNIST" / "raw"
    for name in _RAW_MD5:
        remove_abandoned_parts(raw_folder / name)
        fault = _fault(raw_folder / name)
        if fault is not None:
            _mend(raw_folder / name, fault, download=download, on_progress=on_progress)
    try:
        return Splits(train=_read(raw_folder, "train"), test=_read(raw_folder, "t10k"))
    except (OSError, RuntimeError, ValueError) as error:
        raise DatasetError(f"{raw_folder}: could not read MNIST ({error})") from error


def _read(folder: Path, part: str) -> Dataset:
    """The same numbers as torchvision's ToTensor gives, for all images at once."""
    pixels = np.fromfile(folder / f"{part}-images-idx3-ubyte", np.uint8, offset=_BEFORE_IMAGES)
    labels = np.fromfile(folder / f"{part}-labels-idx1-ubyte", np.uint8, offset=_BEFORE_LABELS)
    images = torch.from_numpy(pixels).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
    return Dataset(images.float().div_(255), torch.from_numpy(labels).long())


def _fault(path: Path) -> str | None:
    """What is wrong with one unpacked file, or None where it is whole."""
    if not path.is_file():
        return "the file is missing"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
    except OSError as error:
        return f"the file can't be read ({error.strerror})"
    expected = _RAW_MD5[path.name]
    if found != expected:
        return f"the file is damaged: expected MD5 {expected}, got {found}"
    return None


def _mend(path: Path, fault: str, *, download: bool, on_progress: ProgressCallback | None) -> None:
    """Writes the file at `path` anew, from the archive beside it, else from a mirror."""
    failures = [f"{path}: {fault}"]
    if download:
        with _writing(path):  # before anything is fetched for it
            path.parent.mkdir(parents=True, exist_ok=True)
            if not os.access(path.parent, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    for archive in _archives(path, download=download, on_progress=on_progress):
        try:
            data = _unpacked(archive.read(), path.name)
        except _BrokenError as error:
            failures.append(f"{archive.name}: {error}")
            continue
        with _writing(path):
            write_atomically(path, data)
        return
    advice = (
        f"Check the network, or put the four MNIST files into {path.parent}."
        if download
        else "A download mends it."
    )
    raise DatasetError(f"{'; '.join(failures)}. {advice}")


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatasetError(
            f"{path}: could not be written ({error.strerror or error}). Make room there, or name "
            "another folder."
        ) from error


class _BrokenError(Exception):
    """An archive that can't be had or used; the message says why."""


@dataclass(frozen=True)
class _Archive:
    name: str
    read: Callable[[], bytes]


def _archives(
    path: Path, *, download: bool, on_progress: ProgressCallback | None
) -> Iterator[_Archive]:
    """Where `path` can be had packed: beside it, then from each mirror."""
    beside = path.with_name(f"{path.name}.gz")
    if beside.is_file():
        yield _Archive(str(beside), partial(_read_archive, beside))
    for mirror in mnist_class().mirrors if download else ():
        url = f"{mirror}{beside.name}"
        yield _Archive(url, partial(_fetch, url, name=path.name, on_progress=on_progress))


def _read_archive(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES)
    except OSError as error:
        raise _BrokenError(f"it can't be read ({error.strerror})") from error


def _fetch(url: str, *, name: str, on_progress: ProgressCallback | None) -> bytes:
    try:
        return b"".join(downloaded(url, name=name, max_bytes=_MAX_BYTES, on_progress=on_progress))
    except ConnectionError as error:
        raise _BrokenError(str(error)) from error


def _unpacked(archive: bytes, name: str) -> bytes:
    """The file `name` in its gzip archive, verified."""
    try:
        with gzip.open(io.BytesIO(archive)) as source:
            data = source.read(_MAX_BYTES)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise _BrokenError(f"the archive is damaged ({error})") from error
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if found != _RAW_MD5[name]:
        raise _BrokenError(f"expected MD5 {_RAW_MD5[name]} unpacked, got {found}")
    return data
