"""What holds for the project as a whole: its pins, its weights, which part may import which."""

import re
import subprocess
import sys

import pytest

from mnist_core.files import ROOT


def test_the_space_runs_the_gradio_that_is_pinned() -> None:
    pinned = re.search(r"^gradio==(.+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    named = re.search(r"^sdk_version: (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert pinned is not None
    assert named is not None
    assert pinned[1] == named[1]


def test_the_shipped_weights_stay_small() -> None:
    assert (ROOT / "assets" / "mnist.safetensors").stat().st_size <= 8 * 2**20


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("mnist_core", "gradio"),
        ("mnist_core.worker", "gradio"),
        ("mnist_core.explain", "gradio"),
        ("mnist_core.__main__", "mnist_core.explain"),
        ("mnist_core.__main__", "mnist_core.ui"),
    ],
)
def test_imports_go_one_way(imported: str, absent: str) -> None:
    code = f"import sys, {imported}; sys.exit({absent!r} in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert finished.returncode == 0, f"{imported} imports {absent}"


def test_every_file_that_the_readme_names_is_there() -> None:
    text = (ROOT / "README.md").read_text()
    named = re.findall(r"\]\(((?!http|#)[^)]+)\)", text) + re.findall(r"\| `([\w./]+)` \|", text)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []
