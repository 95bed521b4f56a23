import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.data.lzw import decompress
from mnist_core.data.pendigits import (
    is_held_out,
    is_validation,
    parse_pen_digits,
    pen_dataset,
    read_pen_digits,
)
from mnist_core.data.pendigits_download import load_pen_digits, unpack_zip
from mnist_core.errors import DatasetError

TEXT = """.INCLUDE dene.doc
.LEXICON "0" "1"
.SEGMENT DIGIT 0 ? "7"
.COMMENT 7 12 224
.PEN_DOWN
 10 100
 60 100
.PEN_UP
.PEN_DOWN
 20 50
 50 51
.PEN_UP
.DT 100

.SEGMENT DIGIT 1 ? "1"
.COMMENT 1 25 3
.PEN_DOWN
 10 100
 10 0
.PEN_UP
.DT 100
"""


def packed(data: bytes, max_width: int = 12) -> bytes:
    """`data` as `compress` packs it, without clearing the table."""
    table = {bytes([value]): value for value in range(256)}
    following, width, bits, count, out = 257, 9, 0, 0, bytearray()
    group: list[int] = []

    def flush(pad: bool) -> None:
        nonlocal group
        total = sum(code << (width * place) for place, code in enumerate(group))
        size = width if pad else -(-len(group) * width // 8)
        out.extend(total.to_bytes(size, "little"))
        group = []

    del bits, count
    prefix = b""
    for value in data:
        longer = prefix + bytes([value])
        if longer in table:
            prefix = longer
            continue
        group.append(table[prefix])
        if len(group) == 8:
            flush(True)
        if following < 1 << max_width:
            table[longer] = following
            following += 1
            # The reader is one entry behind the writer.
            if following - 1 == 1 << width and width < max_width:
                if group:
                    flush(True)
                width += 1
        prefix = bytes([value])
    group.append(table[prefix])
    flush(False)
    return b"\x1f\x9d" + bytes([0x80 | max_width]) + bytes(out)


def test_reads_strokes_labels_and_writers_with_y_down():
    seven, one = parse_pen_digits(TEXT, source="here")
    assert (seven.digit, seven.writer, len(seven.strokes)) == (7, 12, 2)
    assert (one.digit, one.writer) == (1, 25)
    top, bottom = one.strokes[0][:, 1]
    assert top < bottom
    assert np.allclose(np.diff(seven.strokes[0], axis=0), [[50, 0]])


def test_dataset_holds_images_as_the_model_sees_ink():
    dataset = pen_dataset(parse_pen_digits(TEXT, source="here"))
    assert dataset.images.shape == (2, 28, 28)
    assert dataset.labels.tolist() == [7, 1]
    assert dataset.images[1, 5:23, 14].min() > 0.5
    assert len(pen_dataset([])) == 0


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        (" 60 100\n", " 60\n", 7, "two coordinates"),
        (" 60 100\n", " 60 1x0\n", 7, "two coordinates"),
        (" 60 100\n", " 60 nan\n", 7, "finite"),
        ('"7"', '""', 3, "label"),
        ('"7"', '"12"', 3, "label"),
        (".COMMENT 7 12 224", ".COMMENT 7", 4, "COMMENT"),
        (".COMMENT 7 12 224", ".COMMENT 8 12 224", 4, "differs"),
        (".COMMENT 7 12 224\n", "", 14, "COMMENT"),
        (".PEN_UP\n.DT 100\n\n", "", 12, "within a stroke"),
        (".PEN_DOWN\n 10 100\n 60 100\n", " 10 100\n 60 100\n", 5, "pen is up"),
        (" 10 0\n.PEN_UP\n.DT 100\n", " 10 0\n", 19, "cut off"),
        (" 10 0\n.PEN_UP\n.DT 100\n", " 10\n", 19, "two coordinates"),
    ],
)
def test_damage_names_file_and_line(tmp_path: Path, old, new, line, fault):
    assert old in TEXT
    file = tmp_path / "pendigits-orig.tra"
    file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(DatasetError, match=rf"pendigits-orig\.tra, line {line}: .*{fault}"):
        read_pen_digits(file)


def test_file_cut_after_a_whole_number_is_noticed():
    with pytest.raises(DatasetError, match=r"line 18: .*cut off"):
        parse_pen_digits(TEXT[: TEXT.rindex(" 10 0")].rstrip("\n"), source="here")


@pytest.mark.parametrize("text", ["", ".INCLUDE x\n"])
def test_a_file_without_digits_is_an_error(text):
    with pytest.raises(DatasetError, match="found none"):
        parse_pen_digits(text, source="here")


def test_missing_file_is_an_error(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"pendigits-orig\.tra"):
        read_pen_digits(tmp_path)
    with pytest.raises(DatasetError, match="missing"):
        load_pen_digits(tmp_path, download=False)


def test_six_writers_are_held_out_and_validate_nothing():
    held_out = [writer for writer in range(1, 31) if is_held_out(writer)]
    assert held_out == [5, 10, 15, 20, 25, 30]
    assert not any(is_validation(writer) for writer in held_out)
    assert sum(is_validation(writer) for writer in range(1, 31)) == 3


def test_unpacks_what_compress_packs():
    generator = np.random.default_rng(0)
    data = bytes(generator.integers(97, 101, 20_000).tolist()) + TEXT.encode() * 40
    for max_width in (9, 12, 16):
        assert decompress(packed(data, max_width)) == data


def test_the_packer_of_these_tests_is_what_gzip_reads():
    gzip = shutil.which("gzip")
    assert gzip is not None, "gzip is needed to check the packer of these tests"
    data = TEXT.encode() * 200
    done = subprocess.run([gzip, "-dc"], input=packed(data), capture_output=True, check=True)
    assert done.stdout == data


def test_table_is_cleared_on_request():
    # 'a', clear (which ends the group of eight 9-bit codes), 'b'.
    codes = (97 | 256 << 9).to_bytes(9, "little") + (98).to_bytes(2, "little")
    assert decompress(b"\x1f\x9d\x90" + codes) == b"ab"


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"\x1f\x9d\x88", b"\x1f\x9d\x90\xff\xff\xff\xff"]
)
def test_damaged_z_file_is_refused(data):
    with pytest.raises(ValueError, match=r"\.Z"):
        decompress(data)


def test_reads_the_zip_with_the_packed_file_inside(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("pendigits-orig.tra.Z", packed(TEXT.encode()))
    assert unpack_zip(buffer.getvalue(), source="zip") == TEXT.encode()
    file = tmp_path / "uci.zip"
    file.write_bytes(buffer.getvalue())
    assert [digit.digit for digit in load_pen_digits(file)] == [7, 1]
    file.write_bytes(buffer.getvalue()[:100])
    with pytest.raises(DatasetError, match=r"uci\.zip"):
        load_pen_digits(file)


def test_finds_the_file_in_a_data_folder(tmp_path: Path):
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / "pendigits-orig.tra").write_text(TEXT)
    digits = load_pen_digits(tmp_path, download=False)
    assert torch.equal(pen_dataset(digits).labels, torch.tensor([7, 1]))


@pytest.mark.parametrize(
    "name",
    ["pendigits-orig.tra.Z", "pendigits.zip", "pen+based+recognition+of+handwritten+digits.zip"],
)
def test_finds_what_was_fetched_by_hand_and_not_unpacked(name: str, tmp_path: Path):
    data = packed(TEXT.encode())
    if name.endswith(".zip"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("pendigits-orig.tra.Z", data)
        data = buffer.getvalue()
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / name).write_bytes(data)
    assert len(load_pen_digits(tmp_path, download=False)) == 2
