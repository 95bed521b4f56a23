"""One step of stochastic gradient descent (SGD), written out."""

import torch
from torch import Tensor

from mnist_core.explain.gradients import private_copy
from mnist_core.explain.loss import digit_logits, loss_from_logits
from mnist_core.models.mlp import MLP


def sgd_step(model: MLP, images: Tensor, labels: Tensor, *, learning_rate: float) -> float:
    """Moves every weight a little down the slope of the loss; the loss before the step."""
    model.zero_grad()
    loss = loss_from_logits(digit_logits(model, images), labels)
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.sub_(learning_rate * parameter.grad)
    return loss.item()


def optimizer_step(model: MLP, images: Tensor, labels: Tensor, *, learning_rate: float) -> float:
    """The same step as the notebook takes it, with `optim.SGD`; the loss before it."""
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    optimizer.zero_grad()
    loss = loss_from_logits(digit_logits(model, images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def both_ways(
    model: MLP, images: Tensor, labels: Tensor, *, learning_rate: float
) -> tuple[MLP, MLP]:
    """Two copies of the model, one a step by hand further, one a step of `optim.SGD`."""
    by_hand, by_optimizer = private_copy(model), private_copy(model)
    sgd_step(by_hand, images, labels, learning_rate=learning_rate)
    optimizer_step(by_optimizer, images, labels, learning_rate=learning_rate)
    return by_hand, by_optimizer


def train_few_steps(
    model: MLP, images: Tensor, labels: Tensor, *, steps: int, learning_rate: float
) -> tuple[MLP, list[float]]:
    """A copy of the model after some steps, and the loss before the first and after each.

    For no step at all, it is the model itself.
    """
    if steps:
        model = private_copy(model)
    losses = [sgd_step(model, images, labels, learning_rate=learning_rate) for _ in range(steps)]
    with torch.no_grad():
        losses.append(loss_from_logits(digit_logits(model, images), labels).item())
    return model, losses
