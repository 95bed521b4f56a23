"""Layers, gradients, attributions and SGD steps, with PyTorch as the oracle."""

import copy

import pytest
import torch

from mnist_core.explain.gradients import (
    loss_of,
    private_copy,
)
from mnist_core.explain.sgd import both_ways, sgd_step, train_few_steps
from mnist_core.models.mlp import MLP


def test_one_step_equals_torch_sgd(model: MLP, image: torch.Tensor, labels: torch.Tensor) -> None:
    images = image.unsqueeze(0)
    ours, theirs = private_copy(model), copy.deepcopy(model)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.05)
    sgd_step(ours, images, labels, learning_rate=0.05)
    loss_of(theirs, int(labels))(images).backward()
    optimizer.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_training_a_few_steps_lowers_the_loss_and_leaves_the_model_alone(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    before = copy.deepcopy(model.state_dict())
    images = image.unsqueeze(0)
    _, losses = train_few_steps(model, images, labels, steps=10, learning_rate=0.01)
    assert len(losses) == 11
    assert losses[-1] < losses[0]
    assert losses[0] == pytest.approx(loss_of(model, int(labels))(images).item(), rel=1e-5)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_no_step_is_back_to_the_start(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    same, losses = train_few_steps(model, image.unsqueeze(0), labels, steps=0, learning_rate=0.01)
    assert len(losses) == 1
    torch.testing.assert_close(same(image.unsqueeze(0)), model(image.unsqueeze(0)))


def test_the_optimizer_takes_the_step_that_is_written_out(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    by_hand, by_optimizer = both_ways(model, image.unsqueeze(0), labels, learning_rate=0.05)
    moved = 0.0
    for one, other, old in zip(
        by_hand.parameters(), by_optimizer.parameters(), model.parameters(), strict=True
    ):
        torch.testing.assert_close(one, other)
        moved += (one - old).abs().sum().item()
    assert moved > 0
