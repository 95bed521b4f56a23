"""Every kind of picture file gives the same 28×28 image, or one sentence."""

from __future__ import annotations

import io
import subprocess
import sys
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


# How much more the process has held than for a first picture, which is a usual one.
_MEMORY = """
import sys
from pathlib import Path
from mnist_core.errors import PictureError
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import read_picture

def most():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024

first, *others = sorted(Path(sys.argv[1]).iterdir())
Ink.from_image(read_picture(first))
before = most()
for path in others:
    try:
        Ink.from_image(read_picture(path))
    except PictureError:
        pass
    if most() - before > 30:
        sys.exit(f"{path.name}: {most() - before} MB")
"""


def test_no_bad_picture_takes_memory(tmp_path: Path) -> None:
    files = {"0 first": read_files()["large JPEG"]}
    files |= {name: data for name, (data, _) in refused_files().items()} | blank_files()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _MEMORY, str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
