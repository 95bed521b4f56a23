"""The network as nn.Sequential, and autograd on four numbers."""

import torch
from torch import nn

from mnist_core.explain.modules import as_sequential, largest_difference
from mnist_core.explain.toy import toy_gradient
from mnist_core.models.mlp import MLP


def test_the_chain_of_layers_is_the_same_network(model: MLP, image: torch.Tensor) -> None:
    chain = as_sequential(model)
    assert largest_difference(model, image[None]) == 0
    assert {id(each) for each in chain.parameters()} == {id(each) for each in model.parameters()}
    assert not any(isinstance(each, nn.Identity | nn.Dropout) for each in chain)


def test_the_gradient_of_the_mean_of_squares_is_half_of_x() -> None:
    toy = toy_gradient(generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(toy.y, toy.x**2)
    torch.testing.assert_close(toy.z, toy.y.mean())
    torch.testing.assert_close(toy.gradient, toy.x.detach() / 2)
