"""The network that answers, as the page draws it, where a browser does not have its weights."""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mnist_core.models.config import CLASS_COUNT, INPUT_SIZE
from mnist_core.models.network import Floats, Network
from mnist_core.server.limits import Limits
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer
from mnist_core.ui.drawings import DrawingRequest
from mnist_core.ui.numbers import round_number

_SHOWN = 64  # units of a layer; assets/pad/inside.js has the same, and the same ones


class InsideRequest(DrawingRequest):
    """known: which weights the page has, by the `version` that came with them."""

    known: Annotated[str, Field(max_length=80)] | None = None


def inside(session: Session, request: InsideRequest, *, limits: Limits) -> Answer:
    """The shown units of every layer, the weights between them, and what they say to the drawing.

    weights: of each layer, (shown units, shown units before it) as bytes -127..127, the largest being
    `scale`; left out where the page has them. values: what each hidden layer's units pass on, then the
    probabilities of the digits, and that of no digit from a network that can tell; None for blank ink.
    """
    network = session.classifier_for(request.model, request.own_weights).network
    config = network.config
    sizes = [*config.hidden_sizes, CLASS_COUNT + config.rejects]
    shown = [spread(size) for size in sizes]
    weights = [_packed(each) for each in _weights(network, shown)]
    version = hashlib.sha256(repr(weights).encode()).hexdigest()
    answer: Answer = {
        "version": version,
        "sizes": sizes,
        "activation": config.activation,
        "shown": [units.tolist() for units in shown],
        "values": None,
    }
    if version != request.known:
        answer["weights"] = weights
    ink = request.ink(max_points=limits.points)
    if not ink.is_empty:
        answer["values"] = _values(network, ink.to_image(), shown)
    return answer


def spread(size: int) -> NDArray[np.intp]:
    """The units of a layer that are shown: all, or so many at even distances, the same ones at any time."""
    count = min(size, _SHOWN)
    return np.arange(count) * size // count


def _weights(network: Network, shown: list[NDArray[np.intp]]) -> list[Floats]:
    every = [np.arange(INPUT_SIZE), *shown]
    return [
        network.weights_into(layer, units)[:, before]
        for layer, (before, units) in enumerate(pairwise(every))
    ]


def _packed(weights: Floats) -> Answer:
    largest = float(np.abs(weights).max())
    scale = largest if 0 < largest < np.inf else 1.0
    values = np.nan_to_num(weights / scale * 127).round().astype(np.int8)
    return {"scale": scale, "data": base64.b64encode(values.tobytes()).decode()}


def _values(
    network: Network, image: Floats, shown: list[NDArray[np.intp]]
) -> list[list[float | None]]:
    hidden: list[Floats] = []
    probabilities, likeness = network.answers(network.logits(image[None], hidden=hidden))
    rows = [layer[0][units] for layer, units in zip(hidden, shown, strict=False)]
    none = 1 - likeness[: network.config.rejects]
    rows.append(np.concatenate([probabilities[0], none]))
    return [[round_number(value) for value in row] for row in rows]
