"""The training worker and what it makes of orders; frames between it and the server."""

from __future__ import annotations

import dataclasses
import io
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.data.datasets import Splits
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.server.limits import Limits
from mnist_core.server.worker_pool import WorkerPool
from mnist_core.training.config import TrainConfig
from mnist_core.worker.frames import FrameError, read_frame, write_frame
from mnist_core.worker.live_training import History, Practice
from mnist_core.worker.measuring import Sample, evaluation_set, measure, share
from tests.support.synthetic import synthetic_digits

Frame = tuple[dict[str, Any], bytes]


def order(**changes: Any) -> dict[str, Any]:
    config = TrainConfig(epochs=3, batch_size=10, learning_rate=0.05)
    return {
        "type": "start",
        "run": 1,
        "model": dataclasses.asdict(MLPConfig(hidden_sizes=(16,))),
        "train": dataclasses.asdict(config) | changes.pop("train", {}),
        "train_size": 200,
        "seed": 0,
    } | changes


def follow(digits: Splits, orders: list[dict[str, Any]], **changes: Any) -> list[Frame]:
    """The reports of a training with `orders` waiting in its inbox."""
    inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    for each in orders:
        inbox.put(each)
    frames: list[Frame] = []
    Practice(order(**changes), digits, lambda h, p=b"": frames.append((h, p))).follow(inbox)
    return frames


def of_type(frames: list[Frame], kind: str) -> list[Frame]:
    return [frame for frame in frames if frame[0]["type"] == kind]


def losses(frames: list[Frame]) -> list[float]:
    return [point[1] for frame in of_type(frames, "progress") for point in frame[0]["points"]]


def latest_step(frames: list[Frame]) -> int:
    reports = of_type(frames, "progress")
    return reports[-1][0]["step"] if reports else -1


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), st.binary())
def test_a_frame_comes_back_as_it_was_written(header: dict[str, Any], payload: bytes) -> None:
    stream = io.BytesIO()
    write_frame(stream, header, payload)
    stream.seek(0)
    assert read_frame(stream) == (header, payload)
    assert read_frame(stream) is None


@given(st.binary(min_size=1, max_size=200))
def test_anything_but_a_frame_is_refused(noise: bytes) -> None:
    stream = io.BytesIO(noise)
    try:
        frame = read_frame(stream)
    except FrameError:
        return
    assert frame is not None
    assert isinstance(frame[0], dict)


def test_a_training_reports_moments_from_before_the_first_step_to_the_last(digits: Splits) -> None:
    frames = follow(digits, [])
    steps = [frame[0]["step"] for frame in of_type(frames, "moment")]
    assert steps[0] == 0
    assert steps[-1] == 60
    assert len(steps) <= 41
    assert steps == sorted(set(steps))
    early = sum(step <= 30 for step in steps)
    assert early > len(steps) / 2  # the early steps are denser


def test_moments_hold_the_weights_and_what_they_make_of_the_pictures(digits: Splits) -> None:
    frames = follow(digits, [])
    header, payload = of_type(frames, "moment")[-1]
    tensors = safetensors.torch.load(payload[: header["weights"]])
    model = MLP(MLPConfig(hidden_sizes=(16,)))
    model.load_state_dict(tensors)
    sample = evaluation_set(digits, "validation").subset(slice(None, None, header["stride"]))
    found = measure(model, Sample.of(sample, model))
    assert found.accuracy == pytest.approx(header["accuracy"], abs=0.05)  # kept as float16
    assert len(payload) - header["weights"] == len(sample)


def test_the_same_order_gives_the_same_losses(digits: Splits) -> None:
    assert losses(follow(digits, [])) == losses(follow(digits, []))


def test_a_stop_ends_the_training_with_its_weights(digits: Splits) -> None:
    frames = follow(digits, [{"type": "stop", "run": 1}])
    header, payload = of_type(frames, "end")[0]
    assert header["outcome"] == "stopped"
    assert header["step"] == 0
    assert payload


def test_orders_for_another_run_are_ignored(digits: Splits) -> None:
    frames = follow(digits, [{"type": "stop", "run": 7}])
    assert of_type(frames, "end")[0][0]["outcome"] == "finished"


