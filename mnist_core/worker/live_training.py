"""One training as the page follows it: settings that change mid-run, pauses, snapshots, measures."""

from __future__ import annotations

import dataclasses
import math
import queue
import time

import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.models.mlp import MLP
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import EndEvent, EpochEvent, StepEvent
from mnist_core.training.loop import TrainingRun
from mnist_core.training.state import TrainingState
from mnist_core.worker.history import History
from mnist_core.worker.measuring import (
    Sample,
    evaluation_set,
    measure,
    share,
    with_shuffled_labels,
)
from mnist_core.worker.messages import (
    EXPLODED_LOSS,
    Alive,
    End,
    Live,
    Moment,
    Order,
    Outcome,
    Pause,
    Progress,
    Resume,
    RunOrder,
    Saved,
    Savepoint,
    Set,
    Snapshot,
    Start,
    Started,
    Step,
    Stop,
    finite,
)
from mnist_core.worker.moments import Moments
from mnist_core.worker.observer import Observer, Send, checkpoint_of
from mnist_core.worker.pace import Clock, Pace, Speedometer, Stopwatch

Inbox = queue.SimpleQueue[Order | None]

_REPORT_S = 0.1
_LIVE_S = 0.2  # between weights for the drawing on the pad
_MEASURE_S = 1.0  # between measures that only the screen sees
_ALIVE_S = 1.0  # between signs of life at rest
_SAVE_S = 2.0  # between savepoints; more, where they would take more than so much
_SAVED_BYTES_PER_S = 2**19
_FEWEST_MOMENTS = 4


