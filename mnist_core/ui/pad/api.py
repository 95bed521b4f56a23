"""The API: what the pad answers, of strokes and of pictures, one digit or a number."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

import gradio as gr
import numpy as np

from mnist_core.errors import PictureError, StrokesError
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import FORMATS_IN_WORDS, NO_INK
from mnist_core.ink.raster import IMAGE_SIZE
from mnist_core.models.classifier import Classifier, Prediction
from mnist_core.server.application import Application
from mnist_core.server.strokes import checked_strokes
from mnist_core.ui.answers import api_error
from mnist_core.ui.endpoint import PICTURE, READING, SEVEN, SEVENTY_ONE, endpoint
from mnist_core.ui.pad.pictures import read_upload
from mnist_core.ui.pad.words import words, words_of

_Strokes = list[list[list[float]]]

_A_DRAWING = "a list of strokes, each a list of [x, y], x right and y down, in any scale"
_AN_UPLOAD = f"an uploaded {FORMATS_IN_WORDS} file: handle_file('photo.png')"


class _Told(TypedDict):
    """What the API tells of a digit. probabilities: ten, for the digits 0 to 9, summing to 1."""

    digit: int | None
    probabilities: list[float]
    digit_likeness: float


class ApiAnswer(_Told):
    """What the API answers."""

    words: str


class ApiDigit(_Told):
    """A digit of a number.

    box: left, top, right and bottom, in the strokes' units, or as shares of a picture's sides.
    """

    box: list[float]


class ApiReading(TypedDict):
    """What the API reads: the number as `text`, "" where it is none, and its digits from left to right."""

    text: str
    digits: list[ApiDigit]
    confidence: float
    words: str


def add_api(application: Application) -> None:
    """Adds the endpoints /predict and /read, of strokes, and, of a picture, /predict_image, /read_image."""
    limits, classifier = application.limits, application.ready

    def drawn(strokes: _Strokes) -> Ink:
        try:
            return Ink(checked_strokes(strokes, max_points=limits.points))
        except StrokesError as error:
            raise api_error(error) from error

    def pictured(picture: gr.FileData) -> Ink:
        try:
            return Ink.from_image(read_upload(picture, max_bytes=limits.picture_bytes))
        except PictureError as error:
            raise api_error(error) from error

    def predict(strokes: _Strokes) -> ApiAnswer:
        """The digit drawn by `strokes`: a list of strokes, each a list of [x, y], y down."""
        return _answer(classifier, drawn(strokes))

    def read(strokes: _Strokes) -> ApiReading:
        """The number drawn by `strokes`: a list of strokes, each a list of [x, y], y down."""
        return _reading(classifier, drawn(strokes))

    def predict_image(picture: gr.FileData) -> ApiAnswer:
        """The digit in a picture file, dark on light or light on dark."""
        ink = pictured(picture)
        answer = _answer(classifier, ink)
        return answer | {"words": NO_INK} if ink.is_empty else answer

    def read_image(picture: gr.FileData) -> ApiReading:
        """The number in a picture file, dark on light or light on dark."""
        ink = pictured(picture)
        reading = _reading(classifier, ink, sides=_sides(ink))
        return reading | {"words": NO_INK} if ink.is_empty else reading

    of_strokes = partial(endpoint, parameter=_A_DRAWING)
    of_picture = partial(endpoint, parameter=_AN_UPLOAD, example=PICTURE)
    of_strokes(
        predict, name="predict", description="The digit drawn by strokes of a pen.", example=SEVEN
    )
    of_strokes(
        read,
        name="read",
        description="The number drawn by strokes of a pen: one digit or several in a row.",
        example=SEVENTY_ONE,
        returns=READING,
    )
    of_picture(
        predict_image,
        name="predict_image",
        description="The digit in a picture, dark on light or light on dark.",
    )
    of_picture(
        read_image,
        name="read_image",
        description="The number in a picture, dark on light or light on dark: one digit or several in "
        "a row.",
        returns=READING,
    )


def _answer(classifier: Classifier, ink: Ink) -> ApiAnswer:
    prediction = classifier.predict(ink)
    return ApiAnswer(**_told(prediction), words=words(prediction, blank=ink.is_empty))


def _reading(classifier: Classifier, ink: Ink, *, sides: tuple[int, int] = (1, 1)) -> ApiReading:
    """sides: what the boxes are told in, across and down."""
    reading = classifier.read(ink)
    digits = [
        ApiDigit(**_told(digit), box=(np.asarray(box) / (*sides, *sides)).tolist())
        for digit, box in zip(reading.digits, reading.boxes, strict=True)
    ]
    return ApiReading(
        text=reading.text,
        digits=digits,
        confidence=reading.confidence,
        words=words_of(reading),
    )


def _told(prediction: Prediction) -> _Told:
    return _Told(
        digit=prediction.digit,
        probabilities=[float(value) for value in prediction.probabilities],
        digit_likeness=float(prediction.digit_likeness),
    )


def _sides(ink: Ink) -> tuple[int, int]:
    """Of a picture, across and down, in the pixels that boxes of its digits are told in."""
    height, width = (IMAGE_SIZE, IMAGE_SIZE) if ink.found is None else ink.found.ink.shape
    return width, height
