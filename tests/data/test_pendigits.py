from pathlib import Path

import numpy as np
import pytest

from mnist_core.data.pendigits import (
    is_held_out,
    is_validation,
    parse_pen_digits,
    pen_dataset,
    read_pen_digits,
)
from mnist_core.errors import DatasetError
from tests.support.pen_digits import UNIPEN


def test_reads_strokes_labels_and_writers_with_y_down() -> None:
    seven, one = parse_pen_digits(UNIPEN, source="here")
    assert (seven.digit, seven.writer, len(seven.strokes)) == (7, 12, 2)
    assert (one.digit, one.writer) == (1, 25)
    top, bottom = one.strokes[0][:, 1]
    assert top < bottom
    assert np.allclose(np.diff(seven.strokes[0], axis=0), [[50, 0]])


def test_dataset_holds_images_as_the_model_sees_ink() -> None:
    dataset = pen_dataset(parse_pen_digits(UNIPEN, source="here"))
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
def test_damage_names_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, fault: str
) -> None:
    assert old in UNIPEN
    file = tmp_path / "pendigits-orig.tra"
    file.write_text(UNIPEN.replace(old, new, 1))
    with pytest.raises(DatasetError, match=rf"pendigits-orig\.tra, line {line}: .*{fault}"):
        read_pen_digits(file)


def test_file_cut_after_a_whole_number_is_noticed() -> None:
    with pytest.raises(DatasetError, match=r"line 18: .*cut off"):
        parse_pen_digits(UNIPEN[: UNIPEN.rindex(" 10 0")].rstrip("\n"), source="here")


@pytest.mark.parametrize("text", ["", ".INCLUDE x\n"])
def test_a_file_without_digits_is_an_error(text: str) -> None:
    with pytest.raises(DatasetError, match="found none"):
        parse_pen_digits(text, source="here")


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"pendigits-orig\.tra"):
        read_pen_digits(tmp_path)


def test_six_writers_are_held_out_and_validate_nothing() -> None:
    held_out = [writer for writer in range(1, 31) if is_held_out(writer)]
    assert held_out == [5, 10, 15, 20, 25, 30]
    assert not any(is_validation(writer) for writer in held_out)
    assert sum(is_validation(writer) for writer in range(1, 31)) == 3
