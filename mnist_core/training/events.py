"""What a training tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent:
    """One batch has been learnt from.

    step: batches so far. epoch: from 1. step_in_epoch: from 1 to steps_per_epoch. loss, accuracy: of
    this batch, before its update.
    """

    step: int
    epoch: int
    step_in_epoch: int
    steps_per_epoch: int
    loss: float
    accuracy: float
    learning_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEvent:
    """One pass over the training images is done.

    train_loss: mean over the epoch's batches, as the notebook prints it; train_accuracy: likewise.
    The validation figures are None where nothing is held out. elapsed_s counts training alone, not
    the time that the caller keeps the generator waiting.
    """

    step: int
    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    epoch_s: float
    elapsed_s: float
    images_per_s: float
    remaining_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEvent:
    """The training is over; test figures are None where there is no test set.

    diverged: the loss was no longer a finite number; the weights are then those of a
    little earlier, when it was.
    """

    step: int
    epoch: int
    elapsed_s: float
    test_loss: float | None
    test_accuracy: float | None
    diverged: bool


TrainEvent = StepEvent | EpochEvent | EndEvent
