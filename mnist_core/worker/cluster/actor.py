"""A training worker as a Ray actor: today's worker, with a queue where its pipes would be."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Sequence

import numpy as np
import ray
import torch
from numpy.typing import NDArray

from mnist_core.data.datasets import Dataset, Splits
from mnist_core.data.download import ProgressCallback
from mnist_core.worker.__main__ import Worker
from mnist_core.worker.cluster.relay import Unfit
from mnist_core.worker.cluster.version import Version
from mnist_core.worker.live_training import Inbox
from mnist_core.worker.measuring import packed
from mnist_core.worker.messages import Load, read_order

_WAIT_S = 5.0  # for the next report; then the driver asks again, so that nothing waits for ever

#: MNIST as it travels: images (N, 28, 28) and labels (N,), uint8, of the training and the test set.
Parts = dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]


class Frames(io.BytesIO):
    """A stream of which each frame, once flushed, goes into a queue."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def flush(self) -> None:
        if self.tell():
            self.queue.put(self.getvalue())
            self.seek(0)
            self.truncate()


class RayWorker:
    """Serves the orders that `tell` brings, and holds its reports until they are asked for."""

    def __init__(self, version: Version) -> None:
        self.unfit = version.unfit
        self._inbox: Inbox = queue.SimpleQueue()
        self._out = Frames()
        self._data: Sequence[ray.ObjectRef[Parts]] = ()
        if self.unfit is None:
            torch.set_num_threads(1)
            threading.Thread(target=self._serve, name="worker", daemon=True).start()

    @ray.method(concurrency_group="orders")
    def fitness(self) -> Unfit | None:
        """Why this node can't train; None where it can."""
        return self.unfit

    @ray.method(concurrency_group="orders")
    def tell(self, frame: bytes, data: Sequence[ray.ObjectRef[Parts]]) -> None:
        """Take an order, and where the data is, if it is needed for that."""
        self._data = data or self._data
        order = read_order(io.BytesIO(frame))
        self._inbox.put(order)

    @ray.method(concurrency_group="reports")
    def reports(self) -> bytes:
        """The frames of all that is to report, waiting for some."""
        try:
            frames = [self._out.queue.get(timeout=_WAIT_S)]
        except queue.Empty:
            return b""
        while not self._out.queue.empty():
            frames.append(self._out.queue.get())
        return b"".join(frame for frame in frames if frame is not None)

    def _serve(self) -> None:
        torch.set_num_threads(1)  # a thread of its own starts with a setting of its own
        Worker(self._inbox, self._out, load=self._splits).serve()

    def _splits(self, load: Load, on_progress: ProgressCallback) -> Splits:
        """MNIST from the node's memory, which all its workers share; `MemoryError` without room there."""
        try:
            parts: Parts = ray.get(self._data[0])
        except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
            raise MemoryError("no room for MNIST on this node") from error
        return Splits(train=_dataset(*parts["train"]), test=_dataset(*parts["test"]))


def parts_of(splits: Splits) -> Parts:
    """MNIST in a quarter of its bytes."""
    if splits.test is None:
        raise ValueError("splits: expected a test set")
    return {"train": packed(splits.train), "test": packed(splits.test)}


def _dataset(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Dataset:
    # Copies: what lies in the node's memory can't be written, which PyTorch does not know.
    return Dataset(
        torch.tensor(images, dtype=torch.float32).div_(255), torch.tensor(labels, dtype=torch.int64)
    )
