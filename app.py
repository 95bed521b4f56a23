"""Draw a digit: the page, from its parts. `python app.py --help` lists the options."""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from mnist_core.errors import AccountsError, StartError
from mnist_core.files import PAIR_WEIGHTS, WEIGHTS
from mnist_core.logs import log_as_json
from mnist_core.server.environment import (
    PROXIES_VARIABLE,
    prepare_environment,
    proxies_of_the_surroundings,
    reach_without_proxy,
    remove_own_folder,
)

if __name__ == "__main__":
    gc.disable()  # all that is imported stays: looking it through would take an eighth of the start
    log_as_json(logging.WARNING)
    try:
        prepare_environment()  # Gradio, imported below, reads it once
    except StartError as fault:
        sys.exit(str(fault))

from mnist_core.models.config import PairConfig
from mnist_core.server.accounts import AUTH_VARIABLE, read_accounts
from mnist_core.server.application import Application
from mnist_core.server.limits import add_limit_options, limits_from
from mnist_core.server.ray_engine import RayEngine
from mnist_core.server.ready_model import check_weights
from mnist_core.ui.hood.tab import hood_tab
from mnist_core.ui.lab.tab import lab_tab
from mnist_core.ui.page import Tab, build_page, end_page, launch_options, queue_requests
from mnist_core.ui.tools import check_tools

TABS: dict[str, Tab] = {"Train": lab_tab, "Under the hood": hood_tab}


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options on the command line, with the environment's as defaults."""
    environment = os.environ
    parser = argparse.ArgumentParser(description="Serve the draw-a-digit page.")
    parser.add_argument(
        "--host",
        default=environment.get("GRADIO_SERVER_NAME", "127.0.0.1"),
        help="address to bind; 0.0.0.0 lets other machines in (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=environment.get("GRADIO_SERVER_PORT") or None,
        help="port (default: $GRADIO_SERVER_PORT, else the first free one from 7860)",
    )
    parser.add_argument(
        "--root-path",
        type=_root_path,
        default=environment.get("GRADIO_ROOT_PATH", ""),
        metavar="PATH",
        help="where a proxy in front of the page shows it, /PATH or the whole https://HOST/PATH "
        "(default: $GRADIO_ROOT_PATH, else /)",
    )
    parser.add_argument(
        "--trusted-proxies",
        type=_addresses,
        default=None,
        metavar="ADDRESS,...",
        help="addresses or networks of the proxies in front of the page, which name a visitor's "
        f"address in X-Forwarded-For (default: ${PROXIES_VARIABLE}; else private networks on Hugging "
        "Face, this machine with --share, and none elsewhere)",
    )
    parser.add_argument("--share", action="store_true", help="also make a public link")
    parser.add_argument(
        "--mcp",
        action="store_true",
        default=environment.get("GRADIO_MCP_SERVER", "").lower() == "true",
        help="also serve the API as tools for language models, by the Model Context Protocol",
    )
    parser.add_argument(
        "--auth",
        nargs="?",
        const="",
        metavar="FILE",
        help=f"ask for a name and a password: those in FILE, a line of name:password each, or "
        f"without FILE those in ${AUTH_VARIABLE}",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=environment.get("MNIST_ROOT"),
        metavar="DIR",
        help="where MNIST is or goes (default: $MNIST_ROOT, else a cache folder)",
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="train on the Ray cluster there: auto, HOST:PORT, ray://HOST:PORT, or local for one of "
        "its own (default: processes of this machine)",
    )
    add_limit_options(parser)
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, got {text!r}")
    return int(text)


def _root_path(text: str) -> str:
    if text and not text.startswith(("/", "http://", "https://")):
        raise argparse.ArgumentTypeError(f"expected /PATH or https://HOST/PATH, got {text!r}")
    return text.rstrip("/")


def _addresses(text: str) -> str:
    for each in text.split(","):
        try:
            ipaddress.ip_network(each.strip())
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"expected addresses or networks such as 192.0.2.1,10.0.0.0/8, got {each.strip()!r}"
            ) from None
    return text


def check_host(host: str) -> None:
    """OSError for one that is not this machine's: Gradio would try a hundred ports of it."""
    for family, kind, protocol, _, address in socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[
        :1
    ]:
        with socket.socket(family, kind, protocol) as probe:
            probe.bind(address)


def main() -> None:
    options = parse_options()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may know fewer characters
    reach_without_proxy(options.host)
    try:
        limits, accounts = limits_from(options), read_accounts(options.auth)
        check_weights(WEIGHTS)
        check_weights(PAIR_WEIGHTS, kind=PairConfig)
        if options.mcp:
            check_tools()
        engine = RayEngine(options.ray, cores=limits.trainings) if options.ray else None
    except (ValueError, AccountsError, StartError) as error:
        sys.exit(str(error))
    # The server, uvicorn, reads it there, and takes what else there is for the visitor's own address.
    os.environ[PROXIES_VARIABLE] = options.trusted_proxies or proxies_of_the_surroundings(
        share=options.share
    )
    application = Application(limits=limits, data=options.data, engine=engine)
    page = build_page(application, tabs=TABS)
    queue_requests(page)
    gc.freeze()
    gc.enable()
    try:
        check_host(options.host)
        # SIGTERM ends the page as Ctrl+C does: the trainings' processes go with it.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        page.launch(
            server_name=options.host,
            server_port=options.port,
            share=options.share,
            root_path=options.root_path,
            auth=accounts,
            mcp_server=options.mcp,
            prevent_thread_lock=True,
            **launch_options(application, tools=options.mcp, accounts=accounts),
        )
        log_as_json(logging.WARNING)  # the server has set up a log of its own by now
        if options.share and not page.share_url:
            print(f"There is no public link without a network. Serving on {page.local_url}")
        # Over a link, Gradio would have browsers fetch its scripts from elsewhere; the page brings them.
        page.share = False
        application.start()
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.exit(f"The page can't be served on {options.host}, port {options.port}: {error}")
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)  # it is ending already
        end_page(page, application)


if __name__ == "__main__":
    main()
    # Taking PyTorch down module by module takes seconds and frees nothing that would stay.
    with contextlib.suppress(OSError):  # a full disk, a closed pipe
        sys.stdout.flush()
    remove_own_folder()
    os._exit(0)
