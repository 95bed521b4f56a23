"""What a network says of the pictures that runs are measured on, without PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.raster import IMAGE_SIZE
from mnist_core.models.classifier import Classifier, Floats

_MOST_PRODUCTS = 3_000_000_000  # some 80 ms of a core
_PART = 1000  # images as floats at once


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredAnswers:
    """Labels (n,) uint8 of the measured pictures, and the (n, 10) probabilities that a network gives them.

    They are every `stride`-th picture of the set.
    """

    labels: NDArray[np.uint8]
    probabilities: Floats
    stride: int


def stride_of(parameters: int, *, count: int) -> int:
    """Every how many of `count` pictures a network reads: all, or where it is large fewer.

    So that its answers take 0.1 s or so.
    """
    return max(1, -(-count * parameters // _MOST_PRODUCTS))


def products_of(classifier: Classifier, *, count: int) -> int:
    """How many multiplications `measured_answers` takes for a set of `count` pictures."""
    parameters = classifier.network.parameter_count
    return parameters * len(range(0, count, stride_of(parameters, count=count)))


def measured_answers(
    classifier: Classifier, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> MeasuredAnswers:
    """What `classifier` says of a set: images (N, 784), 255 = ink, with their labels (N,).

    Of all of them, or of evenly spread ones: `stride_of`.
    """
    stride = stride_of(classifier.network.parameter_count, count=len(images))
    probabilities = answers_to(classifier, images[::stride])
    return MeasuredAnswers(labels=labels[::stride], probabilities=probabilities, stride=stride)


def answers_to(classifier: Classifier, images: NDArray[np.uint8]) -> Floats:
    """The (n, 10) probabilities that `classifier` gives images (n, 784), 255 = ink; n is at least 1."""
    images = images.reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
    parts = (images[first : first + _PART] for first in range(0, len(images), _PART))
    return np.concatenate(
        [classifier.predict_images(part.astype(np.float32) / np.float32(255)) for part in parts]
    )
