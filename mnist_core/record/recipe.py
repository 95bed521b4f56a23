"""The recipe of the shipped weights: one MLP for MNIST, for pens, and for what is no digit.

Half of each batch is MNIST; the rest is pen digits by other hands, digits in rarer styles, and ink
that is no digit. All of it is bent, slanted and thickened anew each time it is seen. A convolutional
teacher learns from that first; the MLP then learns from the labels and from the teacher. The weights
kept are a running average (Polyak), calibrated on validation images and writers.

MLPs that are done can be elders of a next one: it goes on from the first of them, and learns from the
labels and from what they all say together (Furlanello et al. 2018).
"""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.data.datasets import Dataset, Splits, hold_out
from mnist_core.data.pendigits import PenDigit, is_held_out, is_validation, pen_dataset
from mnist_core.files import write_atomically
from mnist_core.models.checkpoint_reading import read_metadata
from mnist_core.models.config import CLASS_COUNT, MNIST_MEAN, MNIST_STD, MLPConfig
from mnist_core.models.mlp import MLP, logits_of
from mnist_core.record.learner import Learner, autocast
from mnist_core.record.pools import NOT_A_DIGIT, Pool, RecordConfig, make_pools, varied_batches
from mnist_core.record.teacher import Teacher
from mnist_core.training.state import prefixed, without_prefix

Stage = Literal["teacher", "mlp", "pairs"]
# The share of validation digits below the threshold of rejection.
_REFUSED_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent:
    """An epoch is done; in the first event, all ink is drawn and the training about to begin.

    stage: who learns. epoch: from 1, of the stage's `epochs`. Accuracies are those of its averaged
    weights on validation images and writers; of pairs, both digits are right. remaining_s: of the stage.
    `model` is the finished, calibrated MLP in the last event, None before.
    """

    stage: Stage
    epoch: int
    epochs: int
    loss: float | None
    mnist_accuracy: float | None
    pen_accuracy: float | None
    elapsed_s: float
    remaining_s: float | None
    model: MLP | None


def record(
    mnist: Splits,
    pen: Sequence[PenDigit],
    *,
    config: RecordConfig | None = None,
    elders: Sequence[MLP] = (),
    state_path: Path | None = None,
    device: torch.device | str = "cpu",
) -> Generator[RecordEvent, None, None]:
    """Trains the shipped model, yielding a `RecordEvent` an epoch; the last one holds it.

    With `state_path`, each epoch's state is saved there atomically, and a run of the same `config`
    goes on from it: a kill loses at most the epoch under way. The file may be deleted at the end.
    The same seed on the same machine and thread count gives the same weights. With `elders`, there is no
    teacher to train.

    Raises ValueError for a state file of another recipe or a damaged one.
    """
    config = config if config is not None else RecordConfig()
    recipe = _Recipe(mnist, pen, config, elders, torch.device(device))
    if state_path is not None and state_path.exists():
        recipe.resume(state_path)
    yield recipe.event(None, None)
    while recipe.model is None:
        epoch_started_s = time.perf_counter()
        loss = recipe.learn_an_epoch()
        if state_path is not None:
            recipe.save(state_path)
        yield recipe.event(loss, time.perf_counter() - epoch_started_s)


