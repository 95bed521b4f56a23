"""The draw-a-digit application: ink, the MLP, training, charts; and in `server` and `ui`, the page.

Names come when they are first asked for, so that importing a part does not bring in torch for all.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnist_core.data.datasets import Dataset, Splits
    from mnist_core.data.mnist import load_mnist
    from mnist_core.errors import DatasetError
    from mnist_core.evaluation.measures import evaluate
    from mnist_core.ink.ink import Ink
    from mnist_core.models.checkpoints import load_checkpoint, save_checkpoint
    from mnist_core.models.classifier import Classifier, Prediction, Reading
    from mnist_core.models.config import MLPConfig
    from mnist_core.models.mlp import MLP
    from mnist_core.training.config import TrainConfig
    from mnist_core.training.loop import train
    from mnist_core.training.presets import PRESETS

_ROOMS = {
    "Dataset": "data.datasets",
    "Splits": "data.datasets",
    "load_mnist": "data.mnist",
    "DatasetError": "errors",
    "Ink": "ink.ink",
    "load_checkpoint": "models.checkpoints",
    "save_checkpoint": "models.checkpoints",
    "Classifier": "models.classifier",
    "Prediction": "models.classifier",
    "Reading": "models.classifier",
    "MLP": "models.mlp",
    "MLPConfig": "models.config",
    "TrainConfig": "training.config",
    "train": "training.loop",
    "PRESETS": "training.presets",
    "evaluate": "evaluation.measures",
}

__all__ = [
    "MLP",
    "PRESETS",
    "Classifier",
    "Dataset",
    "DatasetError",
    "Ink",
    "MLPConfig",
    "Prediction",
    "Reading",
    "Splits",
    "TrainConfig",
    "evaluate",
    "load_checkpoint",
    "load_mnist",
    "save_checkpoint",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
