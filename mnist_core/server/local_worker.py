"""Training workers as processes of this machine: what the pool sends them and hears from them."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from typing import BinaryIO, cast

from mnist_core.errors import FrameError
from mnist_core.files import ROOT
from mnist_core.server.engine import OnLost, OnReport
from mnist_core.worker.messages import Order, Report, read_report, write_message

log = logging.getLogger(__name__)

_END_S = 5.0


class LocalEngine:
    """At most `places` workers, each a process of this machine."""

    fault = None

    def __init__(self, places: int) -> None:
        self.places = places

    def start(self, on_report: OnReport, on_lost: OnLost) -> LocalWorker:
        """Start a process. `OSError` or `RuntimeError` where the system has none left."""
        return LocalWorker(on_report, on_lost)

    def close(self) -> None:
        pass


class LocalWorker:
    """One worker process and the thread that reads what it reports.

    That thread calls `on_report` with each report, and `on_lost` once the process has ended. Orders wait
    in its pipe until it takes them.
    """

    is_ready = True

    def __init__(self, on_report: OnReport, on_lost: OnLost) -> None:
        self._on_report = on_report
        self._on_lost = on_lost
        self._sending = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mnist_core.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C in a terminal ends the server, which ends its workers
        )
        threading.Thread(target=self._listen, name="worker-reports", daemon=True).start()

    def send(self, order: Order) -> None:
        try:
            with self._sending:
                write_message(cast(BinaryIO, self._process.stdin), order)
        except (OSError, ValueError):
            # The thread that listens notices that it has gone.
            log.info("a training worker did not take an order")

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> None:
        self._process.wait(timeout=_END_S)

    def _listen(self) -> None:
        reports = cast(BinaryIO, self._process.stdout)
        try:
            while (report := read_report(reports)) is not None:
                self._hear(report)
        except (FrameError, OSError, ValueError) as error:
            log.warning("a training worker's reports broke off: %s", error)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                cast(BinaryIO, pipe).close()
            except OSError:
                log.debug("a worker's pipe was closed already")
        self._on_lost(self)

    def _hear(self, report: Report) -> None:
        try:
            self._on_report(self, report)
        except Exception:
            # One bad report must not end the listening: the rest of the training would be lost.
            log.exception("a training worker's report could not be taken in")
