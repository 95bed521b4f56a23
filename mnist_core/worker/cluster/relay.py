"""What the page's server and the process that speaks to the cluster say to each other.

That process, the driver, is one of its own: Ray ends it where the cluster is gone, and the page goes on.
The messages of the workers travel in these as they are, in frames.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Literal

from mnist_core.worker.messages import Order, Report, read_report, write_message

# Why a worker could not begin: its node has another Python or version of the project, lacks a package,
# or something else.
Unfit = Literal["python", "project", "package", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hire:
    """Start a worker, of this number, on a core of the cluster."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Pass an order on to a worker."""

    worker: int
    frame: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss:
    """End a worker, whatever it does."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """The cluster is there, with so many cores that nobody has; told again and again."""

    cores: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hired:
    """A worker has found its core, and takes orders."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Reports of a worker, one frame behind the other."""

    worker: int
    frames: bytes = field(repr=False)

    def reports(self) -> list[Report]:
        """The reports in the frames."""
        stream = io.BytesIO(self.frames)
        return list(iter(lambda: read_report(stream), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A worker has ended; unfit: why it could not even begin."""

    worker: int
    unfit: Unfit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """There is no cluster at the address, or it can't be used, for that reason."""

    reason: str


ToDriver = Hire | Tell | Dismiss
FromDriver = Free | Hired | Heard | Gone | Unreachable


def frame_of(message: Order | Report) -> bytes:
    """One message as the bytes of a frame."""
    stream = io.BytesIO()
    write_message(stream, message)
    return stream.getvalue()
