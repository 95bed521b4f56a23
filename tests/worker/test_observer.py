"""What looks at a network while it learns: its reports, their order, and what becomes of a fault."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import safetensors.torch
import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.worker.measuring import Sample
from mnist_core.worker.observer import Observer

Frame = tuple[dict[str, Any], bytes]


@pytest.fixture
def model() -> MLP:
    return MLP(MLPConfig(hidden_sizes=(8,)), generator=torch.Generator().manual_seed(0))


def sample(digits: Splits, model: MLP) -> Sample:
    assert digits.test is not None
    return Sample.of(digits.test, model)


def test_reports_hold_the_weights_of_their_moment_in_order(digits: Splits, model: MLP) -> None:
    frames: list[Frame] = []
    observer = Observer(model, sample(digits, model), 1, lambda h, p: frames.append((h, p)))
    for step in range(6):
        with torch.no_grad():
            model.output.bias.fill_(float(step))
        observer.observe("moment", {"step": step}, measured=step % 2 == 0)
    with torch.no_grad():
        model.output.bias.fill_(99.0)
    observer.close()
    assert [header["step"] for header, _ in frames] == list(range(6))
    for header, payload in frames:
        weights = safetensors.torch.load(payload[: header["weights"]])
        assert weights["output.bias"].dtype == torch.float16
        assert weights["output.bias"][0] == header["step"]
        assert (header["accuracy"] is not None) == (header["step"] % 2 == 0)
        assert len(payload) - header["weights"] == (200 if header["accuracy"] is not None else 0)


def test_passing_weights_are_left_out_where_some_are_due_and_others_never(
    digits: Splits, model: MLP
) -> None:
    kinds: list[str] = []
    go_on = threading.Event()

    def send(header: dict[str, Any], payload: bytes) -> None:
        go_on.wait(10)
        kinds.append(header["type"])

    observer = Observer(model, sample(digits, model), 1, send)
    observer.observe("moment", {}, measured=False)
    for _ in range(5):
        observer.observe("passing", {}, measured=False)
    observer.observe("live", {}, measured=False)
    go_on.set()
    observer.close()
    assert kinds == ["moment", "live", "live"]


def test_a_fault_ends_the_training_and_blocks_nothing(digits: Splits, model: MLP) -> None:
    def send(header: dict[str, Any], payload: bytes) -> None:
        raise BrokenPipeError

    observer = Observer(model, sample(digits, model), 1, send)

    def observe_on() -> None:
        for _ in range(1000):
            observer.observe("moment", {}, measured=False)

    with pytest.raises(BrokenPipeError):
        observe_on()
    with pytest.raises(BrokenPipeError):
        observer.close()
    observer.close()  # once is enough


def test_weights_that_are_no_numbers_are_not_sent(digits: Splits, model: MLP) -> None:
    frames: list[Frame] = []
    observer = Observer(model, sample(digits, model), 1, lambda h, p: frames.append((h, p)))
    with torch.no_grad():
        model.output.bias.fill_(float("nan"))
    observer.observe("passing", {}, measured=True)
    observer.close()
    assert not frames
