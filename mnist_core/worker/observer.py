"""What looks at a network while it learns, on a thread beside the training."""

from __future__ import annotations

import copy
import math
import queue
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mnist_core.models.mlp import MLP
from mnist_core.worker.measuring import Sample, measure, pack_weights

Header = dict[str, Any]
Send = Callable[..., None]

# Copies of the weights that wait here; with more of them due, the training waits as well.
_MOST_DUE = 4


class Observer:
    """Measures and sends weights as they were at a moment, while the training goes on.

    A training spends its time in many small steps, this in a few large ones, so that the two share
    Python's lock well and use two cores where there are two. Reports come in the order of the calls.
    Call `close` before anything that must come after them.
    """

    def __init__(self, model: MLP, sample: Sample, stride: int, send: Send) -> None:
        self._model = model
        self._replica = copy.deepcopy(model)
        self._sample = sample
        self._stride = stride
        self._send = send
        self._due: queue.Queue[tuple[Header, bool, dict[str, Tensor]] | None]
        self._due = queue.Queue(_MOST_DUE)
        self._live_is_due = False
        self._fault: BaseException | None = None
        self._thread: threading.Thread | None = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def observe(self, kind: str, header: Header, *, measured: bool) -> None:
        """Send the weights of now as a report of that kind; with `measured`, with how they do.

        kind: "moment", kept as float16; "live"; or "passing", a "live" that is left out where another
        one is due already.
        """
        self._raise_fault()
        if kind == "passing":
            if self._live_is_due:
                return
            kind = "live"
        self._live_is_due |= kind == "live"
        weights = {name: tensor.clone() for name, tensor in self._model.state_dict().items()}
        self._due.put((header | {"type": kind, "stride": self._stride}, measured, weights))

    def close(self) -> None:
        """Wait until everything has been sent. Raises what a report failed with."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._due.put(None)
            thread.join()
            self._raise_fault()

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _work(self) -> None:
        torch.set_num_threads(1)  # a thread of its own starts with a setting of its own
        while (due := self._due.get()) is not None:
            if self._fault is not None:
                continue
            try:
                self._report(*due)
            except BaseException as fault:  # told to the training, which ends with it
                self._fault = fault

    def _report(self, header: Header, measured: bool, weights: dict[str, Tensor]) -> None:
        self._replica.load_state_dict(weights)
        if header["type"] == "live":
            self._live_is_due = False
        packed = pack_weights(self._replica, half=header["type"] == "moment")
        if packed is None:
            return
        found = measure(self._replica, self._sample) if measured else None
        header = header | {
            "weights": len(packed),
            "loss": finite(found.loss) if found else None,
            "accuracy": found.accuracy if found else None,
        }
        self._send(header, packed + found.predictions if found else packed)


def finite(value: float) -> float | None:
    """The value, or None where JSON has no number for it."""
    return value if math.isfinite(value) else None
