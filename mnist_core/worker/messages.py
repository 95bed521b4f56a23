"""What the page's server and a training worker say to each other: a frozen class a message.

The server sends orders, the worker answers with reports. On the pipe a message is a frame: its fields
as JSON under the class's name, its bytes behind it.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Union, get_args, get_origin

from mnist_core.errors import FrameError
from mnist_core.models.config import MLPConfig
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import StepEvent
from mnist_core.worker.frames import read_frame, write_frame

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Guessing has a loss of ln 10. A network at this one is beyond mending, even where the loss falls
# again: its units are dead.
EXPLODED_LOSS = 1000.0

Held = Literal["validation", "test"]
Outcome = Literal["finished", "stopped", "limit", "diverged"]
# What a worker says of itself, and what the server says of one that has died or never had the order.
Failure = Literal["dataset", "room", "error", "lost", "cancelled", "crowded"]
Point = tuple[int, float, float, float]  # step, loss, accuracy, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Hold MNIST in memory.

    data: its folder, None for the usual one. download: whether it may be fetched. pictures: whether the
    images that measure are wanted as reports.
    """

    data: str | None = None
    download: bool = True
    pictures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Savepoint:
    """All that another worker needs to go on with a training as if nothing had happened.

    latest: its step. moments: how many are kept. history: the part of its next point that is known:
    steps, loss, accuracy, each summed up. state: of the training itself, as `TrainingState` has it.
    """

    latest: StepEvent
    elapsed_s: float
    moments: int
    history: tuple[int, float, float]
    state: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Train a network.

    train_size: training images, all of them at most. shuffle_labels: each is given the label of
    another. max_s: of the whole training, pauses included.
    moments: about how many snapshots to keep, fewer where they would take more than moment_bytes.
    savepoint: of a worker that was lost, to go on from.
    """

    run: int
    model: MLPConfig
    train: TrainConfig
    train_size: int
    seed: int
    shuffle_labels: bool = False
    paused: bool = False
    max_s: float = math.inf
    moments: int = 40
    moment_bytes: int = 2**25
    savepoint: Savepoint | None = None
    load: Load = Load()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Rest after this batch."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on after a pause."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Learn from one batch, then rest again."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End the training; what it has learnt is measured and sent."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Go on with other settings."""

    run: int
    train: TrainConfig


RunOrder = Pause | Resume | Step | Stop | Set  # to a training under way
Order = Load | Start | RunOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Weights at one step, with what they make of the images that measure.

    weights: a checkpoint. predictions: a digit an image, of every `stride`-th image; may be empty.
    loss and accuracy are those of the same images, None where nothing was measured.
    """

    step: int
    epoch: int
    elapsed_s: float
    weights: bytes = field(repr=False)
    predictions: bytes = field(default=b"", repr=False)
    stride: int = 1
    loss: float | None = None
    accuracy: float | None = None

    @property
    def size_bytes(self) -> int:
        return len(self.weights) + len(self.predictions) + 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The worker listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file of the data set is on its way."""

    file: str
    received_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The data set is in memory, with so many training images."""

    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Images that measure: 784 bytes each, 255 = ink, and a byte a label."""

    held: Held
    images: bytes = field(repr=False)
    labels: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The training begins, measured on so many images; after `step`, where another worker got so far."""

    run: int
    step: int = 0
    train_size: int
    measured_on: Held
    measured_size: int
    steps_per_epoch: int
    parameters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the training is; the loss and accuracy are those of its latest batch.

    points: of the history, since the last report. losses: the mean of each epoch that has ended
    since then. progress: in [0, 1]. elapsed_s: of work, without the
    pauses.
    """

    run: int
    points: tuple[Point, ...]
    losses: tuple[float, ...] = ()
    step: int
    epoch: int
    epochs: int
    progress: float
    loss: float | None
    accuracy: float | None
    images_per_s: float
    elapsed_s: float
    left_s: float | None
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A snapshot to keep, for going back in time."""

    run: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The newest weights, for the drawing on the pad."""

    run: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What the training would go on from, were its worker lost; all before it has been reported."""

    run: int
    savepoint: Savepoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The training's worker was lost; it goes on as soon as there is another one."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """A training at rest still waits for orders."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The training is over; without a snapshot where its last weights are of no use."""

    run: int
    outcome: Outcome
    elapsed_s: float
    snapshot: Snapshot | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The training is over without a result."""

    run: int
    code: Failure


Report = (
    Ready
    | Download
    | Loaded
    | Pictures
    | Started
    | Progress
    | Moment
    | Live
    | Saved
    | Interrupted
    | Alive
    | End
    | Failed
)
Message = Order | Report


def finite(value: float) -> float | None:
    """The value, or None where it is no number that JSON has."""
    return value if math.isfinite(value) else None


def write_message(stream: BinaryIO, message: DataclassInstance) -> None:
    """Write one message and flush it. `OSError` where the other side has gone."""
    write_frame(stream, *to_frame(message))


def read_order(stream: BinaryIO) -> Order | None:
    """The next order, waiting for it; None at the stream's end. `FrameError` for anything else."""
    order: Order | None = read_message(stream, Order)
    return order


