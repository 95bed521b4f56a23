"""The worker as an actor, without a cluster: its queue of frames, its node's fitness and room."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("ray")

import ray

from mnist_core.data.datasets import Splits
from mnist_core.worker.cluster.actor import RayWorker, parts_of
from mnist_core.worker.cluster.relay import Heard, frame_of
from mnist_core.worker.cluster.version import Version
from mnist_core.worker.messages import End, Failed, Loaded, Ready, Report, read_report
from tests.support.trainings import of_type, short


def reports_until(worker: Any, kind: type[Report]) -> list[Report]:
    heard: list[Report] = []
    while not of_type(heard, kind):
        heard += Heard(worker=1, frames=worker.reports()).reports()
    return heard


def test_an_actor_trains_with_the_data_that_it_was_given(
    digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "get", lambda parts: parts)
    worker: Any = RayWorker(Version.here())
    assert worker.fitness() is None
    worker.tell(frame_of(short()), [parts_of(digits)])
    heard = reports_until(worker, End)
    assert heard[:2] == [Ready(), Loaded(images=600)]
    assert of_type(heard, End)[0].outcome == "finished"


def test_a_node_without_room_for_the_data_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(_: object) -> None:
        raise ray.exceptions.ObjectStoreFullError

    monkeypatch.setattr(ray, "get", get)
    worker: Any = RayWorker(Version.here())
    worker.tell(frame_of(short(run=3)), [object()])
    assert reports_until(worker, Failed)[-1] == Failed(run=3, code="room")


@pytest.mark.parametrize(
    ("version", "unfit"),
    [
        (Version("2.7", Version.here().project), "python"),
        (Version(Version.here().python, "0" * 64), "project"),
    ],
)
def test_a_node_with_another_version_is_unfit(version: Version, unfit: str) -> None:
    worker: Any = RayWorker(version)
    assert worker.fitness() == unfit


def test_the_data_travels_as_it_is(digits: Splits) -> None:
    images, labels = parts_of(digits)["train"]
    assert images.shape == (600, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert labels.tolist() == digits.train.labels.tolist()
    again = torch.tensor(images).float().div_(255)
    torch.testing.assert_close(again, digits.train.images, atol=0.002, rtol=0)


def test_a_frame_is_one_message() -> None:
    assert read_report(io.BytesIO(frame_of(Ready()))) == Ready()
