"""Short trainings as a worker follows them, without a process."""

from __future__ import annotations

import dataclasses
import queue
from collections.abc import Iterable
from typing import Any, TypeVar

from mnist_core.data.datasets import Splits
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.models.config import MLPConfig
from mnist_core.server.limits import Limits
from mnist_core.server.setup import parse_setup
from mnist_core.training.config import TrainConfig
from mnist_core.worker.live_training import Inbox, LiveTraining
from mnist_core.worker.messages import End, Order, Progress, Report, Start

Kind = TypeVar("Kind")

SHORT = Start(
    run=1,
    model=MLPConfig(hidden_sizes=(16,)),
    train=TrainConfig(epochs=3, batch_size=10, learning_rate=0.05),
    train_size=200,
    seed=0,
)


def short(*, run: int = 1, **settings: Any) -> Start:
    """An order for a short training, with other settings of its `TrainConfig`."""
    return dataclasses.replace(SHORT, run=run, train=dataclasses.replace(SHORT.train, **settings))


def start_of(**values: object) -> Start:
    """The order for a training with this set-up, given as a page does: what is left out is a preset's."""
    setup = parse_setup(values, limits=Limits())
    return Start(
        run=1,
        model=setup.model_config(),
        train=setup.train_config(),
        train_size=setup.train_size,
        seed=0,
    )


def progressed(run: int = 1, *, done: float, elapsed_s: float) -> Progress:
    """A report that so much of a training, in [0, 1], is done."""
    return Progress(
        run=run,
        points=(),
        step=1,
        epoch=1,
        epochs=3,
        progress=done,
        loss=None,
        accuracy=None,
        images_per_s=1.0,
        elapsed_s=elapsed_s,
        left_s=None,
        paused=False,
    )


def follow(start: Start, digits: Splits, orders: Iterable[Order] = ()) -> list[Report]:
    """The reports of a training with `orders` waiting in its inbox."""
    inbox: Inbox = queue.SimpleQueue()
    for each in orders:
        inbox.put(each)
    reports: list[Report] = []
    LiveTraining(start, digits, reports.append).follow(inbox)
    return reports


def of_type(messages: Iterable[object], kind: type[Kind]) -> list[Kind]:
    """Those of the messages that are of one kind."""
    return [message for message in messages if isinstance(message, kind)]


def weights_in(end: End) -> bytes:
    """All weights that a training ended with, one behind the other."""
    assert end.snapshot is not None
    state = load_checkpoint(end.snapshot.weights).state_dict()
    return b"".join(tensor.numpy().tobytes() for tensor in state.values())
