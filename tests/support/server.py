"""The page's server functions over HTTP, as its scripts call them."""

from __future__ import annotations

import contextlib
import json
import socket
import urllib.request
from pathlib import Path
from typing import Any


def components_in(config: bytes) -> dict[str, int]:
    """Which component has which server function, by what `/config` answers."""
    return {
        name: part["id"]
        for part in json.loads(config)["components"]
        for name in part["props"].get("server_fns") or []
    }


def workers_of(process: int) -> dict[int, str]:
    """The training workers of an application by process id, each with its state: R runs, S waits."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):  # it has just ended
            state, parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
            command = stat.with_name("cmdline").read_bytes()
            if int(parent) == process and b"mnist_core.worker" in command:
                found[int(stat.parent.name)] = state
    return found


def unread_bytes(connection: socket.socket) -> int:
    """How much of what was sent over this connection its server, on this machine, has yet to read."""
    here, there = connection.getsockname()[1], connection.getpeername()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (there, here):
            return int(queues.split(":")[1], 16)
    raise ConnectionError("the server has closed the connection")


class Server:
    """One visitor of a running application."""

    def __init__(self, url: str) -> None:
        self.url = url
        with urllib.request.urlopen(f"{url}config") as response:
            self.components = components_in(response.read())
        self.token: str | None = None
        self.token = self.ask("open_session")["token"]

    def call(self, name: str, payload: Any) -> Any:
        with urllib.request.urlopen(self._request(name, payload)) as response:
            return json.load(response)

    def _request(self, name: str, payload: Any) -> urllib.request.Request:
        body = {
            "data": payload,
            "component_id": self.components[name],
            "fn_name": name,
            "session_hash": "test",
        }
        return urllib.request.Request(
            f"{self.url}gradio_api/component_server",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )

    def request(self, name: str, **payload: Any) -> urllib.request.Request:
        """What asks a server function for this visitor."""
        return self._request(name, {"token": self.token} | payload)

    def ask(self, name: str, **payload: Any) -> Any:
        """The answer of a server function to this visitor."""
        with urllib.request.urlopen(self.request(name, **payload)) as response:
            return json.load(response)

    def predict(self, strokes: Any, **changes: Any) -> Any:
        return self.ask("predict", **{"strokes": strokes, "model": "ready", "seq": 1} | changes)
