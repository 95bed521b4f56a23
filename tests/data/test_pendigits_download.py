import base64
import io
import zipfile
from pathlib import Path

import pytest
import torch

from mnist_core.data.pendigits import pen_dataset
from mnist_core.data.pendigits_download import load_pen_digits, unpack_zip
from mnist_core.errors import DatasetError
from tests.support.pen_digits import UNIPEN

# UNIPEN as the Unix program `compress` packs it.
PACKED = base64.b64decode(
    "H52MLpI4GcKkCpEiIMiUcVPGBZk3YxS4YFIES5IhT5yAEAFDxMYYIiROKXKkSREnVEAQSXIkSUoYIH5svBHSBcYmJl"
    "GCuAEihgwQMmTQkAjl5BciT644UdATZgwYMJjacAqVqNEqUKw6OZp0KVCYNaKCCDs2htYvWCUSSfk0qkiSOVOubMk2"
    "5seaN+P2BFoDxIyzSJUyfdpULOGoLopuTetibWEF"
)


def test_reads_the_zip_with_the_packed_file_inside(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("pendigits-orig.tra.Z", PACKED)
    assert unpack_zip(buffer.getvalue(), source="zip") == UNIPEN.encode()
    file = tmp_path / "uci.zip"
    file.write_bytes(buffer.getvalue())
    assert [digit.digit for digit in load_pen_digits(file)] == [7, 1]
    file.write_bytes(buffer.getvalue()[:100])
    with pytest.raises(DatasetError, match=r"uci\.zip"):
        load_pen_digits(file)


def test_finds_the_file_in_a_data_folder(tmp_path: Path) -> None:
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / "pendigits-orig.tra").write_text(UNIPEN)
    digits = load_pen_digits(tmp_path, download=False)
    assert torch.equal(pen_dataset(digits).labels, torch.tensor([7, 1]))


def test_a_packed_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "pendigits-orig.tra.Z"
    file.write_bytes(PACKED)
    assert [digit.digit for digit in load_pen_digits(file)] == [7, 1]


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", PACKED[:2] + b"\x88", PACKED[:3] + b"\xff" * 4, PACKED[:100]]
)
def test_a_damaged_packed_file_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "pendigits-orig.tra.Z"
    file.write_bytes(data)
    with pytest.raises(DatasetError, match=r"pendigits-orig\.tra\.Z"):
        load_pen_digits(file)


def test_a_folder_without_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="missing"):
        load_pen_digits(tmp_path, download=False)


@pytest.mark.parametrize(
    "name",
    ["pendigits-orig.tra.Z", "pendigits.zip", "pen+based+recognition+of+handwritten+digits.zip"],
)
def test_finds_what_was_fetched_by_hand_and_not_unpacked(name: str, tmp_path: Path) -> None:
    data = PACKED
    if name.endswith(".zip"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("pendigits-orig.tra.Z", PACKED)
        data = buffer.getvalue()
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / name).write_bytes(data)
    assert len(load_pen_digits(tmp_path, download=False)) == 2
