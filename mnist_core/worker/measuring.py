"""What measures a training that the page follows, and how its weights are packed for sending."""

from __future__ import annotations

from dataclasses import dataclass

import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.data.datasets import Dataset, Splits
from mnist_core.models.mlp import MLP, logits_of

CHUNK = 500  # images at once: more would not be quicker, and take more memory
_HELD_OUT_SHARE = 12  # the last twelfth of the training images is held out, the same for every run
_MIN_HELD_OUT_SHARE = 60  # below a sixtieth, nothing is: the test set measures instead


def evaluation_set(splits: Splits, name: str) -> Dataset:
    """The images that measure a run: "validation" (held out of training, always the same) or "test"."""
    if name == "test" and splits.test is not None:
        return splits.test
    count = len(splits.train)
    return splits.train.subset(slice(count - count // _HELD_OUT_SHARE, count))


def share(splits: Splits, *, size: int, seed: int) -> tuple[Splits, str]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How a network did on some images."""

    loss: float
    accuracy: float
    predictions: bytes  # a digit an image


@dataclass(frozen=True, slots=True)
class Sample:
    """Images standardised once for many measures, (N, 784), with their labels (N,)."""

    pixels: Tensor
    labels: Tensor

    @classmethod
    def of(cls, dataset: Dataset, model: MLP) -> Sample:
        return cls(model.standardize(dataset.images), dataset.labels)


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


def pack_weights(model: MLP, *, half: bool = False) -> bytes | None:
    """The weights as safetensors, or None where one isn't finite. `half`: as float16."""
    # Clones, since parameters may be views into one vector, which safetensors refuses.
    tensors = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        return None
    if half:
        tensors = {
            name: tensor.half() if tensor.is_floating_point() else tensor
            for name, tensor in tensors.items()
        }
    return safetensors.torch.save(tensors)