class LiveTraining:
    """A training that listens to orders between its steps and reports on itself."""

    def __init__(
        self, start: Start, splits: Splits, send: Send, *, clock: Clock = time.perf_counter
    ) -> None:
        self._start = start
        self._send = send
        self._clock = clock
        generator = torch.Generator().manual_seed(start.seed)
        self._model = MLP(start.model, generator=generator)
        self._data, self._measured_on = share(splits, size=start.train_size, seed=start.seed)
        if start.shuffle_labels:
            self._data = with_shuffled_labels(self._data, seed=start.seed)
        self._held = evaluation_set(splits, self._measured_on)
        self._test = splits.test
        self._config = start.train
        self._changed: TrainConfig | None = None  # not yet told to the training
        self._training = TrainingRun(
            self._model, self._data, config=start.train, generator=generator
        )
        self._events = self._training.events()
        self._latest = StepEvent(
            step=0,
            epoch=1,
            step_in_epoch=0,
            steps_per_epoch=math.ceil(len(self._data.train) / start.train.batch_size),
            loss=math.nan,
            accuracy=math.nan,
            learning_rate=start.train.learning_rate,
        )
        self._is_under_way = False
        self._step_is_due = False
        self._deadline_s = clock() + start.max_s
        self._stopwatch = Stopwatch(clock=clock)
        self._speedometer = Speedometer()
        self._history = History()
        self._epoch_losses: list[float] = []  # not yet told
        affordable = start.moment_bytes // (2 * self._model.parameter_count)
        moments = max(_FEWEST_MOMENTS, min(start.moments, affordable))
        self._moments = Moments(moments)
        if start.savepoint is not None:
            self._resume(start.savepoint, moments)
        self._reports = Pace(_REPORT_S, clock=clock)
        self._lives = Pace(_LIVE_S, clock=clock)
        self._measures = Pace(_MEASURE_S, clock=clock)
        save_s = max(_SAVE_S, self._training.state_bytes / _SAVED_BYTES_PER_S)
        self._saves = Pace(save_s, clock=clock)
        sample = Sample.quick(self._held, self._model)
        self._observer = Observer(self._model, sample, run=start.run, send=send)

    def _resume(self, savepoint: Savepoint, moments: int) -> None:
        self._training.resume(TrainingState.from_bytes(savepoint.state))
        self._latest = savepoint.latest
        self._stopwatch = Stopwatch(savepoint.elapsed_s, clock=self._clock)
        self._speedometer = Speedometer(savepoint.elapsed_s)
        self._history.resume(self._progress, savepoint.history)
        self._moments = Moments(moments, kept=savepoint.moments)

    @property
    def _progress(self) -> float:
        within = self._latest.step_in_epoch / self._latest.steps_per_epoch
        return min(1.0, (self._latest.epoch - 1 + within) / self._config.epochs)

    @property
    def _is_late(self) -> bool:
        return self._clock() > self._deadline_s

    def follow(self, inbox: Inbox) -> None:
        """Train to the end or until told to stop, reporting all the while."""
        with self._observer:
            self._send(
                Started(
                    run=self._start.run,
                    step=self._latest.step,
                    train_size=len(self._data.train),
                    measured_on=self._measured_on,
                    measured_size=len(self._held),
                    steps_per_epoch=self._latest.steps_per_epoch,
                    parameters=self._model.parameter_count,
                )
            )
            if not self._start.paused:
                self._stopwatch.run()
            self._keep_or_show()
            self._report()
            outcome = None
            while outcome is None:
                outcome = self._obey(inbox) or self._advance()
            self._events.close()
            self._report()
            self._observer.close()
            self._send(self._end(outcome))

    def _obey(self, inbox: Inbox) -> Outcome | None:
        """Carry out what has been ordered; while paused with no step due, wait for orders."""
        outcome: Outcome | None = None
        while outcome is None:
            waiting = self._stopwatch.stands and not self._step_is_due
            try:
                order = inbox.get(timeout=_ALIVE_S) if waiting else inbox.get_nowait()
            except queue.Empty:
                if not waiting:
                    return None
                self._send(Alive(run=self._start.run))
                outcome = "limit" if self._is_late else None
                continue
            if order is None:
                inbox.put(None)  # whoever serves it shall hear it too
                return "stopped"
            if isinstance(order, RunOrder) and order.run == self._start.run:
                outcome = self._carry_out(order)
        return outcome

    def _carry_out(self, order: RunOrder) -> Outcome | None:
        match order:
            case Stop():
                return "stopped"
            case Pause() if not self._stopwatch.stands:
                self._stopwatch.stand()
                self._report()
                self._show(measured=True)
                self._save()
            case Resume() if self._stopwatch.stands:
                self._stopwatch.run()
                self._step_is_due = False
                self._report()
            case Step() if self._stopwatch.stands:
                self._step_is_due = True
            case Set():
                self._config = self._changed = order.train
        return None

    def _advance(self) -> Outcome | None:
        """Run one batch and report it where it is time to; an outcome where the training is over."""
        # A generator takes its first value only after its first step.
        changed = self._changed if self._is_under_way else None
        self._is_under_way = True
        try:
            event = self._events.send(changed)
        except StopIteration:
            return "finished"
        if changed is not None:
            self._changed = None
        match event:
            case EndEvent():
                return "diverged" if event.diverged else "finished"
            case EpochEvent():
                self._epoch_losses.append(event.train_loss)
                return None
            case StepEvent():
                return self._after_step(event)

    def _after_step(self, event: StepEvent) -> Outcome | None:
        before, self._latest = self._latest, event
        self._speedometer.count(len(self._data.train) / event.steps_per_epoch)
        if event.loss > EXPLODED_LOSS:
            # The figures stay those of before; its place is told.
            self._latest = dataclasses.replace(event, loss=before.loss, accuracy=before.accuracy)
            return "diverged"
        self._history.add(
            event.step,
            self._progress,
            loss=event.loss,
            accuracy=event.accuracy,
            elapsed_s=self._stopwatch.elapsed_s,
        )
        single, self._step_is_due = self._step_is_due, False
        self._keep_or_show(surely=single)
        saved = single or self._saves.is_due
        if saved or self._reports.is_due:
            self._report()
        if saved:
            self._save()
        return "limit" if self._is_late else None

    def _report(self) -> None:
        self._reports.begin()
        elapsed_s, progress = self._stopwatch.elapsed_s, self._progress
        losses, self._epoch_losses = tuple(self._epoch_losses), []
        self._send(
            Progress(
                run=self._start.run,
                points=self._history.take(),
                losses=losses,
                step=self._latest.step,
                epoch=self._latest.epoch,
                epochs=self._config.epochs,
                progress=progress,
                loss=finite(self._latest.loss),
                accuracy=finite(self._latest.accuracy),
                images_per_s=self._speedometer.images_per_s(elapsed_s),
                elapsed_s=elapsed_s,
                left_s=elapsed_s * (1 - progress) / progress if progress > 0 else None,
                paused=self._stopwatch.stands,
            )
        )

    def _save(self) -> None:
        """Send what another worker would go on from, once all before it has been reported."""
        if not self._latest.step:
            return
        self._saves.begin()
        state = self._training.state()
        latest, elapsed_s = self._latest, self._stopwatch.elapsed_s
        moments, history = self._moments.kept, self._history.pending
        self._observer.tell(
            lambda: Saved(
                run=self._start.run,
                savepoint=Savepoint(
                    latest=latest,
                    elapsed_s=elapsed_s,
                    moments=moments,
                    history=history,
                    state=state.to_bytes(),
                ),
            )
        )

    def _keep_or_show(self, *, surely: bool = False) -> None:
        """Send the weights of now where it is time to, or `surely`: as a moment, or for the pad alone."""
        if self._moments.reached(self._progress):
            self._observe(Moment, measured=True)
            self._show(measured=False)
        elif surely or self._lives.is_due:
            self._show(measured=surely or self._measures.is_due)

    def _show(self, *, measured: bool) -> None:
        # At rest, nothing would make up for weights that were left out.
        self._observe(Live, measured=measured, passing=not self._stopwatch.stands)
        self._lives.begin()
        if measured:
            self._measures.begin()

    def _observe(self, kind: type[Moment | Live], *, measured: bool, passing: bool = False) -> None:
        self._observer.observe(
            kind,
            step=self._latest.step,
            epoch=self._latest.epoch,
            elapsed_s=self._stopwatch.elapsed_s,
            measured=measured,
            passing=passing,
        )

    def _end(self, outcome: Outcome) -> End:
        """The result, measured on all images."""
        elapsed_s = self._stopwatch.elapsed_s
        weights = None if outcome == "diverged" else checkpoint_of(self._model)
        if weights is None:
            return End(run=self._start.run, outcome=outcome, elapsed_s=elapsed_s)
        kept = load_checkpoint(weights, check_answers=False)
        found = test = measure(kept, Sample.of(self._held, kept))
        if self._measured_on != "test" and self._test is not None:
            test = measure(kept, Sample.of(self._test, kept))
        snapshot = Snapshot(
            step=self._latest.step,
            epoch=self._latest.epoch,
            elapsed_s=elapsed_s,
            weights=weights,
            predictions=found.predictions,
            loss=finite(found.loss),
            accuracy=found.accuracy,
        )
        return End(
            run=self._start.run,
            outcome=outcome,
            elapsed_s=elapsed_s,
            snapshot=snapshot,
            test_accuracy=test.accuracy,
        )
