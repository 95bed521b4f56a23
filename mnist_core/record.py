"""The recipe of the shipped weights: one MLP for MNIST, for pens, and for what is no digit.

Half of each batch is MNIST; the rest is pen digits by other hands, digits in rarer styles, and ink
that is no digit. All of it is bent, slanted and thickened anew each time it is seen. The weights
kept are a running average (Polyak), calibrated on validation images and writers.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.checkpoints import read_metadata, write_atomically
from mnist_core.data import CLASS_COUNT, Dataset, Splits, hold_out
from mnist_core.models import MLP, MLPConfig
from mnist_core.pen import PenDigit, is_held_out, is_validation, pen_dataset
from mnist_core.record_data import NOT_A_DIGIT, RecordConfig, make_pools, varied_batches

# The share of validation digits below the threshold of rejection.
_REFUSED_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent:
    """An epoch is done; in the first event, all ink is drawn and the training about to begin.

    Accuracies are those of the averaged weights on validation images and writers.

    `model` holds those weights; it is the finished, calibrated model in the last event.
    """

    epoch: int
    epochs: int
    loss: float | None
    mnist_accuracy: float | None
    pen_accuracy: float | None
    elapsed_s: float
    remaining_s: float | None
    model: MLP


def record(
    mnist: Splits,
    pen: Sequence[PenDigit],
    *,
    config: RecordConfig | None = None,
    state_path: Path | None = None,
    device: torch.device | str = "cpu",
) -> Generator[RecordEvent, None, None]:
    """Trains the shipped model, yielding a `RecordEvent` an epoch; the last one holds it.

    With `state_path`, each epoch's state is saved there atomically, and a run of the same `config`
    goes on from it: a kill loses at most the epoch under way. The file may be deleted at the end.
    The same seed on the same machine and thread count gives the same weights.

    Raises ValueError for a state file of another recipe or a damaged one.
    """
    config = config if config is not None else RecordConfig()
    started_s = time.perf_counter()
    data = hold_out(
        mnist, size=config.validation_size, generator=torch.Generator().manual_seed(config.seed)
    )
    validation_pen = pen_dataset(digit for digit in pen if is_validation(digit.writer)).to(device)
    training_pen = [d for d in pen if trains(d.writer, all_writers=config.all_writers)]
    pools = make_pools(data.train, training_pen, config, device)
    learner = _Learner(config, device)
    first = learner.resume(state_path) if state_path is not None and state_path.exists() else 0
    if data.validation is None:
        raise ValueError("expected a validation split")
    validation_mnist = data.validation.to(device)
    finished = first == config.epochs
    if finished:
        learner.average = calibrated(learner.average, [validation_mnist, validation_pen])
    yield _event(learner, config, first, None, (None, None), started_s, 0.0 if finished else None)
    for epoch in range(first, config.epochs):
        epoch_started_s = time.perf_counter()
        loss = learner.learn(varied_batches(pools, config, epoch, device), epoch)
        if state_path is not None:
            learner.save(state_path, epoch + 1)
        accuracies = (
            _accuracy(learner.average, validation_mnist),
            _accuracy(learner.average, validation_pen),
        )
        epoch_s = time.perf_counter() - epoch_started_s
        last = epoch + 1 == config.epochs
        if last:
            learner.average = calibrated(learner.average, [validation_mnist, validation_pen])
        remaining_s = epoch_s * (config.epochs - epoch - 1)
        yield _event(learner, config, epoch + 1, loss, accuracies, started_s, remaining_s)


def trains(writer: int, *, all_writers: bool) -> bool:
    """Whether a writer's digits train: neither held out nor validation, or not the latter."""
    return not is_validation(writer) and (all_writers or not is_held_out(writer))


def calibrated(model: MLP, validation: Sequence[Dataset]) -> MLP:
    """The same weights with temperature and rejection fitted on `validation`.

    The temperature minimises the mean cross-entropy over the data sets, each weighing the same
    (Guo et al. 2017). Rejection keeps at least 99 % of each one's digits, not 98 %: strangers'
    digits are a little less certain than those of the data at hand.
    """
    model.eval()
    temperatures = torch.logspace(-0.7, 0.7, 281)
    losses = torch.zeros(len(temperatures))
    lowest = 1.0
    with torch.inference_mode():
        for dataset in validation:
            logits = _logits(model, dataset.images)
            labels = dataset.labels.cpu()
            for index, temperature in enumerate(temperatures):
                digits = logits[:, :CLASS_COUNT] / temperature
                losses[index] += functional.cross_entropy(digits, labels)
            if model.config.rejects:
                likeness = 1 - functional.softmax(logits, dim=1)[:, NOT_A_DIGIT]
                lowest = min(lowest, float(likeness.quantile(_REFUSED_SHARE)))
    config = replace(
        model.config,
        temperature=float(temperatures[losses.argmin()]),
        reject_below=lowest if model.config.rejects else model.config.reject_below,
    )
    result = MLP(config)
    result.load_state_dict(model.state_dict())
    return result.eval()


