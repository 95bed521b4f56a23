"""Layers, gradients, attributions and SGD steps, with PyTorch as the oracle."""

import pytest
import torch

from mnist_core.explain.gradients import (
    finite_differences,
    gradients_before_and_after,
    input_gradient,
    loss_of,
    private_copy,
)
from mnist_core.models.mlp import MLP


def test_gradients_are_none_before_and_those_of_autograd_after(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    images = image.unsqueeze(0)
    before, after = gradients_before_and_after(model, images, labels)
    assert set(before.values()) == {None}
    assert all(parameter.grad is None for parameter in model.parameters())
    loss = loss_of(model, int(labels))(images)
    expected = torch.autograd.grad(loss, list(model.parameters()))
    for gradient, wanted in zip(after.values(), expected, strict=True):
        torch.testing.assert_close(gradient, wanted)


def test_autograd_passes_gradcheck_on_the_pixels(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    function = loss_of(private_copy(model).double(), int(labels))
    assert torch.autograd.gradcheck(function, image.double().unsqueeze(0).requires_grad_())


def test_finite_differences_agree_with_autograd(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    function = loss_of(private_copy(model).double(), int(labels))
    gradient = input_gradient(function, image.double().unsqueeze(0)).flatten()
    pixels = [0, 400, 783]
    slopes = finite_differences(function, image.double(), pixels=pixels, step=1e-5)
    assert slopes.tolist() == pytest.approx(gradient[pixels].tolist(), rel=1e-3, abs=1e-8)
