"""The sketchpad with its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import gradio as gr
import numpy as np
from pydantic import Field

from mnist_core.models.classifier import Prediction, Reading
from mnist_core.models.config import CLASS_COUNT
from mnist_core.server.application import Application
from mnist_core.server.images import checked_image
from mnist_core.server.payload import unexpected
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer, answered, serve
from mnist_core.ui.component import component
from mnist_core.ui.drawings import POINTS_OF_A_DRAWING, DrawingRequest
from mnist_core.ui.numbers import grey
from mnist_core.ui.pad.api import add_api
from mnist_core.ui.pad.words import words_of
from mnist_core.ui.static import weights

_STROKES_OF_A_DRAWING = 6


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
    """Lays out the sketchpad and the answer, and adds the API's endpoints."""
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
    add_api(application)


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
            "together": said is not None,
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
