"""A running application and a real browser, for the tests that look at the page."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

from mnist_core.files import ROOT

START_S = 90.0
END_S = 20.0  # it takes 1 s; other tests may keep the machine busy
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Digits as strokes in the pad's box, 0 to 1000.
SEVEN = [[[280, 220], [480, 220], [700, 220], [600, 400], [500, 600], [420, 800]]]
ONE = [[[500, 180], [500, 400], [500, 600], [500, 820]]]

Strokes = Sequence[Sequence[Sequence[float]]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(
    port: int,
    *,
    log: Path,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """`python app.py` on that port, once it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), *options],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        )
    _wait_for(f"http://127.0.0.1:{port}/health", process, log)
    return process


def end(process: subprocess.Popen[bytes], *, log: Path) -> None:
    """Asks it to end, and sees that it does so cleanly."""
    process.terminate()
    try:
        code = process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError(f"the application did not end within {END_S:g} s") from None
    if code != 0:
        raise RuntimeError(f"the application ended with {code}:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def serve(*, log: Path, **settings: Any) -> Iterator[str]:
    """`start` on a port of its own; yields its address, and sees that it ends cleanly."""
    port = free_port()
    process = start(port, log=log, **settings)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        end(process, log=log)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the application ended at once:\n{log.read_text()[-2000:]}")
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the application did not answer within {START_S:g} s")


def launch(playwright: Playwright) -> Browser:
    """Chromium from the path, else Playwright's own."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(log=tmp_path_factory.mktemp("app") / "app.log") as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            chromium = launch(playwright)
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no browser: {error.message.splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """The open page in a context of its own; fails the test if its scripts fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, app_url)
    yield page
    context.close()
    assert not errors


# What the page's components share, for the tests alone, after a reload too: nothing of the page's own
# is global. An address that was imported before gives the same module again.
_SHARED = """addEventListener("DOMContentLoaded", async () => {
  const find = () => document.querySelector("link[rel=modulepreload][href$='/shared/page.js']");
  while (!find()) await new Promise((resolve) => setTimeout(resolve, 20));
  const { page, ...functions } = await import(find().href);
  window.mnist = Object.assign(Object.create(page), functions);
});"""


def open_page(page: Page, url: str) -> None:
    """Goes there, gives the tests `window.mnist`, and waits until the pad answers."""
    page.add_init_script(_SHARED)
    page.goto(url)
    page.wait_for_function("window.mnist?.prediction")


def draw(page: Page, strokes: Strokes, *, lift: bool = True) -> None:
    """Draws with the mouse; without `lift` the button stays down after the last stroke."""
    canvas = page.locator("#sketchpad canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    for index, stroke in enumerate(strokes):
        places = [
            (box["x"] + box["width"] * x / 1000, box["y"] + box["height"] * y / 1000)
            for x, y in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for x, y in places[1:]:
            page.mouse.move(x, y, steps=4)
        if lift or index < len(strokes) - 1:
            page.mouse.up()