class _Learner:
    """The network, its running average and its optimiser; saved and resumed together."""

    def __init__(self, config: RecordConfig, device: torch.device | str) -> None:
        self.config = config
        generator = torch.Generator().manual_seed(config.seed)
        settings = MLPConfig(
            hidden_sizes=config.hidden_sizes,
            normalization="batch",
            mean=0.1307,
            std=0.3081,
            rejects=True,
        )
        self.model = MLP(settings, generator=generator).to(device)
        self.average = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.steps_per_epoch = max(1, config.images_per_epoch // config.batch_size)

    def learn(self, batches: Iterator[tuple[Tensor, Tensor]], epoch: int) -> float:
        """One epoch; the mean loss of its batches."""
        self.model.train()
        total = 0.0
        for index, (images, labels) in enumerate(batches):
            step = epoch * self.steps_per_epoch + index
            self._set_learning_rate(step)
            self.optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(self.model(images), labels)
            loss.backward()
            self.optimizer.step()
            self._average(step)
            total += loss.item()
        self.average.eval()
        return total / self.steps_per_epoch

    def _set_learning_rate(self, step: int) -> None:
        # Up over the first tenth, then along half a cosine to nothing.
        progress = step / (self.steps_per_epoch * self.config.epochs)
        rising = min(1.0, progress / 0.1 + 0.02)
        falling = 0.5 * (1 + float(np.cos(np.pi * max(0.0, progress - 0.1) / 0.9)))
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * rising * falling

    def _average(self, step: int) -> None:
        decay = min(self.config.average_decay, (1 + step) / (10 + step))
        with torch.no_grad():
            ours, theirs = self.average.state_dict(), self.model.state_dict()
            floats = [name for name, tensor in ours.items() if tensor.is_floating_point()]
            torch._foreach_lerp_(
                [ours[name] for name in floats], [theirs[name] for name in floats], 1 - decay
            )

    def save(self, path: Path, epoch: int) -> None:
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for index, parameter in enumerate(self.model.parameters()):
            for name, value in self.optimizer.state[parameter].items():
                tensors[f"optimizer.{index}.{name}"] = value
        tensors = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
        metadata = {"epoch": str(epoch), "recipe": json.dumps(asdict(self.config))}
        write_atomically(path, safetensors.torch.save(tensors, metadata=metadata))

    def resume(self, path: Path) -> int:
        """Takes up the state at `path`; the number of epochs done."""
        data = path.read_bytes()
        metadata = read_metadata(data, name=str(path))
        if metadata.get("recipe") != json.dumps(asdict(self.config)):
            raise ValueError(f"{path}: the state of another recipe; delete it to begin anew")
        try:
            tensors = safetensors.torch.load(data)
            for part, module in (("model.", self.model), ("average.", self.average)):
                module.load_state_dict(
                    {k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)}
                )
            for index, parameter in enumerate(self.model.parameters()):
                self.optimizer.state[parameter] = {
                    name: tensors[f"optimizer.{index}.{name}"].to(
                        "cpu" if name == "step" else parameter.device
                    )
                    for name in ("step", "exp_avg", "exp_avg_sq")
                }
            return int(metadata["epoch"])
        except (safetensors.SafetensorError, KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{path}: damaged state ({error}); delete it to begin anew") from error


def _logits(model: MLP, images: Tensor) -> Tensor:
    return torch.cat([model(part) for part in torch.split(images, 1000)]).cpu()


def _accuracy(model: MLP, dataset: Dataset) -> float | None:
    if not len(dataset):
        return None
    with torch.inference_mode():
        chosen = _logits(model, dataset.images)[:, :CLASS_COUNT].argmax(dim=1)
    return float((chosen == dataset.labels.cpu()).float().mean())


def _event(
    learner: _Learner,
    config: RecordConfig,
    epoch: int,
    loss: float | None,
    accuracies: tuple[float | None, float | None],
    started_s: float,
    remaining_s: float | None,
) -> RecordEvent:
    return RecordEvent(
        epoch=epoch,
        epochs=config.epochs,
        loss=loss,
        mnist_accuracy=accuracies[0],
        pen_accuracy=accuracies[1],
        elapsed_s=time.perf_counter() - started_s,
        remaining_s=remaining_s,
        model=learner.average,
    )
