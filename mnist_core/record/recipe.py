"""How the networks of the shipped weights learn: from the labels, and from a teacher.

A convolutional teacher learns first; the network then learns from the labels and from what the teacher
makes of every image. The weights kept are a running average (Polyak), calibrated at the end.

Networks that are done can be elders of a next one: it goes on from the first of them, and learns from the
labels and from what they all say together (Furlanello et al. 2018).
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.cores import available_cores
from mnist_core.files import write_atomically
from mnist_core.models.checkpoint_reading import read_metadata
from mnist_core.models.config import CLASS_COUNT
from mnist_core.models.mlp import MLP, logits_of
from mnist_core.record.convolutional import ConvNet
from mnist_core.record.learner import Learner, autocast
from mnist_core.record.pools import Batch, RecordConfig
from mnist_core.training.state import prefixed, without_prefix

Network = TypeVar("Network", MLP, ConvNet)
Stage = Literal["teacher", "mlp", "pairs"]
#: Images, (N, height, width), and the labels of one digit, (N,), or two, (N, 2).
Examples = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent(Generic[Network]):
    """An epoch is done; in the first event, all ink is drawn and the training about to begin.

    stage: who learns. epoch: from 1, of the stage's `epochs`. Accuracies are those of its averaged
    weights on validation images and writers; of pairs, both digits are right. remaining_s: of the stage.
    `model` is the finished, calibrated network in the last event, None before.
    """

    stage: Stage
    epoch: int
    epochs: int
    loss: float | None
    mnist_accuracy: float | None
    pen_accuracy: float | None
    elapsed_s: float
    remaining_s: float | None
    model: Network | None


class Batches(Protocol):
    """Makes an epoch's batches; the same seed gives the same ones."""

    def __call__(
        self, *, seed: int, progress: float, teach: Callable[[Tensor], Tensor] | None
    ) -> Iterator[Batch]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[Network]):
    """What is to be learnt: by `network`, with its first weights, in a `stage` of that name.

    validation: MNIST's images and writers' digits, on the device, or pairs of them. calibrated: the same
    weights, with what is fitted to `validation`.
    """

    stage: Stage
    network: Callable[[torch.Generator], Network]
    batches: Batches
    validation: tuple[Examples, Examples]
    calibrated: Callable[[Network], Network]


def learn(
    task: Callable[[], Task[Network]],
    *,
    config: RecordConfig,
    elders: Sequence[Network] = (),
    state_path: Path | None = None,
    device: torch.device,
) -> Generator[RecordEvent[Network], None, None]:
    """Trains a network for a task, yielding a `RecordEvent` an epoch; the last one holds it.

    task: sets it, and draws its ink, for which it may take minutes.
    With `state_path`, each epoch's state is saved there atomically, and a run of the same `config`
    goes on from it: a kill loses at most the epoch under way. The file may be deleted at the end.
    The same seed on the same machine and thread count gives the same weights. With `elders`, there is no
    teacher to train.

    Raises ValueError for a state file of another recipe or a damaged one, and where all writers train
    and there are no elders.
    """
    if config.all_writers and not elders:
        raise ValueError("all writers: expected weights to go on from, that others were fitted to")
    run = _Run(task, config, elders, device)
    if state_path is not None and state_path.exists():
        run.resume(state_path)
    yield run.event(None, None)
    while run.model is None:
        epoch_started_s = time.perf_counter()
        loss = run.learn_an_epoch()
        if state_path is not None:
            run.save(state_path)
        yield run.event(loss, time.perf_counter() - epoch_started_s)


