"""What the server keeps of one training: its history, its snapshots and its result."""

from __future__ import annotations

import dataclasses
import json
import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.setup import Setup
from mnist_core.worker.live_training import EXPLODED_LOSS

ACTIVE = ("waiting", "loading", "running", "paused", "stopping")
_MILESTONES = (0.97, 0.98)
_OUTCOMES = {
    "finished": ("finished", "Done."),
    "stopped": ("stopped", "Stopped. What it has learnt so far stays."),
    "limit": ("stopped", "The time for one training is up. What it has learnt so far stays."),
    "diverged": (
        "diverged",
        "The loss grew beyond all numbers, so the run stopped: its steps were too large. "
        "Try a tenth of the learning rate. The last good weights stay.",
    ),
}
_GUESSING = 0.2
_LEARNT = 0.5
_MAX_CHANGES = 6  # of one setting that are told
_LOST_AGAIN = (
    "Done, but it has lost again what it had learnt: its steps were too large. Go back in time to when "
    "it was better, or try a tenth of the learning rate."
)
_LEARNT_NOTHING = (
    "Done, but it has learnt nothing: try a tenth of the learning rate, or more epochs."
)
CROWDED = "Very many trainings are waiting. Please try again in a minute."
_FAILURES = {
    "dataset": (
        "failed",
        "MNIST, the pictures to learn from, could not be had. Check the network and press Train "
        "again. Drawing works as before.",
    ),
    "lost": (
        "interrupted",
        "The training was interrupted. What it had learnt stays; press Train to start again.",
    ),
    "error": (
        "failed",
        "The training could not go on. What it had learnt stays; try another set-up.",
    ),
    "cancelled": ("stopped", "Taken out of the queue."),
    "crowded": ("stopped", CROWDED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Weights at one step, immutable, with what they make of the measuring images.

    weights: safetensors. predictions: a digit an image, of every `stride`-th image; may be empty.
    loss and accuracy are those of the same images, None where nothing was measured.
    """

    step: int
    epoch: int
    elapsed_s: float
    weights: bytes
    predictions: bytes = b""
    stride: int = 1
    loss: float | None = None
    accuracy: float | None = None

    @property
    def size_bytes(self) -> int:
        return len(self.weights) + len(self.predictions) + 200


def first_layer(weights: bytes, *, count: int) -> NDArray[np.float32]:
    """The first layer's weights, (at most `count`, 784), read without building the model."""
    length = int.from_bytes(weights[:8], "little")
    header = json.loads(weights[8 : 8 + length])
    name = "hidden.0.linear.weight" if "hidden.0.linear.weight" in header else "output.weight"
    entry = header[name]
    kind = np.dtype("<f2") if entry["dtype"] == "F16" else np.dtype("<f4")
    begin = 8 + length + entry["data_offsets"][0]
    rows, columns = entry["shape"]
    rows = min(rows, count)
    values = np.frombuffer(weights, dtype=kind, count=rows * columns, offset=begin)
    return values.reshape(rows, columns).astype(np.float32)


class Run:
    """One training of one visitor. Reports arrive on a worker's thread, questions on others."""

    def __init__(self, *, run_id: int, setup: Setup) -> None:
        self.id = run_id
        self.setup = setup
        self.changed: dict[
            str, list[Any]
        ] = {}  # settings changed on the way, with all their values
        self.status = "waiting"
        self.sentence = ""
        self.live: Snapshot | None = None
        self.final: Snapshot | None = None
        self.moments: list[Snapshot] = []
        self.points: list[list[float]] = []  # step, loss, accuracy, seconds
        self.measures: list[list[float | None]] = []  # step, loss, accuracy, seconds
        self.progress: dict[str, Any] = {}
        self.started: dict[str, Any] = {}
        self.download_bytes = 0
        self.test_accuracy: float | None = None
        self.milestones: dict[str, float | None] = {"97": None, "98": None}
        self.version = 0
        self.paused_at = math.inf  # on the clock of the sweep
        self._latest_measure: Snapshot | None = None
        self._classifier: tuple[Snapshot, Classifier] | None = None
        self._lock = threading.Lock()

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def size_bytes(self) -> int:
        snapshots = (self.live, self.final, *self.moments)
        kept = {id(each): each for each in snapshots if each is not None}.values()
        answering = self._classifier
        model_bytes = 4 * answering[1].model.parameter_count if answering is not None else 0
        return (
            model_bytes
            + sum(each.size_bytes for each in kept)
            + 64 * (len(self.points) + len(self.measures))
        )

    # Reports of the worker

    def hear(self, header: dict[str, Any], payload: bytes) -> None:
        """Take in one report of the worker that trains this run."""
        with self._lock:
            self.version += 1
            match header["type"]:
                case "download":
                    self.status, self.download_bytes = "loading", header["received"]
                case "loaded":
                    self.status = "loading"
                case "started":
                    self.started = header
                case "progress":
                    self.points += header.pop("points")
                    self.progress = header
                    if self.status != "stopping":
                        self.status = "paused" if header["paused"] else "running"
                case "moment":
                    snapshot = _snapshot(header, payload)
                    self.moments.append(snapshot)
                    self._measured(snapshot)
                case "live":
                    self.live = _snapshot(header, payload)
                    self._keep_measure(self.live)
                case "end":
                    self._ended(header, payload)
                case "failed":
                    self.status, self.sentence = _FAILURES.get(header["code"], _FAILURES["error"])

    def _keep_measure(self, snapshot: Snapshot) -> None:
        if snapshot.predictions:
            self._latest_measure = dataclasses.replace(snapshot, weights=b"")

    def _measured(self, snapshot: Snapshot) -> None:
        self._keep_measure(snapshot)
        self.measures.append(
            [snapshot.step, snapshot.loss, snapshot.accuracy, round(snapshot.elapsed_s, 3)]
        )
        self._reached(snapshot)

    def _reached(self, snapshot: Snapshot) -> None:
        for milestone in _MILESTONES:
            key = f"{milestone:.0%}".rstrip("%")
            if self.milestones[key] is None and (snapshot.accuracy or 0) >= milestone:
                self.milestones[key] = snapshot.elapsed_s

    def _ended(self, header: dict[str, Any], payload: bytes) -> None:
        self.status, self.sentence = _OUTCOMES[header["outcome"]]
        if header["outcome"] == "diverged":
            self._fall_back()
        if not header["weights"]:
            return
        if header["outcome"] == "finished" and header["accuracy"] < _GUESSING:
            had_learnt = any((row[2] or 0.0) > _LEARNT for row in self.measures)
            self.sentence = _LOST_AGAIN if had_learnt else _LEARNT_NOTHING
        self.final = _snapshot(header, payload)
        self.live = self.final
        self.test_accuracy = header["test_accuracy"]
        self._keep_measure(self.final)
        if not self.measures or self.final.step > (self.measures[-1][0] or 0):
            self._measured(self.final)
        else:
            self._reached(self.final)

    def _fall_back(self) -> None:
        """Keep what was before the loss exploded; weights tell so only in the step after them."""
        self.moments = [
            each for each in self.moments if each.loss is not None and each.loss < EXPLODED_LOSS
        ]
        self.live = self.moments[-1] if self.moments else None
        self._latest_measure = self.live

    # Orders

    def change(self, setup: Setup) -> None:
        """The training goes on with other settings."""
        with self._lock:
            before, after = self.setup.as_json(), setup.as_json()
            for name, value in after.items():
                if value != before[name]:
                    values = self.changed.setdefault(name, [before[name]])
                    # A slider passes many values on its way; the last of them say enough.
                    self.changed[name] = [*values[: _MAX_CHANGES - 1], value]
            self.setup = setup
            self.version += 1

    # Questions

    def at(self, moment: int | None) -> Snapshot | None:
        """The snapshot of a moment of the slider; the newest weights for None."""
        with self._lock:
            if moment is None:
                return self.live or (self.moments[-1] if self.moments else None)
            return self.moments[moment] if 0 <= moment < len(self.moments) else None

    def moment_at(self, step: int | None) -> int | None:
        """The moment of that step, where it is kept."""
        with self._lock:
            steps = [each.step for each in self.moments]
        return steps.index(step) if step in steps else None

    def measured(self, moment: int | None) -> Snapshot | None:
        """What that moment, or the newest measure for None, made of the measuring images."""
        return self._latest_measure if moment is None else self.at(moment)

    def classifier_at(self, moment: int | None) -> Classifier | None:
        """A classifier with the weights of that moment; None before there are any."""
        snapshot = self.at(moment)
        if snapshot is None:
            return None
        kept = self._classifier
        if kept is not None and kept[0] is snapshot:
            return kept[1]
        classifier = Classifier(self.model(snapshot))
        self._classifier = (snapshot, classifier)
        return classifier

    def model(self, snapshot: Snapshot) -> MLP:
        """The network with a snapshot's weights, as float32."""
        # On the meta device it makes no random weights first, which for large networks takes long.
        with torch.device("meta"):
            model = MLP(self.setup.model_config())
        tensors = safetensors.torch.load(snapshot.weights)
        model.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}, assign=True
        )
        return model.eval()

    def stopping(self) -> None:
        """The training has been told to stop; what it has learnt is still being measured."""
        with self._lock:
            if not self.active:  # its end came first
                return
            self.status = "stopping"
            self.version += 1

    def thin(self, *, to_nothing: bool = True) -> bool:
        """Give up every second moment, to save memory; False where no more can be spared.

        The last two go only with `to_nothing`.
        """
        with self._lock:
            if len(self.moments) <= 2:
                if to_nothing and self.moments:
                    self.moments = []
                    self.version += 1
                return False
            self.moments = self.moments[::2]
            self.version += 1
            return True

    def give_up_weights(self) -> None:
        """Keep figures and curves alone, of a run that answers no more."""
        with self._lock:
            self._classifier = self.live = None
            self.moments = []
            if self.final is not None:
                self.final = dataclasses.replace(self.final, weights=b"", predictions=b"")
            self.version += 1

    def summary(self) -> dict[str, Any]:
        """The run in a few figures, for the page's status line and leaderboard."""
        with self._lock:
            best = self.final or (self.moments[-1] if self.moments else None)
            return {
                "id": self.id,
                "setup": self.setup.as_json(),
                "changed": self.changed,
                "status": self.status,
                "sentence": self.sentence,
                "progress": self.progress,
                "started": self.started,
                "download_bytes": self.download_bytes,
                "accuracy": best.accuracy if best else None,
                "loss": best.loss if best else None,
                "test_accuracy": self.test_accuracy,
                "seconds": self.progress.get("elapsed_s"),
                "milestones": self.milestones,
                "moments": [
                    [each.step, each.epoch, each.accuracy, each.loss] for each in self.moments
                ],
                "version": self.version,
            }


def _snapshot(header: dict[str, Any], payload: bytes) -> Snapshot:
    size = header["weights"]
    return Snapshot(
        step=header["step"],
        epoch=header["epoch"],
        elapsed_s=header["elapsed_s"],
        weights=payload[:size],
        predictions=payload[size:],
        stride=header.get("stride", 1),
        loss=header["loss"],
        accuracy=header["accuracy"],
    )
