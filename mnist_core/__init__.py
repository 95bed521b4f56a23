"""The core of the draw-a-digit application: ink, the MLP, training, charts. Knows nothing of the page."""

from mnist_core.classifier import Classifier, Prediction
from mnist_core.data import Dataset, DatasetError, Splits, load_mnist
from mnist_core.ink import Ink
from mnist_core.models import MLP, MLPConfig
from mnist_core.training import TrainConfig, train

__all__ = [
    "MLP",
    "Classifier",
    "Dataset",
    "DatasetError",
    "Ink",
    "MLPConfig",
    "Prediction",
    "Splits",
    "TrainConfig",
    "load_mnist",
    "train",
]
