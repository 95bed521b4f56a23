"""`python app.py` as a process of its own: started, waited for, and seen to end cleanly."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mnist_core.files import APP, ROOT

START_S = 120.0  # it takes 5 s; other tests may keep the machine busy
END_S = 30.0  # it takes 1 s


def free_port() -> int:
    """A port below those that the system hands out, so that nobody takes it before its server does."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True)
class App:
    """One running application on this machine."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def end(self) -> None:
        """Asks it to end, and sees that it does so cleanly."""
        self.process.terminate()
        self.wait()

    def wait(self) -> None:
        """Until it has ended; raises `RuntimeError` where it doesn't, not with 0, or with a stack trace."""
        try:
            code = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the application did not end within {END_S:g} s") from None
        if code != 0:
            raise RuntimeError(f"the application ended with {code}:\n{_tail(self.log)}")
        if "Traceback" in (text := self.log.read_text(errors="replace")):
            place = text.index("Traceback")
            raise RuntimeError(
                f"a stack trace in the log:\n{text[max(0, place - 500) : place + 3000]}"
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start(
    *,
    log: Path,
    port: int | None = None,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = (str(APP),),
    prefix: Sequence[str] = (),
) -> App:
    """The application, or another `program`, on that port or a free one, once it answers.

    prefix: the command that runs it, in place of the shell.
    """
    port = port or free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*prefix, sys.executable, *program, "--port", str(port), *options],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        )
    app = App(port, process, log)
    try:
        _wait_for(app)
    except BaseException:
        app.kill()
        raise
    return app


@contextlib.contextmanager
def serve(
    *,
    log: Path,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[App]:
    """`start` on a port of its own; sees that it ends cleanly."""
    app = start(log=log, options=options, environment=environment)
    try:
        yield app
    except BaseException:
        app.kill()
        raise
    app.end()


def _wait_for(app: App) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if app.process.poll() is not None:
            raise RuntimeError(f"the application ended at once:\n{_tail(app.log)}")
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{app.url}health", timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the application did not answer within {START_S:g} s:\n{_tail(app.log)}")


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The application with its defaults, shared by all tests that leave it as they found it."""
    with serve(log=tmp_path_factory.mktemp("app") / "app.log") as app:
        yield app


@pytest.fixture(scope="session")
def app_url(app: App) -> str:
    return app.url


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """`start`, for a test that needs an application of its own; what it leaves running is killed."""
    apps: list[App] = []

    def start_one(
        *,
        port: int | None = None,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> App:
        log = tmp_path / f"app-{len(apps)}.log"
        apps.append(
            start(log=log, port=port, options=options, environment=environment, prefix=prefix)
        )
        return apps[-1]

    yield start_one
    for app in apps:
        if app.process.poll() is None:
            app.kill()
