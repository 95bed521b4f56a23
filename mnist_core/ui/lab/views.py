"""What a moment of a training looks like: its confusion matrix, its mistakes, its weights."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mnist_core.errors import RefusedError
from mnist_core.server.application import Application
from mnist_core.server.payload import Payload
from mnist_core.server.runs import Run
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer

_WEIGHT_PICTURES = 40  # units of the first layer that the page shows
_MISTAKES = 24  # pictures of one cell of the confusion matrix

GONE = "There is no such training any more."
WEIGHTS_GONE = "Only the curves of that training are kept, to save memory: its weights are gone."
NOTHING_YET = "Nothing has been measured yet."

_Digit = Annotated[int, Field(ge=0, le=9)]


class MomentRequest(Payload):
    """run: the newest where it is None. moment: of the slider, None for the newest weights."""

    run: int | None = None
    moment: int | None = None


class CellRequest(MomentRequest):
    """A cell of the confusion matrix."""

    truth: _Digit
    guess: _Digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A moment's guesses at every `stride`-th measuring image, and their labels: (n,) uint8 both."""

    predictions: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    stride: int


def show(session: Session, request: MomentRequest) -> Answer:
    """Let a moment of a run answer for the drawing, or its newest weights."""
    run = run_of(session, request)
    if not run.active and run.at(request.moment) is None:
        raise RefusedError("gone", WEIGHTS_GONE)
    session.show(run, request.moment)
    return {}


def views(session: Session, request: MomentRequest, *, application: Application) -> Answer:
    """The confusion matrix, accuracy and first-layer weights of a moment."""
    run = run_of(session, request)
    answer: Answer = {"run": run.id, "moment": request.moment}
    snapshot = run.at(request.moment)
    if snapshot is not None:
        rows = run.classifier_of(snapshot).network.first_weights[:_WEIGHT_PICTURES]
        scale = float(np.abs(rows).max()) or 1.0
        values = np.round(rows / scale * 127).astype(np.int8)
        answer |= {
            "step": snapshot.step,
            "weights": base64.b64encode(values.tobytes()).decode(),
            "scale": scale,
        }
    found = _measured(run, request.moment, application)
    if found is not None:
        answer["matrix"] = confusion(found.labels, found.predictions)
        answer["accuracy"] = float((found.predictions == found.labels).mean())
    return answer


def mistakes(session: Session, request: CellRequest, *, application: Application) -> Answer:
    """Which pictures of the digits `truth` were taken for `guess` at a moment: their places in the set."""
    run = run_of(session, request)
    found = _measured(run, request.moment, application)
    if found is None or run.started is None:
        raise RefusedError("gone", NOTHING_YET)
    in_cell = (found.labels == request.truth) & (found.predictions == request.guess)
    at = np.flatnonzero(in_cell) * found.stride
    return {"count": len(at), "held": run.started.measured_on, "at": at[:_MISTAKES].tolist()}


def confusion(labels: NDArray[np.uint8], predictions: NDArray[np.uint8]) -> list[int]:
    """The confusion matrix row by row: 100 counts, ten answers for each true digit."""
    counts: list[int] = np.bincount(
        labels.astype(np.int64) * 10 + predictions, minlength=100
    ).tolist()
    return counts


def run_of(session: Session, request: MomentRequest) -> Run:
    """The run that the request is about, whose moment is kept."""
    run = session.run if request.run is None else session.find(request.run)
    if run is None:
        raise RefusedError("gone", GONE)
    if request.moment is not None and not 0 <= request.moment < len(run.moments):
        raise RefusedError("gone", "That moment is not kept any more.")
    return run


def _measured(run: Run, moment: int | None, application: Application) -> Measured | None:
    """What a moment was measured by; None where nothing has been measured yet."""
    snapshot = run.measured(moment)
    kept = application.measuring_images(run.started.measured_on) if run.started else None
    if snapshot is None or not snapshot.predictions or kept is None:
        return None
    predictions = np.frombuffer(snapshot.predictions, dtype=np.uint8)
    labels = kept[1][:: snapshot.stride][: len(predictions)]
    return Measured(predictions=predictions, labels=labels, stride=snapshot.stride)
