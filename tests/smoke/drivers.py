"""Firefox and WebKit, as far as a visitor needs them: an address, a pointer, and what the page says."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection

FOLDER = Path(__file__).parent
TIMEOUT_S = 120.0
ATTEMPTS = 3

Point = tuple[float, float]


class MissingError(Exception):
    """Something that a browser needs isn't on this machine; the message says what, and from where."""


class Driver(Protocol):
    """A browser with one page."""

    def open(self, url: str) -> None: ...

    def evaluate(self, expression: str) -> object:
        """The value of a JavaScript expression in the page, as JSON has it."""

    def press(self, points: Sequence[Point]) -> None:
        """The pointer goes down at the first point, over the others, and up at the last; in CSS px."""


class Firefox:
    """Driven by puppeteer-core over WebDriver BiDi, in a process of Node's."""

    def __init__(self, node: subprocess.Popen[str]) -> None:
        self._node = node
        self.version = self._answer()

    def open(self, url: str) -> None:
        self._order(order="open", url=url)

    def evaluate(self, expression: str) -> object:
        return self._order(order="evaluate", expression=expression)

    def press(self, points: Sequence[Point]) -> None:
        self._order(order="press", points=points)

    def _order(self, **order: object) -> object:
        assert self._node.stdin is not None
        self._node.stdin.write(json.dumps(order) + "\n")
        self._node.stdin.flush()
        return self._answer()

    def _answer(self) -> object:
        assert self._node.stdout is not None
        line = self._node.stdout.readline()
        if not line:
            raise ConnectionError("Firefox has gone; its last words are in the log")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]


@contextlib.contextmanager
def firefox(log: Path) -> Iterator[Driver]:
    """Stock Firefox, without a window."""
    node = _program("node", "nodejs")
    binary = _program("firefox-esr", "firefox")
    found = subprocess.run(
        [node, "-e", "import('puppeteer-core').catch(() => process.exit(1))"],
        cwd=FOLDER,
        check=False,
    )
    if found.returncode != 0:
        raise MissingError("puppeteer-core is missing: npm install --no-package-lock")
    with log.open("w") as errors:
        process = subprocess.Popen(
            [node, str(FOLDER / "firefox.js"), binary],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:  # closes stdin, at which it ends, and waits
            try:
                yield Firefox(process)
            except BaseException:
                process.kill()
                raise


class WebKit:
    """Driven by its own WebDriver."""

    def __init__(self, driver: webdriver.Remote) -> None:
        self._driver = driver
        driver.set_window_size(1280, 900)
        driver.set_page_load_timeout(TIMEOUT_S)
        driver.set_script_timeout(TIMEOUT_S)

    def open(self, url: str) -> None:
        self._driver.get(url)

    def evaluate(self, expression: str) -> object:
        value: object = self._driver.execute_script(f"return ({expression})")
        return value

    def press(self, points: Sequence[Point]) -> None:
        first, *others = [(round(x), round(y)) for x, y in points]
        actions = ActionBuilder(self._driver, duration=20)
        pointer = actions.pointer_action
        pointer.move_to_location(*first)
        pointer.pointer_down()
        for place in others:
            pointer.move_to_location(*place)
        pointer.pointer_up()
        actions.perform()


@contextlib.contextmanager
def webkit(log: Path) -> Iterator[Driver]:
    """WebKitGTK's own small browser, on a display that nobody sees."""
    service_path = _program("WebKitWebDriver")
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not browsers:
        raise MissingError("MiniBrowser is missing: apt-get install webkit2gtk-driver")
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(browsers[-1])
    options.add_argument("--automation")
    with display() as screen:
        environment = {**os.environ, "DISPLAY": screen}
        service = webdriver.WebKitGTKService(service_path, log_output=str(log), env=environment)
        service.start()
        try:
            driver = _connected(service.service_url, options)
            try:
                yield WebKit(driver)
            finally:
                driver.quit()
        finally:
            service.stop()


def _connected(url: str, options: webdriver.WebKitGTKOptions) -> webdriver.Remote:
    connection = RemoteConnection(
        client_config=ClientConfig(remote_server_addr=url, timeout=int(TIMEOUT_S))
    )
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(WebDriverException):  # a busy machine's browser is slow to start
            return webdriver.Remote(connection, options=options)
    return webdriver.Remote(connection, options=options)


@contextlib.contextmanager
def display() -> Iterator[str]:
    """The name of an X display of our own."""
    reading, writing = os.pipe()
    command = [_program("Xvfb"), "-displayfd", str(writing), "-screen", "0", "1400x1000x24"]
    process = subprocess.Popen(
        [*command, "-nolisten", "tcp"], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise RuntimeError("Xvfb found no display")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()


def _program(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise MissingError(f"{' or '.join(names)} is missing")
