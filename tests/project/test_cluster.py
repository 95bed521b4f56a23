"""The way to a cluster: what is said where there is none. Without Ray."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from mnist_core import cluster
from mnist_core.cluster import RAY_VERSION, check_cluster
from mnist_core.errors import StartError
from mnist_core.files import ROOT

# An HTTP/2 server's first frame: settings, none.
SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
Serve = Callable[[bytes | None], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """The address of who answers with these bytes, and nothing for None."""
    servers: list[socket.socket] = []

    def answer(server: socket.socket, said: bytes | None) -> None:
        connection, _ = server.accept()
        with connection, contextlib.suppress(ConnectionResetError):
            connection.recv(1000)
            if said is not None:
                connection.sendall(said)
            connection.recv(1000)  # until the other side has gone

    def serve(said: bytes | None) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=answer, args=(server, said), daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield serve
    for server in servers:
        server.close()


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Ray is installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)


def test_the_version_that_is_named_is_the_one_that_is_tested() -> None:
    for file in ("tests/requirements.txt", "README.md"):
        assert f"ray[client]=={RAY_VERSION}" in (ROOT / file).read_text()


def test_without_ray_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        StartError, match=rf'^--ray needs Ray: pip install "ray\[client\]=={RAY_VERSION}"$'
    ):
        check_cluster("auto")


@pytest.mark.parametrize("address", ["", "here", "http://a:1", "ray://a", "a:b", "a:99999", "[::1"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(
        StartError, match=r"expected auto, local, HOST:PORT or ray://HOST:PORT, got"
    ):
        check_cluster(address)


def test_an_address_where_nobody_answers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # it does not listen
        address = f"ray://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        for each in (address, "auto"):
            with pytest.raises(StartError, match=f"--ray {address}: expected.*nobody answers"):
                check_cluster(each)


def test_who_speaks_as_ray_does_may_be_a_cluster(serve: Serve) -> None:
    check_cluster(serve(SETTINGS))
    check_cluster("ray://" + serve(SETTINGS))


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (None, "who answers says nothing within 0.2 s"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "something else answers"),
        (b"-ERR\r\n", "who answers says nothing within 0.2 s"),
    ],
)
def test_who_answers_and_is_no_cluster_is_said(
    said: bytes | None, fault: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_S", 0.2)
    with pytest.raises(StartError, match=f"expected a Ray cluster there, and {fault}$"):
        check_cluster(serve(said))
