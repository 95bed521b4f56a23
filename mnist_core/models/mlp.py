"""The multilayer perceptron (MLP) itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.models.config import CLASS_COUNT, Activation, MLPConfig

ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


class HiddenLayer(nn.Module):
    """Linear, then optional batch normalisation, activation and dropout."""

    def __init__(self, input_size: int, output_size: int, config: MLPConfig) -> None:
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)
        self.norm = (
            nn.BatchNorm1d(output_size) if config.normalization == "batch" else nn.Identity()
        )
        self.activation = ACTIVATIONS[config.activation]()
        self.dropout = nn.Dropout(config.dropout)

    def sums(self, x: Tensor) -> Tensor:
        """What the units add up, before the activation: (N, inputs) -> (N, units)."""
        return self.norm(self.linear(x))  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.activation(self.sums(x)))  # type: ignore[no-any-return]


class MLP(nn.Module):
    """A multilayer perceptron on 28x28 images (notebook: `nn.Module` with 784-128-64-10).

    With a `generator`, the first weights are the same for the same seed; PyTorch's own
    initialisation otherwise, from the same distributions.
    """

    def __init__(
        self, config: MLPConfig | None = None, *, generator: torch.Generator | None = None
    ):
        super().__init__()
        self.config = config if config is not None else MLPConfig()
        *hidden, output = pairwise(self.config.layer_sizes)
        self.hidden = nn.ModuleList(HiddenLayer(*sizes, self.config) for sizes in hidden)
        self.output = nn.Linear(*output)
        if generator is not None:
            self._initialize(generator)

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def linear_layers(self) -> list[nn.Linear]:
        """The linear layers from pixels to logits."""
        return [module for module in self.modules() if isinstance(module, nn.Linear)]

    def standardize(self, images: Tensor) -> Tensor:
        """(N, 28, 28) in [0, 1] -> (N, 784), as Normalize(mean, std) and `view` do in the notebook."""
        pixels = images.reshape(len(images), self.config.layer_sizes[0])
        return pixels.sub(self.config.mean).div_(self.config.std)

    def forward(self, images: Tensor) -> Tensor:
        return self.logits_from_pixels(self.standardize(images))

    def logits_from_pixels(self, pixels: Tensor) -> Tensor:
        """The logits of images that are standardised already, (N, 784)."""
        x = pixels
        for layer in self.hidden:
            x = layer(x)  # (N, units)
        return self.output(x)  # type: ignore[no-any-return]  # (N, 10), or (N, 11) where it rejects

    def log_probabilities(self, images: Tensor) -> Tensor:
        """(N, 28, 28) -> (N, 10) log-probabilities of the digits: finite, their exp sums to 1."""
        return self.answers(images)[0]

    def probabilities(self, images: Tensor) -> Tensor:
        """(N, 28, 28) -> (N, 10) probabilities of the digits, each row summing to 1."""
        return self.log_probabilities(images).exp()

    def digit_likeness(self, images: Tensor) -> Tensor:
        """(N, 28, 28) -> (N,) in [0, 1]; low means "not a digit". Ones from a model that can't tell."""
        return self.answers(images)[1]

    def answers(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """`log_probabilities` and `digit_likeness` from one pass through the network."""
        return self.answers_from_logits(self(images))

    def answers_from_logits(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """`answers` from what the network gave, (N, 10), or (N, 11) where it rejects."""
        digit_logits = logits[:, :CLASS_COUNT] / self.config.temperature
        log_probabilities = functional.log_softmax(digit_logits, dim=1)
        if not self.config.rejects:
            return log_probabilities, logits.new_ones(len(logits))
        return log_probabilities, 1 - functional.softmax(logits, dim=1)[:, CLASS_COUNT]

    def _initialize(self, generator: torch.Generator) -> None:
        # nn.Linear's own scheme (uniform within 1/sqrt(fan_in)), drawn from one seeded generator.
        with torch.no_grad():
            for layer in self.linear_layers:
                bound = 1 / math.sqrt(layer.in_features)
                layer.weight.uniform_(-bound, bound, generator=generator)
                layer.bias.uniform_(-bound, bound, generator=generator)


def logits_of(
    network: Callable[[Tensor], Tensor], images: Tensor, *, batch_size: int = 1000
) -> Tensor:
    """What `network` makes of `images`, (N, …) -> (N, logits) on the CPU, a part at a time.

    Keeps nothing for gradients.
    """
    with torch.inference_mode():
        return torch.cat([network(part).cpu() for part in images.split(batch_size)])
