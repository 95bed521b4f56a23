"""What looks at a network while it learns: its reports, their order, and what becomes of a fault."""

from __future__ import annotations

import threading

import pytest
import safetensors.torch
import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.worker.measuring import Sample
from mnist_core.worker.messages import Live, Moment, Report
from mnist_core.worker.observer import Observer, Send


@pytest.fixture
def model() -> MLP:
    return MLP(MLPConfig(hidden_sizes=(8,)), generator=torch.Generator().manual_seed(0))


def observer_of(model: MLP, digits: Splits, send: Send) -> Observer:
    assert digits.test is not None
    return Observer(model, Sample.of(digits.test, model), run=1, send=send)


def observe(
    observer: Observer,
    kind: type[Moment | Live],
    *,
    step: int = 0,
    measured: bool = False,
    passing: bool = False,
) -> None:
    observer.observe(kind, step=step, epoch=1, elapsed_s=0.0, measured=measured, passing=passing)


def test_reports_hold_the_weights_of_their_moment_in_order(digits: Splits, model: MLP) -> None:
    reports: list[Report] = []
    with observer_of(model, digits, reports.append) as observer:
        for step in range(6):
            with torch.no_grad():
                model.output.bias.fill_(float(step))
            observe(observer, Moment, step=step, measured=step % 2 == 0)
        with torch.no_grad():
            model.output.bias.fill_(99.0)
    for step, report in enumerate(reports):
        assert isinstance(report, Moment)
        snapshot = report.snapshot
        assert snapshot.step == step
        weights = safetensors.torch.load(snapshot.weights)
        assert weights["output.weight"].dtype == torch.float16
        assert weights["output.bias"][0] == step
        assert (snapshot.accuracy is not None) == (step % 2 == 0)
        assert len(snapshot.predictions) == (200 if step % 2 == 0 else 0)
    assert len(reports) == 6


def test_passing_weights_are_left_out_where_some_are_due_and_others_never(
    digits: Splits, model: MLP
) -> None:
    kinds: list[type] = []
    go_on = threading.Event()

    def send(report: Report) -> None:
        go_on.wait(10)
        kinds.append(type(report))

    with observer_of(model, digits, send) as observer:
        observe(observer, Moment)
        for _ in range(5):
            observe(observer, Live, passing=True)
        observe(observer, Live)
        go_on.set()
    assert kinds == [Moment, Live, Live]


def test_a_fault_ends_the_training_and_blocks_nothing(digits: Splits, model: MLP) -> None:
    def send(report: Report) -> None:
        raise BrokenPipeError

    observer = observer_of(model, digits, send)

    def observe_on() -> None:
        for _ in range(1000):
            observe(observer, Moment)

    with pytest.raises(BrokenPipeError), observer:
        observe_on()
    observer.close()  # once is enough


def test_weights_that_are_no_numbers_are_not_sent(digits: Splits, model: MLP) -> None:
    reports: list[Report] = []
    with torch.no_grad():
        model.output.bias.fill_(float("nan"))
    with observer_of(model, digits, reports.append) as observer:
        observe(observer, Moment, measured=True)
        observe(observer, Live, passing=True, measured=True)
    assert not reports
