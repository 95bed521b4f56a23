"""What goes wrong around the page, and that it goes on: killed processes, a full disk, lost data."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

import app as application
from mnist_core.models.checkpoints import dump_checkpoint
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.ui.static import weights
from tests.support.app import App
from tests.support.browser import ONE, PATIENCE_MS, SEVEN, Visit, draw, train
from tests.support.server import Server, unread_bytes, workers_of

LONG = "#preset=notebook&epochs=100"  # a minute and more
_LEAVERS = 8
_AS_JSON = {"Content-Type": "application/json"}

Start = Callable[..., App]


def is_running(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def step_in(words: str) -> int:
    found = re.search(r"step ([\d,]+)", words)
    assert found, words
    return int(found[1].replace(",", ""))


def wait_until(happened: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + PATIENCE_MS / 1000
    while not happened():
        assert time.monotonic() < until, otherwise
        time.sleep(0.02)


@pytest.mark.usefixtures("mnist")
def test_a_killed_worker_is_replaced_and_a_killed_server_leaves_none_and_the_page_comes_back(
    start_app: Start, visit: Visit
) -> None:
    first = start_app()
    page = visit(first.url + LONG)
    draw(page, SEVEN)
    train(page, until="^Training: epoch [2-9]")
    status = page.locator("#status")
    yours = page.get_by_role("radio", name="Yours")
    expect(yours).to_be_checked(timeout=PATIENCE_MS)
    # Pause saves; what it saves is there once two more sets of weights have come after it.
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(status).to_have_text(re.compile("^Paused at step"), timeout=PATIENCE_MS)
    paused_at = step_in(status.inner_text())
    kept = page.locator("#lab-moment")
    before = int(kept.get_attribute("max") or 0)
    page.get_by_role("button", name="Resume", exact=True).click()
    wait_until(lambda: int(kept.get_attribute("max") or 0) > before + 2, "no new weights")
    for worker in workers_of(first.process.pid):
        os.kill(worker, signal.SIGKILL)
    expect(status).to_have_text(
        re.compile("It was interrupted, and went on after step"), timeout=PATIENCE_MS
    )
    assert step_in(status.inner_text()) >= paused_at
    assert page.evaluate("window.mnist.strokes.length") == 1
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(status).to_have_text(re.compile("^Stopped. What"), timeout=PATIENCE_MS)
    lines = [
        json.loads(each) for each in first.log.read_text().splitlines() if each.startswith("{")
    ]
    assert any("worker died" in each["event"] for each in lines)

    train(page, run=2, until="^Training: epoch [2-9]")
    # Killed while weights are on their way: at five times a second, they always are.
    expect(yours).to_be_checked(timeout=PATIENCE_MS)
    workers = workers_of(first.process.pid)
    assert workers
    first.kill()
    expect(status).to_have_text(re.compile("out of reach"), timeout=PATIENCE_MS)
    wait_until(lambda: not any(map(is_running, workers)), "a worker outlived its server")
    again = start_app(port=first.port)
    expect(status).to_have_text(re.compile("training is gone"), timeout=PATIENCE_MS)
    draw(page, ONE)
    expect(page.locator("#answer")).not_to_have_text(
        re.compile("reconnecting"), timeout=PATIENCE_MS
    )
    assert page.evaluate("window.mnist.strokes.length") == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#answer")).to_have_text("7")
    again.end()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits a process as Linux does")
def test_without_room_for_files_a_picture_is_refused_and_drawing_goes_on(start_app: Start) -> None:
    # What it says at its start waits in a buffer, as in a service, and is not what fails here.
    app = start_app(environment={"PYTHONUNBUFFERED": ""})
    server = Server(app.url)
    # From here on no file takes another byte, the log included.
    resource.prlimit(app.process.pid, resource.RLIMIT_FSIZE, (0, 0))
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    request = urllib.request.Request(
        f"{app.url}gradio_api/upload",
        data=body + bytes(2_000_000) + b"\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value as error:
        assert error.code in (400, 500)
        assert "Traceback" not in error.read().decode()
    assert server.predict(SEVEN)["digit"] == 7
    assert server.ask("hood_figure", strokes=SEVEN, model="ready")["ok"]
    app.end()


def end_while_it_answers(app: App) -> None:
    server = Server(app.url)
    assert server.ask("hood_figure", strokes=SEVEN, model="ready")["ok"]  # matplotlib is there now
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=PATIENCE_MS / 1000)
    with contextlib.closing(connection):
        asked = server.request("hood_figure", strokes=SEVEN, model="ready")
        connection.request("POST", urlsplit(asked.full_url).path, asked.data, dict(asked.headers))
        wait_until(lambda: unread_bytes(connection.sock) == 0, "the request was never read")
        app.process.terminate()
        answer = connection.getresponse()
        assert answer.status == 200
        assert json.load(answer)["ok"]
    app.wait()


def test_without_the_data_set_training_says_so_drawing_goes_on_and_sigterm_ends_cleanly(
    start_app: Start, visit: Visit, tmp_path: Path
) -> None:
    nowhere = "http://127.0.0.1:9"  # nothing listens there, so there is nothing to download from
    environment = {"http_proxy": nowhere, "https_proxy": nowhere, "no_proxy": "127.0.0.1"}
    app = start_app(options=("--data", str(tmp_path)), environment=environment)
    page = visit(app.url)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator("#status")).to_have_text(
        re.compile("could not be had"), timeout=PATIENCE_MS
    )
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    end_while_it_answers(app)


def test_a_client_that_vanishes_in_the_middle_disturbs_nobody(app: App) -> None:
    server = Server(app.url)
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", app.port)) as client:
            client.sendall(
                b"POST /gradio_api/component_server HTTP/1.1\r\nHost: x\r\n"
                b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
            )
    assert server.predict(SEVEN)["digit"] == 7
    assert "Traceback" not in app.log.read_text()


def connections_of(process: int) -> int:
    """How many sockets a process holds."""
    links = Path(f"/proc/{process}/fd").iterdir()
    found = 0
    for each in links:
        with contextlib.suppress(OSError):  # closed meanwhile
            found += os.readlink(each).startswith("socket:")
    return found


def memory_of(process: int) -> int:
    """What a process holds in memory, in bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def load_model(visitor: Server, model: MLP) -> int:
    """The id of the model, which answers for that visitor from now on."""
    file = base64.b64encode(dump_checkpoint(model)).decode()
    pieces = [file[first : first + 2**18] for first in range(0, len(file), 2**18)]
    for index, piece in enumerate(pieces):
        begin, end = index == 0, index == len(pieces) - 1
        answer = visitor.ask("lab_upload", data=piece, begin=begin, end=end)
        assert answer["ok"], answer
    return int(answer["loaded"]["id"])


