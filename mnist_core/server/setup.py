"""The set-up of a training as the page's controls hold it: its fields, ranges and presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mnist_core.errors import RefusedError
from mnist_core.models.config import Activation, MLPConfig
from mnist_core.server.limits import Limits
from mnist_core.training.config import OptimizerName, TrainConfig
from mnist_core.training.presets import DEFAULT_PRESET, PRESETS

# What may change while a training runs.
LIVE_FIELDS = ("learning_rate", "batch_size", "weight_decay", "dropout")
_CHOICES = {"activation": get_args(Activation), "optimizer": get_args(OptimizerName)}


@dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
    config=ConfigDict(strict=True, allow_inf_nan=False),
)
class Setup:
    """Everything that a training depends on besides its data; pydantic's errors name what is wrong.

    preset: gives what the controls do not show (its schedule, say).
    """

    preset: str
    epochs: Annotated[int, Field(ge=1)]  # at most those of the limits, as the hidden sizes
    learning_rate: Annotated[float, Field(ge=1e-6, le=100.0)]
    batch_size: Annotated[int, Field(ge=1, le=4096)]
    optimizer: OptimizerName
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0)]
    hidden_sizes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)]
    activation: Activation
    dropout: Annotated[float, Field(ge=0.0, le=0.9)]
    augmentation: bool
    train_size: Annotated[int, Field(ge=100, le=60_000)]
    shuffle_labels: bool
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)]

    @classmethod
    def of_preset(cls, name: object) -> Setup:
        """The preset's own set-up; `RefusedError` "setup" where there is none of that name."""
        preset = PRESETS.get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or preset is None:
            raise RefusedError("setup", "There is no such preset.")
        config = preset.train
        return cls(
            preset=name,
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            batch_size=config.batch_size,
            optimizer=config.optimizer,
            weight_decay=config.weight_decay,
            hidden_sizes=preset.model.hidden_sizes,
            activation=preset.model.activation,
            dropout=config.dropout,
            augmentation=config.augment,
            train_size=preset.train_size,
            shuffle_labels=False,
            seed=0,
        )

    def model_config(self) -> MLPConfig:
        return dataclasses.replace(
            PRESETS[self.preset].model,
            hidden_sizes=self.hidden_sizes,
            activation=self.activation,
        )

    def train_config(self) -> TrainConfig:
        return dataclasses.replace(
            PRESETS[self.preset].train,
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

    `RefusedError` "setup" names a field of the wrong type or out of its range.
    """
    if not isinstance(values, Mapping):
        raise RefusedError("setup", "The set-up did not arrive whole.")
    if onto is None:
        onto = Setup.of_preset(values.get("preset", DEFAULT_PRESET))
    changes = {
        each.name: values[each.name] for each in dataclasses.fields(Setup) if each.name in values
    }
    try:
        setup = dataclasses.replace(onto, **changes)
    except ValidationError as error:
        raise _refusal(str(error.errors(include_url=False)[0]["loc"][0]), limits) from None
    if setup.epochs > limits.epochs:
        raise _refusal("epochs", limits)
    if (
        len(setup.hidden_sizes) > limits.hidden_layers
        or max(setup.hidden_sizes, default=0) > limits.hidden_units
    ):
        raise _refusal("hidden_sizes", limits)
    return setup


def _refusal(name: str, limits: Limits) -> RefusedError:
    """What the field `name` must be."""
    if name == "hidden_sizes":
        expected = f"at most {limits.hidden_layers} numbers from 1 to {limits.hidden_units:,}"
    elif name in _CHOICES:
        expected = f"one of {', '.join(_CHOICES[name])}"
    elif name in ("augmentation", "shuffle_labels"):
        expected = "on or off"
    else:
        low, high = _ranges(limits)[name]
        whole = isinstance(low, int)
        expected = (
            f"a whole number from {low:,} to {high:,}"
            if whole
            else f"a number from {low:g} to {high:g}"
        )
    return RefusedError("setup", f"{_words(name)} must be {expected}.")


def _words(name: str) -> str:
    words = {
        "train_size": "Training images",
        "hidden_sizes": "Hidden layers",
        "shuffle_labels": "Shuffled labels",
    }
    return words.get(name, name.replace("_", " ").capitalize())


_SCHEMA = TypeAdapter(Setup).json_schema()["properties"]


def _ranges(limits: Limits) -> dict[str, tuple[float, float]]:
    """The least and the largest value of each number, as they are checked."""
    bounds = {
        name: (field["minimum"], field["maximum"])
        for name, field in _SCHEMA.items()
        if "maximum" in field
    }
    return bounds | {"epochs": (1, limits.epochs)}


def controls(limits: Limits) -> dict[str, Any]:
    """What the page's controls need to know: presets, defaults and ranges, as plain JSON."""
    return {
        "presets": {name: Setup.of_preset(name).as_json() for name in PRESETS},
        "words": {name: preset.words for name, preset in PRESETS.items()},
        "preset": DEFAULT_PRESET,
        "ranges": {name: list(bounds) for name, bounds in _ranges(limits).items()},
        "layers": limits.hidden_layers,
        "units": limits.hidden_units,
        "choices": {name: list(choices) for name, choices in _CHOICES.items()},
        "live": list(LIVE_FIELDS),
        "runs": limits.runs,
        "upload_bytes": limits.upload_bytes,
    }
