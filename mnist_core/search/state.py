"""What a search has done so far, in a folder: it goes on from there, whenever it was stopped."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mnist_core.files import write_atomically
from mnist_core.search.trial import Result, Trial


class State:
    """The finished trials in `folder`, each with two files by its name: what came of it, and its model."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Sees that there is a folder to write to; `ValueError` where there can be none."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise ValueError(
                f"--state {self._folder}: expected a folder, or room for one"
            ) from None
        if not os.access(self._folder, os.W_OK):
            raise ValueError(f"--state {self._folder}: nothing can be written there")

    def write(self, trial: Trial, result: Result, weights: bytes) -> None:
        """Keeps a trial. The model first: where the figures are, the model is there too."""
        write_atomically(self.model_of(trial), weights)
        told = {"settings": dict(trial.settings), **dataclasses.asdict(result)}
        write_atomically(self._figures_of(trial), json.dumps(told, indent=1).encode())

    def read(self, trial: Trial) -> Result | None:
        """What came of a trial; None where it is not finished, or its files are damaged."""
        if not self.model_of(trial).is_file():
            return None
        try:
            return _result(json.loads(self._figures_of(trial).read_bytes()))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def model_of(self, trial: Trial) -> Path:
        """The file with the trial's weights."""
        return self._folder / f"{trial.name}.safetensors"

    def _figures_of(self, trial: Trial) -> Path:
        return self._folder / f"{trial.name}.json"


def _result(told: Mapping[str, Any]) -> Result:
    result = Result(**{each.name: told[each.name] for each in dataclasses.fields(Result)})
    figures = [*result.train_losses, *result.validation_losses, *result.validation_accuracies]
    if not all(math.isfinite(each) for each in figures):
        raise ValueError("expected finite figures")
    if not result.diverged and not result.validation_accuracies:
        raise ValueError("expected an epoch at least")
    return result
