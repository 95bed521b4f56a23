"""The hand-written network and softmax against PyTorch's own."""

import pytest
import torch

from mnist_core.explain.scratch import (
    random_network,
    scratch_logits,
    sigmoid,
    softmax,
    softmax_naive,
)
from mnist_core.explain.tensors import flatten, normalize, to_tensor


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_sigmoid_equals_torch_on_ordinary_and_huge_inputs() -> None:
    x = torch.tensor([-1e4, -100.0, -3.0, 0.0, 0.5, 100.0, 1e4])
    torch.testing.assert_close(sigmoid(x), torch.sigmoid(x))


def test_both_softmaxes_equal_torch_on_ordinary_logits(generator: torch.Generator) -> None:
    logits = torch.randn(50, 10, generator=generator) * 5
    torch.testing.assert_close(softmax(logits), torch.softmax(logits, dim=1))
    torch.testing.assert_close(softmax_naive(logits), torch.softmax(logits, dim=1))


def test_stable_softmax_survives_logits_that_break_the_naive_one() -> None:
    logits = torch.tensor([[1000.0, 999.0, 0.0], [-1000.0, -1000.0, -2000.0]])
    torch.testing.assert_close(softmax(logits), torch.softmax(logits, dim=1))
    assert softmax_naive(logits).isnan().any()


def test_uniform_logits_give_a_tenth_each() -> None:
    torch.testing.assert_close(softmax(torch.full((1, 10), 7.0)), torch.full((1, 10), 0.1))


def test_scratch_network_equals_linear_layers(generator: torch.Generator) -> None:
    network = random_network(generator=generator)
    inputs = torch.randn(5, 784, generator=generator)
    first, second = torch.nn.Linear(784, 256), torch.nn.Linear(256, 10)
    with torch.no_grad():
        first.weight.copy_(network.w1.T)
        first.bias.copy_(network.b1)
        second.weight.copy_(network.w2.T)
        second.bias.copy_(network.b2)
        expected = torch.nn.Sequential(first, torch.nn.Sigmoid(), second)(inputs)
    torch.testing.assert_close(scratch_logits(network, inputs), expected, atol=1e-3, rtol=1e-4)


def test_same_seed_gives_the_same_random_network() -> None:
    one, two = (random_network(generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one.w1, two.w1)
    assert torch.equal(one.b2, two.b2)


def test_to_tensor_and_normalize_move_a_byte_to_minus_one_to_one() -> None:
    pixels = torch.tensor([[[0, 51], [204, 255]]], dtype=torch.uint8)
    images = to_tensor(pixels)
    assert images.shape == (1, 1, 2, 2)
    torch.testing.assert_close(images.flatten(), torch.tensor([0.0, 0.2, 0.8, 1.0]))
    torch.testing.assert_close(normalize(images).flatten(), torch.tensor([-1.0, -0.6, 0.6, 1.0]))


def test_flatten_makes_a_row_of_each_picture() -> None:
    assert flatten(torch.zeros(64, 1, 28, 28)).shape == (64, 784)
