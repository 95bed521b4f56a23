"""The application's options and how it starts."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app import parse_options
from mnist_core.files import ROOT
from tests.support.browser import SEVEN, serve
from tests.support.server import Server


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


def test_it_starts_whatever_the_environment_holds(tmp_path: Path) -> None:
    (tmp_path / "gradio").write_text("somebody else's")  # where Gradio would make its folder
    environment = {
        "TMPDIR": str(tmp_path),
        "GRADIO_TEMP_DIR": str(tmp_path / "gradio"),
        "http_proxy": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "all_proxy": "socks5://127.0.0.1:9",
        "https_proxy": "http://[nonsense",
        "no_proxy": "",
        "NO_PROXY": "",
        "MPLBACKEND": "nonsense",
    }
    log = tmp_path / "app.log"
    with serve(log=log, environment=environment) as url:
        assert Server(url).ask("hood_figure", strokes=SEVEN, model="ready")["ok"]
    assert "Traceback" not in log.read_text()
    assert "a proxy is not used" in log.read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["app.log", "gradio"]
