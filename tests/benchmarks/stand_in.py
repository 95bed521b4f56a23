"""Trainings on a cluster that sleep instead of computing: of a known length, and as talkative.

`python -m tests.benchmarks.stand_in ADDRESS CORES` is the driver with such workers.
"""

from __future__ import annotations

import io
import os
import queue
import threading
import time
from collections.abc import Sequence

import ray

from mnist_core.worker.cluster.relay import Unfit, frame_of
from mnist_core.worker.messages import (
    End,
    Live,
    Order,
    Progress,
    Ready,
    Report,
    Snapshot,
    Start,
    Started,
    read_order,
)

#: How often a worker reports, and sends weights, as the real one does; a `fast` preset's weights.
REPORT_S, LIVE_EVERY, WEIGHTS = 0.1, 2, bytes(218_000)


class StandIn:
    """Has the methods of `RayWorker`; a training lasts as many seconds as its order has epochs."""

    def __init__(self, version: object) -> None:
        self._inbox: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True).start()

    @ray.method(concurrency_group="orders")
    def fitness(self) -> Unfit | None:
        return None

    @ray.method(concurrency_group="orders")
    def tell(self, frame: bytes, data: Sequence[object]) -> None:
        self._inbox.put(read_order(io.BytesIO(frame)))

    @ray.method(concurrency_group="reports")
    def reports(self) -> bytes:
        frames = [self._frames.get()]
        while not self._frames.empty():
            frames.append(self._frames.get())
        return b"".join(frames)

    def _say(self, report: Report) -> None:
        self._frames.put(frame_of(report))

    def _serve(self) -> None:
        self._say(Ready())
        while True:
            order = self._inbox.get()
            if isinstance(order, Start):
                self._train(order)  # until its time is up or the next order comes, which is to stop

    def _train(self, start: Start) -> None:
        run, length_s = start.run, float(start.train.epochs)
        self._say(
            Started(
                run=run,
                train_size=start.train_size,
                measured_on="validation",
                measured_size=5000,
                steps_per_epoch=100,
                parameters=109_386,
            )
        )
        began, count = time.perf_counter(), 0
        while (elapsed_s := time.perf_counter() - began) < length_s and self._inbox.empty():
            count += 1
            snapshot = Snapshot(step=count, epoch=1, elapsed_s=elapsed_s, weights=WEIGHTS)
            self._say(
                Progress(
                    run=run,
                    points=((count, 1.0, 0.5, elapsed_s),),
                    step=count,
                    epoch=1,
                    epochs=1,
                    progress=elapsed_s / length_s,
                    loss=1.0,
                    accuracy=0.5,
                    images_per_s=1.0,
                    elapsed_s=elapsed_s,
                    left_s=length_s - elapsed_s,
                    paused=False,
                )
            )
            if count % LIVE_EVERY == 0:
                self._say(Live(run=run, snapshot=snapshot))
            time.sleep(
                max(0.0, min(began + count * REPORT_S, began + length_s) - time.perf_counter())
            )
        self._say(End(run=run, outcome="finished", elapsed_s=length_s))


if __name__ == "__main__":
    from mnist_core.worker.cluster import __main__ as cluster

    # By its module's name: under that of the program, no node would find it.
    from tests.benchmarks.stand_in import StandIn as Importable

    cluster.main(worker=Importable, modules=["mnist_core", "tests"])
    os._exit(0)
