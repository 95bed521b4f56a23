"""From ink to an answer: the model together with the handling of ink."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_core.files import WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.ink.pieces import Box
from mnist_core.ink.raster import IMAGE_SIZE, Image, Strokes
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.models.config import CLASS_COUNT
from mnist_core.models.mlp import MLP, logits_of
from mnist_core.models.reading import LEAST_LIKENESS_IN_A_ROW, Answer, digits_in_a_row, pieces_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a model reads in one drawing.

    digits: what was found, from left to right; where that is one, `Classifier.predict`'s own. boxes:
    beside them, left, top, right and bottom in the units of the strokes, or in pixels of what was found
    in a picture. strokes: beside them, strokes that draw the image, set upright; None in a picture.
    """

    digits: tuple[Prediction, ...] = ()
    boxes: tuple[Box, ...] = ()
    strokes: tuple[Strokes | None, ...] = ()

    @property
    def text(self) -> str:
        """The number, "2026"; "" for blank ink and where something in it is no digit."""
        digits = [each.digit for each in self.digits]
        return "" if None in digits else "".join(map(str, digits))

    @property
    def confidence(self) -> float:
        """In [0, 1], that all of the digits are right; 0 where there is no number."""
        if not self.text:
            return 0.0
        return math.prod(float(each.probabilities.max()) for each in self.digits)


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

    def read(self, ink: Ink) -> Reading:
        """The number in `ink`: several digits in a row, or one. Empty ink is a state, not an error.

        One digit is what `predict` says of it. A word, a scribble, or more than 32 pieces are no number.
        """
        if ink.is_empty:
            return Reading()
        whole = self.predict(ink)
        if (
            not ink.strokes and ink.found is None
        ):  # an image already: there is nothing to take apart
            box = (0.0, 0.0, float(IMAGE_SIZE), float(IMAGE_SIZE))
            return Reading(digits=(whole,), boxes=(box,), strokes=(None,))
        found = pieces_of(ink)
        answer = Answer(whole.image, whole.probabilities, whole.digit_likeness)
        row = digits_in_a_row(found, answer, self._answers, self.model.config)
        digits = tuple(self._in_a_row(each.answer, alone=len(row) == 1) for each in row)
        everything = found.place(range(len(found.pieces)))
        return Reading(
            digits=digits or (whole,),
            boxes=tuple(each.box for each in row) or (everything,),
            strokes=tuple(each.strokes for each in row) or (list(ink.strokes) or None,),
        )

    def read_row(self, row: Sequence[Ink]) -> Reading:
        """The number whose digits are known already, from left to right. `row` holds at least one."""
        answers = self._answers([ink.to_image() for ink in row])
        digits = tuple(self._in_a_row(each, alone=len(answers) == 1) for each in answers)
        return Reading(digits=digits, strokes=(None,) * len(digits))

    def _answers(self, images: list[Image]) -> list[Answer]:
        with torch.inference_mode():
            log_probabilities, likenesses = self.model.answers(torch.from_numpy(np.stack(images)))
            probabilities = _known(log_probabilities.exp()).numpy()
            likenesses = likenesses.nan_to_num(0.0, posinf=0.0, neginf=0.0)
        return [
            Answer(*each) for each in zip(images, probabilities, likenesses.tolist(), strict=True)
        ]

    def _in_a_row(self, answer: Answer, *, alone: bool) -> Prediction:
        least = self.model.config.reject_below
        if not alone:
            least = min(least, LEAST_LIKENESS_IN_A_ROW)
        return Prediction(
            probabilities=answer.probabilities,
            digit=int(answer.probabilities.argmax()) if answer.likeness >= least else None,
            image=answer.image,
            digit_likeness=answer.likeness,
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
