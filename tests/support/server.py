"""The page's server functions over HTTP, as its scripts call them."""

from __future__ import annotations

import contextlib
import json
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


class Server:
    """One visitor of a running application."""

    def __init__(self, url: str) -> None:
        self.url = url
        with urllib.request.urlopen(f"{url}config") as response:
            self.components = components_in(response.read())
        self.token = self.call("open_session", {"token": None})["token"]

    def call(self, name: str, payload: Any) -> Any:
        body = {
            "data": payload,
            "component_id": self.components[name],
            "fn_name": name,
            "session_hash": "test",
        }
        request = urllib.request.Request(
            f"{self.url}gradio_api/component_server",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def ask(self, name: str, **payload: Any) -> Any:
        """The answer of a server function to this visitor."""
        return self.call(name, {"token": self.token} | payload)

    def predict(self, strokes: Any, **changes: Any) -> Any:
        return self.call(
            "predict",
            {"token": self.token, "strokes": strokes, "model": "ready", "seq": 1} | changes,
        )
