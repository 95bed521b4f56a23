"""From ink to an answer: the model together with the handling of ink."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_core.files import WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.ink.pieces import Box, Said
from mnist_core.ink.raster import IMAGE_SIZE, Image, Strokes
from mnist_core.models.checkpoint_reading import read_checkpoint
from mnist_core.models.config import CLASS_COUNT, MLPConfig
from mnist_core.models.convolutional import ConvolutionalNetwork
from mnist_core.models.network import Network
from mnist_core.models.pairs import read_pairs
from mnist_core.models.reading import Answer, digits_in_a_row, least_in_a_row, pieces_of

if TYPE_CHECKING:
    from torch import Tensor

    from mnist_core.models.mlp import MLP

Floats = NDArray[np.float32]

# All of a number is right with this probability, where only another look at its picture finds it.
_SURE = 0.98
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a model reads in one drawing.

    digits: what was found, from left to right; where that is one, `Classifier.predict`'s own. boxes:
    beside them, left, top, right and bottom in the units of the strokes, or in pixels of what was found
    in a picture. strokes: beside them, strokes that draw the image, set upright; None in a picture. said:
    beside them, of a picture's digits, what each is beside its neighbours, (11,); None of others. ink:
    what was read, of a picture perhaps at another look; empty where only the digits were known.
    """

    digits: tuple[Prediction, ...] = ()
    boxes: tuple[Box, ...] = ()
    strokes: tuple[Strokes | None, ...] = ()
    said: tuple[Said | None, ...] = ()
    ink: Ink = field(default_factory=Ink)

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

    Where the model's numbers overflow, nothing is known: all digits are equally likely. It works
    without PyTorch, as long as nobody asks for the `model` of one that was loaded.
    """

    def __init__(self, model: MLP | Network, *, pairs: ConvolutionalNetwork | None = None) -> None:
        """pairs: reads two digits at once, in pictures; that of `read_pairs` where none is given."""
        self._model = None if isinstance(model, Network) else model.eval()
        self._loaded = model if isinstance(model, Network) else None
        self._read_pairs = functools.partial(read_pairs, network=pairs)

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
        """What the model makes of `ink` as one digit. Empty ink is a state, not an error.

        A picture in which there is no number is looked at again, as by `read`.
        """
        if ink.is_empty:
            blank = np.full(CLASS_COUNT, 1 / CLASS_COUNT, dtype=np.float32)
            return Prediction(
                probabilities=blank, digit=None, image=ink.to_image(), digit_likeness=0.0
            )
        prediction = self._as_one(ink)
        if prediction.digit is None and ink.found is not None:
            digits = self.read(ink).digits
            return digits[0] if len(digits) == 1 else prediction
        return prediction

    def _as_one(self, ink: Ink) -> Prediction:
        (answer,) = self._answers([ink.to_image()])
        return self._prediction(answer, alone=True)

    def read(self, ink: Ink) -> Reading:
        """The number in `ink`: several digits in a row, or one. Empty ink is a state, not an error.

        One digit is what `predict` says of it. A word, a scribble, or more than 32 pieces are no number.
        A picture in which there is none is looked at again, and what is surely one then is taken.
        """
        if ink.is_empty:
            return Reading()
        reading = self._as_found(ink)
        if reading.text or not self.config.rejects:
            return reading
        others = map(self._as_found, ink.looks_again())
        return next((other for other in others if _is_sure(other)), reading)

    def _as_found(self, ink: Ink) -> Reading:
        whole = self._as_one(ink)
        if (
            not ink.strokes and ink.found is None
        ):  # an image already: there is nothing to take apart
            box = (0.0, 0.0, float(IMAGE_SIZE), float(IMAGE_SIZE))
            return Reading(ink=ink, digits=(whole,), boxes=(box,), strokes=(None,), said=(None,))
        found = pieces_of(ink)
        answer = Answer(whole.image, whole.probabilities, whole.digit_likeness)
        row = digits_in_a_row(found, answer, self._answers, self._read_pairs, self.config)
        digits = tuple(self._prediction(each.answer, alone=len(row) == 1) for each in row)
        everything = found.place(range(len(found.pieces)))
        return Reading(
            ink=ink,
            digits=digits or (whole,),
            boxes=tuple(each.box for each in row) or (everything,),
            strokes=tuple(each.strokes for each in row) or (list(ink.strokes) or None,),
            said=tuple(each.said for each in row) or (None,),
        )

    def read_row(self, row: Sequence[Ink], said: Sequence[Said | None] = ()) -> Reading:
        """The number whose digits are known already, from left to right. `row` holds at least one.

        said: beside them, as in `Reading`, or nothing.
        """
        said = tuple(said) or (None,) * len(row)
        answers = [
            answer.beside(each)
            for answer, each in zip(
                self._answers([ink.to_image() for ink in row]), said, strict=True
            )
        ]
        digits = tuple(self._prediction(each, alone=len(answers) == 1) for each in answers)
        return Reading(digits=digits, strokes=(None,) * len(digits), said=said)

    def _answers(self, images: list[Image]) -> list[Answer]:
        network = self.network
        probabilities, likenesses = network.answers(network.logits(np.stack(images)))
        likenesses = np.nan_to_num(likenesses, nan=0.0, posinf=0.0, neginf=0.0)
        answers = zip(images, _known(probabilities), likenesses.tolist(), strict=True)
        return [Answer(*each) for each in answers]

    def _prediction(self, answer: Answer, *, alone: bool) -> Prediction:
        least = self.config.reject_below if alone else least_in_a_row(self.config)
        return Prediction(
            probabilities=answer.probabilities,
            digit=int(answer.probabilities.argmax()) if answer.likeness >= least else None,
            image=answer.image,
            digit_likeness=answer.likeness,
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


def _is_sure(reading: Reading) -> bool:
    """Whether there is a number, and hardly anything else is likely."""
    likenesses = (each.digit_likeness for each in reading.digits)
    return reading.confidence * math.prod(likenesses) >= _SURE


def _known(probabilities: Floats) -> Floats:
    """(N, 10), with rows of NaN made uniform."""
    return np.where(np.isnan(probabilities), np.float32(1 / CLASS_COUNT), probabilities)
