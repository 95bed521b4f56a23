"""What looks at a network while it learns, on a thread beside the training."""

from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from mnist_core.models.checkpoints import dump_checkpoint, is_finite
from mnist_core.models.mlp import MLP
from mnist_core.worker.measuring import Sample, measure
from mnist_core.worker.messages import Live, Moment, Report, Snapshot, finite

Send = Callable[[Report], None]

# Copies of the weights that wait here; with more of them due, the training waits as well.
_MOST_DUE = 4


@dataclass(frozen=True, slots=True)
class _Due:
    kind: type[Moment | Live]
    measured: bool
    step: int
    epoch: int
    elapsed_s: float
    weights: dict[str, Tensor]


class Observer:
    """Measures and sends weights as they were at a moment, while the training goes on.

    A training spends its time in many small steps, this in a few large ones, so that the two share
    Python's lock well and use two cores where there are two. Reports come in the order of the calls.
    To be entered; call `close` before anything that must come after its reports.
    """

    def __init__(self, model: MLP, sample: Sample, *, run: int, send: Send) -> None:
        self._model = model
        self._replica = copy.deepcopy(model)
        self._sample = sample
        self._run = run
        self._send = send
        self._due: queue.Queue[_Due | Callable[[], Report] | None] = queue.Queue(_MOST_DUE)
        self._live_is_due = False
        self._fault: BaseException | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait until everything has been sent. Raises what a report failed with."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._due.put(None)
            thread.join()
            self._raise_fault()

    def observe(
        self,
        kind: type[Moment | Live],
        *,
        step: int,
        epoch: int,
        elapsed_s: float,
        measured: bool,
        passing: bool = False,
    ) -> None:
        """Send the weights of now, as a `Moment` or as `Live`.

        measured: with how they do. passing: where weights for `Live` are due already, leave these out.
        """
        self._raise_fault()
        if kind is Live:
            if passing and self._live_is_due:
                return
            self._live_is_due = True
        weights = {name: tensor.clone() for name, tensor in self._model.state_dict().items()}
        self._due.put(_Due(kind, measured, step, epoch, elapsed_s, weights))

    def tell(self, make: Callable[[], Report]) -> None:
        """Send what `make` gives, after all that has been observed so far."""
        self._raise_fault()
        self._due.put(make)

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _work(self) -> None:
        torch.set_num_threads(1)  # a thread of its own starts with a setting of its own
        while (due := self._due.get()) is not None:
            if self._fault is not None:
                continue
            try:
                if isinstance(due, _Due):
                    self._report(due)
                else:
                    self._send(due())
            except BaseException as fault:  # told to the training, which ends with it
                self._fault = fault

    def _report(self, due: _Due) -> None:
        self._replica.load_state_dict(due.weights)
        if due.kind is Live:
            self._live_is_due = False
        weights = checkpoint_of(self._replica)
        if weights is None:
            return
        found = measure(self._replica, self._sample) if due.measured else None
        snapshot = Snapshot(
            step=due.step,
            epoch=due.epoch,
            elapsed_s=due.elapsed_s,
            weights=weights,
            predictions=found.predictions if found else b"",
            stride=self._sample.stride,
            loss=finite(found.loss) if found else None,
            accuracy=found.accuracy if found else None,
        )
        self._send(due.kind(run=self._run, snapshot=snapshot))


def checkpoint_of(model: MLP) -> bytes | None:
    """The model as a checkpoint in float16, as browsers get it too; None where a weight isn't finite."""
    if not all(is_finite(tensor) for tensor in model.state_dict().values()):
        return None
    return dump_checkpoint(model, half=True)
