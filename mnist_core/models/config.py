"""What networks are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from mnist_core.ink.picture import PAIR_SHAPE
from mnist_core.ink.raster import IMAGE_SIZE

CLASS_COUNT = 10
INPUT_SIZE = IMAGE_SIZE * IMAGE_SIZE
# Of MNIST's training pixels: centred inputs learn faster than the notebook's 0.5 and 0.5.
MNIST_MEAN = 0.1307
MNIST_STD = 0.3081
MAX_LAYERS = 8
MAX_UNITS = 4096

Activation = Literal["relu", "sigmoid", "tanh"]
Normalization = Literal["none", "batch"]


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _require_positive(field: str, value: float) -> None:
    _require(0 < value < math.inf, f"{field}: expected a positive, finite number, got {value!r}")


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

    #: What a checkpoint of it calls itself in its metadata.
    format: ClassVar = "mnist_core.mlp"
    image_shape: ClassVar = (IMAGE_SIZE, IMAGE_SIZE)

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
            _require_positive(field, getattr(self, field))

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """All widths from the pixels to the logits."""
        return (math.prod(self.image_shape), *self.hidden_sizes, self.output_size)

    @property
    def output_size(self) -> int:
        """How many logits there are."""
        return CLASS_COUNT + self.rejects


@dataclass(frozen=True, slots=True)
class Convolution:
    """A layer of a convolutional network: `size` by `size` pixels, normalised, and a ReLU.

    pooled: of each two by two of its outputs, the largest goes on.
    """

    channels: int
    size: int = 3
    stride: int = 1
    pooled: bool = False


#: The layers of convolutional networks, before a linear one. A stride at once: on a CPU, normalising maps
#: of the full size would take most of the time.
CONVOLUTIONS = (
    Convolution(32, size=5, stride=2),
    Convolution(64, pooled=True),
    Convolution(96),
    Convolution(96),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairConfig:
    """A convolutional network on images of two digits in a row, (28, 48), as `place_pair` makes them.

    Its logits: of the left digit ten and "no pair", of the right digit the same.
    temperature: as an MLP's.
    """

    format: ClassVar = "mnist_core.pairs"
    image_shape: ClassVar = PAIR_SHAPE
    output_size: ClassVar = 2 * (CLASS_COUNT + 1)

    temperature: float = 1.0

    def __post_init__(self) -> None:
        _require_positive("temperature", self.temperature)


NetworkConfig = MLPConfig | PairConfig
