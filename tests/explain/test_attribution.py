"""Layers, gradients, attributions and SGD steps, with PyTorch as the oracle."""

import pytest
import torch

from mnist_core.explain.attribution import evidence, integrated_gradients
from mnist_core.models.mlp import MLP


@pytest.mark.parametrize("digit", [0, 7])
def test_integrated_gradients_add_up_to_the_evidence(
    model: MLP, image: torch.Tensor, digit: int
) -> None:
    parts = integrated_gradients(model, image, digit=digit, steps=512)
    both = torch.stack([torch.zeros_like(image), image])
    blank, drawn = evidence(model, both, digit=digit)
    assert parts.sum().item() == pytest.approx((drawn - blank).item(), abs=5e-3)


def test_blank_paper_speaks_neither_for_nor_against(model: MLP) -> None:
    assert integrated_gradients(model, torch.zeros(28, 28), digit=1).abs().max() == 0
