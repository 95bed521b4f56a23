"""What the server keeps of one training: its history, its snapshots and its result."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections import deque
from typing import Any

from mnist_core.models.classifier import Classifier
from mnist_core.server.setup import Setup
from mnist_core.worker.messages import (
    EXPLODED_LOSS,
    Download,
    End,
    Failed,
    Failure,
    Interrupted,
    Live,
    Loaded,
    Moment,
    Outcome,
    Point,
    Progress,
    Report,
    Snapshot,
    Started,
)

ACTIVE = ("waiting", "loading", "running", "paused", "resuming", "stopping")
_MILESTONES = (0.97, 0.98)
_OUTCOMES: dict[Outcome, tuple[str, str]] = {
    "finished": ("finished", "Done."),
    "stopped": ("stopped", "Stopped. What it has learnt so far stays."),
    "limit": ("stopped", "The time for one training is up. What it has learnt so far stays."),
    "diverged": (
        "diverged",
        "The loss grew beyond all numbers, so the run stopped: its steps were too large. "
        "Try a tenth of the learning rate, or a hundredth. The last good weights stay.",
    ),
}
#: Larger weights stay here: over most links they would come too late to be of use.
MAX_TRAVELLING_BYTES = 3 * 2**20
# Of the newest weights, those that went out last: an answer may still be one of them.
_HANDED_OUT = 3
_OF_A_MOMENT = 1  # these weights never change
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
_FAILURES: dict[Failure, tuple[str, str]] = {
    "dataset": (
        "failed",
        "MNIST, the pictures to learn from, could not be had: the server's log says why. Press "
        "Train to try again. Drawing works as before.",
    ),
    "room": (
        "failed",
        "Where it was to train, there was no memory left for this training. What it had learnt stays; "
        "try again in a minute, or a smaller network.",
    ),
    "lost": (
        "interrupted",
        "The training was interrupted again and again, perhaps for want of memory. What it had learnt "
        "stays; try a smaller network.",
    ),
    "error": (
        "failed",
        "The training could not go on. What it had learnt stays; try another set-up.",
    ),
    "cancelled": ("stopped", "Taken out of the queue."),
    "crowded": ("stopped", CROWDED),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Which of a visitor's own weights: as much as it takes to have the very same again.

    run: of their trainings, or the model that they loaded, by its id. step: of a kept moment of the
    run; None for its newest weights. version: grows with each change of those; a moment never changes.
    """

    run: int
    step: int | None
    version: int


