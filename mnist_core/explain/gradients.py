"""Autograd: the slope of the loss along every weight and every pixel."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from mnist_core.explain.loss import digit_logits, loss_from_logits
from mnist_core.models import MLP


def private_copy(model: MLP) -> MLP:
    """The same network with weights of its own, ready for gradients; dropout is off."""
    return copy.deepcopy(model).requires_grad_().eval()


def gradients_before_and_after(
    model: MLP, images: Tensor, labels: Tensor
) -> tuple[dict[str, Tensor | None], dict[str, Tensor | None]]:
    """Each parameter's `.grad` before `backward()`, where it is None, and after it.

    The gradients are put on a copy: the model itself stays clean.
    """
    model = private_copy(model)
    before = {name: parameter.grad for name, parameter in model.named_parameters()}
    loss = loss_from_logits(digit_logits(model, images), labels)
    loss.backward()
    after = {name: parameter.grad for name, parameter in model.named_parameters()}
    return before, after


def loss_of(model: MLP, labels: Tensor) -> Callable[[Tensor], Tensor]:
    """The loss as a function of the images alone."""
    return lambda images: loss_from_logits(digit_logits(model, images), labels)


def input_gradient(function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """How fast `function` rises with each pixel, (N, 28, 28)."""
    images = images.clone().requires_grad_()
    return torch.autograd.grad(function(images).sum(), images)[0]


def finite_difference(
    function: Callable[[Tensor], Tensor], images: Tensor, *, pixel: int, step: float
) -> float:
    """The slope along one pixel without autograd: a little more ink, a little less, compare.

    `pixel` counts through `images` row by row. Use float64: float32 is too coarse for this.
    """
    nudge = torch.zeros_like(images)
    nudge.view(-1)[pixel] = step
    rise = function(images + nudge) - function(images - nudge)
    return rise.item() / (2 * step)
