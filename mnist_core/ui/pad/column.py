"""The sketchpad with its answer, and the same prediction as API endpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

import gradio as gr
import numpy as np

from mnist_core.errors import PictureError, StrokesError
from mnist_core.ink.ink import Ink
from mnist_core.server.application import Application
from mnist_core.server.session import Model, Session
from mnist_core.server.strokes import checked_strokes
from mnist_core.ui.answers import Answer, answered, api_error, serve
from mnist_core.ui.component import component
from mnist_core.ui.drawings import DrawingRequest
from mnist_core.ui.endpoint import PICTURE, SEVEN, endpoint
from mnist_core.ui.numbers import grey
from mnist_core.ui.pad.pictures import read_upload
from mnist_core.ui.static import weights

if TYPE_CHECKING:
    from mnist_core.models.classifier import Classifier, Prediction

#: Below this, the answer names the two likeliest digits.
SURE = 0.7
#: Below this for the two together, it could be any digit.
UNSURE = 0.5

_POINTS_OF_A_DRAWING = 250


class ApiAnswer(TypedDict):
    """What the API answers. probabilities: ten, for the digits 0 to 9, summing to 1."""

    digit: int | None
    probabilities: list[float]
    digit_likeness: float
    words: str


def words(prediction: Prediction, *, blank: bool) -> str:
    """The answer in words: "7", "not sure: 1 or 7", "not sure", "not a digit" or "draw a digit"."""
    if blank:
        return "draw a digit"
    if prediction.digit is None:
        return "not a digit"
    # Stable: which of two equal digits comes first is no matter of the machine.
    second, first = np.argsort(prediction.probabilities, kind="stable")[-2:]
    if prediction.probabilities[first] >= SURE:
        return str(prediction.digit)
    if prediction.probabilities[first] + prediction.probabilities[second] < UNSURE:
        return "not sure"
    # In the order of the digits, so that the words stay while the two are close.
    low, high = sorted((int(first), int(second)))
    return f"not sure: {low} or {high}"


class PredictRequest(DrawingRequest):
    """seq: comes back with the answer, so that the page knows which drawing it is for."""

    seq: int


def pad_column(application: Application) -> None:
    """Lays out the sketchpad and the answer, and adds the endpoints /predict, /predict_image."""
    sessions = application.sessions

    async def open_session(payload: Any, request: gr.Request) -> Answer:
        token = payload.get("token") if isinstance(payload, dict) else None
        address = request.client.host if request.client else ""
        application.warm()  # so that the first answer isn't late
        return answered(lambda: {"token": sessions.open(token, address=address).token})

    answer = partial(_predict, max_points=application.limits.points)
    at_once = serve(sessions, "predict", PredictRequest, answer, quick=True)
    threaded = serve(sessions, "predict", PredictRequest, answer)

    async def predict(payload: Any) -> Any:
        if application.is_ready:
            return await at_once(payload)
        # It loads the model first, which takes seconds; others are served meanwhile.
        return await asyncio.to_thread(threaded, payload)

    functions: list[Callable[..., Any]] = [open_session, predict]
    component("pad/sketchpad", server_functions=functions, weights=weights())
    component("pad/answer")
    endpoint(
        _predict_endpoint(application),
        name="predict",
        description="The digit drawn by strokes of a pen.",
        parameter="a list of strokes, each a list of [x, y], x right and y down, in any scale",
        example=SEVEN,
    )
    endpoint(
        _predict_image_endpoint(application),
        name="predict_image",
        description="The digit in a picture, dark on light or light on dark.",
        parameter="an uploaded PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF file: "
        "handle_file('photo.png')",
        example=PICTURE,
    )


def _predict(session: Session, request: PredictRequest, *, max_points: int) -> Answer:
    strokes = checked_strokes(request.strokes, max_points=max_points)
    # A usual drawing counts once; one of thousands of points takes as long as that many more.
    session.charge(sum(map(len, strokes)) // _POINTS_OF_A_DRAWING)
    ink = Ink(strokes)
    trained = session.has_model
    model: Model = request.model if trained else "ready"
    version = session.answering_version if model == "yours" else None
    prediction = session.classifier_for(model).predict(ink)
    return {
        "seq": request.seq,
        "model": model,
        "trained": trained,
        # Taken before its weights: the answer is of this version or a later one.
        "version": version,
        "blank": ink.is_empty,
        "digit": prediction.digit,
        "words": words(prediction, blank=ink.is_empty),
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


def _predict_image_endpoint(application: Application) -> Callable[[gr.FileData], ApiAnswer]:
    def predict_image(picture: gr.FileData) -> ApiAnswer:
        """The digit in a picture file, dark on light or light on dark."""
        max_bytes = application.limits.picture_bytes
        try:
            ink = Ink.from_image(read_upload(picture, max_bytes=max_bytes))
        except PictureError as error:
            raise api_error(error) from error
        return _answer(application.ready, ink)

    return predict_image


def _answer(classifier: Classifier, ink: Ink) -> ApiAnswer:
    prediction = classifier.predict(ink)
    return ApiAnswer(
        digit=prediction.digit,
        probabilities=[float(value) for value in prediction.probabilities],
        digit_likeness=float(prediction.digit_likeness),
        words=words(prediction, blank=ink.is_empty),
    )
