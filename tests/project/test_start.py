"""What the page needs to start: little, and whole weights."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_core.errors import StartError
from mnist_core.files import PAIR_WEIGHTS, ROOT, WEIGHTS
from mnist_core.models.config import PairConfig
from mnist_core.server.ready_model import check_weights

# Each takes seconds or a hundred MB, which a page on which nobody trains must not.
SEVEN = [[(20, 20), (80, 20), (45, 110)]]
HEAVY = ("torch", "torchvision", "matplotlib", "numba")
BUILD = f"""
import json, sys

stubs = []
sys.addaudithook(lambda event, about: stubs.extend(
    str(name) for name in about[:1] if event == "open" and str(name).endswith(".pyi")))

def loaded():
    return [name for name in {HEAVY} if name in sys.modules]

import app
from mnist_core.server.application import Application
from mnist_core.ui.page import build_page, launch_options

application = Application()
build_page(application, tabs=app.TABS)
launch_options(application)
application.start()
page = loaded()
from mnist_core.ink.ink import Ink
digit = application.ready.predict(Ink({SEVEN})).digit
from mnist_core.server.loaded_model import LoadedModel
LoadedModel.of(application.ready, number=1)
answering = loaded()
import mnist_core.worker.__main__
print(json.dumps([page, digit, answering, loaded(), stubs]))
"""


def test_pages_start_and_answer_and_workers_start_without_what_is_needed_later() -> None:
    built = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    of_page, digit, of_answer, of_worker, stubs = json.loads(built.stdout)
    assert (of_page, digit, of_answer) == ([], 7, [])
    assert of_worker == ["torch", "numba"]
    assert len(set(stubs)) <= 2  # Gradio would read and write one a component at each start


def test_whole_weights_pass() -> None:
    check_weights(WEIGHTS)
    check_weights(PAIR_WEIGHTS, kind=PairConfig)


def test_weights_of_another_kind_are_said_in_a_sentence() -> None:
    with pytest.raises(StartError, match=r"pairs\.safetensors: expected mnist_core.mlp, got mnist"):
        check_weights(PAIR_WEIGHTS)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"not a model",
        lambda data: data[:-1],
        lambda data: data[:100],
        lambda data: b"\xff" + data[1:],
    ],
    ids=["empty", "foreign", "cut short", "cut in its header", "a damaged header"],
)
def test_damaged_weights_are_said_in_a_sentence(
    damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "mnist.safetensors"
    path.write_bytes(damage(WEIGHTS.read_bytes()))
    with pytest.raises(StartError, match=r"The ready-made model can't be read: .*mnist\.safet"):
        check_weights(path)


def test_missing_weights_are_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"The ready-made model can't be read: .*nowhere"):
        check_weights(tmp_path / "nowhere")
