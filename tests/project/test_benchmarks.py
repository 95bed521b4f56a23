"""Every benchmark still runs and prints its rows. Their figures are for a quiet machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mnist_core.bench.results import read
from mnist_core.files import ROOT
from tests.support.app import App, serve
from tests.support.malformed import KINDS

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("mnist")]


# Runs a module with its options for each line that it reads, and answers with what it printed and what
# it complained of: what the modules import comes once. 1 says that a figure missed its limit, as it may.
_RUN = """
import contextlib, io, json, runpy, sys, traceback
for line in sys.stdin:
    module, *sys.argv[1:] = json.loads(line)
    printed, wrong = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(wrong):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code not in (None, 0, 1):
                print(end, file=wrong)
        except Exception:
            traceback.print_exc()
    print(json.dumps([printed.getvalue(), wrong.getvalue()]), flush=True)
"""

Run = Callable[..., str]


@pytest.fixture(scope="module")
def printed_by() -> Iterator[Run]:
    """What a module prints with these options, run in the one process of all benchmarks."""
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        orders, answers = process.stdin, process.stdout

        def printed_by(module: str, *options: str) -> str:
            print(json.dumps([module, *options]), file=orders, flush=True)
            printed, wrong = json.loads(answers.readline())
            assert wrong == ""
            return str(printed)

        yield printed_by
        process.kill()


@pytest.fixture(scope="module")
def busy_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An application that only benchmarks use."""
    log = tmp_path_factory.mktemp("busy") / "app.log"
    with serve(log=log, options=("--max-trainings", "2")) as app:
        yield app


def test_no_malformed_request_breaks_anything(printed_by: Run, busy_app: App) -> None:
    printed = printed_by("tests.benchmarks.load", "--quick", "--url", busy_app.url, "fuzz")
    assert f" malformed requests of {len(KINDS)} kinds: " in printed
    assert ", 0 stack traces; the session beside them lives, 0 errors, " in printed, printed


@pytest.mark.browser
def test_load(printed_by: Run, busy_app: App) -> None:
    load = ("tests.benchmarks.load", "--quick", "--url", busy_app.url)
    printed = printed_by(*load, "draw", "churn", "class") + printed_by(
        *load, "draw", "--with-weights"
    )
    rows = ["5 visitors draw: ", "5 visitors draw, 2 trainings: ", "2 visitors in 2 lanes: "]
    rows += ["3 visitors press Train at once: ", "waits told against those that came: "]
    rows += ["a visit: ", "2 visitors come within "]
    rows += ["2 visitors draw with their weights, 5 ask: "]
    assert [row for row in rows if f"\n{row}" not in f"\n{printed}"] == [], printed
    assert printed.count(", 0 errors") == printed.count(" errors") == 5, printed


@pytest.mark.browser
def test_latency_here_and_over_links(printed_by: Run, busy_app: App) -> None:
    latency = ("tests.benchmarks.latency", "--quick", "--url", busy_app.url)
    over_a_link = printed_by(*latency, "--link", "20", "--yours", "--slow-cpu", "2")
    printed = [*printed_by(*latency).splitlines(), *over_a_link.splitlines()]
    rows = ["idle ", "training ", "two others ", "20 ms, ready-made: ", "20 ms, yours: "]
    assert len(printed) == len(rows), printed
    for row, line in zip(rows, printed, strict=True):
        assert line.startswith(row)
        # None is lost, however busy the page.
        assert "points 31 of 31" in line or not line.startswith("20 ms")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("hood_speed", ["pen's rest to all open steps: ", "pad with the tab open: "]),
        ("lab_speed", ["notebook, s an epoch: ", "fast: ", "slider to bars: ", "pause "]),
    ],
)
def test_speed_of_a_tab(name: str, rows: list[str], printed_by: Run, busy_app: App) -> None:
    printed = printed_by(f"tests.benchmarks.{name}", "--quick", "--url", busy_app.url)
    begins = [line for line in printed.splitlines() if line.startswith(tuple(rows))]
    assert len(begins) == len(rows), printed


def test_bench_on_the_command_line(printed_by: Run, tmp_path: Path) -> None:
    kept, figure = tmp_path / "bench.json", tmp_path / "growth.png"
    printed = printed_by(
        "mnist_core", "bench", "--quick", "--json", str(kept), "--figure", str(figure)
    )
    names = ["notebook's own loop", "step against its products", "fast preset, until 98 %"]
    names += ["1 × 64 units, ratio", "Classifier.predict", "ours against it", "memory with the"]
    names += ["predictions/s of 10 visitors"]
    assert [name for name in names if name not in printed] == []
    assert len(read(kept)["results"]) > len(names)
    assert figure.read_bytes().startswith(b"\x89PNG")
