"""What goes wrong in a way that callers tell apart."""

from __future__ import annotations

from typing import Literal


class DatasetError(Exception):
    """A data set that is missing, damaged, or out of reach; the message says which and what to do."""


CheckpointFault = Literal["not-safetensors", "foreign", "damaged", "not-finite", "too-large"]


class CheckpointError(ValueError):
    """A model's file that can't be taken.

    fault: "not-safetensors", no such file at all; "foreign", one of another program; "damaged", its
    parts don't fit together; "not-finite", its weights give no numbers; "too-large".
    """

    def __init__(self, message: str, *, fault: CheckpointFault) -> None:
        super().__init__(message)
        self.fault = fault
