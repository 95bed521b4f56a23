"""A line to a server on which each model stops half-way, and goes no further."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator

_MODEL = re.compile(rb"(?:GET /page/\w+/mnist\.safetensors|POST /page/weights) HTTP/")
_HALF = 2**14  # bytes; the smallest model of a test takes more
_PIECE = 2**16
_PATIENCE_S = 60


class Halfway:
    """The line: `url` leads to the server; models pass whole from when `is_open` is set."""

    def __init__(self, port: int) -> None:
        self.is_open = False
        self._there = port
        self._stopped: list[_Connection] = []
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def wait_for(self, count: int) -> None:
        """Until so many models have stopped, those whose reader has left since included."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._stopped) >= count, _PATIENCE_S):
                raise TimeoutError(f"expected {count} models on their way, got {self._stopped}")

    def cut(self) -> None:
        """Ends each connection on which a model has stopped."""
        for each in self._stopped:
            each.end()

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                here, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(here,), daemon=True).start()

    def close(self) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _carry(self, here: socket.socket) -> None:
        with (
            here,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._there)) as there,
        ):
            connection = _Connection(here, there)
            up = threading.Thread(target=self._carry_up, args=(connection,), daemon=True)
            up.start()
            self._carry_down(connection)
            connection.end()
            up.join()

    def _carry_up(self, connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            while piece := connection.here.recv(_PIECE):
                if _MODEL.match(piece) and not self.is_open:
                    connection.left = _HALF
                connection.there.sendall(piece)
        connection.end()

    def _carry_down(self, connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            while piece := connection.there.recv(_PIECE):
                if connection.left is None:
                    connection.here.sendall(piece)
                    continue
                connection.here.sendall(piece[: connection.left])
                connection.left -= len(piece)
                if connection.left <= 0:
                    with self._changed:
                        self._stopped.append(connection)
                        self._changed.notify_all()
                    connection.over.wait()
                    return


class _Connection:
    """A browser's connection, and that to the server; left: bytes until a model stops."""

    def __init__(self, here: socket.socket, there: socket.socket) -> None:
        self.here = here
        self.there = there
        self.left: int | None = None
        self.over = threading.Event()

    def end(self) -> None:
        self.over.set()
        for each in (self.here, self.there):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def halfway(port: int) -> Iterator[Halfway]:
    """A line to that port of this machine."""
    line = Halfway(port)
    thread = threading.Thread(target=line.serve)
    thread.start()
    try:
        yield line
    finally:
        line.close()
        thread.join()
