"""What happens inside an MLP, layer by layer."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.models.mlp import MLP, HiddenLayer


@dataclass(frozen=True, slots=True)
class LayerResult:
    """What one hidden layer made of one image: (units,) each."""

    sums: Tensor  # weighted sums of what came in; a unit fires when its sum is above 0
    outputs: Tensor  # the sums after the activation function: what goes on


def hidden_layers(model: MLP) -> list[HiddenLayer]:
    """The layers between pixels and logits, each linear, normalisation and activation."""
    return [layer for layer in model.hidden if isinstance(layer, HiddenLayer)]


def run_layers(model: MLP, image: Tensor) -> tuple[list[LayerResult], Tensor]:
    """Every hidden layer's result for an image (28, 28), and the logits, (10,) or (11,)."""
    results = []
    x = model.standardize(image.unsqueeze(0))  # (1, 784)
    for layer in hidden_layers(model):
        sums = layer.sums(x)  # (1, units)
        x = layer.activation(sums)
        results.append(LayerResult(sums=sums[0], outputs=x[0]))
    logits: Tensor = model.output(x)[0]
    return results, logits


def strongest_units(outputs: Tensor, *, count: int) -> Tensor:
    """The positions of the `count` units with the largest output, largest first."""
    return torch.topk(outputs.abs(), min(count, len(outputs))).indices


def first_weights(model: MLP, units: Tensor) -> Tensor:
    """The 784 weights of some first-layer units as pictures, (units, 28, 28)."""
    return model.linear_layers[0].weight[units].detach().view(-1, 28, 28)


def unit_view(model: MLP, image: Tensor, *, layer: int, unit: int) -> Tensor:
    """What a unit looks at in this drawing: how much each pixel moves its sum, (28, 28).

    In the first layer these are its weights, whatever the drawing; deeper down they depend on
    which units fire on the way. `layer` counts from 0; the last one is the logits.
    """
    image = image.clone().requires_grad_()
    results, logits = run_layers(model, image)
    sums = [result.sums for result in results] + [logits]
    return torch.autograd.grad(sums[layer][unit], image)[0]
