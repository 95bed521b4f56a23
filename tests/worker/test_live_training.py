"""A training as the page follows it: its reports, and what it makes of orders."""

from __future__ import annotations

import dataclasses
import queue
import threading

import pytest

from mnist_core.data.datasets import Splits
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.models.config import MLPConfig
from mnist_core.training.config import TrainConfig
from mnist_core.worker.live_training import Inbox, LiveTraining
from mnist_core.worker.measuring import Sample, evaluation_set, measure
from mnist_core.worker.messages import (
    Alive,
    End,
    Held,
    Live,
    Moment,
    Pause,
    Point,
    Progress,
    Report,
    Resume,
    Saved,
    Set,
    Started,
    Step,
    Stop,
)
from mnist_core.worker.pace import Speedometer
from tests.support.trainings import Kind, follow, of_type, short, weights_in

HELD: tuple[Held, ...] = ("validation", "test")


def points(reports: list[Report]) -> list[Point]:
    return [point for report in of_type(reports, Progress) for point in report.points]


def losses(reports: list[Report]) -> list[float]:
    return [loss for _, loss, _, _ in points(reports)]


def end_of(reports: list[Report]) -> End:
    (end,) = of_type(reports, End)
    assert reports[-1] is end
    return end


class Clock:
    """Time that goes on by half a minute with each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 30.0
        return self.now


class Follower:
    """Follows a training on a thread, and waits for what it reports."""

    def __init__(self, training: LiveTraining, reports: queue.SimpleQueue[Report]) -> None:
        self.inbox: Inbox = queue.SimpleQueue()
        self.reports: list[Report] = []
        self._arriving = reports
        self._thread = threading.Thread(target=training.follow, args=(self.inbox,), daemon=True)
        self._thread.start()

    def wait_for(self, kind: type[Kind]) -> Kind:
        """The next report of that kind."""
        while True:
            self.reports.append(self._arriving.get(timeout=60))
            if isinstance(report := self.reports[-1], kind):
                return report


def test_a_training_says_what_it_begins_with(digits: Splits) -> None:
    (started,) = of_type(follow(short(), digits), Started)
    assert started == Started(
        run=1,
        train_size=200,
        measured_on="validation",
        measured_size=50,
        steps_per_epoch=20,
        parameters=784 * 16 + 16 + 16 * 10 + 10,
    )


def test_a_training_keeps_moments_from_before_the_first_step_to_the_last(digits: Splits) -> None:
    moments = of_type(follow(short(), digits), Moment)
    steps = [moment.snapshot.step for moment in moments]
    assert steps[0] == 0
    assert steps[-1] == 60
    assert len(steps) <= 41
    assert steps == sorted(set(steps))
    early = sum(step <= 30 for step in steps)
    assert early > len(steps) / 2  # the early steps are denser


def test_moments_are_fewer_where_they_would_take_too_much_memory(digits: Splits) -> None:
    start = dataclasses.replace(short(), moment_bytes=10 * 2 * 12_730)
    assert len(of_type(follow(start, digits), Moment)) <= 11


def test_moments_hold_the_weights_and_what_they_make_of_the_pictures(digits: Splits) -> None:
    snapshot = of_type(follow(short(), digits), Moment)[-1].snapshot
    model = load_checkpoint(snapshot.weights)
    held = evaluation_set(digits, "validation")
    sample = Sample.of(held, model, stride=snapshot.stride)
    found = measure(model, sample)
    assert found.accuracy == pytest.approx(snapshot.accuracy, abs=0.05)  # kept as float16
    assert len(snapshot.predictions) == len(sample.labels)


def test_the_end_tells_how_the_test_set_is_read(digits: Splits) -> None:
    end = end_of(follow(short(), digits))
    assert end.snapshot is not None
    model = load_checkpoint(end.snapshot.weights)
    read = {
        name: measure(model, Sample.of(evaluation_set(digits, name), model)).accuracy
        for name in HELD
    }
    assert (end.snapshot.accuracy, end.test_accuracy) == (read["validation"], read["test"])
    assert end.snapshot.accuracy != end.test_accuracy


def test_every_image_learnt_from_counts_for_the_speed(
    digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[float] = []
    monkeypatch.setattr(Speedometer, "count", lambda _, images: counted.append(images))
    follow(short(), digits)
    assert sum(counted) == pytest.approx(3 * 200)


def test_the_same_order_gives_the_same_losses_and_weights(digits: Splits) -> None:
    first, second = (follow(short(), digits) for _ in range(2))
    assert losses(first) == losses(second)
    same = weights_in(end_of(first)) == weights_in(end_of(second))
    assert same  # not the bytes themselves: a failure would print them all


def test_progress_goes_from_nothing_to_all(digits: Splits) -> None:
    reports = of_type(follow(short(), digits), Progress)
    assert (reports[0].step, reports[0].progress, reports[0].left_s) == (0, 0.0, None)
    assert reports[0].loss is None
    assert (reports[-1].step, reports[-1].epoch, reports[-1].progress) == (60, 3, 1.0)
    assert reports[-1].left_s == 0
    assert reports[-1].images_per_s > 0


def test_a_stop_ends_the_training_with_its_weights(digits: Splits) -> None:
    end = end_of(follow(short(), digits, [Stop(run=1)]))
    assert end.outcome == "stopped"
    assert end.snapshot is not None
    assert end.snapshot.step == 0
    assert load_checkpoint(end.snapshot.weights).config == MLPConfig(hidden_sizes=(16,))


def test_orders_for_another_run_are_ignored(digits: Splits) -> None:
    assert end_of(follow(short(), digits, [Stop(run=7)])).outcome == "finished"


def test_a_paused_training_runs_one_batch_an_order(digits: Splits) -> None:
    reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
    start = dataclasses.replace(short(), paused=True)
    training = Follower(LiveTraining(start, digits, reports.put), reports)
    assert training.wait_for(Progress).step == 0
    for count in (1, 2, 3):
        training.inbox.put(Step(run=1))
        progress = training.wait_for(Progress)
        assert (progress.step, progress.paused) == (count, True)
    training.wait_for(Alive)  # waits for the next order
    training.inbox.put(Resume(run=1))
    assert training.wait_for(End).outcome == "finished"


def test_a_pause_is_told_with_the_weights_of_then(digits: Splits) -> None:
    reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
    training = Follower(LiveTraining(short(epochs=1000), digits, reports.put), reports)
    training.wait_for(Live)
    training.inbox.put(Pause(run=1))
    while not (progress := training.wait_for(Progress)).paused:
        pass
    training.wait_for(Alive)
    shown = of_type(training.reports, Live)[-1].snapshot
    assert shown.step == progress.step
    assert shown.accuracy is not None
    training.inbox.put(Stop(run=1))
    assert training.wait_for(End).elapsed_s == progress.elapsed_s  # the pause did not count


def test_a_changed_setting_changes_the_losses_from_there_on(digits: Splits) -> None:
    still = TrainConfig(epochs=3, batch_size=10, learning_rate=0.0)
    learning = losses(follow(short(), digits))
    resting = losses(follow(short(), digits, [Set(run=1, train=still)]))
    assert learning[0] == pytest.approx(resting[0])
    assert learning[-1] < resting[-1] - 0.2


def test_a_learning_rate_too_large_ends_as_diverged_after_usable_weights(digits: Splits) -> None:
    start = short(learning_rate=1e6, epochs=20)
    start = dataclasses.replace(start, model=MLPConfig(hidden_sizes=(64, 64, 64)))
    reports = follow(start, digits)
    end = end_of(reports)
    assert end.outcome == "diverged"
    assert end.snapshot is None
    assert of_type(reports, Live)
    kept: list[Live | Moment] = [*of_type(reports, Live), *of_type(reports, Moment)]
    for report in kept:
        load_checkpoint(report.snapshot.weights)  # which refuses what is not finite


@pytest.mark.parametrize("paused", [False, True])
def test_a_training_ends_when_its_time_is_up(digits: Splits, paused: bool) -> None:
    start = dataclasses.replace(short(epochs=1000), max_s=90.0, paused=paused)
    reports: list[Report] = []
    LiveTraining(start, digits, reports.append, clock=Clock()).follow(queue.SimpleQueue())
    assert end_of(reports).outcome == "limit"


def test_a_training_ends_with_its_server(digits: Splits) -> None:
    inbox: Inbox = queue.SimpleQueue()
    inbox.put(None)
    reports: list[Report] = []
    LiveTraining(short(), digits, reports.append).follow(inbox)
    assert end_of(reports).outcome == "stopped"


def test_a_training_goes_on_from_a_savepoint_without_a_gap(digits: Splits) -> None:
    whole = follow(short(), digits)
    reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
    training = Follower(
        LiveTraining(dataclasses.replace(short(), paused=True), digits, reports.put), reports
    )
    for _ in range(7):
        training.inbox.put(Step(run=1))
        savepoint = training.wait_for(Saved).savepoint
    training.inbox.put(Stop(run=1))
    rest = follow(dataclasses.replace(short(), savepoint=savepoint), digits)
    (started,) = of_type(rest, Started)
    assert started.step == 7
    before = training.reports  # up to what was saved
    assert losses(before) + losses(rest) == losses(whole)
    moments = [*of_type(before, Moment), *of_type(rest, Moment)]
    steps = [moment.snapshot.step for moment in moments]
    assert steps == [moment.snapshot.step for moment in of_type(whole, Moment)]
    elapsed_s = [report.elapsed_s for report in of_type(rest, Progress)]
    assert savepoint.elapsed_s <= elapsed_s[0] <= elapsed_s[-1]
    same = weights_in(end_of(rest)) == weights_in(end_of(whole))
    assert same
