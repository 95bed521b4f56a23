"""What the process finds around it: temporary folder and proxies."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from mnist_core.errors import StartError

try:
    import fcntl
except ImportError:  # no Unix: folders of killed servers stay
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

#: Names the folder of uploads, for Gradio and for `mnist_core.ui.files`.
UPLOADS_VARIABLE = "GRADIO_TEMP_DIR"
#: Names the proxies that the server, uvicorn, believes when they name a visitor's address.
PROXIES_VARIABLE = "FORWARDED_ALLOW_IPS"
# Where nobody but the platform's own proxies reaches the page: a Space on Hugging Face.
_PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,fc00::/7,::1"
_PREFIX = "mnist_core-"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def prepare_environment() -> None:
    """Makes the environment such that Gradio starts in it, for this process and its workers.

    To be called before Gradio is imported. Raises `StartError` where it can't start at all.

    Gradio's temporary folder becomes one of this process alone, removed when it ends; loopback is
    never asked through a proxy, and proxies that Gradio's client can't use are left out; matplotlib
    draws without a screen, whatever a notebook's environment named; NumPy multiplies on one core.
    """
    for name in ("GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS"):
        _check_number(name)
    os.environ[UPLOADS_VARIABLE] = str(_own_folder())
    os.environ["MPLBACKEND"] = "agg"
    # One drawing is quicker read on one core, and the others have other visitors.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in _PROXIES:
        for variable in (name, name.upper()):
            if variable in os.environ and not _usable(os.environ[variable]):
                log.warning("a proxy is not used: expected http://host:port in %s", variable)
                del os.environ[variable]
    reach_without_proxy(*_LOOPBACK)


def _check_number(name: str) -> None:
    text = os.environ.get(name, "")
    if not text:
        os.environ.pop(name, None)
    elif not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise StartError(f"${name}: expected a whole number from 1 to 65535, got {text!r}")


def reach_without_proxy(*hosts: str) -> None:
    """Adds `hosts` to those that no proxy is asked for."""
    for variable in ("no_proxy", "NO_PROXY"):
        known = [each.strip() for each in os.environ.get(variable, "").split(",") if each.strip()]
        os.environ[variable] = ",".join(dict.fromkeys([*known, *hosts]))


def proxies_of_the_surroundings(*, share: bool) -> str:
    """Addresses and networks of the proxies that are known without being named; "" for none.

    share: a public link, whose visitors come through a tunnel that ends on this machine.
    """
    named = os.environ.get(PROXIES_VARIABLE)
    if named is not None:
        return named
    if os.environ.get("SPACE_ID"):
        return _PRIVATE
    return "127.0.0.1" if share else ""


def _usable(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no such port, half a bracket
        return False


def _own_folder() -> Path:
    """A new folder that only this user may read, in the one that the environment names or the system's."""
    wanted = os.environ.get(UPLOADS_VARIABLE)
    for parent in (wanted, None) if wanted else (None,):
        try:
            folder = _held_folder(parent)
        except OSError as error:
            fault = error
            continue
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _remove_abandoned(folder.parent)
        return folder
    raise StartError(f"there is no folder for temporary files: {fault}")


def own_folder() -> Path | None:
    """This process's folder of uploads; None where the environment was not prepared."""
    folder = Path(os.environ.get(UPLOADS_VARIABLE, ""))
    return folder if folder.name.startswith(_PREFIX) else None


def remove_own_folder() -> None:
    """Removes this process's folder of uploads, with all in it."""
    folder = own_folder()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


# The folders that this process holds, by descriptors that stay open as long as it lives.
_held: list[int] = []


def _held_folder(parent: str | None) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        if fcntl is None:
            return folder
        # A server that starts at the same moment may take it for abandoned before it is held.
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            except OSError:  # no locks in this file system: then nobody else takes them either
                os.close(descriptor)
                return folder
            if folder.is_dir():
                _held.append(descriptor)
                return folder
            os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    """Removes folders beside ours whose process was killed: nobody holds them any more."""
    if fcntl is None:
        return
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's, held, or just gone
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
