"""The application's options and how it starts."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app import check_host, parse_options
from mnist_core.files import ROOT
from tests.support.app import START_S, App
from tests.support.browser import SEVEN
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


@pytest.mark.server
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
            timeout=START_S,
            check=False,
        )
    assert result.returncode != 0
    assert f"can't be served on 127.0.0.1, port {port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_it_starts_whatever_the_environment_holds(
    tmp_path: Path, start_app: Callable[..., App]
) -> None:
    tmp_path = tmp_path / "temporary"
    tmp_path.mkdir()
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
    app = start_app(environment=environment)
    assert Server(app.url).ask("hood_figure", strokes=SEVEN, model="ready")["ok"]
    app.end()
    assert "a proxy is not used" in app.log.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["gradio"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "abc"], "expected a port from 1 to 65535"),
        (["--port", "0"], "expected a port from 1 to 65535"),
        (["--port", "65536"], "expected a port from 1 to 65535"),
        (["--root-path", "draw"], "expected /PATH or https://HOST/PATH"),
        (["--trusted-proxies", "*"], "expected addresses or networks such as 192.0.2.1"),
        (["--trusted-proxies", "10.0.0.0/8,proxy"], "got 'proxy'"),
        (["--trusted-proxies", "10.1.2.3/8"], "got '10.1.2.3/8'"),
    ],
)
def test_a_bad_option_is_refused_with_what_was_expected(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(arguments)
    assert said in capsys.readouterr().err


def test_a_host_of_another_machine_is_found_out_at_once() -> None:
    for host in ("192.0.2.1", "nowhere.invalid"):
        with pytest.raises(OSError):  # noqa: PT011 - the system's words
            check_host(host)
    check_host("127.0.0.1")
    check_host("localhost")
