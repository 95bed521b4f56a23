"""One training of a search: its settings, and what came of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass

import torch

from mnist_core.data.datasets import Splits, hold_out
from mnist_core.models.checkpoints import dump_checkpoint
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.search.settings import Settings
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import EndEvent, EpochEvent
from mnist_core.training.loop import train
from mnist_core.training.presets import Preset

_VALIDATION_SIZE = 5_000
_OF_THE_MODEL = ("hidden_sizes", "activation", "normalization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What to train. settings: what the search varies, for the table."""

    settings: Settings
    model: MLPConfig
    train: TrainConfig
    seed: int

    @classmethod
    def of(cls, settings: Settings, preset: Preset, *, seed: int) -> Trial:
        """`preset` with other settings; `ValueError` names one that is out of range."""
        model = {name: value for name, value in settings.items() if name in _OF_THE_MODEL}
        rest = {name: value for name, value in settings.items() if name not in _OF_THE_MODEL}
        config = dataclasses.replace(preset.train, validation_size=_VALIDATION_SIZE)
        return cls(
            settings=settings,
            model=dataclasses.replace(preset.model, **model),  # type: ignore[arg-type]
            train=dataclasses.replace(config, **rest),  # type: ignore[arg-type]
            seed=seed,
        )

    @property
    def name(self) -> str:
        """16 hexadecimal digits that stand for all that decides how it goes."""
        decides = [dataclasses.asdict(self.model), dataclasses.asdict(self.train), self.seed]
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a trial. The lists have a figure an epoch; accuracies are fractions.

    diverged: its loss was no longer a finite number; what is told is from before that.
    """

    train_losses: list[float]
    validation_losses: list[float]
    validation_accuracies: list[float]
    parameter_count: int
    elapsed_s: float
    diverged: bool

    @property
    def accuracy(self) -> float:
        """The validation accuracy that trials are compared by; 0 for one that diverged."""
        return 0.0 if self.diverged else self.validation_accuracies[-1]


def held_out(data: Splits, *, seed: int) -> Splits:
    """`data` as every trial of a search has it: the same images held out, and no test images."""
    generator = torch.Generator().manual_seed(seed)
    parts = hold_out(data, size=min(_VALIDATION_SIZE, len(data.train) // 2), generator=generator)
    return Splits(train=parts.train, validation=parts.validation)


def train_trial(trial: Trial, data: Splits) -> tuple[Result, bytes]:
    """What came of it on `data`, which has a validation split, and the trained model's file."""
    generator = torch.Generator().manual_seed(trial.seed)
    model = MLP(trial.model, generator=generator)
    epochs: list[EpochEvent] = []
    end: EndEvent | None = None
    for event in train(model, data, config=trial.train, generator=generator):
        if isinstance(event, EpochEvent):
            epochs.append(event)
        elif isinstance(event, EndEvent):
            end = event
    assert end is not None
    result = Result(
        train_losses=[each.train_loss for each in epochs],
        validation_losses=[each.validation_loss or 0.0 for each in epochs],
        validation_accuracies=[each.validation_accuracy or 0.0 for each in epochs],
        parameter_count=model.parameter_count,
        elapsed_s=end.elapsed_s,
        diverged=end.diverged,
    )
    return result, dump_checkpoint(model)
