"""The sketchpad with its answer, and the same prediction as API endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, TypedDict

import gradio as gr
import numpy as np
from pydantic import Field

from mnist_core.errors import PictureError, StrokesError
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import FORMATS_IN_WORDS, NO_INK
from mnist_core.models.classifier import Classifier, Prediction, Reading
from mnist_core.models.config import CLASS_COUNT
from mnist_core.server.application import Application
from mnist_core.server.images import checked_image
from mnist_core.server.payload import unexpected
from mnist_core.server.session import Session
from mnist_core.server.strokes import checked_strokes
from mnist_core.ui.answers import Answer, answered, api_error, serve
from mnist_core.ui.component import component
from mnist_core.ui.drawings import POINTS_OF_A_DRAWING, DrawingRequest
from mnist_core.ui.endpoint import PICTURE, READING, SEVEN, SEVENTY_ONE, endpoint
from mnist_core.ui.numbers import grey
from mnist_core.ui.pad.pictures import read_upload
from mnist_core.ui.pad.words import words, words_of
from mnist_core.ui.static import weights

_STROKES_OF_A_DRAWING = 6


class ApiAnswer(TypedDict):
    """What the API answers. probabilities: ten, for the digits 0 to 9, summing to 1."""

    digit: int | None
    probabilities: list[float]
    digit_likeness: float
    words: str


class ApiDigit(TypedDict):
    """A digit of a number, as `ApiAnswer` has it. box: left, top, right, bottom in the strokes' units."""

    digit: int | None
    probabilities: list[float]
    digit_likeness: float
    box: list[float]


class ApiReading(TypedDict):
    """What the API reads: the number as `text`, "" where it is none, and its digits from left to right."""

    text: str
    digits: list[ApiDigit]
    confidence: float
    words: str


#: Probabilities of the ten digits, and that it is none.
_Said = Annotated[
    list[Annotated[float, Field(ge=0, le=1)]],
    Field(min_length=CLASS_COUNT + 1, max_length=CLASS_COUNT + 1),
]


class PredictRequest(DrawingRequest):
    """A drawing, or the images of a picture's digits.

    seq: comes back with the answer, so that the page knows which drawing it is for. said: beside the
    images, as in `Reading`, or nothing.
    """

    seq: int
    images: list[Annotated[str, Field(max_length=5000)]] = Field(
        default_factory=list, max_length=32
    )
    said: list[_Said | None] = Field(default_factory=list, max_length=32)


def pad_column(application: Application) -> None:
    """Lays out the sketchpad and the answer, and adds the endpoints /predict, /read, /predict_image."""
    sessions = application.sessions

    async def open_session(payload: Any, request: gr.Request) -> Answer:
        token = payload.get("token") if isinstance(payload, dict) else None
        address = request.client.host if request.client else ""
        return answered(lambda: {"token": sessions.open(token, address=address).token})

    answer = partial(_predict, max_points=application.limits.points)
    predict = serve(sessions, "predict", PredictRequest, answer, quick=True)
    functions: list[Callable[..., Any]] = [open_session, predict]
    component(
        "pad/sketchpad",
        server_functions=functions,
        weights=weights(),
        most_bytes=application.limits.picture_bytes,
    )
    component("pad/answer")
    endpoint(
        _predict_endpoint(application),
        name="predict",
        description="The digit drawn by strokes of a pen.",
        parameter="a list of strokes, each a list of [x, y], x right and y down, in any scale",
        example=SEVEN,
    )
    endpoint(
        _read_endpoint(application),
        name="read",
        description="The number drawn by strokes of a pen: one digit or several in a row.",
        parameter="a list of strokes, each a list of [x, y], x right and y down, in any scale",
        example=SEVENTY_ONE,
        returns=READING,
    )
    endpoint(
        _predict_image_endpoint(application),
        name="predict_image",
        description="The digit in a picture, dark on light or light on dark.",
        parameter=f"an uploaded {FORMATS_IN_WORDS} file: handle_file('photo.png')",
        example=PICTURE,
    )


