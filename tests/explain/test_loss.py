"""The three ways to one loss."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.explain.loss import (
    digit_logits,
    loss_by_hand,
    loss_from_log_softmax,
    loss_from_logits,
)
from mnist_core.models.mlp import MLP


@given(seed=st.integers(0, 10_000), scale=st.sampled_from([0.1, 1.0, 30.0, 1000.0]))
def test_cross_entropy_nll_and_the_formula_agree(seed: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(8, 10, generator=generator) * scale
    labels = torch.randint(10, (8,), generator=generator)
    expected = loss_from_logits(logits, labels)
    torch.testing.assert_close(loss_from_log_softmax(logits, labels), expected)
    torch.testing.assert_close(loss_by_hand(logits, labels), expected)


def test_uniform_logits_lose_the_logarithm_of_ten() -> None:
    loss = loss_by_hand(torch.zeros(1, 10), torch.tensor([4]))
    assert loss.item() == pytest.approx(math.log(10))


def test_digit_logits_give_the_probabilities_of_the_model(model: MLP, image: torch.Tensor) -> None:
    images = image.unsqueeze(0)
    torch.testing.assert_close(
        digit_logits(model, images).softmax(dim=1), model.probabilities(images)
    )
