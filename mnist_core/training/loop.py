"""Training as a generator of events: pull to go on, send a changed config, close to stop."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.data.datasets import Dataset, Splits, batches
from mnist_core.evaluation.measures import mean_loss_and_accuracy
from mnist_core.models.mlp import MLP
from mnist_core.training.augmentation import AugmentationConfig, augment
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import EndEvent, EpochEvent, StepEvent, TrainEvent
from mnist_core.training.optimizers import make_optimizer
from mnist_core.training.state import TrainingState, prefixed, without_prefix

_WARMUP_SHARE = 0.25
_KEEP_EVERY_STEPS = 50
_AUGMENTATION = AugmentationConfig()


Training = Generator[TrainEvent, TrainConfig | None, None]

_MODEL, _OPTIMIZER = "model.", "optimizer."


def prepare(data: Splits, config: TrainConfig) -> Splits:
    """`data` with the validation split and the share of training images that `config` asks for.

    The last training images are held out, as the page does; no image is copied.
    """
    train, validation = data.train, data.validation
    if config.validation_size and validation is None:
        kept = len(train) - config.validation_size
        if kept < 1:
            raise ValueError(
                f"validation_size: expected less than {len(train)}, the training images, "
                f"got {config.validation_size}"
            )
        train, validation = train.subset(slice(kept)), train.subset(slice(kept, None))
    return Splits(train.subset(slice(config.train_size)), validation, data.test)


def train(model: MLP, data: Splits, *, config: TrainConfig, generator: torch.Generator) -> Training:
    """Trains `model` in place, yielding a `StepEvent` a batch, an `EpochEvent` an epoch, an `EndEvent`.

    The same seed on the same machine gives the same losses. `send` a changed config to apply its
    learning rate, batch size, weight decay, dropout, augmentation and epochs from the next batch (batch
    size: from the next epoch's shuffle); other fields keep what the training began with. Close the
    generator to stop; the model keeps what it has learnt.

    Notebook: "Training the network".
    """
    yield from TrainingRun(model, data, config=config, generator=generator).events()


@dataclass(slots=True)
class _Epoch:
    """An epoch under way: how it is cut into batches, and what those so far add up to."""

    batch_size: int
    steps: int = 0
    loss: float = 0.0
    correct: int = 0
    images: int = 0


class TrainingRun:
    """A training and all that it carries from one batch to the next; `train` with a `state`.

    Between two events, `state` holds all that a run of the same model, data and config needs to go on
    with the same losses, in another process or on another machine: hand it to `resume`, before the
    first event.
    """

    # Nothing here yields inside torch.no_grad(): a generator may be resumed on another thread, and
    # that mode belongs to a thread.

    def __init__(
        self, model: MLP, data: Splits, *, config: TrainConfig, generator: torch.Generator
    ) -> None:
        # It brings a compiler, half a second that only a training has to wait for.
        from mnist_core.training.backpropagation import Backpropagation, FlatParameters

        data = prepare(data, config)
        self.config = config
        self.step = self.epoch = 0
        self.diverged = False
        self._model = model
        self._data = data.train
        self._validation, self._test = data.validation, data.test
        self._generator = generator
        self._shuffled_from = generator.get_state()  # this epoch's images
        self._under_way: _Epoch | None = None
        self._parameters = FlatParameters(model)
        self._optimizer = make_optimizer(
            config.optimizer, self._parameters.values, self._parameters.gradients
        )
        self._backpropagation = Backpropagation(model, self._data)
        self._last_good = self._parameters.values.clone()
        self._started_s = time.perf_counter()
        self._waited_s = 0.0

    def events(self) -> Training:
        """Trains to the end, as `train` does."""
        while (
            self._under_way is not None or self.epoch < self.config.epochs
        ) and not self.diverged:
            started_s = self.elapsed_s
            epoch = yield from self._learn_epoch()
            if not self.diverged:
                training_s = self.elapsed_s - started_s
                self._model.eval()
                validation = _measure(self._model, self._validation)
                yield from self._tell(_epoch_event(self, epoch, validation, started_s, training_s))
        self._model.eval()
        elapsed_s = self.elapsed_s
        test_loss, test_accuracy = _measure(self._model, self._test)
        yield EndEvent(
            step=self.step,
            epoch=self.epoch,
            elapsed_s=elapsed_s,
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            diverged=self.diverged,
        )

    def state(self) -> TrainingState:
        """A copy of all that the run carries from this batch to the next."""
        epoch = self._under_way
        form = torch.contiguous_format
        return TrainingState(
            {name: tensor.clone(memory_format=form) for name, tensor in self._tensors().items()},
            counts={
                "step": self.step,
                "epoch": self.epoch,
                "under_way": None if epoch is None else dataclasses.asdict(epoch),
            },
        )

    @property
    def state_bytes(self) -> int:
        """How much of memory a `state` takes."""
        return sum(tensor.nbytes for tensor in self._tensors().values())

    def _tensors(self) -> dict[str, Tensor]:
        return {
            "generator": self._generator.get_state(),
            "shuffled_from": self._shuffled_from,
            **prefixed(_MODEL, self._model.state_dict()),
            **prefixed(_OPTIMIZER, self._optimizer.state()),
        }

    def resume(self, state: TrainingState) -> None:
        """Takes up what another run carried; `ValueError` where that was of another kind."""
        try:
            self._model.load_state_dict(without_prefix(_MODEL, state.tensors))
            self._optimizer.resume(without_prefix(_OPTIMIZER, state.tensors))
            self._generator.set_state(state.tensors["generator"])
            self._shuffled_from = state.tensors["shuffled_from"]
            self.step, self.epoch = int(state.counts["step"]), int(state.counts["epoch"])
            under_way = state.counts["under_way"]
            self._under_way = None if under_way is None else _Epoch(**under_way)
        except (KeyError, RuntimeError, TypeError) as error:
            raise ValueError(f"state: expected that of such a training ({error})") from error
        self._last_good.copy_(self._parameters.values)

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, without those that the caller kept it waiting."""
        return time.perf_counter() - self._started_s - self._waited_s

    def _tell(self, event: TrainEvent) -> Generator[TrainEvent, TrainConfig | None, None]:
        """Yields `event`, and takes up the config that is sent back, if one is."""
        since_s = time.perf_counter()
        changed = yield event
        self._waited_s += time.perf_counter() - since_s
        if changed is not None:
            self.config = changed

    def _learn_epoch(self) -> Generator[TrainEvent, TrainConfig | None, _Epoch]:
        """Learns from every batch once, telling of each; ends early where the training diverges."""
        if self._under_way is None:
            self.epoch += 1
            self._shuffled_from = self._generator.get_state()
            self._under_way = _Epoch(self.config.batch_size)
        epoch = self._under_way
        self._model.train()
        steps = math.ceil(len(self._data) / epoch.batch_size)
        for chosen in self._batches(epoch):
            progress = (self.epoch - 1 + epoch.steps / steps) / self.config.epochs
            learning_rate = scheduled_learning_rate(self.config, progress)
            loss, correct = self._learn(chosen, learning_rate=learning_rate)
            if self.diverged:
                break
            epoch.steps += 1
            epoch.loss += loss
            epoch.correct += correct
            epoch.images += len(chosen)
            event = StepEvent(
                step=self.step,
                epoch=self.epoch,
                step_in_epoch=epoch.steps,
                steps_per_epoch=steps,
                loss=loss,
                accuracy=correct / len(chosen),
                learning_rate=learning_rate,
            )
            yield from self._tell(event)
        self._under_way = None
        return epoch

    def _batches(self, epoch: _Epoch) -> Iterator[Tensor]:
        """The batches of `epoch` that it has not learnt from, as places in the data."""
        shuffler = self._generator
        if epoch.steps:  # taken up in the middle: the images are in the order that they were in
            shuffler = torch.Generator()
            shuffler.set_state(self._shuffled_from)
        whole = batches(len(self._data), batch_size=epoch.batch_size, generator=shuffler)
        return itertools.islice(whole, epoch.steps, None)

    def _learn(self, chosen: Tensor, *, learning_rate: float) -> tuple[float, int]:
        """One step of gradient descent; the batch's loss and right answers before it."""
        config, data = self.config, self._data
        if config.augment:
            # index_select takes less than half as long as images[chosen].
            images, labels = (each.index_select(0, chosen) for each in (data.images, data.labels))
            images = augment(images, config=_AUGMENTATION, generator=self._generator)
            data, chosen = Dataset(images, labels), torch.arange(len(chosen))
        loss, correct = self._backpropagation(
            data,
            chosen,
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
    run: TrainingRun,
    totals: _Epoch,
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
