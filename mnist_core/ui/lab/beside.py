"""Two runs side by side: how they read the pictures that measure, and what both say of a drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.errors import RefusedError
from mnist_core.server.application import Application
from mnist_core.server.limits import Limits
from mnist_core.server.measured import answers_to, stride_of
from mnist_core.server.runs import Run
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer
from mnist_core.ui.drawings import POINTS_OF_A_DRAWING, Drawn
from mnist_core.ui.lab.views import GONE, WEIGHTS_GONE, MomentRequest, confusion, run_of
from mnist_core.worker.messages import Held, Snapshot

_PICTURES = 24  # that the page shows, of those on which two runs disagree

_ITSELF = "A run beside itself shows no difference. Choose another one."
_UNMEASURED = "One of the two has not been measured yet."

_Digits = NDArray[np.uint8]
_At = tuple[Run, int | None]  # a run and a moment of it, None: its newest weights


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """Labels (n,) of every `stride`-th picture of that set, and the (n,) digits that both read there."""

    held: Held
    stride: int
    labels: _Digits
    predictions: list[_Digits]


class PairRequest(MomentRequest):
    """A moment of a run, and another run of which the newest weights count."""

    other: int


class DrawnPairRequest(PairRequest, Drawn):
    """The same for a drawing."""


def beside(session: Session, request: PairRequest, *, application: Application) -> Answer:
    """Confusion matrices of both on the same pictures, and those on which they disagree.

    alone: how many only the first, only the second reads right. differ: how many they read differently,
    of `count`; `at` (places in the set `held`), `labels` and `answers` are those of the first of them.
    """
    run, other = _pair(session, request)
    found = _compared((run, request.moment), (other, None), application)
    labels, said = found.labels, found.predictions
    right = [digits == labels for digits in said]
    differ = np.flatnonzero(said[0] != said[1])
    shown = differ[:_PICTURES]
    return {
        "held": found.held,
        "count": len(labels),
        "matrices": [confusion(labels, digits) for digits in said],
        "alone": [int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())],
        "differ": len(differ),
        "at": (shown * found.stride).tolist(),
        "labels": labels[shown].tolist(),
        "answers": [digits[shown].tolist() for digits in said],
    }


def both_say(session: Session, request: DrawnPairRequest, *, limits: Limits) -> Answer:
    """What both make of a drawing: {digit, probability} each, None where the weights are gone."""
    run, other = _pair(session, request)
    ink = request.ink(max_points=limits.points)
    if ink.is_empty:
        return {"blank": True}
    session.charge(sum(map(len, ink.strokes)) // POINTS_OF_A_DRAWING)
    says: list[Answer | None] = []
    for each, moment in ((run, request.moment), (other, None)):
        snapshot = each.at(moment)
        if snapshot is None or not snapshot.weights:
            says.append(None)
            continue
        probabilities = each.classifier_of(snapshot).predict(ink).probabilities
        says.append(
            {
                "digit": int(probabilities.argmax()),
                "probability": round(float(probabilities.max()), 4),
            }
        )
    return {"blank": False, "says": says}


def _pair(session: Session, request: PairRequest) -> tuple[Run, Run]:
    run = run_of(session, request)
    other = session.find(request.other)
    if other is None:
        raise RefusedError("gone", GONE)
    if other is run:
        raise RefusedError("itself", _ITSELF)
    return run, other


def _compared(one: _At, other: _At, application: Application) -> _Compared:
    """What both make of pictures that neither has learnt from.

    What was measured before is taken as it is; what was measured on others is read by the network.
    """
    measures = [_measure_of(*each) for each in (one, other)]
    # Who is measured on the test images has learnt from those that are held out of the other.
    held: Held = "test" if "test" in [on for on, _ in measures] else "validation"
    kept = application.measuring_images(held)
    if kept is None:
        raise RefusedError("unmeasured", _UNMEASURED)
    images, labels = kept
    stride = max(snapshot.stride for on, snapshot in measures if on == held)
    known = [on == held and stride % snapshot.stride == 0 for on, snapshot in measures]
    for (run, _), is_known in zip((one, other), known, strict=True):
        if not is_known and run.started is not None:
            stride *= stride_of(run.started.parameters, count=len(images[::stride]))
    said = [
        np.frombuffer(snapshot.predictions, dtype=np.uint8)[:: stride // snapshot.stride]
        if is_known
        else _read(*each, images[::stride])
        for each, (_, snapshot), is_known in zip((one, other), measures, known, strict=True)
    ]
    return _Compared(held=held, stride=stride, labels=labels[::stride], predictions=said)


def _measure_of(run: Run, moment: int | None) -> tuple[Held, Snapshot]:
    """What a moment was last measured on, and what it made of that."""
    snapshot = run.measured(moment)
    if run.started is None or snapshot is None or not snapshot.predictions:
        raise RefusedError("unmeasured", _UNMEASURED)
    return run.started.measured_on, snapshot


def _read(run: Run, moment: int | None, images: _Digits) -> _Digits:
    """What a moment of a run makes of images (n, 784): (n,) digits."""
    snapshot = run.at(moment)
    if snapshot is None or not snapshot.weights:
        raise RefusedError("gone", WEIGHTS_GONE)
    digits: _Digits = (
        answers_to(run.classifier_of(snapshot), images).argmax(axis=1).astype(np.uint8)
    )
    return digits
