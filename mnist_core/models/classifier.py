"""From ink to an answer: the model together with the handling of ink."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_core.files import WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import IMAGE_SIZE
from mnist_core.models.checkpoint_reading import read_checkpoint
from mnist_core.models.config import CLASS_COUNT, MLPConfig
from mnist_core.models.network import Network

if TYPE_CHECKING:
    from torch import Tensor

    from mnist_core.models.mlp import MLP

Floats = NDArray[np.float32]

_PART = 1000  # images at once: more take more memory, and are no quicker


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a model makes of one drawing.

    probabilities: (10,) float32, sums to 1; uniform for blank ink. digit: 0-9, or None for blank ink and
    "not a digit". image: (28, 28) float32 in [0, 1], what the model saw. digit_likeness: in [0, 1], low
    means "not a digit"; 0 for blank ink.
    """

    probabilities: Floats
    digit: int | None
    image: Floats
    digit_likeness: float


class Classifier:
    """A trained `MLP` that reads ink. Never changes the model; safe to share between threads.

    Where the model's numbers overflow, nothing is known: all digits are equally likely. It works
    without PyTorch, as long as nobody asks for the `model` of one that was loaded.
    """

    def __init__(self, model: MLP | Network) -> None:
        self._model = None if isinstance(model, Network) else model.eval()
        self._loaded = model if isinstance(model, Network) else None

    @classmethod
    def load(
        cls, source: Path | str | bytes | None = None, *, check_answers: bool = True
    ) -> Classifier:
        """The classifier with the weights at `source`, by default those that come with the project.

        Checks and errors are those of `read_checkpoint`.
        """
        return cls(
            read_checkpoint(WEIGHTS if source is None else source, check_answers=check_answers)
        )

    @property
    def config(self) -> MLPConfig:
        return self.network.config

    @property
    def network(self) -> Network:
        """What answers."""
        if self._loaded is not None:
            return self._loaded
        from mnist_core.models.checkpoints import network_of

        assert self._model is not None
        # Anew each time: a model that goes on learning may have moved its weights.
        return network_of(self._model)

    @property
    def model(self) -> MLP:
        """The model as PyTorch has it."""
        if self._model is None:
            from mnist_core.models.checkpoints import model_of

            self._model = model_of(self.network)
        return self._model

    def predict(self, ink: Ink) -> Prediction:
        """What the model makes of `ink`. Empty ink is a state, not an error."""
        image = ink.to_image()
        if ink.is_empty:
            blank = np.full(CLASS_COUNT, 1 / CLASS_COUNT, dtype=np.float32)
            return Prediction(probabilities=blank, digit=None, image=image, digit_likeness=0.0)
        network = self.network
        answers, likenesses = network.answers(network.logits(image[None]))
        probabilities = _known(answers)[0]
        likeness = float(likenesses[0])
        if not math.isfinite(likeness):
            likeness = 0.0
        accepted = likeness >= network.config.reject_below
        return Prediction(
            probabilities=probabilities,
            digit=int(probabilities.argmax()) if accepted else None,
            image=image,
            digit_likeness=likeness,
        )

    def predict_images(self, images: Tensor | Floats) -> Floats:
        """(N, 28, 28) images in [0, 1] -> (N, 10) probabilities. `ValueError` for another shape."""
        batch = np.asarray(images, dtype=np.float32)
        if batch.ndim != 3 or batch.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images: expected shape (N, 28, 28), got {batch.shape}")
        network = self.network
        parts = [
            network.answers(network.logits(batch[start : start + _PART]))[0]
            for start in range(0, max(len(batch), 1), _PART)
        ]
        return _known(np.concatenate(parts))


def _known(probabilities: Floats) -> Floats:
    """(N, 10), with rows of NaN made uniform."""
    return np.where(np.isnan(probabilities), np.float32(1 / CLASS_COUNT), probabilities)
