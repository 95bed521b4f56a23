"""The set-up of a training as the page's controls hold it: its fields, ranges and presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from mnist_core.models.config import Activation, MLPConfig
from mnist_core.server.limits import Limits
from mnist_core.training.config import OptimizerName, TrainConfig
from mnist_core.training.presets import DEFAULT_PRESET, PRESETS

ACTIVATIONS = get_args(Activation)
OPTIMIZERS = get_args(OptimizerName)
# What may change while a training runs.
LIVE_FIELDS = ("learning_rate", "batch_size", "weight_decay", "dropout")

_RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-6, 100.0),
    "batch_size": (1, 4096),
    "weight_decay": (0.0, 1.0),
    "dropout": (0.0, 0.9),
    "train_size": (100, 60_000),
    "seed": (0, 2**31 - 1),
}


class SetupError(ValueError):
    """A set-up that can't be trained; the message is a sentence for the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything that a training depends on besides its data. `SetupError` names what is wrong."""

    preset: str
    epochs: int
    learning_rate: float
    batch_size: int
    optimizer: OptimizerName
    weight_decay: float
    hidden_sizes: tuple[int, ...]
    activation: Activation
    dropout: float
    augmentation: bool
    train_size: int
    seed: int

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SetupError(f"{_words(name)} must be from {low:g} to {high:g}.")
        for name, choices in (
            ("activation", ACTIVATIONS),
            ("optimizer", OPTIMIZERS),
            ("preset", tuple(_PRESET_WORDS)),
        ):
            if getattr(self, name) not in choices:
                raise SetupError(f"{_words(name)} must be one of {', '.join(choices)}.")

    def model_config(self) -> MLPConfig:
        return dataclasses.replace(
            _base(self.preset)[0],
            hidden_sizes=self.hidden_sizes,
            activation=self.activation,
        )

    def train_config(self) -> TrainConfig:
        return dataclasses.replace(
            _base(self.preset)[1],
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            dropout=self.dropout,
            augment=self.augmentation,
            # The worker chooses the images, the same held-out ones for every run.
            validation_size=0,
            train_size=None,
        )

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"hidden_sizes": list(self.hidden_sizes)}


def parse_setup(values: object, *, limits: Limits, onto: Setup | None = None) -> Setup:
    """The set-up that `values`, as they came from a page, describe; missing ones are `onto`'s.

    Raises `SetupError` for anything of the wrong type or out of its range.
    """
    if not isinstance(values, Mapping):
        raise SetupError("The set-up did not arrive whole.")
    if onto is None:
        preset = values.get("preset", DEFAULT_PRESET)
        if not isinstance(preset, str) or preset not in LAB_PRESETS:
            raise SetupError("There is no such preset.")
        onto = LAB_PRESETS[preset]
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(Setup):
        if field.name in values:
            changes[field.name] = _typed(field.name, values[field.name], limits)
    return dataclasses.replace(onto, **changes)


def _typed(name: str, value: object, limits: Limits) -> object:
    if name in ("preset", "optimizer", "activation"):
        if not isinstance(value, str) or len(value) > 40:
            raise SetupError(f"{_words(name)} must be one of the choices.")
        return value
    if name == "augmentation":
        if not isinstance(value, bool):
            raise SetupError("Augmentation must be on or off.")
        return value
    if name == "hidden_sizes":
        return _hidden_sizes(value, limits)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SetupError(f"{_words(name)} must be a number.")
    if not abs(value) < 1e12:
        raise SetupError(f"{_words(name)} must be a finite number.")
    if name in ("learning_rate", "weight_decay", "dropout"):
        return float(value)
    if value != int(value):
        raise SetupError(f"{_words(name)} must be a whole number.")
    if name == "epochs" and not 1 <= value <= limits.epochs:
        raise SetupError(f"Epochs must be from 1 to {limits.epochs}.")
    return int(value)


def _hidden_sizes(value: object, limits: Limits) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) > limits.hidden_layers:
        raise SetupError(f"At most {limits.hidden_layers} hidden layers fit here.")
    for size in value:
        if isinstance(size, bool) or not isinstance(size, int):
            raise SetupError("A hidden layer's units must be a whole number.")
        if not 1 <= size <= limits.hidden_units:
            raise SetupError(f"A hidden layer has from 1 to {limits.hidden_units:,} units.")
    return tuple(value)


def _words(name: str) -> str:
    return {"train_size": "Training images"}.get(name, name.replace("_", " ").capitalize())


def _base(preset: str) -> tuple[MLPConfig, TrainConfig]:
    """The preset's configurations, with what the controls do not show (its schedule, say)."""
    found = PRESETS[preset]
    return found.model, found.train


def _preset(name: str, **changes: Any) -> Setup:
    model, config = _base(name)
    values: dict[str, Any] = {
        "preset": name,
        "epochs": config.epochs,
        "learning_rate": config.learning_rate,
        "batch_size": config.batch_size,
        "optimizer": config.optimizer,
        "weight_decay": config.weight_decay,
        "hidden_sizes": model.hidden_sizes,
        "activation": model.activation,
        "dropout": config.dropout,
        "augmentation": config.augment,
        "seed": 0,
    }
    return Setup(**values | changes)


_PRESET_WORDS = {name: preset.words for name, preset in PRESETS.items()}
LAB_PRESETS: dict[str, Setup] = {}


def _fill_presets() -> None:
    for name, preset in PRESETS.items():
        LAB_PRESETS[name] = _preset(name, train_size=preset.train_size)


def controls(limits: Limits) -> dict[str, Any]:
    """What the page's controls need to know: presets, defaults and ranges, as plain JSON."""
    return {
        "presets": {name: setup.as_json() for name, setup in LAB_PRESETS.items()},
        "words": _PRESET_WORDS,
        "preset": DEFAULT_PRESET,
        "ranges": {name: list(bounds) for name, bounds in _RANGES.items()}
        | {"epochs": [1, limits.epochs]},
        "layers": limits.hidden_layers,
        "units": limits.hidden_units,
        "choices": {"activation": list(ACTIVATIONS), "optimizer": list(OPTIMIZERS)},
        "live": list(LIVE_FIELDS),
        "runs": limits.runs,
        "upload_bytes": limits.upload_bytes,
    }


_fill_presets()
