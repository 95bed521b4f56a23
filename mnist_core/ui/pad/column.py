"""The sketchpad with its answer, and the same prediction as API endpoints."""

from __future__ import annotations

import base64
import logging
from typing import Any, TypedDict

import gradio as gr
import numpy as np
from gradio.events import api

from mnist_core.ink.ink import Ink
from mnist_core.models.classifier import Classifier, Prediction
from mnist_core.server.session import Model, VisitorError
from mnist_core.server.sessions import Sessions
from mnist_core.server.strokes import StrokesError, checked_strokes
from mnist_core.ui.component import component
from mnist_core.ui.pad.pictures import PictureError, read_picture

log = logging.getLogger(__name__)

#: Below this, the answer names the two likeliest digits.
SURE = 0.7
#: Below this for the two together, it could be any digit.
UNSURE = 0.5

_POINTS_OF_A_DRAWING = 250
_ERRORS = {
    "payload": "The page sent something unexpected. Reload it, please.",
    "points": "That drawing has too many points. Clear it and draw again.",
    "internal": "Something went wrong here, not at yours. Try again.",
}
_UNREADABLE = "That drawing could not be read. Clear it and draw again."


class Answer(TypedDict):
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


def pad_column(sessions: Sessions) -> None:
    """Lays out the sketchpad and the answer, and adds the endpoints /predict, /predict_image."""

    async def open_session(payload: Any, request: gr.Request) -> dict[str, Any]:
        token = payload.get("token") if isinstance(payload, dict) else None
        address = request.client.host if request.client else ""
        try:
            return {"ok": True, "token": sessions.open(token, address=address).token}
        except VisitorError as error:
            return {"ok": False, "code": error.code, "error": str(error)}

    async def predict(payload: Any) -> dict[str, Any]:
        try:
            return _predicted(sessions, payload)
        except VisitorError as error:
            return {"ok": False, "code": error.code, "error": str(error)}
        except StrokesError as error:
            return _failed(error.code)
        except Exception:
            log.exception("prediction failed")
            return _failed("internal")

    component("pad/sketchpad", server_functions=[open_session, predict])
    component("pad/answer")
    api(_predict_endpoint(sessions), api_name="predict", queue=False)
    api(_predict_image_endpoint(sessions), api_name="predict_image", queue=False)


def _predicted(sessions: Sessions, payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict) or payload.get("model") not in ("ready", "yours"):
        return _failed("payload")
    token, seq = payload.get("token"), payload.get("seq")
    if type(seq) is not int or not isinstance(token, str):
        return _failed("payload")
    session = sessions.visit(token)
    strokes = checked_strokes(payload.get("strokes"), max_points=sessions.limits.points)
    # A usual drawing counts once; one of thousands of points takes as long as that many more.
    session.charge(sum(map(len, strokes)) // _POINTS_OF_A_DRAWING)
    ink = Ink(strokes)
    trained = session.has_model
    model: Model = "yours" if trained and payload["model"] == "yours" else "ready"
    prediction = session.classifier_for(model).predict(ink)
    pixels = (prediction.image * 255).round().astype(np.uint8)
    return {
        "ok": True,
        "seq": seq,
        "model": model,
        "trained": trained,
        "blank": ink.is_empty,
        "digit": prediction.digit,
        "words": words(prediction, blank=ink.is_empty),
        "likeness": round(float(prediction.digit_likeness), 4),
        "probabilities": [round(float(value), 4) for value in prediction.probabilities],
        "image": base64.b64encode(pixels.tobytes()).decode(),
    }


def _failed(code: str) -> dict[str, Any]:
    return {"ok": False, "code": code, "error": _ERRORS.get(code, _UNREADABLE)}


def _predict_endpoint(sessions: Sessions) -> Any:
    def predict(strokes: list[list[list[float]]]) -> Answer:
        """The digit drawn by `strokes`: a list of strokes, each a list of [x, y], y down."""
        try:
            ink = Ink(checked_strokes(strokes, max_points=sessions.limits.points))
        except StrokesError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return _answer(sessions.ready, ink)

    return predict


def _predict_image_endpoint(sessions: Sessions) -> Any:
    def predict_image(picture: gr.FileData) -> Answer:
        """The digit in a picture file, dark on light or light on dark."""
        try:
            ink = Ink.from_image(read_picture(picture, max_bytes=sessions.limits.picture_bytes))
        except PictureError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return _answer(sessions.ready, ink)

    return predict_image


def _answer(classifier: Classifier, ink: Ink) -> Answer:
    prediction = classifier.predict(ink)
    return Answer(
        digit=prediction.digit,
        probabilities=[float(value) for value in prediction.probabilities],
        digit_likeness=float(prediction.digit_likeness),
        words=words(prediction, blank=ink.is_empty),
    )
