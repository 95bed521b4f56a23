"""What one visitor, and all of them together, may take; every figure has its default here."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The page's limits. `ValueError` names the field that is out of range."""

    # Training
    trainings: int = os.cpu_count() or 1  # at once; each has a process and a core of its own
    queue: int = 50  # trainings that wait for their turn
    training_s: float = 900.0  # one training, pauses included
    pause_s: float = 30.0  # a pause, where others wait
    epochs: int = 100
    hidden_layers: int = 4
    hidden_units: int = 1024  # in one layer

    # Visitors
    sessions: int = 500  # kept; the least recently used go first
    lease_s: float = 15.0  # a training ends when its page has not asked for so long
    hidden_lease_s: float = 120.0  # the same, where the page said that it is in the background

    # One visitor's memory
    runs: int = 8
    moments: int = 40  # snapshots over a run that the slider goes back to
    visitor_bytes: int = 40 * 2**20  # of snapshots, all runs together
    total_bytes: int = 1024 * 2**20  # of snapshots, all visitors together
    upload_bytes: int = 20 * 2**20  # a model file to load back

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} must be above 0, not {value!r}")
