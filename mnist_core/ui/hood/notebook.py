"""The page's steps as a Jupyter notebook with a visitor's settings, for PyTorch alone.

Its cells stand in `assets/hood/notebook.py`; what follows `# %%` says what kind a cell is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from mnist_core.files import ROOT
from mnist_core.server.setup import Setup
from mnist_core.ui.component import read_asset

_CELLS = "hood/notebook.py"
_MARK = "# %%"
_AUGMENTATION = ROOT / "mnist_core" / "training" / "augmentation.py"
_VARIED = '''

def varied(images):
    """Other pictures of the same digits, a little shifted, turned, bent and thickened."""
    pixels = (images * std + mean).view(-1, 28, 28)
    pixels = augment(pixels, config=AugmentationConfig(), generator=generator)
    return (pixels.view(-1, 784) - mean) / std'''
_IMPORTS = """from dataclasses import dataclass
from functools import cache

from torch import Tensor

IMAGE_SIZE = 28
"""


@dataclass(frozen=True, slots=True)
class _Cell:
    kind: str  # "[markdown]", "settings", "augmentation", "loop", or "" for other code
    text: str


def notebook(setup: Setup) -> str:
    """The notebook as the text of an .ipynb file; its losses are those of a run with `setup`."""
    cells = [
        _as_json(number, cell)
        for number, cell in enumerate(_filled(cell, setup) for cell in _cells())
    ]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": python, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False)


def training_loop() -> str:
    """The code of the notebook's training loop, which the page's own gives the same losses as."""
    return next(cell.text for cell in _cells() if cell.kind == "loop")


def _cells() -> Iterator[_Cell]:
    for part in read_asset(_CELLS).split(f"\n{_MARK}")[1:]:
        kind, _, text = part.partition("\n")
        yield _Cell(kind.strip(), text.strip())


def _filled(cell: _Cell, setup: Setup) -> _Cell:
    """The cell as it is for `setup`."""
    if cell.kind == "settings":
        return _Cell(cell.kind, _settings(setup))
    if cell.kind == "augmentation" and setup.augmentation:
        _, _, functions = _AUGMENTATION.read_text(encoding="utf-8").partition("\n_BENDS")
        return _Cell(cell.kind, f"{_IMPORTS}_BENDS{functions.rstrip()}{_VARIED}")
    return cell


def _settings(setup: Setup) -> str:
    model, train = setup.model_config(), setup.train_config()
    values = {
        "hidden_sizes": list(model.hidden_sizes),
        "activation": model.activation,
        "mean": model.mean,
        "std": model.std,
        "optimizer_name": train.optimizer,
        "learning_rate": train.learning_rate,
        "schedule": train.schedule,
        "batch_size": train.batch_size,
        "epochs": train.epochs,
        "weight_decay": train.weight_decay,
        "dropout": train.dropout,
        "label_smoothing": train.label_smoothing,
        "train_size": setup.train_size,
        "shuffle_labels": setup.shuffle_labels,
        "seed": setup.seed,
    }
    return "\n".join(f"{name} = {_literal(value)}" for name, value in values.items())


def _literal(value: object) -> str:
    return str(value) if isinstance(value, bool) else json.dumps(value)


def _as_json(number: int, cell: _Cell) -> dict[str, object]:
    markdown = cell.kind == "[markdown]"
    lines = cell.text.splitlines()
    if markdown:
        lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
    common: dict[str, object] = {
        "id": f"cell-{number}",
        "metadata": {},
        "source": "\n".join(lines).splitlines(keepends=True),
    }
    if markdown:
        return {"cell_type": "markdown"} | common
    return {"cell_type": "code", "execution_count": None, "outputs": []} | common
