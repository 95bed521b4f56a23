"""What goes wrong around the page, and that it goes on: killed processes, a full disk, lost data."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mnist_core.files import ROOT
from tests.support.browser import SEVEN, draw, end, free_port, open_page, serve, start
from tests.support.server import Server, workers_of

PATIENCE_MS = 60_000
LONG = "#preset=few&epochs=100&pictures=5000"
TRAINING = re.compile(r"^Training")

Open = Callable[[str], Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    contexts = []

    def visit(url: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        page = contexts[-1].new_page()
        open_page(page, url)
        return page

    yield visit
    for context in contexts:
        context.close()


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1][:3]


def train(page: Page) -> None:
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator("#status")).to_have_text(TRAINING, timeout=PATIENCE_MS)


@pytest.mark.usefixtures("mnist")
def test_a_killed_worker_is_said_and_the_next_training_works(visit: Open, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    port = free_port()
    process = start(port, log=log)
    page = visit(f"http://127.0.0.1:{port}/{LONG}")
    draw(page, SEVEN)
    train(page)
    expect(page.get_by_role("radio", name="Yours")).to_be_checked(timeout=PATIENCE_MS)
    for worker in workers_of(process.pid):
        os.kill(worker, signal.SIGKILL)
    expect(page.locator("#status")).to_have_text(re.compile("interrupted"), timeout=PATIENCE_MS)
    assert page.evaluate("window.mnist.strokes.length") == 1
    train(page)
    end(process, log=log)
    lines = [json.loads(each) for each in log.read_text().splitlines() if each.startswith("{")]
    assert any("worker died" in each["event"] for each in lines)


@pytest.mark.usefixtures("mnist")
def test_a_killed_server_leaves_no_worker_and_the_page_comes_back(
    visit: Open, tmp_path: Path
) -> None:
    port = free_port()
    process = start(port, log=tmp_path / "first.log")
    page = visit(f"http://127.0.0.1:{port}/{LONG}")
    draw(page, SEVEN)
    train(page)
    # Killed while weights are on their way: at five times a second, they always are.
    expect(page.get_by_role("radio", name="Yours")).to_be_checked(timeout=PATIENCE_MS)
    workers = workers_of(process.pid)
    assert workers
    process.kill()
    process.wait()
    expect(page.locator("#status")).to_have_text(re.compile("out of reach"), timeout=PATIENCE_MS)
    until = time.monotonic() + 30
    while any(is_running(each) for each in workers):
        assert time.monotonic() < until, "a worker outlived its server"
        time.sleep(0.1)
    log = tmp_path / "second.log"
    again = start(port, log=log)
    expect(page.locator("#status")).to_have_text(
        re.compile("training is gone"), timeout=PATIENCE_MS
    )
    draw(page, [[[100, 500], [200, 500]]])
    expect(page.locator("#answer")).not_to_have_text(
        re.compile("reconnecting"), timeout=PATIENCE_MS
    )
    assert page.evaluate("window.mnist.strokes.length") == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#answer")).to_have_text("7")
    train(page)
    end(again, log=log)


def test_sigterm_answers_the_request_under_way_and_ends_in_time(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "app.log"
    process = start(port, log=log)
    server = Server(f"http://127.0.0.1:{port}/")
    answers: list[dict[str, object]] = []

    def ask() -> None:
        # The first figure takes a second: matplotlib is loaded for it.
        answers.append(server.ask("hood_figure", strokes=SEVEN, model="ready"))

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    end(process, log=log)
    assert time.monotonic() - began < 5.0
    thread.join(10)
    assert answers[0]["ok"]
    assert "Traceback" not in log.read_text()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits a process as Linux does")
def test_without_room_for_files_a_picture_is_refused_and_drawing_goes_on(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "app.log"
    # What it says at its start waits in a buffer, as in a service, and is not what fails here.
    process = start(port, log=log, environment={"PYTHONUNBUFFERED": ""})
    url = f"http://127.0.0.1:{port}/"
    try:
        server = Server(url)
        # From here on no file takes another byte, the log included.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))
        body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        request = urllib.request.Request(
            f"{url}gradio_api/upload",
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
    finally:
        end(process, log=log)


def test_without_the_data_set_training_says_so_and_drawing_goes_on(
    visit: Open, tmp_path: Path
) -> None:
    nowhere = "http://127.0.0.1:9"  # nothing listens there, so there is nothing to download from
    environment = {"http_proxy": nowhere, "https_proxy": nowhere, "no_proxy": "127.0.0.1"}
    options = ("--data", str(tmp_path))
    with serve(log=tmp_path / "app.log", options=options, environment=environment) as url:
        page = visit(url)
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.locator("#status")).to_have_text(
            re.compile("could not be had"), timeout=PATIENCE_MS
        )
        draw(page, SEVEN)
        expect(page.locator("#answer")).to_have_text("7")


def test_a_client_that_vanishes_in_the_middle_disturbs_nobody(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with serve(log=log) as url:
        server = Server(url)
        port = int(url.rsplit(":", 1)[1].rstrip("/"))
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(
                    b"POST /gradio_api/component_server HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
                )
        assert server.predict(SEVEN)["digit"] == 7
    assert "Traceback" not in log.read_text()


def test_a_page_behind_a_password_opens_with_it_and_only_then(tmp_path: Path) -> None:
    environment = {"DRAW_AUTH": "ada:lovelace"}
    with serve(log=tmp_path / "app.log", options=("--auth",), environment=environment) as url:
        with urllib.request.urlopen(f"{url}health") as health:
            assert json.load(health) == {"status": "ok"}
        for path, data in (("config", None), ("gradio_api/component_server", b"{}")):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{url}{path}", data=data)
            with refused.value as error:
                assert error.code == 401
        login = urllib.request.Request(f"{url}login", data=b"username=ada&password=lovelace")
        with urllib.request.urlopen(login) as answer:
            cookies = "; ".join(each.split(";")[0] for each in answer.headers.get_all("Set-Cookie"))
        config = urllib.request.Request(f"{url}config", headers={"Cookie": cookies})
        with urllib.request.urlopen(config) as answer:
            assert json.load(answer)["components"]


def test_a_limit_below_one_is_refused_in_a_sentence() -> None:
    result = subprocess.run(
        [sys.executable, "app.py", "--max-runs", "0"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=ROOT,
    )
    assert result.returncode == 1
    assert result.stderr.strip() == "runs must be above 0, not 0"
