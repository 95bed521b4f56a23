"""How good a model is: loss and accuracy."""

from __future__ import annotations

import torch
from torch.nn import functional

from mnist_core.data import Dataset
from mnist_core.models import MLP

_BATCH_SIZE = 1000


def mean_loss_and_accuracy(model: MLP, dataset: Dataset) -> tuple[float, float]:
    """The mean cross-entropy and the accuracy, a fraction, of `model` on `dataset`."""
    loss_sum, correct = 0.0, 0
    with torch.inference_mode():
        for images, labels in zip(
            dataset.images.split(_BATCH_SIZE), dataset.labels.split(_BATCH_SIZE), strict=True
        ):
            log_probabilities = model.log_probabilities(images)
            loss_sum += functional.nll_loss(log_probabilities, labels, reduction="sum").item()
            correct += int(torch.count_nonzero(log_probabilities.argmax(dim=1) == labels))
    return loss_sum / len(dataset), correct / len(dataset)
