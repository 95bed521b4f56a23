"""Autograd: the slope of the loss along every weight and every pixel."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.explain.loss import digit_logits, loss_from_logits
from mnist_core.models.mlp import MLP


def private_copy(model: MLP) -> MLP:
    """The same network with weights of its own, ready for gradients; dropout is off."""
    return copy.deepcopy(model).requires_grad_().eval()


def twin(model: MLP) -> MLP:
    """The same network on the same weights, whose gradients are its own; dropout is off."""
    parameters = {id(each): nn.Parameter(each.detach()) for each in model.parameters()}
    return copy.deepcopy(model, parameters).eval()


def gradients_before_and_after(
    model: MLP, images: Tensor, labels: Tensor
) -> tuple[dict[str, Tensor | None], dict[str, Tensor | None]]:
    """Each parameter's `.grad` before `backward()`, where it is None, and after it.

    The gradients are put on a twin: the model itself stays clean.
    """
    model = twin(model)
    before = {name: parameter.grad for name, parameter in model.named_parameters()}
    loss = loss_from_logits(digit_logits(model, images), labels)
    loss.backward()
    after = {name: parameter.grad for name, parameter in model.named_parameters()}
    return before, after


def loss_of(model: MLP, label: int) -> Callable[[Tensor], Tensor]:
    """The loss for a label as a function of the images alone: (N, 28, 28) -> (N,)."""

    def loss(images: Tensor) -> Tensor:
        labels = torch.full((len(images),), label)
        return functional.cross_entropy(digit_logits(model, images), labels, reduction="none")

    return loss


def input_gradient(function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """How fast `function` rises with each pixel, (N, 28, 28)."""
    images = images.clone().requires_grad_()
    return torch.autograd.grad(function(images).sum(), images)[0]


def finite_differences(
    function: Callable[[Tensor], Tensor], image: Tensor, *, pixels: Sequence[int], step: float
) -> Tensor:
    """The slope along some pixels without autograd: a little more ink, a little less, compare.

    image: (28, 28), whose `pixels` count row by row. Use float64: float32 is too coarse for this.
    """
    nudges = torch.zeros(len(pixels), image.numel(), dtype=image.dtype)
    nudges[torch.arange(len(pixels)), pixels] = step
    nudges = nudges.view(-1, *image.shape)  # (pixels, 28, 28): each nudges one pixel
    more, less = function(torch.cat((image + nudges, image - nudges))).chunk(2)
    return (more - less) / (2 * step)