class _Run(Generic[Network]):
    """Where a run of a recipe is: the stage, its epoch, and the networks of both stages."""

    def __init__(
        self,
        task: Callable[[], Task[Network]],
        config: RecordConfig,
        elders: Sequence[Network],
        device: torch.device,
    ) -> None:
        self._started_s = time.perf_counter()
        self._task: Task[Network] = task()
        self._config = config
        self._recipe = json.dumps(asdict(config) | {"elders": len(elders)})
        generator = torch.Generator().manual_seed(config.seed)
        network = copy.deepcopy(elders[0]) if elders else self._task.network(generator)
        self._teacher: Learner[ConvNet] | None = None
        self._teachers: list[nn.Module] = [elder.to(device).eval() for elder in elders]
        if config.distillation and not elders:
            teacher = ConvNet(network.config, generator=generator).to(device)
            self._teacher = Learner(teacher, epochs=config.teacher_epochs, config=config)
            self._teachers = [self._teacher.average]
        self._learnt: Learner[Network] = Learner(
            network.to(device), epochs=config.epochs, config=config
        )
        self._stage: Stage = "teacher" if self._teacher else self._task.stage
        self._epoch = 0
        #: The calibrated network, once all epochs are done.
        self.model: Network | None = None

    @property
    def _epochs(self) -> int:
        return self._config.teacher_epochs if self._stage == "teacher" else self._config.epochs

    @property
    def _learner(self) -> Learner[ConvNet] | Learner[Network]:
        return self._teacher if self._teacher and self._stage == "teacher" else self._learnt

    def learn_an_epoch(self) -> float:
        """The next epoch of the stage, or of the next stage where this one is over; its mean loss."""
        if self._stage == "teacher" and self._epoch == self._epochs:
            self._stage, self._epoch = self._task.stage, 0
        is_teacher = self._stage == "teacher"
        is_taught = self._config.distillation and not is_teacher
        seed = 2 * (self._config.seed * 100_003 + self._epoch) + (not is_teacher)
        batches = self._task.batches(
            seed=seed,
            progress=self._epoch / self._epochs,
            teach=self._teach if is_taught else None,
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
        """As many threads as the network can use, and afterwards the caller's number again."""
        before = torch.get_num_threads()
        if isinstance(self._learner.network, ConvNet):
            torch.set_num_threads(min(self._config.convolution_threads, available_cores()))
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def _finish(self) -> None:
        if self._stage != "teacher" and self._epoch == self._epochs:
            average = self._learnt.average
            # With all writers, nobody is left to fit it to: it stays as its elder was.
            as_it_is = self._config.all_writers
            self.model = copy.deepcopy(average) if as_it_is else self._task.calibrated(average)

    def _teach(self, images: Tensor) -> Tensor:
        # Not inference mode: what it makes may take no part in another thread's training.
        with torch.no_grad(), autocast(images.device):
            said = [
                functional.log_softmax(
                    each(images).float().unflatten(1, (-1, CLASS_COUNT + 1)), dim=2
                )
                for each in self._teachers
            ]
            return torch.stack(said).mean(dim=0).flatten(1)

    def event(self, loss: float | None, epoch_s: float | None) -> RecordEvent[Network]:
        mnist, pen = (
            None if loss is None else _accuracy(self._learner.average, *each)
            for each in self._task.validation
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
        tensors: dict[str, Tensor] = {}
        if self._stage != "teacher":
            tensors = prefixed("network.", self._learnt.state())
        if self._teacher is not None and self._stage == "teacher":
            tensors = prefixed("teacher.", self._teacher.state())
        elif self._teacher is not None:
            average = self._teacher.average.state_dict()
            taught = {name: value.cpu() for name, value in average.items()}
            tensors |= prefixed("teacher.average.", taught)
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
            is_teacher = metadata["stage"] == "teacher"
            if self._teacher is not None and is_teacher:
                self._teacher.resume(without_prefix("teacher.", tensors))
            elif self._teacher is not None:
                average = without_prefix("teacher.average.", tensors)
                self._teacher.average.load_state_dict(average)
            if not is_teacher:
                self._learnt.resume(without_prefix("network.", tensors))
                self._stage = self._task.stage
            self._epoch = int(metadata["epoch"])
            self._finish()
        except (safetensors.SafetensorError, KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{path}: damaged state ({error}); delete it to begin anew") from error


def _accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float | None:
    """The share of images of which all digits are right."""
    if not len(images):
        return None
    said = logits_of(network, images).view(len(images), -1, CLASS_COUNT + 1)
    right = said[..., :CLASS_COUNT].argmax(dim=2) == labels.cpu().view(len(images), -1)
    return float(right.all(dim=1).float().mean())


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
