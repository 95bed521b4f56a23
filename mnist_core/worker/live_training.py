"""One training as the page follows it: settings that change mid-run, pauses, snapshots, measures."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable
from typing import Any

import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import EndEvent, EpochEvent, StepEvent
from mnist_core.training.loop import train
from mnist_core.worker.measuring import CHUNK, Sample, evaluation_set, measure, pack_weights, share
from mnist_core.worker.observer import Observer, finite

Send = Callable[..., None]
Order = dict[str, Any]

_REPORT_S = 0.1
_LIVE_S = 0.2  # between weights for the drawing on the pad
_MEASURE_S = 1.0  # between measures that only the screen sees
_SAMPLE = 2000  # images that measure a moment, fewer for large networks
_SAMPLE_S = 0.015
# Guessing has a loss of ln 10. A network at this one is beyond mending, even where the loss falls
# again: its units are dead.
EXPLODED_LOSS = 1000.0
_DENSE_POINTS = 50  # steps that each have a point of their own in the history
_POINTS = 400


class History:
    """The training loss in at most some 450 points: each of the first steps, then means.

    Points depend on progress alone, not on time, so the same set-up gives the same history; and there
    are no more of them where a smaller batch makes more steps on the way.
    """

    def __init__(self) -> None:
        self._told = 0  # of `_POINTS` shares of the training
        self._loss = self._accuracy = 0.0
        self._count = 0
        self.points: list[list[float]] = []  # not yet reported

    def add(
        self, step: int, progress: float, loss: float, accuracy: float, elapsed_s: float
    ) -> None:
        """One batch, after which `progress` in [0, 1] of the training is done."""
        self._loss += loss
        self._accuracy += accuracy
        self._count += 1
        share = math.floor(progress * _POINTS + 1e-6)
        if step <= _DENSE_POINTS or share > self._told:
            self._told = share
            count = self._count
            point = [step, self._loss / count, self._accuracy / count, round(elapsed_s, 3)]
            self.points.append(point)
            self._loss = self._accuracy = 0.0
            self._count = 0


class Practice:
    """A training that listens to orders between its steps and reports on itself.

    Orders: "pause", "resume", "step" (one batch), "stop", "set" (settings mid-run).
    """

    def __init__(self, order: Order, splits: Splits, send: Send) -> None:
        self._send = send
        self._run = order["run"]
        self._config = TrainConfig(**order["train"])
        sizes = tuple(order["model"]["hidden_sizes"])
        generator = torch.Generator().manual_seed(order["seed"])
        model_config = MLPConfig(**order["model"] | {"hidden_sizes": sizes})
        self._model = MLP(model_config, generator=generator)
        self._data, self._measured_on = share(splits, size=order["train_size"], seed=order["seed"])
        self._all = evaluation_set(splits, self._measured_on)
        self._test = splits.test
        self._events = train(self._model, self._data, config=self._config, generator=generator)
        self._paused = bool(order.get("paused"))
        self._steps_due = 0
        self._stopped = ""
        self._changed = False
        self._max_s = float(order.get("max_s", math.inf))
        self._moments = int(order.get("moments", 40))
        self._moment_bytes = int(order.get("moment_bytes", 2**25))
        self._next_moment = 0
        self._step = 0
        self._epoch = 1
        self._step_in_epoch = 0
        self._loss = self._accuracy = math.nan
        self._worked_s = 0.0
        self._resumed_at = self._began_at = time.perf_counter()
        self._live_after = self._report_after = self._measure_after = 0.0
        self._speed = 0.0
        self._speed_from = (0.0, 0.0)  # worked seconds, images
        self._images_seen = 0.0
        self._steps_per_epoch = math.ceil(len(self._data.train) / self._config.batch_size)
        self._history = History()

    @property
    def _progress(self) -> float:
        within = self._step_in_epoch / self._steps_per_epoch
        return min(1.0, (self._epoch - 1 + within) / self._config.epochs)

    def _elapsed_s(self) -> float:
        """Seconds of work, without the pauses."""
        running = 0.0 if self._paused else time.perf_counter() - self._resumed_at
        return self._worked_s + running

    def follow(self, inbox: queue.SimpleQueue[Order | None]) -> None:
        """Train to the end or until told to stop, reporting all the while."""
        self._observer = self._make_observer()
        try:
            self._send(
                {
                    "type": "started",
                    "run": self._run,
                    "train_size": len(self._data.train),
                    "measured_on": self._measured_on,
                    "measured_size": len(self._all),
                    "steps_per_epoch": self._steps_per_epoch,
                    "parameters": self._model.parameter_count,
                }
            )
            self._began_at = self._resumed_at = time.perf_counter()
            self._take_moment()
            self._report()
            outcome = ""
            while not outcome:
                self._obey(inbox)
                outcome = self._stopped or self._advance()
            self._events.close()
            self._end(outcome)
        finally:
            self._observer.close()

    def _advance(self) -> str:
        """Run one batch and report it where it is time to; an outcome where the run is over."""
        try:
            # A generator takes its first value only after its first step.
            changed = self._config if self._changed and self._step else None
            event = self._events.send(changed)
        except StopIteration:
            return "finished"
        self._changed = self._changed and changed is None
        if isinstance(event, EndEvent):
            return "diverged" if event.diverged else "finished"
        if isinstance(event, EpochEvent):
            return ""
        return self._after_step(event)

    def _after_step(self, event: StepEvent) -> str:
        self._step = event.step
        self._epoch, self._step_in_epoch = event.epoch, event.step_in_epoch
        self._steps_per_epoch = event.steps_per_epoch
        self._images_seen += len(self._data.train) / event.steps_per_epoch
        if event.loss > EXPLODED_LOSS:
            return "diverged"
        self._loss, self._accuracy = event.loss, event.accuracy
        now = time.perf_counter()
        elapsed_s = self._elapsed_s()
        self._history.add(self._step, self._progress, event.loss, event.accuracy, elapsed_s)
        stepping = self._steps_due > 0
        self._steps_due -= stepping
        if self._progress >= (self._next_moment / self._moments) ** 3:
            self._take_moment()
        elif stepping or now >= self._live_after:
            self._send_live(with_measure=stepping or now >= self._measure_after)
        if stepping or now >= self._report_after:
            self._report()
        if now - self._began_at > self._max_s:
            return "limit"
        return ""

    # Orders

    def _obey(self, inbox: queue.SimpleQueue[Order | None]) -> None:
        """Carry out what has been ordered; while paused with no step due, wait for orders."""
        while not self._stopped:
            waiting = self._paused and not self._steps_due
            try:
                order = inbox.get(timeout=1.0) if waiting else inbox.get_nowait()
            except queue.Empty:
                if not waiting:
                    return
                if time.perf_counter() - self._began_at > self._max_s:
                    self._stopped = "limit"
                self._send({"type": "alive", "run": self._run})
                continue
            if order is None:
                self._stopped = "stopped"
            elif order.get("run") == self._run:
                self._carry_out(order)

    def _carry_out(self, order: Order) -> None:
        kind = order["type"]
        if kind == "stop":
            self._stopped = "stopped"
        elif kind == "pause" and not self._paused:
            self._worked_s = self._elapsed_s()
            self._paused = True
            self._report()
            self._send_live(with_measure=True)
        elif kind == "resume" and self._paused:
            self._resumed_at = time.perf_counter()
            self._paused = False
            self._steps_due = 0
            self._report()
        elif kind == "step" and self._paused:
            self._steps_due = 1
        elif kind == "set":
            self._config = TrainConfig(**order["train"])
            self._changed = True

    # Reports

    def _report(self) -> None:
        self._report_after = time.perf_counter() + _REPORT_S
        elapsed_s = self._elapsed_s()
        since_s, since_images = self._speed_from
        if elapsed_s - since_s > 0.5:
            self._speed = (self._images_seen - since_images) / (elapsed_s - since_s)
            self._speed_from = (elapsed_s, self._images_seen)
        progress = self._progress
        points, self._history.points = self._history.points, []
        self._send(
            {
                "type": "progress",
                "run": self._run,
                "points": points,
                "step": self._step,
                "epoch": self._epoch,
                "epochs": self._config.epochs,
                "progress": progress,
                "loss": finite(self._loss),
                "accuracy": finite(self._accuracy),
                "images_per_s": self._speed or self._images_seen / max(elapsed_s, 1e-3),
                "elapsed_s": elapsed_s,
                "left_s": elapsed_s * (1 - progress) / progress if progress > 0 else None,
                "paused": self._paused,
            }
        )

    def _make_observer(self) -> Observer:
        """Choose the images that measure moments: evenly spread, and few enough to be quick."""
        probe = Sample.of(self._all.subset(slice(0, CHUNK)), self._model)
        measure(self._model, probe)  # the first pass also warms up
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            measure(self._model, probe)
            seconds.append(time.perf_counter() - began)
        affordable = int(_SAMPLE_S * len(probe.labels) / min(seconds))
        stride = max(1, len(self._all) // max(CHUNK, min(_SAMPLE, affordable)))
        weights_bytes = 2 * self._model.parameter_count
        self._moments = max(4, min(self._moments, self._moment_bytes // weights_bytes))
        spread = self._all.subset(slice(None, None, stride))
        return Observer(self._model, Sample.of(spread, self._model), stride, self._send)

    def _take_moment(self) -> None:
        """Keep the weights of now for going back in time, with what they make of the sample."""
        while self._next_moment <= self._moments and (
            self._progress >= (self._next_moment / self._moments) ** 3
        ):
            self._next_moment += 1
        self._observer.observe("moment", self._header(), measured=True)
        self._send_live(with_measure=False)

    def _send_live(self, *, with_measure: bool) -> None:
        # At rest, nothing would make up for weights that were left out.
        kind = "live" if self._paused else "passing"
        self._observer.observe(kind, self._header(), measured=with_measure)
        now = time.perf_counter()
        self._live_after = now + _LIVE_S
        if with_measure:
            self._measure_after = now + _MEASURE_S

    def _header(self) -> dict[str, Any]:
        return {
            "run": self._run,
            "step": self._step,
            "epoch": self._epoch,
            "elapsed_s": self._elapsed_s(),
        }

    def _end(self, outcome: str) -> None:
        header = {"type": "end", "outcome": outcome} | self._header()
        self._report()
        self._observer.close()
        weights = pack_weights(self._model)
        if weights is None or outcome == "diverged":
            self._send(header | {"weights": 0})
            return
        found = measure(self._model, Sample.of(self._all, self._model))
        test = found
        if self._measured_on != "test" and self._test is not None:
            test = measure(self._model, Sample.of(self._test, self._model))
        self._send(
            header
            | {
                "weights": len(weights),
                "loss": finite(found.loss),
                "accuracy": found.accuracy,
                "test_accuracy": test.accuracy,
            },
            weights + found.predictions,
        )
