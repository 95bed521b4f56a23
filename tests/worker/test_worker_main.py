"""The training worker between its pipes, without a process."""

from __future__ import annotations

import dataclasses
import io
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core.data.datasets import Splits
from mnist_core.errors import DatasetError
from mnist_core.worker.__main__ import Worker
from mnist_core.worker.live_training import Inbox
from mnist_core.worker.messages import (
    End,
    Failed,
    Load,
    Loaded,
    Order,
    Pictures,
    Ready,
    Report,
    Stop,
    read_report,
)
from tests.support.trainings import of_type, short


def served(*orders: Order, out: io.BytesIO | None = None) -> list[Report]:
    """What a worker answers to these orders, and then to the end of them."""
    inbox: Inbox = queue.SimpleQueue()
    for order in (*orders, None):
        inbox.put(order)
    out = out or io.BytesIO()
    Worker(inbox, out).serve()
    out.seek(0)
    reports = []
    while (report := read_report(out)) is not None:
        reports.append(report)
    return reports


@pytest.fixture
def loads(digits: Splits, monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """Made-up digits instead of MNIST, and each folder that they were read from."""
    folders: list[Path | None] = []

    def load_mnist(root: Path | None, **_: object) -> Splits:
        folders.append(root)
        return digits

    monkeypatch.setattr("mnist_core.worker.__main__.load_mnist", load_mnist)
    return folders


def test_a_worker_says_that_it_listens() -> None:
    assert served() == [Ready()]


def test_the_data_is_read_once_and_told_each_time(loads: list[Path | None]) -> None:
    reports = served(Load(data="a"), Load(data="a", pictures=True), Load(data="b"))
    assert loads == [Path("a"), Path("b")]
    assert of_type(reports, Loaded) == [Loaded(images=600)] * 3
    assert [pictures.held for pictures in of_type(reports, Pictures)] == ["validation", "test"]


@pytest.mark.usefixtures("loads")
def test_orders_for_a_training_that_is_over_are_of_no_use() -> None:
    reports = served(Stop(run=1), dataclasses.replace(short(), paused=True), Stop(run=1))
    assert [end.outcome for end in of_type(reports, End)] == ["stopped"]


def test_without_the_data_set_a_training_fails_with_a_code(tmp_path: Path) -> None:
    nothing = Load(data=str(tmp_path), download=False)
    reports = served(nothing, dataclasses.replace(short(run=3), load=nothing))
    assert reports == [Ready(), Failed(run=3, code="dataset")]


@pytest.mark.usefixtures("loads")
def test_a_worker_outlives_a_training_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_core.worker.live_training.evaluation_set", lambda *_: 1 / 0)
    reports = served(short(run=1), short(run=2))
    assert of_type(reports, Failed) == [Failed(run=run, code="error") for run in (1, 2)]


def test_a_worker_ends_where_nobody_reads_its_reports(
    digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(io.BytesIO):
        def flush(self) -> None:
            if self.tell() > 100:
                raise BrokenPipeError

    loaded = []

    def load_mnist(root: Path | None, **_: object) -> Splits:
        loaded.append(root)
        return digits

    monkeypatch.setattr("mnist_core.worker.__main__.load_mnist", load_mnist)
    served(*[Load(data=str(each)) for each in range(100)], out=Closed())
    assert len(loaded) < 10


def test_a_data_set_that_can_be_had_later_is_read_then(
    digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: Iterator[DatasetError | Splits] = iter([DatasetError("not yet"), digits])

    def load_mnist(root: Path | None, **_: object) -> Splits:
        answer = next(answers)
        if isinstance(answer, DatasetError):
            raise answer
        return answer

    monkeypatch.setattr("mnist_core.worker.__main__.load_mnist", load_mnist)
    reports = served(Load(download=False), short())
    assert of_type(reports, End)
    assert not of_type(reports, Failed)
