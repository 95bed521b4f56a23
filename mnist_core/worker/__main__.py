"""The training worker: a process that trains one model after another for the page's server.

`python -m mnist_core.worker` speaks messages (see `messages`): orders come in on stdin, reports go
out on stdout. A training in a process of its own never shares Python's lock with the drawing,
and one that dies takes nothing with it. The worker ends when its stdin does.
"""

from __future__ import annotations

import gc
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

if __name__ == "__main__":
    gc.disable()  # all that is imported stays: looking it through would take a sixth of the start

import torch

import mnist_core.training.backpropagation  # noqa: F401  # there before somebody waits for it
from mnist_core.cores import step_back
from mnist_core.data.datasets import Splits
from mnist_core.data.download import DownloadProgress, ProgressCallback
from mnist_core.data.mnist import load_mnist
from mnist_core.errors import DatasetError, FrameError
from mnist_core.logs import log_as_json
from mnist_core.worker.live_training import Inbox, LiveTraining
from mnist_core.worker.measuring import pictures_of
from mnist_core.worker.messages import (
    Download,
    Failed,
    Failure,
    Load,
    Loaded,
    Ready,
    Report,
    Start,
    read_order,
    write_message,
)

log = logging.getLogger(__name__)

_DOWNLOAD_REPORT_BYTES = 2**18


LoadSplits = Callable[[Load, ProgressCallback], Splits]


def read_mnist(load: Load, on_progress: ProgressCallback) -> Splits:
    """MNIST from the files of this machine."""
    root = None if load.data is None else Path(load.data)
    return load_mnist(root, download=load.download, on_progress=on_progress)


def told_now_and_then(send: Callable[[Download], None]) -> ProgressCallback:
    """What sends how far a download is, the first time and then after every quarter of a megabyte."""
    told_bytes = -_DOWNLOAD_REPORT_BYTES

    def tell(progress: DownloadProgress) -> None:
        nonlocal told_bytes
        if progress.received_bytes >= told_bytes + _DOWNLOAD_REPORT_BYTES:
            told_bytes = progress.received_bytes
            send(Download(file=progress.file, received_bytes=told_bytes))

    return tell


class Worker:
    """Serves orders until the inbox says None: `Load` the data, `Start` a training.

    load: where the data comes from, in place of the files of this machine.
    """

    def __init__(self, inbox: Inbox, out: BinaryIO, *, load: LoadSplits | None = None) -> None:
        self._inbox = inbox
        self._out = out
        self._read = load or read_mnist
        self._sending = threading.Lock()  # a training reports from two threads
        self._splits: Splits | None = None
        self._data: str | None = None

    def serve(self) -> None:
        self._send(Ready())
        while (order := self._inbox.get()) is not None:
            # Orders for a training that has ended meanwhile (a late `Stop`) are of no use.
            if isinstance(order, Load | Start):
                try:
                    self._carry_out(order)
                except BrokenPipeError:
                    return

    def _carry_out(self, order: Load | Start) -> None:
        code: Failure
        try:
            if isinstance(order, Load):
                self._load(order)
            else:
                LiveTraining(order, self._load(order.load), self._send).follow(self._inbox)
            return
        except DatasetError as error:
            log.error("the data set could not be had", extra={"reason": str(error)})
            code = "dataset"
        except BrokenPipeError:
            raise
        except MemoryError:
            log.exception("a training found no memory")
            code = "room"
        except Exception:  # the worker outlives whatever one training does
            log.exception("a training broke off")
            code = "error"
        if isinstance(order, Start):
            self._send(Failed(run=order.run, code=code))

    def _load(self, order: Load) -> Splits:
        """The data set, read once and then held in memory."""
        if self._splits is None or order.data != self._data:
            self._splits = self._read(order, told_now_and_then(self._send))
            self._data = order.data
        self._send(Loaded(images=len(self._splits.train)))
        if order.pictures:
            self._send(pictures_of(self._splits, "validation"))
            self._send(pictures_of(self._splits, "test"))
        return self._splits

    def _send(self, report: Report) -> None:
        with self._sending:
            write_message(self._out, report)


def _read_orders(stream: BinaryIO, inbox: Inbox) -> None:
    try:
        while (order := read_order(stream)) is not None:
            inbox.put(order)
    except (FrameError, OSError):
        log.exception("the orders broke off")
    # The server has gone or closed us: nobody is left to train for, even in the middle of a step.
    os._exit(0)


def main() -> None:
    """Serve orders from stdin. Whatever else prints goes to stderr: stdout carries messages."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    log_as_json(logging.WARNING)
    step_back()  # drawing comes first
    torch.set_num_threads(1)
    gc.freeze()
    gc.enable()
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_read_orders, args=(orders, inbox), daemon=True).start()
    Worker(inbox, out).serve()


if __name__ == "__main__":
    main()
