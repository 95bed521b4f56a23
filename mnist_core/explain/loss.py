"""How wrong an answer is, computed in three ways that agree."""

import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.models.mlp import MLP


def digit_logits(model: MLP, images: Tensor) -> Tensor:
    """The model's scores for the ten digits, (N, 10), for images of shape (N, 28, 28).

    A model may have an eleventh score for "not a digit", which is left out here, and a
    temperature, which makes its probabilities as sure as it is right.
    """
    logits: Tensor = model(images)
    return logits[:, :10] / model.config.temperature


def loss_from_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy straight from the logits (N, 10), averaged over the N labels."""
    return functional.cross_entropy(logits, labels)


def loss_from_log_softmax(logits: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood (NLL) of the log-probabilities: the same number."""
    log_probabilities = functional.log_softmax(logits, dim=1)
    return functional.nll_loss(log_probabilities, labels)


def loss_by_hand(logits: Tensor, labels: Tensor) -> Tensor:
    """The formula behind both: minus the log-probability of the right digit."""
    largest = logits.max(dim=1, keepdim=True).values  # for safety, as in softmax
    log_sums = largest + torch.log(torch.exp(logits - largest).sum(dim=1, keepdim=True))
    log_probabilities = logits - log_sums
    return -log_probabilities.gather(1, labels.unsqueeze(1)).mean()
