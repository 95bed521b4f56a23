"""MNIST as tensors: download, verify, hold out, batch."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor
from torchvision import datasets

IMAGE_SIZE = 28
CLASS_COUNT = 10

# The unpacked files' MD5 sums: torchvision checks the archives that it downloads, but takes whatever
# lies unpacked in the folder for good.
_RAW_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
_DOWNLOAD_TIMEOUT_S = 20
_CHUNK_BYTES = 1 << 18


class DatasetError(Exception):
    """A data set that is missing, damaged, or out of reach; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images with their labels.

    images: (N, 28, 28) float32 in [0, 1], ink = 1. labels: (N,) int64 in 0-9.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or self.images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images: expected shape (N, 28, 28), got {tuple(self.images.shape)}")
        if self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels: expected shape ({len(self.images)},), got {tuple(self.labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, index: Tensor | slice) -> Dataset:
        """The images and labels at `index`, (M,) int64 or a slice."""
        return Dataset(self.images[index], self.labels[index])

    def to(self, device: torch.device | str) -> Dataset:
        return Dataset(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, slots=True)
class Splits:
    """The parts of a data set: what trains, what chooses settings, and what measures at the end."""

    train: Dataset
    validation: Dataset | None = None
    test: Dataset | None = None


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download has come, over all of its files."""

    file: str
    received_bytes: int
    total_bytes: int | None


ProgressCallback = Callable[[DownloadProgress], None]


class MNIST(datasets.MNIST):  # type: ignore[misc]  # torchvision is untyped
    """torchvision's MNIST, with a verified download that reports its progress.

    Keeps torchvision's name, since the data's folder is named after the class.
    """

    def _check_legacy_exist(self) -> bool:
        # A `processed/training.pt` of old torchvision releases would be unpickled.
        return False


def default_root() -> Path:
    """The cache folder that holds MNIST where the user names no other."""
    return Path.home() / ".cache" / "mnist_core"


def load_mnist(
    root: Path | str | None = None,
    *,
    download: bool = True,
    on_progress: ProgressCallback | None = None,
) -> Splits:
    """MNIST: 60,000 training and 10,000 test images, in the published order (notebook step 1).

    Files are verified by checksum each time. With `download`, missing or damaged ones are fetched
    (about 11 MB), reporting to `on_progress`; a broken download leaves nothing behind.

    Raises `DatasetError` where a file is missing or damaged and can't be had.
    """
    folder = Path(root) if root is not None else default_root()
    raw_folder = folder / "MNIST" / "raw"
    faults = {name: fault for name in _RAW_MD5 if (fault := _fault(raw_folder / name)) is not None}
    if faults and not download:
        name, fault = next(iter(faults.items()))
        raise DatasetError(f"{raw_folder / name}: {fault}. A download mends it.")
    if faults:
        _download(raw_folder, list(faults), on_progress)
    try:
        train, test = (_as_dataset(MNIST(folder, train=part)) for part in (True, False))
    except (OSError, RuntimeError, ValueError) as error:
        raise DatasetError(f"{raw_folder}: could not read MNIST ({error})") from error
    return Splits(train=train, test=test)


def hold_out(splits: Splits, *, size: int, generator: torch.Generator) -> Splits:
    """The same data with `size` random training images moved to validation; the test set stays.

    Raises `ValueError` unless 0 < size < the number of training images.
    """
    count = len(splits.train)
    if not 0 < size < count:
        raise ValueError(f"size: expected 1 to {count - 1}, got {size}")
    order = torch.randperm(count, generator=generator)
    return Splits(
        train=splits.train.subset(order[size:]),
        validation=splits.train.subset(order[:size]),
        test=splits.test,
    )


def batches(
    dataset: Dataset, *, batch_size: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled pass over `dataset` as (images, labels) batches; the last may be smaller."""
    for index in torch.randperm(len(dataset), generator=generator).split(batch_size):
        # index_select is three times as fast as images[index], and this is the hot loop.
        yield dataset.images.index_select(0, index), dataset.labels.index_select(0, index)


def synthetic_digits(count: int, *, generator: torch.Generator) -> Dataset:
    """`count` easy, made-up digits: shifted seven-segment figures with noise, for tests and trials."""
    labels = torch.randint(CLASS_COUNT, (count,), generator=generator)
    shifts = torch.randint(-3, 4, (count, 2), generator=generator)
    figures = _seven_segment_figures()
    images = torch.stack(
        [
            torch.roll(figures[label], shifts=(int(dy), int(dx)), dims=(0, 1))
            for label, (dy, dx) in zip(labels.tolist(), shifts, strict=True)
        ]
    )
    strength = torch.empty(count, 1, 1).uniform_(0.6, 1.0, generator=generator)
    noise = torch.empty_like(images).uniform_(0.0, 0.1, generator=generator)
    return Dataset((images * strength + noise).clamp_(0.0, 1.0), labels)


def _as_dataset(source: datasets.MNIST) -> Dataset:
    # The same numbers as torchvision's ToTensor gives, for all images at once.
    return Dataset(source.data.float().div_(255), source.targets.long())


def _fault(path: Path) -> str | None:
    """What is wrong with one unpacked file, or None where it is whole."""
    if not path.is_file():
        return "the file is missing"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    expected = _RAW_MD5[path.name]
    if found != expected:
        return f"the file is damaged: expected MD5 {expected}, got {found}"
    return None


def _download(raw_folder: Path, names: list[str], on_progress: ProgressCallback | None) -> None:
    try:
        raw_folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            _download_file(raw_folder, name, on_progress)
    except OSError as error:
        raise DatasetError(f"{raw_folder}: could not write MNIST there ({error})") from error


def _download_file(raw_folder: Path, name: str, on_progress: ProgressCallback | None) -> None:
    failures = []
    for mirror in MNIST.mirrors:
        url = f"{mirror}{name}.gz"
        descriptor, part = tempfile.mkstemp(prefix=f".{name}-", dir=raw_folder)
        os.close(descriptor)
        unpacked = Path(part)
        try:
            _fetch(url, unpacked, name=name, on_progress=on_progress)
            unpacked.replace(raw_folder / name)
            return
        except (
            URLError,
            TimeoutError,
            ConnectionError,
            gzip.BadGzipFile,
            zlib.error,
            EOFError,
        ) as error:
            failures.append(f"{url}: {error}")
        except DatasetError as error:
            failures.append(str(error))
        finally:
            unpacked.unlink(missing_ok=True)
    raise DatasetError(
        f"{name} could not be downloaded ({'; '.join(failures)}). Check the network, or put the four "
        f"MNIST files into {raw_folder}."
    )


def downloaded(
    url: str, *, name: str, on_progress: ProgressCallback | None = None
) -> Iterator[bytes]:
    """The bytes at `url`, piece by piece, reporting to `on_progress`. OSError where it breaks off."""
    received, total = 0, None
    try:
        with urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT_S) as response:
            length = response.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            while chunk := response.read(_CHUNK_BYTES):
                received += len(chunk)
                if on_progress is not None:
                    on_progress(DownloadProgress(name, received, total))
                yield chunk
    except HTTPException as error:
        raise ConnectionError(f"the download broke off: {error}") from error
    if total is not None and received < total:
        raise ConnectionError(f"the download broke off after {received:,} of {total:,} bytes")


