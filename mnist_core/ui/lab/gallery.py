"""The gallery: what a moment of a training says of each picture that measures it, and the pictures."""

from __future__ import annotations

import base64
from typing import Annotated

import numpy as np
from pydantic import Field

from mnist_core.errors import RefusedError
from mnist_core.server.application import Application
from mnist_core.server.measured import measured_answers, products_of
from mnist_core.server.payload import Payload
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer
from mnist_core.ui.lab.views import NOTHING_YET, WEIGHTS_GONE, MomentRequest, run_of
from mnist_core.worker.messages import Held

_PRODUCTS_OF_A_REQUEST = 400_000_000  # take 10 ms or so
_MOST_PICTURES = 60
_SURE = 65_535  # a probability of 1


class PicturesRequest(Payload):
    """at: places in the set `held`."""

    held: Held
    at: list[Annotated[int, Field(ge=0)]] = Field(max_length=_MOST_PICTURES)


def gallery(session: Session, request: MomentRequest, *, application: Application) -> Answer:
    """How a moment reads each picture of the set that measures it, in the set's order.

    cells: a byte a picture, ten times its label plus the answer. sure: 16 bits a picture, the share of
    65,535 that is the answer's probability. Both in base64, of every `stride`-th of `total` pictures.
    """
    run = run_of(session, request)
    snapshot = run.at(request.moment)
    kept = application.measuring_images(run.started.measured_on) if run.started else None
    if snapshot is None and not run.active:
        raise RefusedError("gone", WEIGHTS_GONE)
    if snapshot is None or kept is None or run.started is None:
        raise RefusedError("gone", NOTHING_YET)
    classifier = run.classifier_of(snapshot)
    images, labels = kept
    session.charge(products_of(classifier, count=len(labels)) / _PRODUCTS_OF_A_REQUEST)
    found = measured_answers(classifier, images, labels)
    cells = found.labels * 10 + found.probabilities.argmax(axis=1).astype(np.uint8)
    sure = (found.probabilities.max(axis=1) * _SURE).round().astype("<u2")
    return {
        "run": run.id,
        "step": snapshot.step,
        "held": run.started.measured_on,
        "total": len(labels),
        "stride": found.stride,
        "cells": base64.b64encode(cells.tobytes()).decode(),
        "sure": base64.b64encode(sure.tobytes()).decode(),
    }


def pictures(session: Session, request: PicturesRequest, *, application: Application) -> Answer:
    """Measuring pictures, 784 bytes each, 255 = ink, in base64."""
    kept = application.measuring_images(request.held)
    if kept is None:
        raise RefusedError("gone", NOTHING_YET)
    images, _ = kept
    last = len(images) - 1
    if max(request.at, default=0) > last:
        raise RefusedError(
            "gone", f"Expected pictures from 0 to {last:,}, got {max(request.at):,}."
        )
    return {"images": base64.b64encode(images[request.at].tobytes()).decode()}
