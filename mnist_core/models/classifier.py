"""From ink to an answer: the model together with the handling of ink."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_core.files import WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import IMAGE_SIZE
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.models.config import CLASS_COUNT
from mnist_core.models.mlp import MLP, logits_of

Floats = NDArray[np.float32]


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

    Where the model's numbers overflow, nothing is known: all digits are equally likely.
    """

    def __init__(self, model: MLP) -> None:
        self.model = model.eval()

    @classmethod
    def load(cls, path: Path | str | None = None) -> Classifier:
        """The classifier with the weights at `path`, by default those that come with the project."""
        return cls(load_checkpoint(WEIGHTS if path is None else path))

    def predict(self, ink: Ink) -> Prediction:
        """What the model makes of `ink`. Empty ink is a state, not an error."""
        image = ink.to_image()
        if ink.is_empty:
            blank = np.full(CLASS_COUNT, 1 / CLASS_COUNT, dtype=np.float32)
            return Prediction(probabilities=blank, digit=None, image=image, digit_likeness=0.0)
        with torch.inference_mode():
            log_probabilities, likelinesses = self.model.answers(torch.from_numpy(image)[None])
            probabilities = _known(log_probabilities.exp())[0].numpy()
        likeness = likelinesses.item()
        if not math.isfinite(likeness):
            likeness = 0.0
        accepted = likeness >= self.model.config.reject_below
        return Prediction(
            probabilities=probabilities,
            digit=int(probabilities.argmax()) if accepted else None,
            image=image,
            digit_likeness=likeness,
        )

    def predict_images(self, images: Tensor | Floats) -> Floats:
        """(N, 28, 28) images in [0, 1] -> (N, 10) probabilities. `ValueError` for another shape."""
        batch = torch.as_tensor(images, dtype=torch.float32)
        if batch.ndim != 3 or batch.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images: expected shape (N, 28, 28), got {tuple(batch.shape)}")
        log_probabilities, _ = self.model.answers_from_logits(logits_of(self.model, batch))
        return _known(log_probabilities.exp()).numpy()


def _known(probabilities: Tensor) -> Tensor:
    """(N, 10), with rows of NaN made uniform."""
    return torch.where(probabilities.isnan(), 1 / CLASS_COUNT, probabilities)
