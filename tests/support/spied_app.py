"""The application, writing down every connection that it opens and every name that it looks up.

`python -m tests.support.spied_app LOG OPTION ...` starts it with those options. A line of LOG is an
address; none but this machine's own is let through.
"""

from __future__ import annotations

import runpy
import socket
import sys
from typing import Any

from mnist_core.files import APP

_OWN = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "")


def _spy(log: str) -> None:
    output = open(log, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open to the end

    def spy(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            address = arguments[1]
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
            address = arguments[:2] if event == "socket.getaddrinfo" else arguments[-1]
        else:
            return
        if isinstance(address, tuple):  # a socket of the file system has a path
            host = address[0].decode() if isinstance(address[0], bytes) else address[0]
            print(f"{host}:{address[1]}", file=output)
            if (host or "") not in _OWN:
                raise socket.gaierror(f"{host}: no way out in a test")

    sys.addaudithook(spy)


if __name__ == "__main__":
    _spy(sys.argv[1])
    sys.argv[:] = [str(APP), *sys.argv[2:]]
    runpy.run_path(str(APP), run_name="__main__")
