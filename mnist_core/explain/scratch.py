"""A network from scratch: 784-256-10 with random weights, every formula written out."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class ScratchNetwork:
    """Two layers of weights that have not learned anything yet."""

    w1: Tensor  # (784, 256)
    b1: Tensor  # (256,)
    w2: Tensor  # (256, 10)
    b2: Tensor  # (10,)


def random_network(*, generator: torch.Generator | None = None) -> ScratchNetwork:
    """A network whose every weight and bias is drawn from the normal distribution."""
    return ScratchNetwork(
        w1=torch.randn(784, 256, generator=generator),
        b1=torch.randn(256, generator=generator),
        w2=torch.randn(256, 10, generator=generator),
        b2=torch.randn(10, generator=generator),
    )


def sigmoid(x: Tensor) -> Tensor:
    """Any number squeezed between 0 and 1; the shape stays."""
    return 1 / (1 + torch.exp(-x))


def scratch_logits(network: ScratchNetwork, inputs: Tensor) -> Tensor:
    """One score per digit, (N, 10), for inputs of shape (N, 784)."""
    hidden = sigmoid(inputs @ network.w1 + network.b1)  # (N, 256)
    return hidden @ network.w2 + network.b2  # (N, 10)


def softmax_naive(logits: Tensor) -> Tensor:
    """Probabilities as the formula reads; `exp` overflows for logits above 88."""
    return torch.exp(logits) / torch.exp(logits).sum(dim=1, keepdim=True)


def softmax(logits: Tensor) -> Tensor:
    """The same probabilities, (N, 10), for logits of any finite size.

    Taking the largest logit away first changes nothing, as it cancels in the fraction,
    and leaves `exp` nothing larger than exp(0) = 1.
    """
    largest = logits.max(dim=1, keepdim=True).values
    exps = torch.exp(logits - largest)
    return exps / exps.sum(dim=1, keepdim=True)
