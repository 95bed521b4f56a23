"""The way to a Ray cluster: what its address must be, and how to become part of it.

Ray is imported by who joins, not before.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mnist_core.errors import StartError
from mnist_core.files import ROOT

#: What the tests use; others may do.
RAY_VERSION = "2.60.0"
_ADDRESS = "RAY_ADDRESS"  # names the cluster of "auto"
_ANSWER_S = 4.0  # within which an address has to take a connection, and then to speak
_STORE_BYTES = 512 * 2**20  # of a cluster of its own: a search puts 190 MB there, the page 55 MB
# Ray speaks gRPC, which is HTTP/2: who begins it with this and its settings hears the other's settings.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS, _HEAD = 4, 9


def check_cluster(address: str) -> None:
    """`StartError` that says in one sentence why nothing can be expected at that address."""
    if importlib.util.find_spec("ray") is None:
        raise StartError(f'--ray needs Ray: pip install "ray[client]=={RAY_VERSION}"')
    if address == "auto":
        address = os.environ.get(_ADDRESS, "") or address
    if address in ("auto", "local"):
        return
    try:
        parts = urlsplit(address if "://" in address else f"ray-node://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or port is None or parts.scheme not in ("ray", "ray-node"):
        expected = "auto, local, HOST:PORT or ray://HOST:PORT"
        raise StartError(f"--ray: expected {expected}, got {address!r}")
    fault = _fault_of(host, port)
    if fault is not None:
        raise StartError(f"--ray {address}: expected a Ray cluster there, and {fault}")


def _fault_of(host: str, port: int) -> str | None:
    """Why there is no gRPC at that address; None where there may be."""
    try:
        connection = socket.create_connection((host, port), timeout=_ANSWER_S)
    except OSError as error:
        return f"nobody answers ({error.strerror or error})"
    with connection:
        if os.environ.get("RAY_USE_TLS", "0") not in ("0", "false", "False"):
            return None
        try:
            connection.sendall(_PREFACE)
            heard = b""
            while len(heard) < _HEAD and (more := connection.recv(_HEAD - len(heard))):
                heard += more
        except TimeoutError:
            return f"who answers says nothing within {_ANSWER_S:g} s"
        except OSError as error:
            return f"who answers hangs up ({error.strerror or error})"
    return None if len(heard) == _HEAD and heard[3] == _SETTINGS else "something else answers"


def settings_of(address: str) -> dict[str, str]:
    """The environment that Ray has to be imported in."""
    settings = {
        "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
        # Of a cluster of its own: no workers that idle before they are needed.
        "RAY_enable_worker_prestart": "0",
        "RAY_prestart_worker_first_driver": "0",
        "RAY_ENABLE_AUTO_CONNECT": "0",  # to another cluster, where the one that was joined is gone
    }
    named = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys()
    has_token = bool(named) or (Path.home() / ".ray" / "auth_token").is_file()
    # For ray://, Ray does not show this user's token by itself. For other addresses it must not be told
    # to: in a cluster without tokens, its nodes would be turned away.
    if has_token and address.startswith("ray://"):
        settings["RAY_AUTH_MODE"] = "token"
    return {name: os.environ.get(name, value) for name, value in settings.items()}


def join(address: str, *, cores: int, modules: Sequence[str] = ("mnist_core",)) -> None:
    """Become part of the cluster at `address`; of one of its own, with `cores`, where that is "local".

    modules: the folders of the project whose code goes along: nodes need Ray and the packages of
    requirements.txt, no more. `StartError` has Ray's own words.
    """
    os.environ.update(settings_of(address))
    if address != "auto":
        os.environ.pop(_ADDRESS, None)  # with Ray, it would outdo what was asked for
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address == "local":
        options |= {
            "num_cpus": cores,
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
        }
    else:
        options["runtime_env"] = {"py_modules": [str(ROOT / each) for each in modules]}
    try:
        import ray

        ray.init(address, **options)
    except Exception as error:  # of many kinds
        said = " ".join(str(error).split())[:300]
        raise StartError(f"--ray {address}: {said}") from error