@pytest.mark.parametrize("whose", ["ready", "yours"])
def test_who_leaves_in_the_middle_of_the_weights_leaves_nothing_behind(
    app: App, whose: str
) -> None:
    visitor = Server(app.url)
    method, path, body = "GET", f"/{weights()['address']}", b""
    if whose == "yours":
        loaded = load_model(visitor, MLP(MLPConfig(hidden_sizes=(900,))))  # just small enough
        method, path = "POST", "/page/weights"
        body = json.dumps({"token": visitor.token, "run": loaded}).encode()

    def whole() -> bytes:
        request = urllib.request.Request(f"{app.url[:-1]}{path}", body or None, _AS_JSON)
        with urllib.request.urlopen(request) as response:
            return bytes(response.read())

    expected = whole()
    assert len(expected) > 2.5e6
    assert visitor.predict(SEVEN, model=whose)["model"] == whose  # with all that it loads
    before, memory = connections_of(app.process.pid), memory_of(app.process.pid)
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in _AS_JSON.items())
    with contextlib.ExitStack() as leaving:
        for _ in range(_LEAVERS):
            client = leaving.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**14)
            client.connect(("127.0.0.1", app.port))
            client.sendall(f"{head}\r\n".encode() + body)
            assert b"octet-stream" in client.recv(2**12)
    wait_until(lambda: connections_of(app.process.pid) <= before, "a connection stayed open")
    assert memory_of(app.process.pid) < memory + _LEAVERS * len(expected) / 2
    assert visitor.predict(SEVEN, model=whose)["model"] == whose
    assert Server(app.url).predict(SEVEN)["digit"] == 7
    assert whole() == expected
    assert "Traceback" not in app.log.read_text()


def test_a_page_behind_a_password_opens_with_it_and_only_then(start_app: Start) -> None:
    app = start_app(options=("--auth",), environment={"DRAW_AUTH": "ada:lovelace"})
    with urllib.request.urlopen(f"{app.url}health") as health:
        assert json.load(health) == {"status": "ok"}
    for path, data in (("config", None), ("gradio_api/component_server", b"{}")):
        asked = urllib.request.Request(
            f"{app.url}{path}", data=data, headers={"Content-Type": "application/json"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        with refused.value as error:
            assert error.code == 401
    login = urllib.request.Request(f"{app.url}login", data=b"username=ada&password=lovelace")
    with urllib.request.urlopen(login) as answer:
        cookies = "; ".join(each.split(";")[0] for each in answer.headers.get_all("Set-Cookie"))
    config = urllib.request.Request(f"{app.url}config", headers={"Cookie": cookies})
    with urllib.request.urlopen(config) as answer:
        assert json.load(answer)["components"]
    app.end()


def test_a_limit_below_one_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "log_as_json", lambda level: None)
    monkeypatch.setattr("sys.argv", ["app.py", "--max-runs", "0"])
    with pytest.raises(SystemExit) as ended:
        application.main()
    assert ended.value.code == "runs must be above 0, not 0"
