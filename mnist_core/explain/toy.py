"""Autograd on four numbers: the notebook's first look at it."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class ToyGradient:
    """What a graph of two operations makes of four numbers."""

    x: Tensor  # (2, 2), with requires_grad: PyTorch writes down what is done with it
    y: Tensor  # (2, 2): x squared, whose grad_fn knows how it came about
    z: Tensor  # one number: the mean of y
    gradient: Tensor  # (2, 2): how fast z rises with each number of x


def toy_gradient(*, generator: torch.Generator | None = None) -> ToyGradient:
    """The gradient of z = mean(x²): by the chain rule 2x / 4, which is x / 2."""
    x = torch.randn(2, 2, generator=generator, requires_grad=True)
    y = x**2
    z = y.mean()
    z.backward()
    assert x.grad is not None
    return ToyGradient(x=x, y=y, z=z, gradient=x.grad)