def _fetch(url: str, unpacked: Path, *, name: str, on_progress: ProgressCallback | None) -> None:
    """Downloads the archive at `url`, unpacks it into `unpacked`, and verifies that."""
    with tempfile.TemporaryFile(dir=unpacked.parent) as archive:
        archive.writelines(downloaded(url, name=name, on_progress=on_progress))
        archive.seek(0)
        with gzip.open(archive) as source, unpacked.open("wb") as target:
            shutil.copyfileobj(source, target)
    with unpacked.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != _RAW_MD5[name]:
        raise DatasetError(f"{url}: expected MD5 {_RAW_MD5[name]} unpacked, got {found}")


def _seven_segment_figures() -> Tensor:
    """(10, 28, 28): one seven-segment figure a digit."""
    bars = {
        "a": (slice(5, 7), slice(9, 19)),
        "b": (slice(5, 15), slice(17, 19)),
        "c": (slice(13, 23), slice(17, 19)),
        "d": (slice(21, 23), slice(9, 19)),
        "e": (slice(13, 23), slice(9, 11)),
        "f": (slice(5, 15), slice(9, 11)),
        "g": (slice(13, 15), slice(9, 19)),
    }
    segments = [
        "abcdef",
        "bc",
        "abged",
        "abgcd",
        "fgbc",
        "afgcd",
        "afgecd",
        "abc",
        "abcdefg",
        "abcdfg",
    ]
    figures = torch.zeros(CLASS_COUNT, IMAGE_SIZE, IMAGE_SIZE)
    for figure, names in zip(figures, segments, strict=True):
        for name in names:
            figure[bars[name]] = 1.0
    return figures
