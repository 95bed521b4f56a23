"""The page's server as a whole, whatever the page around it."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.models.classifier import Classifier
from mnist_core.server.engine import Engine
from mnist_core.server.limits import Limits
from mnist_core.server.rates import Clock
from mnist_core.server.ready_model import ReadyModel
from mnist_core.server.sessions import Sessions
from mnist_core.server.sweep import Sweep
from mnist_core.server.worker_pool import WorkerPool
from mnist_core.worker.messages import Held

log = logging.getLogger(__name__)

_SWEEP_S = 1.0

#: Pixels and labels, both uint8.
Images = tuple[NDArray[np.uint8], NDArray[np.uint8]]


class Application:
    """Limits, data, the ready-made model, the workers, the visitors, and the sweep that minds them.

    `data` is the folder that holds MNIST, `ready` what answers in place of the model that comes with the
    project, `engine` where trainings run, if not in processes of this machine. `start` begins the work in
    the background, `close` ends it and the workers with it.
    """

    def __init__(
        self,
        *,
        ready: Classifier | None = None,
        limits: Limits | None = None,
        data: Path | None = None,
        engine: Engine | None = None,
        pool: WorkerPool | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.data = data
        self.pool = pool or WorkerPool(limits=self.limits, data=data, engine=engine)
        self._ready = ReadyModel(ready)
        self.sessions = Sessions(ready=self._ready, limits=self.limits, pool=self.pool, clock=clock)
        self.sweep = Sweep(self.sessions, pool=self.pool, limits=self.limits, clock=clock)
        self._ended = threading.Event()

    def start(self) -> None:
        """Read the ready-made model and start the sweep, in the background."""
        threading.Thread(target=self._work, name="sweep", daemon=True).start()

    @property
    def ready(self) -> Classifier:
        """The ready-made model."""
        return self._ready()

    def measuring_images(self, held: Held) -> Images | None:
        """The images (n, 784) and labels (n,) that runs are measured on; None until they are there."""
        return self.pool.evaluation.get(held)

    @property
    def is_open(self) -> bool:
        """Whether the page serves its visitors: it does until it ends."""
        return not self._ended.is_set()

    def refuse(self) -> None:
        """The page is ending: say so to whoever still asks whether it is well."""
        self._ended.set()

    def close(self) -> None:
        """End all trainings and their workers."""
        self.refuse()
        self.pool.close()

    def _work(self) -> None:
        try:
            self._ready()  # so that the first answer isn't late
        except Exception:
            # Whoever needs it tries again, and is told.
            log.exception("the ready-made model could not be read")
        while not self._ended.wait(_SWEEP_S):
            self.sweep()
