"""Every kind of picture file gives the same 28×28 image, or one sentence."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from mnist_core.errors import PictureError
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import read_picture
from tests.support.picture_files import blank_files, read_files, refused_files, seven

SEVEN = Ink.from_image(np.asarray(seven())).to_image()


@pytest.mark.parametrize("name", read_files())
def test_a_picture_is_the_same_in_every_kind_of_file(name: str) -> None:
    image = Ink.from_image(read_picture(read_files()[name])).to_image()
    # The losses of JPEG move its rim a little; another side up, it would differ by 0.2.
    assert np.abs(image - SEVEN).mean() < 0.06


@pytest.mark.parametrize("name", refused_files())
def test_another_file_is_a_sentence(name: str) -> None:
    data, said = refused_files()[name]
    with pytest.raises(PictureError, match=r"^Expected .*\.$") as caught:
        read_picture(data)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", blank_files())
def test_a_picture_without_ink_is_empty(name: str) -> None:
    assert Ink.from_image(read_picture(blank_files()[name])).is_empty


def test_a_path_its_bytes_and_an_open_file_are_the_same_picture(tmp_path: Path) -> None:
    data = read_files()["JPEG"]
    path = tmp_path / "seven.jpg"
    path.write_bytes(data)
    expected = read_picture(data)
    for source in (path, str(path), io.BytesIO(data)):
        np.testing.assert_array_equal(read_picture(source), expected)


def test_a_file_of_too_many_bytes_is_a_sentence() -> None:
    with pytest.raises(PictureError, match="at most 2 MB"):
        read_picture(bytes(2**21 + 1), max_bytes=2**21)
