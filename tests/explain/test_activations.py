"""Layers, gradients, attributions and SGD steps, with PyTorch as the oracle."""

import torch

from mnist_core.explain.activations import (
    first_weights,
    run_layers,
    strongest_units,
    unit_view,
)
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP


def test_layers_end_in_the_logits_of_the_model(model: MLP, image: torch.Tensor) -> None:
    results, logits = run_layers(model, image)
    torch.testing.assert_close(logits, model(image.unsqueeze(0))[0])
    assert tuple(len(result.outputs) for result in results) == model.config.hidden_sizes


def test_a_unit_fires_exactly_where_relu_lets_it_through(image: torch.Tensor) -> None:
    results, _ = run_layers(MLP(MLPConfig()), image)
    for result in results:
        torch.testing.assert_close(result.outputs, torch.relu(result.sums))


def test_strongest_units_come_first() -> None:
    outputs = torch.tensor([0.0, 2.0, -3.0, 1.0])
    assert strongest_units(outputs, count=2).tolist() == [2, 1]
    assert len(strongest_units(outputs, count=9)) == 4


def test_first_layer_view_is_its_weights_over_the_standard_deviation(image: torch.Tensor) -> None:
    model = MLP(MLPConfig(std=0.3))
    weights = first_weights(model, torch.tensor([5]))[0]
    torch.testing.assert_close(unit_view(model, image, layer=0, unit=5), weights / 0.3)


def test_unit_views_equal_the_jacobian(model: MLP, image: torch.Tensor) -> None:
    jacobian = torch.func.jacrev(lambda x: run_layers(model, x)[1])(image)
    last = len(model.hidden)
    view = unit_view(model, image, layer=last, unit=7)
    torch.testing.assert_close(view, jacobian[7].detach())
