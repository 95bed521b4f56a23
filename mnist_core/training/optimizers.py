"""Update rules on one flat parameter vector: SGD, SGD with momentum, Adam.

The same arithmetic as `torch.optim` (the tests hold them to it), without its cost per step, which for a
small MLP is as much as the backward pass.
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
        change, velocity = self._gradients, self._velocity
        if weight_decay:
            change.add_(self._values, alpha=weight_decay)
        self._values.add_(change, alpha=-learning_rate)
        if velocity is not None:
            # velocity = momentum * velocity + change, in one pass over memory.
            torch.add(change, velocity, alpha=self._momentum, out=velocity)
            self._values.add_(velocity, alpha=-learning_rate * self._momentum)

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
        self._scratch = torch.empty_like(values)
        self._steps = 0

    def step(self, *, learning_rate: float, weight_decay: float) -> None:
        self._steps += 1
        beta1, beta2 = BETAS
        if weight_decay:
            self._values.mul_(1 - learning_rate * weight_decay)
        self._mean.lerp_(self._gradients, 1 - beta1)
        self._square.mul_(beta2).addcmul_(self._gradients, self._gradients, value=1 - beta2)
        correction = (1 - beta2**self._steps) ** 0.5
        torch.sqrt(self._square, out=self._scratch).div_(correction).add_(EPSILON)
        rate = learning_rate / (1 - beta1**self._steps)
        self._values.addcdiv_(self._mean, self._scratch, value=-rate)

    def state(self) -> dict[str, Tensor]:
        return {"mean": self._mean, "square": self._square, "steps": torch.tensor(self._steps)}

    def resume(self, state: Mapping[str, Tensor]) -> None:
        self._mean.copy_(state["mean"])
        self._square.copy_(state["square"])
        self._steps = int(state["steps"])


def make_optimizer(name: OptimizerName, values: Tensor, gradients: Tensor) -> Optimizer:
    """The update rule called `name`, bound to the vectors that it changes and reads."""
    if name == "sgd":
        return SGD(values, gradients)
    if name == "momentum":
        return SGD(values, gradients, momentum=MOMENTUM)
    return Adam(values, gradients)
