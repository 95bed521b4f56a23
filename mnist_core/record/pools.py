"""The recipe's settings, and the images that it trains on: drawn once, varied in every batch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.datasets import Dataset
from mnist_core.data.pendigits import PenDigit
from mnist_core.ink.ink import Ink
from mnist_core.ink.paper import Grey
from mnist_core.ink.raster import PEN_EDGE, PEN_RADIUS, Strokes
from mnist_core.models.config import CLASS_COUNT
from mnist_core.record.hands import Labelled, cut_off, vary_strokes
from mnist_core.record.non_digits import non_digit
from mnist_core.record.parted import parted_digits
from mnist_core.record.parts import Part, in_parts
from mnist_core.record.pictures import enlarged, read_back, some_size, written
from mnist_core.record.printed import UNLIKE_DIGITS, printed
from mnist_core.record.rare_styles import made_up_digit, with_bar, with_slash
from mnist_core.training.augmentation import AugmentationConfig, augment

#: Images and labels as of a `Pool`, and a teacher's logits (N, 11) where there is one.
Batch = tuple[Tensor, Tensor, Tensor | None]
#: The label of ink that is no digit: the eleventh logit.
NOT_A_DIGIT = CLASS_COUNT
# The shares of drawings whose ink is cut off on one side, and porous as chalk's.
_CUT_SHARE = 0.05
_POROUS_SHARE = 0.05
# Of what is put in pictures: MNIST's images, pen digits, made-up digits, non-digits, print.
_PICTURED_SHARES = (0.35, 0.35, 0.14, 0.06, 0.1)
# Of print, so much is letters.
_LETTER_SHARE = 0.25
# Batches made at once, while those before are learnt from.
_BATCHES_AHEAD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConfig:
    """The recipe of the shipped weights' elders; of them, `GOING_ON`.

    teacher_epochs, epochs: of the teacher, then of the network that learns from it. convolution_threads:
    threads that a convolutional one learns on, where there are so many cores; while an MLP learns, the
    second core makes batches and asks the teacher. distillation: the teacher's share of the loss; with
    none, nobody teaches. softness: divides the logits that the two are compared by.
    images_per_epoch: drawn from all sources. The six shares are those of a batch and add up to 1.
    pen_variants: drawings of each pen digit by other hands. made_up, pictures, non_digits: how many are
    made (of the pictures, one in ten is left out, since its ink is not found). parted: of how many rows
    of digits that touch.
    numbers_are_none: several digits are among the non-digits.
    written_pairs: images of pairs as one hand writes them, which only the reader of pairs learns
    from; `written_share` of its batches, the other shares being those of the rest.
    all_writers: also trains the writers who otherwise measure and choose. Nobody is left then to fit
    temperature and rejection to: they stay the first elder's.
    last_augmentation: to what share the augmentation falls over the last `calming_share` of the
    epochs, so that the model ends on digits as people write them.
    """

    hidden_sizes: tuple[int, ...] = (1280, 1024, 768)
    teacher_epochs: int = 140
    convolution_threads: int = 2
    epochs: int = 280
    distillation: float = 0.7
    softness: float = 4.0
    images_per_epoch: int = 60_000
    batch_size: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    average_decay: float = 0.9995
    mnist_share: float = 0.46
    pen_share: float = 0.15
    made_up_share: float = 0.12
    picture_share: float = 0.12
    parted_share: float = 0.05
    non_digit_share: float = 0.1
    pen_variants: int = 20
    made_up: int = 60_000
    pictures: int = 66_000
    parted: int = 25_000
    non_digits: int = 40_000
    numbers_are_none: bool = True
    written_pairs: int = 0
    written_share: float = 0.0
    validation_size: int = 5_000
    all_writers: bool = False
    seed: int = 0
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    last_augmentation: float = 0.5
    calming_share: float = 0.3

    def __post_init__(self) -> None:
        for name in (
            "teacher_epochs",
            "convolution_threads",
            "epochs",
            "images_per_epoch",
            "batch_size",
            "pen_variants",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected at least 1, got {getattr(self, name)}")
        if not 0.0 <= self.distillation <= 1.0:
            raise ValueError(f"distillation: expected [0, 1], got {self.distillation}")
        if abs(sum(self.shares) - 1.0) > 1e-6 or min(self.shares) < 0.0:
            raise ValueError(f"the shares must add up to 1, got {self.shares}")

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.images_per_epoch // self.batch_size)

    def augmentation_at(self, progress: float) -> AugmentationConfig:
        """The augmentation at `progress` in [0, 1) of a training."""
        left = (1 - progress) / max(self.calming_share, 1e-9)
        strength = self.last_augmentation + (1 - self.last_augmentation) * min(1.0, left)
        full = asdict(self.augmentation)
        share = full.pop("share")
        return AugmentationConfig(
            share=share, **{name: value * strength for name, value in full.items()}
        )

    @property
    def shares(self) -> tuple[float, ...]:
        """Of a batch, in the order of `make_pools`."""
        return (
            self.mnist_share,
            self.pen_share,
            self.made_up_share,
            self.picture_share,
            self.parted_share,
            self.non_digit_share,
        )


#: The recipe of the reader of pairs.
PAIRS = RecordConfig(
    epochs=50,
    images_per_epoch=128_000,
    mnist_share=0.34,
    pen_share=0.4,
    made_up_share=0.15,
    picture_share=0.11,
    parted_share=0.0,
    non_digit_share=0.0,
    parted=0,
    numbers_are_none=False,
    written_pairs=360_000,
    written_share=0.6,
    distillation=0.0,
)
#: Those of networks that go on from others.
GOING_ON = RecordConfig(epochs=100, learning_rate=7e-4, distillation=0.5)
PAIRS_GOING_ON = replace(PAIRS, epochs=16, learning_rate=7e-4)
#: Of those that all writers teach: gently, since nothing but their hands is new.
WITH_ALL_WRITERS = RecordConfig(epochs=60, learning_rate=3e-4, distillation=0.8, all_writers=True)
PAIRS_WITH_ALL_WRITERS = replace(PAIRS_GOING_ON, all_writers=True)


@dataclass(frozen=True, slots=True)
class Pool:
    """Images kept as bytes, since the pools of a full recipe would fill a gigabyte as floats."""

    images: Tensor  # (N, 28, 28) uint8, or (N, 28, 48) of pairs
    labels: Tensor  # (N,) int64, or (N, 2)

    @classmethod
    def of(cls, part: Part) -> Pool:
        images, labels = part
        return cls(torch.from_numpy(images), torch.from_numpy(labels))

    def to(self, device: torch.device | str) -> Pool:
        return Pool(self.images.to(device), self.labels.to(device))

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        index = torch.randint(len(self.labels), (count,), generator=generator)
        index = index.to(self.labels.device)
        return self.images[index].float().div_(255), self.labels[index]


def make_pools(
    mnist: Dataset, pen: Sequence[PenDigit], config: RecordConfig, device: torch.device | str
) -> list[Pool]:
    """A pool each: MNIST, pen digits, made-up ones, all of these in pictures, parted ones, non-digits."""
    generator = np.random.default_rng(config.seed)
    pens: list[Labelled] = []
    for variant in range(config.pen_variants):
        for digit in pen:
            strength = generator.uniform(0.3, 1.1) if variant else 0.0
            strokes = vary_strokes(digit.strokes, strength=strength, generator=generator)
            pens.append((strokes, digit.digit))
    by_digit: dict[int, list[Strokes]] = {
        label: [digit.strokes for digit in pen if digit.digit == label] for label in (0, 7)
    }
    made_up = [_rare_style(by_digit, generator) for _ in range(config.made_up)]
    strokes_of = [digit.strokes for digit in pen] if config.numbers_are_none else []
    non_digits = [
        (non_digit(strokes_of, generator=generator), NOT_A_DIGIT) for _ in range(config.non_digits)
    ]
    plain = pool_of(mnist)
    pictured = functools.partial(_in_pictures, plain, (pens, made_up, non_digits))
    parted = functools.partial(parted_digits, pen)
    pools = [
        plain,
        _drawn(pens, generator),
        _drawn(made_up, generator),
        Pool.of(in_parts(pictured, config.pictures, generator=generator)),
        Pool.of(in_parts(parted, config.parted, generator=generator)),
        _drawn(non_digits, generator),
    ]
    return [pool.to(device) for pool in pools]


def pool_of(dataset: Dataset) -> Pool:
    return Pool(dataset.images.mul(255).round_().to(torch.uint8), dataset.labels)


def _rare_style(by_digit: dict[int, list[Strokes]], generator: np.random.Generator) -> Labelled:
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


def _drawn(drawings: Sequence[Labelled], generator: np.random.Generator) -> Pool:
    """The drawings as images, half with another pen than the usual one, some as pictures have them."""
    images = np.zeros((len(drawings), 28, 28), np.uint8)
    for image, (strokes, _) in zip(images, drawings, strict=True):
        radius, edge = PEN_RADIUS, PEN_EDGE
        if generator.random() < 0.5:
            radius, edge = generator.uniform(0.95, 1.8), generator.uniform(0.9, 1.6)
        if generator.random() < _CUT_SHARE:
            strokes = cut_off(strokes, generator=generator)
        drawn = Ink(strokes).to_image(pen_radius=radius, pen_edge=edge)
        if generator.random() < _POROUS_SHARE:
            drawn = drawn * (
                1 - generator.uniform(0, 0.6) * generator.random(drawn.shape, np.float32)
            )
        image[:] = np.rint(drawn * 255)
    labels = torch.tensor([label for _, label in drawings], dtype=torch.int64)
    return Pool(torch.from_numpy(images), labels)


def _in_pictures(
    mnist: Pool,
    drawings: Sequence[Sequence[Labelled]],
    count: int,
    generator: np.random.Generator,
) -> Part:
    """MNIST's images, `drawings` and print, `count` of all, put in pictures and read back where found."""
    images, labels = [], []
    for source in generator.choice(len(_PICTURED_SHARES), size=count, p=_PICTURED_SHARES):
        if source == 0:
            index = int(generator.integers(len(mnist.labels)))
            label = int(mnist.labels[index])
            image = mnist.images[index].float().div_(255).numpy()
            shape = enlarged(image, generator=generator)
        elif source > len(drawings):
            shape, label = _in_print(generator)
        else:
            chosen = drawings[source - 1]
            if not chosen:
                continue
            strokes, label = chosen[int(generator.integers(len(chosen)))]
            shape = written(strokes, generator=generator)
        found = read_back(shape, generator=generator)
        if found is not None:
            images.append(np.rint(found * 255).astype(np.uint8))
            labels.append(label)
    return np.array(images, np.uint8).reshape(-1, 28, 28), np.array(labels, np.int64)