class _Recipe:
    """Where a run of the recipe is: the stage, its epoch, and the networks of both stages."""

    def __init__(
        self,
        mnist: Splits,
        pen: Sequence[PenDigit],
        config: RecordConfig,
        elders: Sequence[MLP],
        device: torch.device,
    ) -> None:
        self._started_s = time.perf_counter()
        self._config = config
        self._elders = [elder.to(device).eval() for elder in elders]
        self._recipe = json.dumps(asdict(config) | {"elders": len(elders)})
        self._device = device
        self._pools, self._validation = pools_and_validation(mnist, pen, config, device)
        generator = torch.Generator().manual_seed(config.seed)
        self._teacher = Learner(
            Teacher(generator=generator).to(device), epochs=config.teacher_epochs, config=config
        )
        settings = MLPConfig(
            hidden_sizes=config.hidden_sizes,
            normalization="batch",
            mean=MNIST_MEAN,
            std=MNIST_STD,
            rejects=True,
        )
        mlp = copy.deepcopy(elders[0]) if elders else MLP(settings, generator=generator)
        self._mlp = Learner(mlp.to(device), epochs=config.epochs, config=config)
        self._stage: Stage = "mlp" if elders else "teacher"
        self._epoch = 0
        #: The calibrated MLP, once all epochs are done.
        self.model: MLP | None = None

    @property
    def _epochs(self) -> int:
        return self._config.teacher_epochs if self._stage == "teacher" else self._config.epochs

    @property
    def _learner(self) -> Learner[Teacher] | Learner[MLP]:
        return self._teacher if self._stage == "teacher" else self._mlp

    def learn_an_epoch(self) -> float:
        """The next epoch of the stage, or of the next stage where this one is over; its mean loss."""
        if self._stage == "teacher" and self._epoch == self._epochs:
            self._stage, self._epoch = "mlp", 0
        teach = self._teach if self._stage == "mlp" and self._config.distillation else None
        seed = 2 * (self._config.seed * 100_003 + self._epoch) + (self._stage == "mlp")
        batches = varied_batches(
            self._pools,
            self._config,
            seed=seed,
            progress=self._epoch / self._epochs,
            device=self._device,
            teach=teach,
        )
        # Dropout draws from PyTorch's own generator: seeded here, a resumed run draws the same.
        with torch.random.fork_rng(), self._threads():
            torch.manual_seed(seed)
            loss = self._learner.learn(batches, epoch=self._epoch)
        self._epoch += 1
        self._finish()
        return loss

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """As many threads as the stage can use, and afterwards the caller's number again."""
        before = torch.get_num_threads()
        if self._stage == "teacher":
            torch.set_num_threads(min(self._config.teacher_threads, os.cpu_count() or 1))
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def _finish(self) -> None:
        if self._stage == "mlp" and self._epoch == self._epochs:
            self.model = calibrated(self._mlp.average, self._validation)

    def _teach(self, images: Tensor) -> Tensor:
        # Not inference mode: what it makes may take no part in another thread's training.
        with torch.no_grad(), autocast(images.device):
            if not self._elders:
                return self._teacher.average(images).float()  # type: ignore[no-any-return]
            said = [functional.log_softmax(elder(images).float(), dim=1) for elder in self._elders]
            return torch.stack(said).mean(dim=0)

    def event(self, loss: float | None, epoch_s: float | None) -> RecordEvent:
        mnist, pen = (
            None if loss is None else _accuracy(self._learner.average, each)
            for each in self._validation
        )
        left = self._epochs - self._epoch
        return RecordEvent(
            stage=self._stage,
            epoch=self._epoch,
            epochs=self._epochs,
            loss=loss,
            mnist_accuracy=mnist,
            pen_accuracy=pen,
            elapsed_s=time.perf_counter() - self._started_s,
            remaining_s=None if epoch_s is None else epoch_s * left,
            model=self.model,
        )

    def save(self, path: Path) -> None:
        """Writes all that `resume` needs; of the teacher, once it is done, only its average."""
        if self._stage == "teacher":
            tensors = prefixed("teacher.", self._teacher.state())
        else:
            taught = {k: v.cpu() for k, v in self._teacher.average.state_dict().items()}
            tensors = prefixed("teacher.average.", taught) | prefixed("mlp.", self._mlp.state())
        metadata = {
            "stage": self._stage,
            "epoch": str(self._epoch),
            "recipe": self._recipe,
        }
        # Clones, since safetensors refuses other layouts than the usual one.
        plain = {
            name: tensor.clone(memory_format=torch.contiguous_format)
            for name, tensor in tensors.items()
        }
        write_atomically(path, safetensors.torch.save(plain, metadata=metadata))

    def resume(self, path: Path) -> None:
        """Takes up the state at `path`."""
        data = path.read_bytes()
        metadata = read_metadata(data, name=str(path))
        if metadata.get("recipe") != self._recipe:
            raise ValueError(f"{path}: the state of another recipe; delete it to begin anew")
        try:
            tensors = safetensors.torch.load(data)
            if metadata["stage"] == "teacher":
                self._teacher.resume(without_prefix("teacher.", tensors))
            else:
                self._teacher.average.load_state_dict(without_prefix("teacher.average.", tensors))
                self._mlp.resume(without_prefix("mlp.", tensors))
                self._stage = "mlp"
            self._epoch = int(metadata["epoch"])
            self._finish()
        except (safetensors.SafetensorError, KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{path}: damaged state ({error}); delete it to begin anew") from error


def pools_and_validation(
    mnist: Splits, pen: Sequence[PenDigit], config: RecordConfig, device: torch.device
) -> tuple[list[Pool], list[Dataset]]:
    """What trains, as `make_pools` has it, and what chooses: MNIST's images, and other writers' digits."""
    data = hold_out(
        mnist, size=config.validation_size, generator=torch.Generator().manual_seed(config.seed)
    )
    if data.validation is None:
        raise ValueError("expected a validation split")
    validation_pen = pen_dataset(digit for digit in pen if is_validation(digit.writer))
    training_pen = [d for d in pen if trains(d.writer, all_writers=config.all_writers)]
    pools = make_pools(data.train, training_pen, config, device)
    return pools, [data.validation.to(device), validation_pen.to(device)]


def trains(writer: int, *, all_writers: bool) -> bool:
    """Whether a writer's digits train: neither held out nor validation, or not the latter."""
    return not is_validation(writer) and (all_writers or not is_held_out(writer))


def calibrated(model: MLP, validation: Sequence[Dataset]) -> MLP:
    """The same weights with temperature and rejection fitted on `validation`.

    Rejection keeps at least 99 % of each one's digits, not 98 %: strangers'
    digits are a little less certain than those of the data at hand.
    """
    model.eval()
    lowest = 1.0
    said = []
    for dataset in validation:
        logits = logits_of(model, dataset.images)
        said.append((logits[:, :CLASS_COUNT], dataset.labels.cpu()))
        if model.config.rejects:
            likeness = 1 - functional.softmax(logits, dim=1)[:, NOT_A_DIGIT]
            lowest = min(lowest, float(likeness.quantile(_REFUSED_SHARE)))
    config = replace(
        model.config,
        temperature=likeliest_temperature(said),
        reject_below=lowest if model.config.rejects else model.config.reject_below,
    )
    return configured(model, config)


def configured(model: MLP, config: MLPConfig) -> MLP:
    """The same weights under another configuration, which has them of the same shapes."""
    result = MLP(config)
    result.load_state_dict(model.state_dict())
    return result.eval()


def likeliest_temperature(said: Sequence[tuple[Tensor, Tensor]]) -> float:
    """Of logits, (N, classes), and labels, (N,), of some sets each, which weigh the same.

    It minimises their mean cross-entropy (Guo et al. 2017).
    """
    temperatures = torch.logspace(-0.7, 0.7, 281)
    losses = torch.stack(
        [
            torch.stack([functional.cross_entropy(logits / each, labels) for each in temperatures])
            for logits, labels in said
        ]
    )
    return float(temperatures[losses.sum(dim=0).argmin()])


def _accuracy(network: nn.Module, dataset: Dataset) -> float | None:
    if not len(dataset):
        return None
    chosen = logits_of(network, dataset.images)[:, :CLASS_COUNT].argmax(dim=1)
    return float((chosen == dataset.labels.cpu()).float().mean())
