from collections.abc import Callable

import pytest
import torch

from mnist_core.training.config import OptimizerName
from mnist_core.training.optimizers import make_optimizer

Oracle = Callable[[list[torch.nn.Parameter], float], torch.optim.Optimizer]

ORACLES: dict[OptimizerName, Oracle] = {
    "sgd": lambda parameters, decay: torch.optim.SGD(parameters, lr=0.05, weight_decay=decay),
    "momentum": lambda parameters, decay: torch.optim.SGD(
        parameters, lr=0.05, momentum=0.9, nesterov=True, weight_decay=decay
    ),
    "adam": lambda parameters, decay: torch.optim.AdamW(parameters, lr=0.05, weight_decay=decay),
}


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", list(ORACLES))
def test_each_rule_takes_the_steps_of_torch_optim(name: OptimizerName, decay: float) -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(20, generator=generator)
    gradients = torch.zeros(20)
    parameter = torch.nn.Parameter(values.clone())
    oracle = ORACLES[name]([parameter], decay)
    optimizer = make_optimizer(name, values, gradients)
    for _ in range(5):
        gradient = torch.randn(20, generator=generator)
        gradients.copy_(gradient)
        parameter.grad = gradient
        optimizer.step(learning_rate=0.05, weight_decay=decay)
        oracle.step()
        torch.testing.assert_close(values, parameter.detach())
