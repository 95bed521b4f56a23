"""nginx, the web server of Debian, in front of applications."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

_CONFIGURATION = """
daemon off;
{user}
pid {folder}/pid;
worker_processes 1;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {http}
}}
"""
_START_S = 60.0


@contextlib.contextmanager
def nginx(http: str, *, folder: Path, port: int) -> Iterator[None]:
    """nginx with `http` as the contents of its block of that name, once it answers at `port`."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is needed here: apt-get install nginx")
        pytest.skip("no nginx")
    user = "user root;" if os.getuid() == 0 else ""
    file = folder / "nginx.conf"
    file.write_text(_CONFIGURATION.format(folder=folder, user=user, http=http))
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-p", str(folder), "-c", str(file)], stdout=log, stderr=log
        )
    try:
        _wait_for(process, port, folder / "nginx.log")
        yield
    finally:
        process.terminate()
        process.wait()


def replaced(text: str, changes: Mapping[str, object]) -> str:
    """`text` with each of the keys, which have to stand in it, replaced by its value."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, str(new))
    return text


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"nginx ended at once:\n{log.read_text()}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"nginx did not answer at {port}:\n{log.read_text()}")
