"""The way to a cluster: what is said where there is none, or its nodes can't train. Without Ray."""

from __future__ import annotations

import importlib.util
import queue
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from mnist_core.errors import StartError
from mnist_core.files import ROOT
from mnist_core.server.engine import TrainingWorker
from mnist_core.server.ray_engine import RAY_VERSION, RayEngine, check_answer

# A driver whose cluster has one core, on a node with another version of the project.
UNFIT = """
import sys
from mnist_core.worker.cluster.relay import *
from mnist_core.worker.messages import read_message, write_message
out, orders = sys.stdout.buffer, sys.stdin.buffer
write_message(out, Free(cores=1))
while (message := read_message(orders, ToDriver)) is not None:
    if isinstance(message, Hire):
        write_message(out, Gone(worker=message.worker, unfit="project"))
"""
REFUSED = """
import sys
from mnist_core.worker.cluster.relay import *
from mnist_core.worker.messages import read_message, write_message
write_message(sys.stdout.buffer, Unreachable(reason="Version mismatch: Ray 1 and Ray 2"))
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


def test_the_version_that_is_named_is_the_one_that_is_tested() -> None:
    assert f"ray[client]=={RAY_VERSION}" in (ROOT / "tests" / "requirements.txt").read_text()


def test_without_ray_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        StartError, match=rf'^--ray needs Ray: pip install "ray\[client\]=={RAY_VERSION}"$'
    ):
        RayEngine("auto", cores=1)


@pytest.mark.parametrize("address", ["", "here", "http://a:1", "ray://a", "a:b", "a:99999", "[::1"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(
        StartError, match=r"expected auto, local, HOST:PORT or ray://HOST:PORT, got"
    ):
        check_answer(address)


def test_an_address_where_nobody_answers_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # it does not listen
        address = f"ray://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StartError, match=f"--ray {address}: nobody answers there"):
            check_answer(address)


def test_an_address_where_somebody_answers_may_be_a_cluster() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_answer(f"127.0.0.1:{server.getsockname()[1]}")


def test_what_ray_itself_refuses_is_said_in_its_words(driven: Driven) -> None:
    with pytest.raises(StartError, match=r"^--ray auto: Version mismatch: Ray 1 and Ray 2$"):
        driven(REFUSED)


def test_nodes_that_cannot_train_are_said_and_not_tried_without_end(driven: Driven) -> None:
    engine = driven(UNFIT)
    assert (engine.places, engine.fault) == (1, None)
    lost: queue.SimpleQueue[TrainingWorker] = queue.SimpleQueue()
    worker = engine.start(lambda *_: None, lost.put)
    assert lost.get(timeout=60) is worker
    assert engine.places == 0
    assert "another version of this project" in (engine.fault or "")
