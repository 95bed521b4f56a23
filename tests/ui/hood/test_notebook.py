"""The downloaded notebook: it runs by itself, and learns what the page learnt."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.mlp import MLP
from mnist_core.server.limits import Limits
from mnist_core.server.setup import Setup, parse_setup
from mnist_core.training.events import StepEvent
from mnist_core.training.loop import train
from mnist_core.training.presets import PRESETS
from mnist_core.ui.hood.notebook import notebook, training_loop
from mnist_core.worker.measuring import share, with_shuffled_labels

#: Runs the code of notebooks' cells in turn, without this project and what it needs besides PyTorch;
#: prints the losses of each, and how often it told of an epoch.
_RUN = """
import contextlib, io, json, sys
for name in ("mnist_core", "gradio", "safetensors", "pydantic", "fastapi"):
    sys.modules[name] = None
for path in sys.argv[1:]:
    space, out = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for cell in json.load(open(path, encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), cell["id"], "exec"), space)
    print(json.dumps([space["losses"], out.getvalue().count("Training loss: ")]))
"""


def setup_of(**values: Any) -> Setup:
    return parse_setup({"train_size": 400, "epochs": 2} | values, limits=Limits())


def losses_of(setup: Setup, splits: Splits) -> list[float]:
    """Of each batch of a run with `setup`, as a worker trains it."""
    generator = torch.Generator().manual_seed(setup.seed)
    model = MLP(setup.model_config(), generator=generator)
    data, _ = share(splits, size=setup.train_size, seed=setup.seed)
    if setup.shuffle_labels:
        data = with_shuffled_labels(data, seed=setup.seed)
    events = train(model, data, config=setup.train_config(), generator=generator)
    return [event.loss for event in events if isinstance(event, StepEvent)]


SETUPS = (
    setup_of(preset="notebook", batch_size=64, seed=3),
    setup_of(preset="fast", activation="tanh", dropout=0.2, weight_decay=1e-3, augmentation=True),
    setup_of(
        preset="linear", optimizer="adam", weight_decay=0.01, batch_size=150, shuffle_labels=True
    ),
)


def test_notebooks_run_by_themselves_and_have_the_pages_losses(
    mnist: Splits, mnist_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "MNIST_data").symlink_to(mnist_root.resolve())
    names = [f"{setup.preset}.ipynb" for setup in SETUPS]
    for name, setup in zip(names, SETUPS, strict=True):
        (tmp_path / name).write_text(notebook(setup), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, *names],
        cwd=tmp_path,
        env={"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    for line, setup in zip(ran.stdout.splitlines(), SETUPS, strict=True):
        losses, epochs = json.loads(line)
        assert epochs == setup.epochs
        assert losses == pytest.approx(losses_of(setup, mnist), rel=1e-3)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_cell_of_every_preset_is_whole(preset: str) -> None:
    written = json.loads(notebook(Setup.of_preset(preset)))
    assert (written["nbformat"], written["nbformat_minor"]) == (4, 5)
    kinds = {cell["cell_type"] for cell in written["cells"]}
    assert kinds == {"markdown", "code"}
    ids = [cell["id"] for cell in written["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in written["cells"]:
        text = "".join(cell["source"])
        assert text
        assert "# %%" not in text
        if cell["cell_type"] == "code":
            ast.parse(text)
    code = "\n".join("".join(cell["source"]) for cell in written["cells"])
    assert f'optimizer_name = "{PRESETS[preset].train.optimizer}"' in code
    assert training_loop() in code
