"""Update rules on one flat parameter vector: SGD, SGD with momentum, Adam.

The kernels of `torch.optim`, each one pass over memory, without what that does before it calls them,
which for a small MLP is as much as the backward pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from mnist_core.training.config import OptimizerName

MOMENTUM = 0.9
BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Optimizer(Protocol):
    """Changes `values` in place by one step against `gradients`."""

    def step(self, *, learning_rate: float, weight_decay: float) -> None: ...

    def state(self) -> dict[str, Tensor]:
        """What it remembers from one step to the next."""

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Remember that instead. `KeyError` or `RuntimeError` where it is another rule's."""


class SGD:
    """values -= learning_rate * (gradients + weight_decay * values); the notebook's `optim.SGD`.

    With `momentum`, Nesterov's accelerated gradient in the form of Sutskever et al. 2013.
    """

    def __init__(self, values: Tensor, gradients: Tensor, *, momentum: float = 0.0) -> None:
        self._values = values
        self._gradients = gradients
        self._momentum = momentum
        self._velocity = torch.zeros_like(values) if momentum else None

    def step(self, *, learning_rate: float, weight_decay: float) -> None:
        if self._velocity is None:
            if weight_decay:
                self._values.mul_(1 - learning_rate * weight_decay)
            self._values.add_(self._gradients, alpha=-learning_rate)
            return
        torch._fused_sgd_(
            [self._values],
            [self._gradients],
            [self._velocity],
            weight_decay=weight_decay,
            momentum=self._momentum,
            lr=learning_rate,
            dampening=0.0,
            nesterov=True,
            maximize=False,
            is_first_step=False,
        )

    def state(self) -> dict[str, Tensor]:
        return {} if self._velocity is None else {"velocity": self._velocity}

    def resume(self, state: Mapping[str, Tensor]) -> None:
        if self._velocity is not None:
            self._velocity.copy_(state["velocity"])


class Adam:
    """Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019)."""

    def __init__(self, values: Tensor, gradients: Tensor) -> None:
        self._values = values
        self._gradients = gradients
        self._mean = torch.zeros_like(values)
        self._square = torch.zeros_like(values)
        self._steps = torch.zeros(())

    def step(self, *, learning_rate: float, weight_decay: float) -> None:
        self._steps += 1
        torch._fused_adamw_(
            [self._values],
            [self._gradients],
            [self._mean],
            [self._square],
            [],
            [self._steps],
            lr=learning_rate,
            beta1=BETAS[0],
            beta2=BETAS[1],
            weight_decay=weight_decay,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def state(self) -> dict[str, Tensor]:
        return {"mean": self._mean, "square": self._square, "steps": self._steps}

    def resume(self, state: Mapping[str, Tensor]) -> None:
        self._mean.copy_(state["mean"])
        self._square.copy_(state["square"])
        self._steps.copy_(state["steps"])


def make_optimizer(name: OptimizerName, values: Tensor, gradients: Tensor) -> Optimizer:
    """The update rule called `name`, bound to the vectors that it changes and reads."""
    if name == "sgd":
        return SGD(values, gradients)
    if name == "momentum":
        return SGD(values, gradients, momentum=MOMENTUM)
    return Adam(values, gradients)
