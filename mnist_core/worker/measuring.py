"""What measures a training that the page follows."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mnist_core.data.datasets import Dataset, Splits
from mnist_core.models.mlp import MLP, logits_of
from mnist_core.worker.messages import Held, Pictures

CHUNK = 500  # images at once: more would not be quicker, and take more memory
_HELD_OUT_SHARE = 12  # the last twelfth of the training images is held out, the same for every run
_MIN_HELD_OUT_SHARE = 60  # below a sixtieth, nothing is: the test set measures instead
_SAMPLE = 2000  # images that measure a moment, fewer for large networks
_SAMPLE_S = 0.015


def evaluation_set(splits: Splits, name: Held) -> Dataset:
    """The images that measure a run: "validation" (held out of training, always the same) or "test"."""
    if name == "test" and splits.test is not None:
        return splits.test
    count = len(splits.train)
    return splits.train.subset(slice(count - count // _HELD_OUT_SHARE, count))


def pictures_of(splits: Splits, held: Held) -> Pictures:
    """The images that measure a run, and their labels, as a report."""
    images, labels = packed(evaluation_set(splits, held))
    return Pictures(held=held, images=images.tobytes(), labels=labels.tobytes())


def packed(dataset: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images (N, 28, 28), 255 = ink, and labels (N,), in a quarter of their bytes or less."""
    images = (dataset.images * 255).round().to(torch.uint8).numpy()
    return images, dataset.labels.to(torch.uint8).numpy()


def share(splits: Splits, *, size: int, seed: int) -> tuple[Splits, Held]:
    """`size` training images (all of them at most), and what measures: "validation" or "test".

    The held-out images never train, unless so many train that too few would be left.
    """
    count = len(splits.train)
    size = min(size, count)
    held_out = count // _HELD_OUT_SHARE
    kept = count - held_out
    if size > count - count // _MIN_HELD_OUT_SHARE:
        return Splits(train=splits.train.subset(slice(0, size))), "test"
    if size >= kept:
        return Splits(train=splits.train.subset(slice(0, kept))), "validation"
    generator = torch.Generator().manual_seed(seed)
    index = torch.randperm(kept, generator=generator)[:size]
    return Splits(train=splits.train.subset(index)), "validation"


def with_shuffled_labels(splits: Splits, *, seed: int) -> Splits:
    """The training images with each other's labels: nothing is left to learn but by heart.

    Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking
    generalization", 2017.
    """
    order = torch.randperm(len(splits.train), generator=torch.Generator().manual_seed(seed))
    shuffled = Dataset(splits.train.images, splits.train.labels[order])
    return dataclasses.replace(splits, train=shuffled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How a network did on some images."""

    loss: float
    accuracy: float
    predictions: bytes  # a digit an image


@dataclass(frozen=True, slots=True)
class Sample:
    """Images standardised once for many measures, (N, 784), with their labels (N,).

    They are every `stride`-th image of the set that measures.
    """

    pixels: Tensor
    labels: Tensor
    stride: int = 1

    @classmethod
    def of(cls, dataset: Dataset, model: MLP, *, stride: int = 1) -> Sample:
        spread = dataset.subset(slice(None, None, stride))
        return cls(model.standardize(spread.images), spread.labels, stride)

    @classmethod
    def quick(cls, dataset: Dataset, model: MLP) -> Sample:
        """Evenly spread images, few enough that `model` is measured on them in some 15 ms."""
        probe = cls.of(dataset.subset(slice(0, CHUNK)), model)
        measure(model, probe)  # the first pass also warms up
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            measure(model, probe)
            seconds.append(time.perf_counter() - began)
        affordable = int(_SAMPLE_S * len(probe.labels) / min(seconds))
        stride = max(1, len(dataset) // max(CHUNK, min(_SAMPLE, affordable)))
        return cls.of(dataset, model, stride=stride)


def measure(model: MLP, sample: Sample) -> Measure:
    """Loss, accuracy and predictions of `model` on `sample`; the model's mode stays as it was."""
    was_training = model.training
    model.eval()
    logits = logits_of(model.logits_from_pixels, sample.pixels, batch_size=CHUNK)
    model.train(was_training)
    log_probabilities, _ = model.answers_from_logits(logits)
    predicted = log_probabilities.argmax(dim=1)
    return Measure(
        loss=functional.nll_loss(log_probabilities.double(), sample.labels).item(),
        accuracy=(predicted == sample.labels).float().mean().item(),
        predictions=predicted.to(torch.uint8).numpy().tobytes(),
    )
