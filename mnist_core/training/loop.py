"""Training as a generator of events: pull to go on, send a changed config, close to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

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
    run = _Run(model, data.train, config=config, generator=generator)
    while run.epoch < run.config.epochs and not run.diverged:
        started_s = run.elapsed_s
        totals = yield from run.learn_epoch()
        if not run.diverged:
            training_s = run.elapsed_s - started_s
            model.eval()
            validation = _measure(model, data.validation)
            yield from run.tell(_epoch_event(run, totals, validation, started_s, training_s))
    model.eval()
    elapsed_s = run.elapsed_s
    test_loss, test_accuracy = _measure(model, data.test)
    yield EndEvent(
        step=run.step,
        epoch=run.epoch,
        elapsed_s=elapsed_s,
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        diverged=run.diverged,
    )


@dataclass(slots=True)
class _Totals:
    """What the batches of an epoch add up to."""

    steps: int = 0
    loss: float = 0.0
    correct: int = 0
    images: int = 0


class _Run:
    """What a training carries from one batch to the next."""

    def __init__(
        self, model: MLP, data: Dataset, *, config: TrainConfig, generator: torch.Generator
    ) -> None:
        self.config = config
        self.step = self.epoch = 0
        self.diverged = False
        self._model = model
        self._data = data
        self._generator = generator
        self._parameters = FlatParameters(model)
        self._optimizer = make_optimizer(
            config.optimizer, self._parameters.values, self._parameters.gradients
        )
        self._backpropagation = Backpropagation(model)
        self._last_good = self._parameters.values.clone()
        self._started_s = time.perf_counter()
        self._waited_s = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, without those that the caller kept it waiting."""
        return time.perf_counter() - self._started_s - self._waited_s

    def tell(self, event: TrainEvent) -> Generator[TrainEvent, TrainConfig | None, None]:
        """Yields `event`, and takes up the config that is sent back, if one is."""
        since_s = time.perf_counter()
        changed = yield event
        self._waited_s += time.perf_counter() - since_s
        if changed is not None:
            self.config = changed

    def learn_epoch(self) -> Generator[TrainEvent, TrainConfig | None, _Totals]:
        """Learns from every batch once, telling of each; ends early where the training diverges."""
        self.epoch += 1
        self._model.train()
        totals = _Totals()
        batch_size = self.config.batch_size
        steps = math.ceil(len(self._data) / batch_size)
        for images, labels in batches(self._data, batch_size=batch_size, generator=self._generator):
            progress = (self.epoch - 1 + totals.steps / steps) / self.config.epochs
            learning_rate = scheduled_learning_rate(self.config, progress)
            loss, correct = self._learn(images, labels, learning_rate=learning_rate)
            if self.diverged:
                break
            totals.steps += 1
            totals.loss += loss
            totals.correct += correct
            totals.images += len(labels)
            event = StepEvent(
                step=self.step,
                epoch=self.epoch,
                step_in_epoch=totals.steps,
                steps_per_epoch=steps,
                loss=loss,
                accuracy=correct / len(labels),
                learning_rate=learning_rate,
            )
            yield from self.tell(event)
        return totals

    def _learn(self, images: Tensor, labels: Tensor, *, learning_rate: float) -> tuple[float, int]:
        """One step of gradient descent; the batch's loss and right answers before it."""
        config = self.config
        if config.augment:
            images = augment(images, config=_AUGMENTATION, generator=self._generator)
        loss, correct = self._backpropagation(
            images,
            labels,
            dropout=config.dropout,
            generator=self._generator,
            label_smoothing=config.label_smoothing,
        )
        if not math.isfinite(loss):
            self.diverged = True
            self._parameters.values.copy_(self._last_good)
            return loss, correct
        # Kept before the step, not after it: only these weights are known to give a finite loss.
        if self.step % _KEEP_EVERY_STEPS == 0:
            self._last_good.copy_(self._parameters.values)
        self._optimizer.step(learning_rate=learning_rate, weight_decay=config.weight_decay)
        self.step += 1
        return loss, correct


def _epoch_event(
    run: _Run,
    totals: _Totals,
    validation: tuple[float | None, float | None],
    started_s: float,
    training_s: float,
) -> EpochEvent:
    elapsed_s = run.elapsed_s
    epoch_s = elapsed_s - started_s
    return EpochEvent(
        step=run.step,
        epoch=run.epoch,
        epochs=run.config.epochs,
        train_loss=totals.loss / totals.steps,
        train_accuracy=totals.correct / totals.images,
        validation_loss=validation[0],
        validation_accuracy=validation[1],
        epoch_s=epoch_s,
        elapsed_s=elapsed_s,
        images_per_s=totals.images / max(training_s, 1e-9),
        remaining_s=epoch_s * (run.config.epochs - run.epoch),
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


def _measure(model: MLP, dataset: Dataset | None) -> tuple[float | None, float | None]:
    return (None, None) if dataset is None else mean_loss_and_accuracy(model, dataset)
