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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.augmentation import AugmentationConfig, augment, vary_strokes
from mnist_core.checkpoints import read_metadata, write_atomically
from mnist_core.data import CLASS_COUNT, Dataset, Splits, hold_out
from mnist_core.ink import PEN_EDGE, PEN_RADIUS, Ink
from mnist_core.models import MLP, MLPConfig
from mnist_core.nondigits import non_digit
from mnist_core.pen import PenDigit, Strokes, is_held_out, is_validation, pen_dataset
from mnist_core.styles import made_up_digit, with_bar, with_slash

#: The label of ink that is no digit: the eleventh logit.
NOT_A_DIGIT = CLASS_COUNT
# Batches made at once, on a thread of their own while the one before is learnt from.
_BATCHES_AHEAD = 8
# The share of validation digits below the threshold of rejection.
_REFUSED_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConfig:
    """The recipe; the defaults made the shipped weights.

    images_per_epoch: drawn from all sources. The four shares are those of a batch and add up to 1.
    pen_variants: drawings of each pen digit by other hands. made_up, non_digits: how many are made.
    all_writers: also trains the six writers who otherwise only measure.
    last_augmentation: to what share the augmentation falls over the last `calming_share` of the
    epochs, so that the model ends on digits as people write them.
    """

    hidden_sizes: tuple[int, ...] = (1024, 768)
    epochs: int = 48
    images_per_epoch: int = 60_000
    batch_size: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    average_decay: float = 0.9995
    mnist_share: float = 0.5
    pen_share: float = 0.22
    made_up_share: float = 0.16
    non_digit_share: float = 0.12
    pen_variants: int = 12
    made_up: int = 30_000
    non_digits: int = 40_000
    validation_size: int = 5_000
    all_writers: bool = False
    seed: int = 0
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    last_augmentation: float = 0.5
    calming_share: float = 0.3

    def __post_init__(self) -> None:
        for name in ("epochs", "images_per_epoch", "batch_size", "pen_variants"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected at least 1, got {getattr(self, name)}")
        if abs(sum(self.shares) - 1.0) > 1e-6 or min(self.shares) < 0.0:
            raise ValueError(f"the shares must add up to 1, got {self.shares}")

    def augmentation_at(self, epoch: int) -> AugmentationConfig:
        """The augmentation of an epoch, counted from 0."""
        left = (1 - epoch / self.epochs) / max(self.calming_share, 1e-9)
        strength = self.last_augmentation + (1 - self.last_augmentation) * min(1.0, left)
        full = asdict(self.augmentation)
        share = full.pop("share")
        return AugmentationConfig(
            share=share, **{name: value * strength for name, value in full.items()}
        )

    @property
    def shares(self) -> tuple[float, float, float, float]:
        return (self.mnist_share, self.pen_share, self.made_up_share, self.non_digit_share)


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


@dataclass(frozen=True, slots=True)
class _Pool:
    """Images kept as bytes, since the pools of a full recipe would fill a gigabyte as floats."""

    images: Tensor  # (N, 28, 28) uint8
    labels: Tensor  # (N,) int64

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        index = torch.randint(len(self.labels), (count,), generator=generator)
        index = index.to(self.labels.device)
        return self.images[index].float().div_(255), self.labels[index]


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
    pools = _pools(data.train, training_pen, config, device)
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
        loss = learner.learn(_batches(pools, config, epoch, device), epoch)
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


def _pools(
    mnist: Dataset, pen: Sequence[PenDigit], config: RecordConfig, device: torch.device | str
) -> list[_Pool]:
    """MNIST, pen digits, made-up digits and non-digits, in the order of the shares."""
    generator = np.random.default_rng(config.seed)
    drawings: list[tuple[Strokes, int]] = []
    for variant in range(config.pen_variants):
        for digit in pen:
            strength = generator.uniform(0.3, 1.1) if variant else 0.0
            strokes = vary_strokes(digit.strokes, strength=strength, generator=generator)
            drawings.append((strokes, digit.digit))
    pen_pool = _drawn(drawings, generator, device)
    by_digit: dict[int, list[Strokes]] = {
        label: [digit.strokes for digit in pen if digit.digit == label] for label in (0, 7)
    }
    drawings = [_rare_style(by_digit, generator) for _ in range(config.made_up)]
    made_up_pool = _drawn(drawings, generator, device)
    strokes_of = [digit.strokes for digit in pen]
    drawings = [
        (non_digit(strokes_of, generator=generator), NOT_A_DIGIT) for _ in range(config.non_digits)
    ]
    non_digit_pool = _drawn(drawings, generator, device)
    images = mnist.images.mul(255).round_().to(torch.uint8).to(device)
    mnist_pool = _Pool(images, mnist.labels.to(device))
    return [mnist_pool, pen_pool, made_up_pool, non_digit_pool]


def _rare_style(
    by_digit: dict[int, list[Strokes]], generator: np.random.Generator
) -> tuple[Strokes, int]:
    """A made-up digit, or a real 0 with a slash or 7 with a bar; zeros a quarter of all."""
    chance = generator.random()
    if chance < 0.15 and by_digit[0]:
        strokes = by_digit[0][generator.integers(len(by_digit[0]))]
        slashed = with_slash(strokes, generator=generator)
        return vary_strokes(slashed, generator=generator), 0
    if chance < 0.2 and by_digit[7]:
        strokes = by_digit[7][generator.integers(len(by_digit[7]))]
        crossed = with_bar(strokes, generator=generator)
        return vary_strokes(crossed, generator=generator), 7
    digit = int(generator.integers(CLASS_COUNT))
    return made_up_digit(digit, generator=generator), digit


def _drawn(
    drawings: Sequence[tuple[Strokes, int]],
    generator: np.random.Generator,
    device: torch.device | str,
) -> _Pool:
    """The drawings as images, half of them with another pen than the usual one."""
    images = np.zeros((len(drawings), 28, 28), np.uint8)
    for image, (strokes, _) in zip(images, drawings, strict=True):
        radius, edge = PEN_RADIUS, PEN_EDGE
        if generator.random() < 0.5:
            radius, edge = generator.uniform(0.95, 1.65), generator.uniform(0.9, 1.6)
        drawn = Ink(strokes).to_image(pen_radius=radius, pen_edge=edge)
        image[:] = np.rint(drawn * 255)
    labels = torch.tensor([label for _, label in drawings], dtype=torch.int64)
    return _Pool(torch.from_numpy(images).to(device), labels.to(device))


def _batches(
    pools: Sequence[_Pool], config: RecordConfig, epoch: int, device: torch.device | str
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of varied batches; seeded by the epoch, so that a resumed run sees the same."""
    generator = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
    augmentation = config.augmentation_at(epoch)
    steps = max(1, config.images_per_epoch // config.batch_size)
    sizes = [min(_BATCHES_AHEAD, steps - first) for first in range(0, steps, _BATCHES_AHEAD)]

    def make(batches: int) -> tuple[Tensor, Tensor]:
        total = batches * config.batch_size
        counts = [round(total * share) for share in config.shares[1:]]
        counts = [total - sum(counts), *counts]
        parts = [
            pool.draw(count, generator)
            for pool, count in zip(pools, counts, strict=True)
            if count and len(pool.labels)
        ]
        images, labels = (torch.cat(part) for part in zip(*parts, strict=True))
        order = torch.randperm(len(labels), generator=generator).to(device)
        varied = augment(images, config=augmentation, generator=generator)
        return varied[order], labels[order]

    # Each thread has an intra-op pool of its own; without this, the new one takes every core.
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads,)) as maker:
        ahead = maker.submit(make, sizes[0])
        for following in [*sizes[1:], None]:
            images, labels = ahead.result()
            if following is not None:
                ahead = maker.submit(make, following)
            yield from zip(
                torch.split(images, config.batch_size),
                torch.split(labels, config.batch_size),
                strict=True,
            )


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
