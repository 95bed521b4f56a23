"""Training as a generator of events: pull to go on, send a changed config, close to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Generator

import torch

from mnist_core.data.datasets import Dataset, Splits, batches, hold_out
from mnist_core.evaluation.measures import mean_loss_and_accuracy
from mnist_core.models.mlp import MLP
from mnist_core.training.augmentation import AugmentationConfig, augment
from mnist_core.training.backpropagation import Backpropagation, FlatParameters
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import EndEvent, EpochEvent, StepEvent, TrainEvent
from mnist_core.training.optimizers import make_optimizer

_WARMUP_SHARE = 0.25
_KEEP_EVERY_STEPS = 50
_AUGMENTATION = AugmentationConfig()


Training = Generator[TrainEvent, TrainConfig | None, None]


def prepare(data: Splits, config: TrainConfig, *, generator: torch.Generator) -> Splits:
    """`data` with the validation split and the share of training images that `config` asks for."""
    if config.validation_size and data.validation is None:
        data = hold_out(data, size=config.validation_size, generator=generator)
    if config.train_size is not None and config.train_size < len(data.train):
        data = Splits(
            train=data.train.subset(slice(config.train_size)),
            validation=data.validation,
            test=data.test,
        )
    return data


def train(model: MLP, data: Splits, *, config: TrainConfig, generator: torch.Generator) -> Training:
    """Trains `model` in place, yielding a `StepEvent` a batch, an `EpochEvent` an epoch, an `EndEvent`.

    The same seed on the same machine gives the same losses. `send` a changed config to apply its
    learning rate, batch size, weight decay, dropout, augmentation and epochs from the next batch (batch
    size: from the next epoch's shuffle); other fields keep what the training began with. Close the
    generator to stop; the model keeps what it has learnt.

    Notebook: "Training the network".
    """
    # Nothing here yields inside torch.no_grad(): a generator may be resumed on another thread, and
    # that mode belongs to a thread.
    data = prepare(data, config, generator=generator)
    parameters = FlatParameters(model)
    optimizer = make_optimizer(config.optimizer, parameters.values, parameters.gradients)
    backpropagation = Backpropagation(model)
    clock = _Clock()
    step = epoch = 0
    diverged = False
    last_good = parameters.values.clone()

    while epoch < config.epochs:
        epoch += 1
        loss_sum, correct_sum, images_seen, epoch_started_s = 0.0, 0, 0, clock.elapsed_s
        model.train()
        steps_per_epoch = math.ceil(len(data.train) / config.batch_size)
        for step_in_epoch, (images, labels) in enumerate(
            batches(data.train, batch_size=config.batch_size, generator=generator), start=1
        ):
            progress = (epoch - 1 + (step_in_epoch - 1) / steps_per_epoch) / config.epochs
            learning_rate = scheduled_learning_rate(config, progress)
            if config.augment:
                images = augment(images, config=_AUGMENTATION, generator=generator)
            loss, correct = backpropagation(
                images, labels, dropout=config.dropout, generator=generator
            )
            if not math.isfinite(loss):
                diverged = True
                break
            if step % _KEEP_EVERY_STEPS == 0:
                last_good.copy_(parameters.values)
            optimizer.step(learning_rate=learning_rate, weight_decay=config.weight_decay)
            step += 1
            loss_sum += loss
            correct_sum += correct
            images_seen += len(labels)
            event = StepEvent(
                step=step,
                epoch=epoch,
                step_in_epoch=step_in_epoch,
                steps_per_epoch=steps_per_epoch,
                loss=loss,
                accuracy=correct / len(labels),
                learning_rate=learning_rate,
            )
            with clock.paused():
                changed = yield event
            if changed is not None:
                config = changed
        if diverged:
            parameters.values.copy_(last_good)
            break
        model.eval()
        training_s = clock.elapsed_s - epoch_started_s
        validation_loss, validation_accuracy = _measure(model, data.validation)
        epoch_s = clock.elapsed_s - epoch_started_s
        epoch_event = EpochEvent(
            step=step,
            epoch=epoch,
            epochs=config.epochs,
            train_loss=loss_sum / step_in_epoch,
            train_accuracy=correct_sum / images_seen,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            epoch_s=epoch_s,
            elapsed_s=clock.elapsed_s,
            images_per_s=images_seen / max(training_s, 1e-9),
            remaining_s=epoch_s * (config.epochs - epoch),
        )
        with clock.paused():
            changed = yield epoch_event
        if changed is not None:
            config = changed

    model.eval()
    elapsed_s = clock.elapsed_s
    test_loss, test_accuracy = _measure(model, data.test)
    yield EndEvent(
        step=step,
        epoch=epoch,
        elapsed_s=elapsed_s,
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        diverged=diverged,
    )


def scheduled_learning_rate(config: TrainConfig, progress: float) -> float:
    """The learning rate at `progress` in [0, 1] of the training.

    "one-cycle" rises linearly over the first quarter and falls linearly to nothing (Smith 2018).
    """
    if config.schedule == "constant":
        return config.learning_rate
    if progress < _WARMUP_SHARE:
        return config.learning_rate * (0.1 + 0.9 * progress / _WARMUP_SHARE)
    return config.learning_rate * max((1 - progress) / (1 - _WARMUP_SHARE), 0.0)


class _Clock:
    """Seconds spent in the training itself."""

    def __init__(self) -> None:
        self._started_s = time.perf_counter()
        self._paused_s = 0.0

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self._started_s - self._paused_s

    def paused(self) -> _Pause:
        return _Pause(self)

    def add_pause(self, seconds: float) -> None:
        self._paused_s += seconds


class _Pause:
    __slots__ = ("_clock", "_since_s")

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self._since_s = 0.0

    def __enter__(self) -> None:
        self._since_s = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._clock.add_pause(time.perf_counter() - self._since_s)


def _measure(model: MLP, dataset: Dataset | None) -> tuple[float | None, float | None]:
    return (None, None) if dataset is None else mean_loss_and_accuracy(model, dataset)
