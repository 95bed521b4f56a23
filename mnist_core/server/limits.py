"""What one visitor, and all of them together, may take; every figure has its default here."""

from __future__ import annotations

import argparse
import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

from mnist_core.cores import available_cores
from mnist_core.ink.ink import MAX_POINTS
from mnist_core.models.config import MAX_LAYERS, MAX_UNITS
from mnist_core.training.config import MAX_EPOCHS

_MB = 2**20


def _limit(default: float, words: str, *, most: float = math.inf) -> Any:
    return field(default=default, metadata={"words": words, "most": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The page's limits. `ValueError` names the field that is out of range."""

    # Training
    trainings: int = _limit(
        available_cores(), "trainings at once; each has a process and a core of its own"
    )
    queue: int = _limit(200, "trainings that wait for their turn")
    training_s: float = _limit(900.0, "seconds for one training, pauses included")
    pause_s: float = _limit(30.0, "seconds for a pause where others wait")
    epochs: int = _limit(100, "epochs of one training", most=MAX_EPOCHS)
    hidden_layers: int = _limit(4, "hidden layers of a network", most=MAX_LAYERS)
    hidden_units: int = _limit(1024, "units of one hidden layer", most=MAX_UNITS)

    # Visitors
    sessions: int = _limit(500, "visitors remembered; those unseen for longest go first")
    lease_s: float = _limit(15.0, "seconds after which a training ends that no page asks about")
    waiting_lease_s: float = _limit(3.0, "the same while other trainings wait")
    hidden_lease_s: float = _limit(120.0, "the same for a page in the background")

    # One visitor's memory
    runs: int = _limit(8, "trainings kept for one visitor")
    moments: int = _limit(40, "snapshots over a training that the slider goes back to")
    visitor_bytes: int = _limit(40 * _MB, "bytes of one visitor's snapshots")
    total_bytes: int = _limit(1024 * _MB, "bytes of all visitors' snapshots")
    saved_bytes: int = _limit(256 * _MB, "bytes that trainings go on from where a worker is lost")
    away_bytes: int = _limit(16 * _MB, "of these, bytes for visitors whose page is gone")

    # Requests
    requests_per_s: float = _limit(100.0, "requests a second of one visitor")
    api_requests_per_s: float = _limit(30.0, "requests a second of one address to the API")
    points: int = _limit(10_000, "points of one drawing", most=MAX_POINTS)
    request_bytes: int = _limit(_MB, "bytes of one request")
    large_bytes_per_s: float = _limit(
        2.0 * _MB, "bytes a second of one address in requests of more than 16 kB"
    )
    arriving_bytes: int = _limit(256 * _MB, "bytes of all large requests under way")
    picture_bytes: int = _limit(32 * _MB, "bytes of a picture file")
    upload_bytes: int = _limit(20 * _MB, "bytes of a model file to load back")

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if not value > 0:
                raise ValueError(f"{each.name} must be above 0, not {value!r}")
            if value > each.metadata["most"]:
                raise ValueError(
                    f"{each.name} must be at most {each.metadata['most']}, not {value!r}"
                )


def add_limit_options(parser: argparse.ArgumentParser) -> None:
    """An option for every limit: `--max-trainings N` and so on."""
    group = parser.add_argument_group("limits", "what visitors may take")
    for each in dataclasses.fields(Limits):
        group.add_argument(
            option_of(each.name),
            type=type(each.default),
            default=each.default,
            metavar="N",
            dest=f"max_{each.name}",
            help=f"{each.metadata['words']} (default: %(default)s)",
        )


def option_of(name: str) -> str:
    """The option that sets the limit `name`."""
    return f"--max-{name.replace('_', '-')}"


def limits_from(options: argparse.Namespace) -> Limits:
    """The limits in parsed options. `ValueError` names the one that is out of range."""
    return Limits(
        **{each.name: getattr(options, f"max_{each.name}") for each in dataclasses.fields(Limits)}
    )
