"""The same network as PyTorch's two ways to write one: `nn.Module` and `nn.Sequential`."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mnist_core.explain.activations import hidden_layers
from mnist_core.models.mlp import MLP


def as_sequential(model: MLP) -> nn.Sequential:
    """The network on the same weights as one chain of layers, from rows of 784 to logits.

    What does nothing, as dropout does outside of training, is left out.
    """
    return nn.Sequential(*chain(model))


def chain(model: MLP) -> Iterator[nn.Module]:
    """The layers of the network in their order."""
    for layer in hidden_layers(model):
        yield layer.linear
        if not isinstance(layer.norm, nn.Identity):
            yield layer.norm
        yield layer.activation
    yield model.output


def largest_difference(model: MLP, images: Tensor) -> float:
    """How far the two are apart in any logit, for images of shape (N, 28, 28): not at all."""
    rows = model.standardize(images)  # (N, 784)
    with torch.no_grad():  # nothing here is to learn, so no graph is kept
        difference: Tensor = model(images) - as_sequential(model)(rows)  # (N, logits)
    return difference.abs().max().item()