def test_a_paused_training_runs_one_batch_an_order(digits: Splits) -> None:
    steps = [{"type": "step", "run": 1}] * 3
    inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    frames: list[Frame] = []
    practice = Practice(order(paused=True), digits, lambda h, p=b"": frames.append((h, p)))
    thread = threading.Thread(target=practice.follow, args=(inbox,))
    thread.start()
    for count, each in enumerate(steps, start=1):
        inbox.put(each)
        wait_until(lambda count=count: latest_step(frames) == count)
    assert thread.is_alive()  # waits for the next order
    inbox.put({"type": "resume", "run": 1})
    thread.join(timeout=20)
    assert of_type(frames, "end")[0][0]["outcome"] == "finished"


def test_a_changed_setting_changes_the_losses_from_there_on(digits: Splits) -> None:
    still = dataclasses.asdict(TrainConfig(epochs=3, batch_size=10, learning_rate=0.0))
    learning = losses(follow(digits, []))
    resting = losses(follow(digits, [{"type": "set", "run": 1, "train": still}]))
    assert learning[0] == pytest.approx(resting[0])
    assert learning[-1] < resting[-1] - 0.2


def test_a_learning_rate_too_large_ends_as_diverged_with_finite_weights(digits: Splits) -> None:
    model = dataclasses.asdict(MLPConfig(hidden_sizes=(64, 64, 64)))
    frames = follow(digits, [], model=model, train={"learning_rate": 1e6, "epochs": 20})
    header, payload = of_type(frames, "end")[0]
    assert header["outcome"] == "diverged"
    if payload:
        tensors = safetensors.torch.load(payload[: header["weights"]])
        assert all(bool(tensor.isfinite().all()) for tensor in tensors.values())
    assert of_type(frames, "live")


def test_held_out_pictures_never_train() -> None:
    data = synthetic_digits(600, generator=torch.Generator().manual_seed(3))
    splits = Splits(train=data, test=data.subset(slice(50)))
    held_out = evaluation_set(splits, "validation")
    for size in (100, 550):
        train, measured_on = share(splits, size=size, seed=1)
        assert measured_on == "validation"
        assert len(train.train) == size
        used = {image.numpy().tobytes() for image in train.train.images}
        assert not used & {image.numpy().tobytes() for image in held_out.images}
    assert share(splits, size=600, seed=1)[1] == "test"


def test_a_long_history_stays_short() -> None:
    history = History()
    for step in range(1, 100_001):
        history.add(step, step / 100_000, 1.0, 0.5, 0.0)
    assert len(history.points) <= 460


def test_a_history_stays_short_where_the_batch_shrinks_on_the_way() -> None:
    history = History()
    done = [step / 200 for step in range(1, 101)] + [0.5 + step / 80_000 for step in range(40_001)]
    for step, progress in enumerate(done, start=1):
        history.add(step, progress, 1.0, 0.5, 0.0)
    assert len(history.points) <= 460
    assert history.points[-1][0] == len(done)


def wait_until(condition: Any, *, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


@pytest.fixture
def pool(mnist: Splits, mnist_root: Path) -> Iterator[WorkerPool]:
    pool = WorkerPool(limits=Limits(trainings=1), data=mnist_root)
    yield pool
    pool.close()


class Listener:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def __call__(self, header: dict[str, Any], payload: bytes) -> None:
        self.frames.append((header, payload))

    def heard(self, kind: str) -> list[dict[str, Any]]:
        return [header for header, _ in self.frames if header["type"] == kind]


def test_a_killed_worker_is_reported_and_replaced(pool: WorkerPool) -> None:
    first, second = Listener(), Listener()
    pool.submit(order(run=1, train={"epochs": 1000, "learning_rate": 1e-6}), first)
    wait_until(lambda: first.heard("live"))
    (process,) = pool.processes
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: first.heard("failed"))
    assert first.heard("failed")[0]["code"] == "lost"
    pool.submit(order(run=2), second)
    wait_until(lambda: second.heard("end"))
    assert second.heard("end")[0]["outcome"] == "finished"


