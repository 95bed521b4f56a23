"""What the benchmarks' command lines have in common."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.app import serve


def parser_for(description: str | None) -> argparse.ArgumentParser:
    """A parser with `--quick` and `--url`; the description is a docstring's first line."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a little of everything: shows that it works, not more"
    )
    parser.add_argument("--url", help="a running application, instead of one of its own")
    return parser


@contextlib.contextmanager
def address(url: str | None, *options: str) -> Iterator[str]:
    """That application's address, or that of one of our own, which is seen to end without a fault.

    options: more of its own one's.
    """
    if url:
        yield url
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(log=Path(folder) / "app.log", options=("--max-trainings", "2", *options)) as app,
    ):
        yield app.url