def read_report(stream: BinaryIO) -> Report | None:
    """The next report, waiting for it; None at the stream's end. `FrameError` for anything else."""
    report: Report | None = read_message(stream, Report)
    return report


def read_message(stream: BinaryIO, among: object) -> Any:
    """The next message, one of the union `among`; None at the stream's end. `FrameError` otherwise."""
    frame = read_frame(stream)
    return None if frame is None else from_frame(*frame, among=among)


def to_frame(message: DataclassInstance) -> tuple[dict[str, Any], bytes]:
    """A message as a frame's header and payload."""
    payload: list[bytes] = []
    header = _encoded(message, payload)
    return {"type": type(message).__name__} | header, b"".join(payload)


def from_frame(header: dict[str, Any], payload: bytes, *, among: object = Message) -> Any:
    """The message in a frame, one of the classes in the union `among`.

    Raises `FrameError` that says what was expected and what came.
    """
    kinds = {kind.__name__: kind for kind in get_args(among)}
    kind = header.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise FrameError(f"expected one of {', '.join(kinds)}, got {kind!r}")
    rest = _Payload(payload)
    fields = {name: value for name, value in header.items() if name != "type"}
    message = _object(kinds[kind], fields, rest, where=kind)
    if rest.left:
        raise FrameError(f"{kind}: expected {rest.begin} bytes behind it, got {len(payload)}")
    return message


class _Payload:
    """The bytes of a message, taken off piece by piece in the order of its fields."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.begin = 0

    @property
    def left(self) -> int:
        return len(self._data) - self.begin

    def take(self, count: object, where: str) -> bytes:
        if type(count) is not int or not 0 <= count <= self.left:
            raise FrameError(f"{where}: expected 0 to {self.left} bytes, got {count!r}")
        self.begin += count
        return self._data[self.begin - count : self.begin]


def _encoded(value: Any, payload: list[bytes]) -> Any:
    if isinstance(value, bytes):
        payload.append(value)
        return len(value)
    if dataclasses.is_dataclass(value):
        return {
            field.name: _encoded(getattr(value, field.name), payload)
            for field in dataclasses.fields(value)
        }
    return value


@functools.cache
def _types(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _object(kind: type, value: object, payload: _Payload, where: str) -> Any:
    types_ = _types(kind)
    if not isinstance(value, dict) or value.keys() != types_.keys():
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise FrameError(f"{where}: expected the fields {sorted(types_)}, got {got}")
    fields = {
        name: _decoded(hint, value[name], payload, f"{where}.{name}")
        for name, hint in types_.items()
    }
    try:
        return kind(**fields)
    except ValueError as error:  # a configuration out of its ranges
        raise FrameError(f"{where}: {error}") from error


def _decoded(hint: Any, value: Any, payload: _Payload, where: str) -> Any:
    """`value` as JSON brought it, as the type that `hint` names."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # only ever with None
        (hint,) = (part for part in parts if part is not types.NoneType)
        return None if value is None else _decoded(hint, value, payload, where)
    if origin is tuple and isinstance(value, list | tuple):
        return _items(parts, value, payload, where)
    if origin is Literal and value in parts:
        return value
    if hint is bytes:
        return payload.take(value, where)
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast(type, hint), value, payload, where)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is hint:
        return value
    expected = f"one of {parts}" if origin is Literal else hint.__name__
    raise FrameError(f"{where}: expected {expected}, got {value!r:.80}")


def _items(
    parts: tuple[Any, ...], value: list[Any] | tuple[Any, ...], payload: _Payload, where: str
) -> tuple[Any, ...]:
    hints = (parts[0],) * len(value) if parts[-1] is Ellipsis else parts
    if len(hints) != len(value):
        raise FrameError(f"{where}: expected {len(hints)} values, got {len(value)}")
    return tuple(
        _decoded(hint, each, payload, where) for hint, each in zip(hints, value, strict=True)
    )
