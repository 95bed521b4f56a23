"""The application's options and how it starts."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app import parse_options
from mnist_core.files import ROOT
from tests.support.browser import serve


def test_nobody_but_this_machine_is_let_in_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "MNIST_ROOT"):
        monkeypatch.delenv(name, raising=False)
    options = parse_options([])
    assert (options.host, options.port, options.share, options.data) == (
        "127.0.0.1",
        None,
        False,
        None,
    )


def test_the_environment_gives_defaults_and_options_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7900")
    monkeypatch.setenv("MNIST_ROOT", "/data")
    assert parse_options([]).port == 7900
    assert parse_options([]).data == Path("/data")
    assert parse_options(["--port", "7901"]).port == 7901


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with serve(log=log):
        pass  # `serve` raises unless it ends with 0 in time
    assert "Traceback" not in log.read_text()


def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = subprocess.run(
            [sys.executable, "app.py", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert result.returncode != 0
    assert f"can't be served on 127.0.0.1, port {port}" in result.stderr
    assert "Traceback" not in result.stderr