def test_one_more_training_than_workers_waits_its_turn(pool: WorkerPool) -> None:
    first, second = Listener(), Listener()
    job = pool.submit(order(run=1, train={"epochs": 1000, "learning_rate": 1e-6}), first)
    waiting = pool.submit(order(run=1), second)
    assert job is not None
    assert waiting is not None
    place, estimate_s = pool.place(waiting) or (0, 0.0)
    assert place == 1
    assert estimate_s > 0
    wait_until(lambda: first.heard("live"))
    assert not second.frames
    pool.order(job, {"type": "stop", "run": 1})
    wait_until(lambda: second.heard("end"))


def test_a_setting_changed_in_the_queue_is_the_one_that_trains(pool: WorkerPool) -> None:
    first, second = Listener(), Listener()
    job = pool.submit(order(run=1, train={"epochs": 1000, "learning_rate": 1e-6}), first)
    waiting = pool.submit(order(run=2, train={"epochs": 1}), second)
    assert job is not None
    assert waiting is not None
    pool.order(waiting, {"type": "set", "run": 2, "train": {"epochs": 3}})
    wait_until(lambda: first.heard("live"))
    pool.order(job, {"type": "stop", "run": 1})
    wait_until(lambda: second.heard("end"))
    assert second.heard("progress")[-1]["epochs"] == 3


def test_a_training_that_nobody_waits_for_lets_others_go_first(pool: WorkerPool) -> None:
    absent, present = Listener(), Listener()
    here = False
    pool.submit(order(run=1), absent, is_wanted=lambda: here)
    pool.submit(order(run=2), present)
    wait_until(lambda: present.heard("end"))
    assert not absent.frames
    here = True
    wait_until(lambda: absent.heard("end"))


def test_a_full_queue_gives_up_the_last_of_who_asked_most(mnist: Splits, mnist_root: Path) -> None:
    pool = WorkerPool(limits=Limits(trainings=1, queue=2), data=mnist_root)
    listeners = [Listener() for _ in range(5)]
    many = {"epochs": 1000, "learning_rate": 1e-6}
    try:
        for run, listener in enumerate(listeners[:4]):
            job = pool.submit(order(run=run, train=many), listener, address="crowd")
            assert (job is None) == (run == 3)
        quiet = pool.submit(order(run=4), listeners[4], address="quiet")
        assert quiet is not None
        assert pool.place(quiet) == (1, pytest.approx(20.0))
        assert [each["code"] for each in listeners[2].heard("failed")] == ["crowded"]
        assert not listeners[1].heard("failed")
    finally:
        pool.close()


def test_idle_workers_end_but_one(
    mnist: Splits, mnist_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.server.worker_pool._IDLE_S", 0.5)
    pool = WorkerPool(limits=Limits(trainings=2), data=mnist_root)
    listeners = Listener(), Listener()
    try:
        for run, listener in enumerate(listeners, start=1):
            pool.submit(order(run=run), listener)
        assert len(pool.processes) == 2
        wait_until(lambda: all(each.heard("end") for each in listeners))
        wait_until(lambda: len(pool.processes) == 1)
        (left,) = pool.processes
        again = Listener()
        pool.submit(order(run=3), again)
        wait_until(lambda: again.heard("end"))
        assert pool.processes == [left]
    finally:
        pool.close()


def test_closing_the_pool_ends_its_workers(pool: WorkerPool) -> None:
    listener = Listener()
    pool.submit(order(train={"epochs": 1000, "learning_rate": 1e-6}), listener)
    wait_until(lambda: listener.heard("live"))
    (process,) = pool.processes
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_without_a_data_set_a_training_fails_with_a_code(tmp_path: Path) -> None:
    pool = WorkerPool(limits=Limits(trainings=1), data=tmp_path)
    listener = Listener()
    try:
        pool.submit(order(download=False), listener)
        wait_until(lambda: listener.heard("failed"))
    finally:
        pool.close()
    assert listener.heard("failed")[0]["code"] == "dataset"