def _in_print(generator: np.random.Generator) -> tuple[Grey, int]:
    """The shape of a digit or a letter, and its label."""
    label = int(generator.integers(CLASS_COUNT))
    text = str(label)
    if generator.random() < _LETTER_SHARE:
        label, text = NOT_A_DIGIT, str(generator.choice(UNLIKE_DIGITS))
    return printed(text, size=some_size(generator), generator=generator), label


def varied_batches(
    pools: Sequence[Pool],
    config: RecordConfig,
    *,
    seed: int,
    progress: float,
    device: torch.device | str,
    teach: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Batch]:
    """One epoch of varied batches: images (N, 28, 28), labels (N,) and what `teach` makes of them.

    The same `seed`, one of its own for each epoch, gives the same batches, so that a resumed run sees
    them too. `teach` runs beside the caller, on the thread that makes the batches.
    """
    generator = torch.Generator().manual_seed(seed)
    augmentation = config.augmentation_at(progress)

    def make(batches: int) -> list[Batch]:
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
        return [
            (images, labels, None if teach is None else teach(images))
            for images, labels in zip(
                torch.split(varied[order], config.batch_size),
                torch.split(labels[order], config.batch_size),
                strict=True,
            )
        ]

    return made_ahead(make, config.steps_per_epoch)


def made_ahead(make: Callable[[int], list[Batch]], steps: int) -> Iterator[Batch]:
    """The batches of an epoch, some of them made at once, on a thread of their own.

    make: so many, in the order in which they are used.
    """
    sizes = [min(_BATCHES_AHEAD, steps - first) for first in range(0, steps, _BATCHES_AHEAD)]
    # Each thread has an intra-op pool of its own; without this, the new one takes every core.
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as maker:
        ahead = maker.submit(make, sizes[0])
        for following in [*sizes[1:], None]:
            made = ahead.result()
            if following is not None:
                ahead = maker.submit(make, following)
            yield from made
