"""Networks and trainings by name, for the command line and the page alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mnist_core.models.config import MNIST_MEAN, MNIST_STD, MLPConfig
from mnist_core.training.config import TrainConfig

_IMAGE_COUNT = 60_000  # of MNIST's training set


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A network, how it is trained, and the words that the page offers it with."""

    words: str
    model: MLPConfig
    train: TrainConfig

    @property
    def train_size(self) -> int:
        """How many of MNIST's images it trains on."""
        return self.train.train_size or _IMAGE_COUNT - self.train.validation_size


# The keys are part of links to the page, so they stay as they are.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "fast": Preset(
            words="Fast: 98 % in seconds",
            model=MLPConfig(mean=MNIST_MEAN, std=MNIST_STD),
            train=TrainConfig(
                epochs=3,
                batch_size=128,
                learning_rate=0.25,
                optimizer="momentum",
                schedule="one-cycle",
                label_smoothing=0.05,
                validation_size=5_000,
            ),
        ),
        "notebook": Preset(
            words="Notebook: the classic, slow and steady",
            model=MLPConfig(),
            train=TrainConfig(),
        ),
        "augmented": Preset(
            words="Augmented: shifted and turned digits",
            model=MLPConfig(hidden_sizes=(512, 256), mean=MNIST_MEAN, std=MNIST_STD),
            train=TrainConfig(
                epochs=30,
                batch_size=128,
                learning_rate=0.08,
                optimizer="momentum",
                schedule="one-cycle",
                augment=True,
                validation_size=5_000,
            ),
        ),
        "linear": Preset(
            words="Linear: no hidden layer",
            model=MLPConfig(hidden_sizes=()),
            train=TrainConfig(learning_rate=0.1, validation_size=5_000),
        ),
        "from scratch": Preset(
            words="From scratch: one sigmoid layer",
            model=MLPConfig(hidden_sizes=(256,), activation="sigmoid"),
            train=TrainConfig(learning_rate=0.1, validation_size=5_000),
        ),
        "few": Preset(
            words="Few pictures: learns them by heart",
            model=MLPConfig(),
            train=TrainConfig(epochs=40, learning_rate=0.1, train_size=500, validation_size=5_000),
        ),
    }
)
DEFAULT_PRESET = "fast"
