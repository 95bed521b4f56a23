"""The training worker: a process that trains one model after another for the page's server.

`python -m mnist_core.worker` speaks frames (see `frames`): orders come in on stdin, reports go
out on stdout. A training in a process of its own never shares Python's lock with the drawing,
and one that dies takes nothing with it. The worker ends when its stdin does.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import torch

from mnist_core.data.datasets import Dataset, Splits
from mnist_core.data.download import DownloadProgress
from mnist_core.data.mnist import load_mnist
from mnist_core.errors import DatasetError
from mnist_core.worker.frames import FrameError, read_frame, write_frame
from mnist_core.worker.live_training import Practice
from mnist_core.worker.measuring import evaluation_set

_NICENESS = 5  # drawing comes first
_DOWNLOAD_REPORT_BYTES = 2**18

Order = dict[str, Any]
Inbox = queue.SimpleQueue[Order | None]


class Worker:
    """Serves orders until the inbox says None: "load" the data, "start" a training."""

    def __init__(self, inbox: Inbox, out: BinaryIO) -> None:
        self._inbox = inbox
        self._out = out
        self._sending = threading.Lock()  # a training reports from two threads
        self._splits: Splits | None = None
        self._root: str | None = None

    def serve(self) -> None:
        self._send({"type": "ready"})
        while (order := self._inbox.get()) is not None:
            # Orders for a training that has ended meanwhile (a late "stop") are of no use.
            if order["type"] in ("load", "start"):
                try:
                    self._carry_out(order)
                except BrokenPipeError:
                    return

    def _carry_out(self, order: Order) -> None:
        failure = {"type": "failed", "run": order.get("run")}
        try:
            splits = self._load(order)
            if order["type"] == "start":
                Practice(order, splits, self._send).follow(self._inbox)
        except DatasetError as error:
            print(error, file=sys.stderr)
            if order["type"] == "start":
                self._send(failure | {"code": "dataset"})
        except BrokenPipeError:
            raise
        except Exception:  # the worker outlives whatever one training does
            traceback.print_exc()
            if order["type"] == "start":
                self._send(failure | {"code": "error"})

    def _send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        with self._sending:
            write_frame(self._out, header, payload)

    def _load(self, order: Order) -> Splits:
        """Hold the data set in memory, once; with "pictures" also report the evaluation images."""
        root = order.get("data")
        if self._splits is None or root != self._root:
            reported = -_DOWNLOAD_REPORT_BYTES

            def report(progress: DownloadProgress) -> None:
                nonlocal reported
                if progress.received_bytes < reported + _DOWNLOAD_REPORT_BYTES:
                    return
                reported = progress.received_bytes
                self._send({"type": "download", "file": progress.file, "received": reported})

            self._splits = load_mnist(
                None if root is None else Path(root),
                download=bool(order.get("download", True)),
                on_progress=report,
            )
            self._root = root
        self._send({"type": "loaded", "images": len(self._splits.train)})
        if order.get("pictures"):
            for name in ("validation", "test"):
                self._send_pictures(name, evaluation_set(self._splits, name))
        return self._splits

    def _send_pictures(self, name: str, dataset: Dataset) -> None:
        images = (dataset.images * 255).round().to(torch.uint8).numpy().tobytes()
        labels = dataset.labels.to(torch.uint8).numpy().tobytes()
        self._send({"type": "pictures", "set": name, "count": len(dataset)}, images + labels)


def _read_orders(stream: BinaryIO, inbox: Inbox) -> None:
    try:
        while (frame := read_frame(stream)) is not None:
            inbox.put(frame[0])
    except (FrameError, OSError):
        traceback.print_exc()
    # The server has gone or closed us: nobody is left to train for, even in the middle of a step.
    os._exit(0)


def main() -> None:
    """Serve orders from stdin. Whatever else prints goes to stderr: stdout carries frames."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    os.nice(_NICENESS)
    torch.set_num_threads(1)
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_read_orders, args=(orders, inbox), daemon=True).start()
    Worker(inbox, out).serve()


if __name__ == "__main__":
    main()
