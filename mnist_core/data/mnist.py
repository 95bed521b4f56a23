"""MNIST as tensors: download, verify, hold out, batch."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
import zlib
from pathlib import Path
from urllib.error import URLError

from torchvision import datasets

from mnist_core.data.datasets import Dataset, Splits
from mnist_core.data.download import ProgressCallback, downloaded
from mnist_core.errors import DatasetError

# The unpacked files' MD5 sums: torchvision checks the archives that it downloads, but takes whatever
# lies unpacked in the folder for good.
_RAW_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


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
