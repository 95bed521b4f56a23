"""How a training goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

OptimizerName = Literal["sgd", "momentum", "adam"]
Schedule = Literal["constant", "one-cycle"]

MAX_EPOCHS = 1000


def _require_whole(field: str, value: object, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{field}: expected a whole number from {low} to {high}, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """How a training goes; the defaults are the notebook's.

    learning_rate: the step size; the peak where the schedule is "one-cycle".
    validation_size: how many of the last training images are held out to measure on, 0 for none.
    train_size: how many of the remaining training images are used, None for all.
    augment: small random shifts, turns and scalings of each batch.
    dropout: replaces the model's own while it trains; in [0, 1).
    label_smoothing: the share of each label that goes to all digits alike, so that the network learns
    to be no surer than that (Szegedy et al. 2016); in [0, 1).
    """

    epochs: int = 5
    batch_size: int = 64
    learning_rate: float = 0.01
    optimizer: OptimizerName = "sgd"
    schedule: Schedule = "constant"
    weight_decay: float = 0.0
    dropout: float = 0.0
    label_smoothing: float = 0.0
    augment: bool = False
    validation_size: int = 0
    train_size: int | None = None

    def __post_init__(self) -> None:
        _require_whole("epochs", self.epochs, 1, MAX_EPOCHS)
        _require_whole("batch_size", self.batch_size, 1, 60_000)
        _require_whole("validation_size", self.validation_size, 0, 59_999)
        if self.train_size is not None:
            _require_whole("train_size", self.train_size, 1, 60_000)
        for field, low, high in (
            ("learning_rate", 0.0, 1e6),
            ("weight_decay", 0.0, 1e3),
            ("dropout", 0.0, 0.999),
            ("label_smoothing", 0.0, 0.999),
        ):
            value = getattr(self, field)
            if not low <= value <= high:
                raise ValueError(f"{field}: expected {low:g} to {high:g}, got {value!r}")
        for field, allowed in (
            ("optimizer", get_args(OptimizerName)),
            ("schedule", get_args(Schedule)),
        ):
            if getattr(self, field) not in allowed:
                raise ValueError(
                    f"{field}: expected one of {allowed}, got {getattr(self, field)!r}"
                )
