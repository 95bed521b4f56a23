"""What goes wrong in a way that callers tell apart."""

from __future__ import annotations

from typing import Literal

CheckpointFault = Literal["not-safetensors", "foreign", "damaged", "not-finite", "too-large"]


class MnistError(Exception):
    """Base of all errors that the project raises by a name of its own."""


class DatasetError(MnistError):
    """A data set that is missing, damaged, or out of reach; the message says which and what to do."""


class CheckpointError(MnistError, ValueError):
    """A model's file that can't be taken.

    fault: "not-safetensors", no such file at all; "foreign", one of another program; "damaged", its
    parts don't fit together; "not-finite", its weights give no numbers; "too-large".
    """

    def __init__(self, message: str, *, fault: CheckpointFault) -> None:
        super().__init__(message)
        self.fault = fault


class StartError(MnistError):
    """What is asked for can't begin in this environment; the message is one line that says why."""


class FrameError(MnistError):
    """A stream that does not hold a frame: the other side is not who it should be, or died."""


class AccountsError(MnistError):
    """Accounts that can't be read; the message holds nothing of them."""


class RefusedError(MnistError):
    """A request of a visitor's that is not met.

    The message is a fixed sentence, fit for the page; `code` is a word that its scripts act on.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class StrokesError(RefusedError):
    """A drawing that can't be read. `expected` says why, to who writes programs, without any value."""

    def __init__(self, code: str, sentence: str, *, expected: str) -> None:
        super().__init__(code, sentence)
        self.expected = expected


class PictureError(RefusedError, ValueError):
    """A file that is no picture we read."""

    def __init__(self, sentence: str) -> None:
        super().__init__("picture", sentence)