def _predict(session: Session, request: PredictRequest, *, max_points: int) -> Answer:
    ink = request.ink(max_points=max_points)
    # A usual drawing counts once; one of thousands of points takes as long as that many more, and one
    # of many strokes is read in many groups of them.
    session.charge(
        sum(map(len, ink.strokes)) // POINTS_OF_A_DRAWING
        + len(ink.strokes) // _STROKES_OF_A_DRAWING
    )
    classifier, weights = session.answering_with(request.model)
    placed = [checked_image(each) for each in request.images]
    if len(request.said) not in (0, len(placed)):
        raise unexpected()
    said = [None if each is None else np.array(each) for each in request.said]
    reading = classifier.read_row(placed, said) if placed else classifier.read(ink)
    # Of several digits the last, and each of them in parts.
    prediction = reading.digits[-1] if reading.digits else classifier.predict(ink)
    return {
        "seq": request.seq,
        "model": "ready" if weights is None else "yours",
        "trained": weights is not None or session.has_model,
        "weights": None if weights is None else asdict(weights),
        "blank": ink.is_empty,
        "digit": prediction.digit,
        "words": words_of(reading),
        **_as_shown(prediction),
        "parts": _parts(reading) if len(reading.digits) > 1 else [],
    }


def _parts(reading: Reading) -> list[Answer]:
    return [
        {
            "at": at,
            "digit": digit.digit,
            **_as_shown(digit),
            "strokes": strokes and [np.round(stroke, 2).tolist() for stroke in strokes],
            "touches": said is not None,
        }
        for at, (digit, strokes, said) in enumerate(
            zip(reading.digits, reading.strokes, reading.said, strict=True)
        )
    ]


def _as_shown(prediction: Prediction) -> Answer:
    return {
        "likeness": round(float(prediction.digit_likeness), 4),
        "probabilities": [round(float(value), 4) for value in prediction.probabilities],
        "image": grey(prediction.image),
    }


def _predict_endpoint(application: Application) -> Callable[[list[list[list[float]]]], ApiAnswer]:
    def predict(strokes: list[list[list[float]]]) -> ApiAnswer:
        """The digit drawn by `strokes`: a list of strokes, each a list of [x, y], y down."""
        try:
            ink = Ink(checked_strokes(strokes, max_points=application.limits.points))
        except StrokesError as error:
            raise api_error(error) from error
        return _answer(application.ready, ink)

    return predict


def _read_endpoint(application: Application) -> Callable[[list[list[list[float]]]], ApiReading]:
    def read(strokes: list[list[list[float]]]) -> ApiReading:
        """The number drawn by `strokes`: a list of strokes, each a list of [x, y], y down."""
        try:
            ink = Ink(checked_strokes(strokes, max_points=application.limits.points))
        except StrokesError as error:
            raise api_error(error) from error
        reading = application.ready.read(ink)
        digits = [
            ApiDigit(
                digit=digit.digit,
                probabilities=[float(value) for value in digit.probabilities],
                digit_likeness=float(digit.digit_likeness),
                box=list(box),
            )
            for digit, box in zip(reading.digits, reading.boxes, strict=True)
        ]
        return ApiReading(
            text=reading.text,
            digits=digits,
            confidence=reading.confidence,
            words=words_of(reading),
        )

    return read


def _predict_image_endpoint(application: Application) -> Callable[[gr.FileData], ApiAnswer]:
    def predict_image(picture: gr.FileData) -> ApiAnswer:
        """The digit in a picture file, dark on light or light on dark."""
        max_bytes = application.limits.picture_bytes
        try:
            ink = Ink.from_image(read_upload(picture, max_bytes=max_bytes))
        except PictureError as error:
            raise api_error(error) from error
        answer = _answer(application.ready, ink)
        if ink.is_empty:
            answer["words"] = NO_INK
        return answer

    return predict_image


def _answer(classifier: Classifier, ink: Ink) -> ApiAnswer:
    prediction = classifier.predict(ink)
    return ApiAnswer(
        digit=prediction.digit,
        probabilities=[float(value) for value in prediction.probabilities],
        digit_likeness=float(prediction.digit_likeness),
        words=words(prediction, blank=ink.is_empty),
    )