class Run:
    """One training of one visitor. Reports arrive on a worker's thread, questions on others."""

    def __init__(self, *, run_id: int, setup: Setup) -> None:
        self.id = run_id
        self.setup = setup
        self.name = ""  # the visitor's own
        # Settings changed on the way, with all their values.
        self.changed: dict[str, list[Any]] = {}
        self.status = "waiting"
        self.sentence = ""
        self.live: Snapshot | None = None
        self.final: Snapshot | None = None
        self.moments: list[Snapshot] = []
        self.points: list[Point] = []
        self.epoch_losses: list[float] = []  # the mean of each epoch that has ended
        self.measures: list[list[float | None]] = []  # step, loss, accuracy, seconds
        self.progress: Progress | None = None
        self.started: Started | None = None
        self.download_bytes = 0
        self.test_accuracy: float | None = None
        self.milestones: dict[str, float | None] = {"97": None, "98": None}
        self.resumed_after: int | None = None  # the step it went on from, where a worker was lost
        self.rewinds = 0  # how often part of its history was taken back for that
        self.version = 0
        self.weights_version = 0  # of the newest weights: grows with each change of them
        self.paused_at = math.inf  # on the clock of the sweep
        self._latest_measure: Snapshot | None = None
        self._handed_out: deque[tuple[Snapshot, int]] = deque(maxlen=_HANDED_OUT)
        self._classifier: tuple[Snapshot, Classifier] | None = None
        self._lock = threading.Lock()

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def size_bytes(self) -> int:
        went_out = (each for each, _ in list(self._handed_out))
        snapshots = (self.live, self.final, *self.moments, *went_out)
        kept = {id(each): each for each in snapshots if each is not None}.values()
        answering = self._classifier
        model_bytes = 4 * answering[1].network.parameter_count if answering is not None else 0
        return (
            model_bytes
            + sum(each.size_bytes for each in kept)
            + 64 * (len(self.points) + len(self.measures))
        )

    def hear(self, report: Report) -> None:
        """Take in one report of the worker that trains this run."""
        with self._lock:
            self.version += 1
            before = self._newest
            match report:
                case Download():
                    self.status, self.download_bytes = "loading", report.received_bytes
                case Loaded() if self.status != "resuming":
                    self.status = "loading"
                case Interrupted():
                    self.status = "resuming"
                case Started():
                    self.started = report
                    if self.status == "resuming":
                        self._rewind(report)
                case Progress():
                    self.points += report.points
                    self.epoch_losses += report.losses
                    self.progress = dataclasses.replace(report, points=(), losses=())
                    if self.status != "stopping":
                        self.status = "paused" if report.paused else "running"
                case Moment():
                    self.moments.append(report.snapshot)
                    self._measured(report.snapshot)
                case Live():
                    self.live = report.snapshot
                    self._keep_measure(report.snapshot)
                case End():
                    self._ended(report)
                case Failed():
                    self.status, self.sentence = _FAILURES[report.code]
                    if report.code == "cancelled" and self.progress is not None:
                        self.status, self.sentence = _OUTCOMES["stopped"]
            if self._newest is not before:
                self.weights_version = self.version
            if not self.active:  # they learn no more
                self._handed_out.clear()

    def _rewind(self, started: Started) -> None:
        """Take back what came after its step: another worker goes on from there."""
        step = self.resumed_after = started.step
        self.rewinds += 1
        self.points = [point for point in self.points if point[0] <= step]
        self.measures = [row for row in self.measures if (row[0] or 0) <= step]
        # An epoch is told after its last step.
        del self.epoch_losses[max(0, step - 1) // started.steps_per_epoch :]
        self.moments = [each for each in self.moments if each.step <= step]
        self.milestones = dict.fromkeys(self.milestones)
        for _, _, accuracy, elapsed_s in self.measures:
            self._reached(accuracy, elapsed_s)

    def _keep_measure(self, snapshot: Snapshot) -> None:
        if snapshot.predictions:
            self._latest_measure = dataclasses.replace(snapshot, weights=b"")

    def _measured(self, snapshot: Snapshot) -> None:
        self._keep_measure(snapshot)
        self.measures.append(
            [snapshot.step, snapshot.loss, snapshot.accuracy, round(snapshot.elapsed_s, 3)]
        )
        self._reached(snapshot.accuracy, snapshot.elapsed_s)

    def _reached(self, accuracy: float | None, elapsed_s: float | None) -> None:
        for milestone in _MILESTONES:
            key = f"{milestone:.0%}".rstrip("%")
            if self.milestones[key] is None and (accuracy or 0) >= milestone:
                self.milestones[key] = elapsed_s

    def _ended(self, end: End) -> None:
        self.status, self.sentence = _OUTCOMES[end.outcome]
        if end.outcome == "diverged":
            self._fall_back()
        if end.snapshot is None:
            return
        self.final = self.live = end.snapshot
        self.test_accuracy = end.test_accuracy
        if end.outcome == "finished" and (self.final.accuracy or 0.0) < _GUESSING:
            had_learnt = any((row[2] or 0.0) > _LEARNT for row in self.measures)
            self.sentence = _LOST_AGAIN if had_learnt else _LEARNT_NOTHING
        # The end is measured on all pictures, its last moment on some of them.
        if self.measures and self.measures[-1][0] == self.final.step:
            del self.measures[-1]
        if self.moments and self.moments[-1].step == self.final.step:
            self.moments[-1] = self.final
        self._measured(self.final)

    def _fall_back(self) -> None:
        """Keep what was before the loss exploded; weights tell so only in the step after them."""
        self.moments = [
            each for each in self.moments if each.loss is not None and each.loss < EXPLODED_LOSS
        ]
        self.live = self.moments[-1] if self.moments else None
        self._latest_measure = self.live

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

    def rename(self, name: str) -> None:
        """Give it the visitor's own name; none at all where it is empty."""
        with self._lock:
            self.name = name
            self.version += 1

    def at(self, moment: int | None) -> Snapshot | None:
        """The snapshot of a moment of the slider; the newest weights for None."""
        with self._lock:
            if moment is None:
                return self._newest
            return self.moments[moment] if 0 <= moment < len(self.moments) else None

    @property
    def _newest(self) -> Snapshot | None:
        return self.live or (self.moments[-1] if self.moments else None)

    def hand_out(self, step: int | None) -> tuple[Snapshot, Weights] | None:
        """The weights kept of that step, or the newest for None; None where there are none.

        The last few of the newest that went out can be had again: `handed_out`.
        """
        with self._lock:
            found = self._newest if step is None else self._moment_of(step)
            if found is None:
                return None
            version = self.weights_version if step is None else _OF_A_MOMENT
            if step is None and version not in (given for _, given in self._handed_out):
                self._handed_out.append((found, version))
            return found, Weights(run=self.id, step=step, version=version)

    def handed_out(self, weights: Weights) -> Snapshot | None:
        """The weights that `hand_out` called so; None where they are not kept any more."""
        with self._lock:
            if weights.step is not None:
                return self._moment_of(weights.step)
            there = [*self._handed_out, (self._newest, self.weights_version)]
            return next((each for each, version in there if version == weights.version), None)

    def _moment_of(self, step: int) -> Snapshot | None:
        return next((each for each in self.moments if each.step == step), None)

    def moment_at(self, step: int | None) -> int | None:
        """The moment of that step, where it is kept."""
        with self._lock:
            steps = [each.step for each in self.moments]
        return steps.index(step) if step in steps else None

    def measured(self, moment: int | None) -> Snapshot | None:
        """What that moment, or the newest measure for None, made of the measuring images."""
        return self._latest_measure if moment is None else self.at(moment)

    def classifier_of(self, snapshot: Snapshot) -> Classifier:
        """A classifier with a snapshot's weights; the same one while it is asked for again."""
        kept = self._classifier
        if kept is not None and kept[0] is snapshot:
            return kept[1]
        classifier = Classifier.load(snapshot.weights, check_answers=False)
        self._classifier = (snapshot, classifier)
        return classifier

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
                    self._handed_out.clear()
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
            self._handed_out.clear()
            if self.final is not None:
                self.final = dataclasses.replace(self.final, weights=b"", predictions=b"")
            self.version += 1

    def summary(self) -> dict[str, Any]:
        """The run in a few figures, for the page's status line and leaderboard."""
        with self._lock:
            best = self.final or (self.moments[-1] if self.moments else None)
            newest = self._newest
            travels = newest is not None and len(newest.weights) <= MAX_TRAVELLING_BYTES
            return {
                "id": self.id,
                "name": self.name,
                "setup": self.setup.as_json(),
                "changed": self.changed,
                "status": self.status,
                "sentence": self.sentence,
                "progress": _as_json(self.progress),
                "started": _as_json(self.started),
                "download_bytes": self.download_bytes,
                "accuracy": best.accuracy if best else None,
                "loss": best.loss if best else None,
                "test_accuracy": self.test_accuracy,
                "seconds": self.progress.elapsed_s if self.progress else None,
                "milestones": self.milestones,
                "moments": [
                    [each.step, each.epoch, each.accuracy, each.loss] for each in self.moments
                ],
                "resumed_after": self.resumed_after,
                "rewinds": self.rewinds,
                "version": self.version,
                # Of the newest weights; None where there are none that a browser may have.
                "weights": self.weights_version if travels else None,
            }


def _as_json(report: Progress | Started | None) -> dict[str, Any]:
    return {} if report is None else dataclasses.asdict(report)
