"""What is said of a cluster that refuses, or whose nodes can't train. Without Ray."""

from __future__ import annotations

import importlib.util
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from mnist_core.errors import StartError
from mnist_core.files import ROOT
from mnist_core.server.engine import TrainingWorker
from mnist_core.server.ray_engine import RayEngine

# A driver whose cluster has one core, on a node that can't train.
UNFIT = """
import sys
from mnist_core.worker.cluster.relay import *
from mnist_core.worker.messages import read_message, write_message
out, orders = sys.stdout.buffer, sys.stdin.buffer
write_message(out, Free(cores=1))
while (message := read_message(orders, ToDriver)) is not None:
    if isinstance(message, Hire):
        write_message(out, Gone(worker=message.worker, unfit="CODE"))
"""
REFUSED = """
import sys
from mnist_core.worker.cluster.relay import *
from mnist_core.worker.messages import read_message, write_message
write_message(sys.stdout.buffer, Unreachable(reason="--ray auto: Version mismatch: Ray 1 and Ray 2"))
"""


Driven = Callable[[str], RayEngine]


@pytest.fixture
def driven(monkeypatch: pytest.MonkeyPatch) -> Iterator[Driven]:
    """An engine with this program for a driver."""
    engines: list[RayEngine] = []

    def driven(program: str) -> RayEngine:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
        command = [sys.executable, "-c", program]
        start = partial(subprocess.Popen, command, stdin=-1, stdout=-1, cwd=ROOT)
        monkeypatch.setattr(RayEngine, "_new_driver", lambda engine: start())
        engines.append(RayEngine("auto", cores=1))
        return engines[-1]

    yield driven
    for engine in engines:
        engine.close()


def test_what_ray_itself_refuses_is_said_in_its_words(driven: Driven) -> None:
    with pytest.raises(StartError, match=r"^--ray auto: Version mismatch: Ray 1 and Ray 2$"):
        driven(REFUSED)


@pytest.mark.parametrize(
    ("unfit", "said"),
    [("python", "run another Python"), ("project", "another version of this project")],
)
def test_nodes_that_cannot_train_are_said_and_not_tried_without_end(
    unfit: str, said: str, driven: Driven
) -> None:
    engine = driven(UNFIT.replace("CODE", unfit))
    assert (engine.places, engine.fault) == (1, None)
    lost: queue.SimpleQueue[TrainingWorker] = queue.SimpleQueue()
    worker = engine.start(lambda *_: None, lost.put)
    assert lost.get(timeout=60) is worker
    assert engine.places == 0
    assert said in (engine.fault or "")
