"""UCI's pen digits from where the public gets them: a folder, UCI's zip, or a download of it."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

from unlzw3 import unlzw

from mnist_core.data.download import ProgressCallback, downloaded
from mnist_core.data.mnist import default_root
from mnist_core.data.pendigits import FILE_NAME, PenDigit, parse_pen_digits, read_pen_digits
from mnist_core.errors import DatasetError
from mnist_core.files import write_atomically

URL = "https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip"
FOLDER = "pendigits"
# As UCI calls it, and a browser that keeps no plus signs.
_ZIPS = ("pen+based+recognition+of+handwritten+digits.zip", "pendigits.zip")
_SHA256 = "a66225d68d7d68591e62944df1ad33b3f5aa608e2df2505844b41f5568a80da4"
_MAX_ZIP_BYTES = 1 << 27


def load_pen_digits(
    root: Path | str | None = None,
    *,
    download: bool = True,
    on_progress: ProgressCallback | None = None,
) -> list[PenDigit]:
    """The 7,494 pen digits of `pendigits-orig.tra`, by 30 writers.

    `root`: the file itself, packed as .Z or not, UCI's zip, or a data folder with one of these in it
    or in `pendigits/` beside MNIST. Where a folder has none, `download` fetches UCI's zip (under 6 MB)
    and keeps the unpacked, verified file there.

    Raises `DatasetError` where the data are missing, damaged, or out of reach.
    """
    folder = Path(root) if root is not None else default_root()
    if folder.is_file():
        return _read_file(folder)
    for place in (folder, folder / FOLDER):
        for name in (FILE_NAME, f"{FILE_NAME}.Z", *_ZIPS):
            if (place / name).is_file():
                return _read_file(place / name)
    target = folder / FOLDER / FILE_NAME
    if not download:
        raise DatasetError(f"{target}: the file is missing. A download mends it.")
    text = unpack_zip(_fetch(on_progress), source=URL)
    found = hashlib.sha256(text).hexdigest()
    if found != _SHA256:
        raise DatasetError(f"{URL}: expected SHA-256 {_SHA256} unpacked, got {found}")
    _keep(text, target)
    return read_pen_digits(target)


def unpack_zip(data: bytes, *, source: str) -> bytes:
    """`pendigits-orig.tra` from the bytes of UCI's zip, where it lies packed as .Z."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {Path(name).name: name for name in archive.namelist()}
            if FILE_NAME in names:
                return archive.read(names[FILE_NAME])
            if f"{FILE_NAME}.Z" not in names:
                raise DatasetError(f"{source}: expected {FILE_NAME}.Z in the zip")
            return bytes(unlzw(archive.read(names[f"{FILE_NAME}.Z"])))
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError) as error:
        raise DatasetError(f"{source}: damaged ({error})") from error


def _read_file(file: Path) -> list[PenDigit]:
    if file.suffix not in (".zip", ".Z"):
        return read_pen_digits(file)
    try:
        data = file.read_bytes()
        text = unpack_zip(data, source=str(file)) if file.suffix == ".zip" else unlzw(data)
        return parse_pen_digits(text.decode("ascii"), source=str(file))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file}: could not read pen digits ({error})") from error


def _fetch(on_progress: ProgressCallback | None) -> bytes:
    pieces = downloaded(
        URL, name="pendigits.zip", max_bytes=_MAX_ZIP_BYTES, on_progress=on_progress
    )
    try:
        return b"".join(pieces)
    except ConnectionError as error:
        raise DatasetError(
            f"pen digits could not be downloaded ({URL}: {error}). Check the network, or put "
            f"{FILE_NAME} into the data folder's {FOLDER}/."
        ) from error


def _keep(text: bytes, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, text)
    except OSError as error:
        raise DatasetError(f"{target}: could not be written ({error})") from error
