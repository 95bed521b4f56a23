"""The multilayer perceptron (MLP): its configuration, its presets, and the network itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.data.datasets import CLASS_COUNT
from mnist_core.ink.raster import IMAGE_SIZE

INPUT_SIZE = IMAGE_SIZE * IMAGE_SIZE
# Of MNIST's training pixels: centred inputs learn faster than the notebook's 0.5 and 0.5.
MNIST_MEAN = 0.1307
MNIST_STD = 0.3081
MAX_LAYERS = 8
MAX_UNITS = 4096

Activation = Literal["relu", "sigmoid", "tanh"]
Normalization = Literal["none", "batch"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class MLPConfig:
    """What an `MLP` is made of; the defaults are the notebook's 784-128-64-10 with ReLU.

    hidden_sizes: units of each hidden layer, 0 to 8 layers of 1 to 4,096 units.
    dropout: the share of hidden units silenced in training, in [0, 1).
    mean, std: pixels are standardised to (pixel - mean) / std inside the model.
    rejects: adds an eleventh logit, "not a digit".
    reject_below: ink of a smaller digit-likeness counts as "not a digit"; in [0, 1].
    temperature: divides the logits of probabilities, to calibrate them; positive.
    """

    hidden_sizes: tuple[int, ...] = (128, 64)
    activation: Activation = "relu"
    dropout: float = 0.0
    normalization: Normalization = "none"
    mean: float = 0.5
    std: float = 0.5
    rejects: bool = False
    reject_below: float = 0.5
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _require(
            isinstance(self.hidden_sizes, tuple) and len(self.hidden_sizes) <= MAX_LAYERS,
            f"hidden_sizes: expected a tuple of at most {MAX_LAYERS}, got {self.hidden_sizes!r}",
        )
        _require(
            all(type(size) is int and 1 <= size <= MAX_UNITS for size in self.hidden_sizes),
            f"hidden_sizes: expected whole numbers from 1 to {MAX_UNITS}, got {self.hidden_sizes!r}",
        )
        for field, allowed in (
            ("activation", get_args(Activation)),
            ("normalization", get_args(Normalization)),
        ):
            value = getattr(self, field)
            _require(value in allowed, f"{field}: expected one of {allowed}, got {value!r}")
        _require(0 <= self.dropout < 1, f"dropout: expected [0, 1), got {self.dropout!r}")
        _require(
            0 <= self.reject_below <= 1, f"reject_below: expected [0, 1], got {self.reject_below!r}"
        )
        _require(math.isfinite(self.mean), f"mean: expected a finite number, got {self.mean!r}")
        for field in ("std", "temperature"):
            value = getattr(self, field)
            _require(
                0 < value < math.inf, f"{field}: expected a positive, finite number, got {value!r}"
            )

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """All widths from the 784 pixels to the logits."""
        return (INPUT_SIZE, *self.hidden_sizes, CLASS_COUNT + self.rejects)


PRESETS: dict[str, MLPConfig] = {
    "notebook": MLPConfig(),
    "fast": MLPConfig(mean=MNIST_MEAN, std=MNIST_STD),
    "augmented": MLPConfig(hidden_sizes=(512, 256), mean=MNIST_MEAN, std=MNIST_STD),
    "from scratch": MLPConfig(hidden_sizes=(256,), activation="sigmoid"),
    "linear": MLPConfig(hidden_sizes=()),
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

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.activation(self.norm(self.linear(x))))  # type: ignore[no-any-return]


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
        pixels = images.reshape(len(images), INPUT_SIZE)
        return pixels.sub(self.config.mean).div_(self.config.std)

    def forward(self, images: Tensor) -> Tensor:
        x = self.standardize(images)  # (N, 784)
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
        logits = self(images)
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
