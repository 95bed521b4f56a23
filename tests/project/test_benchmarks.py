"""Every benchmark still runs and prints its rows. Their figures are for a quiet machine.

Those malformed requests of `load fuzz` are `tests/server/test_malformed.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core.bench.results import read
from mnist_core.files import ROOT
from tests.support.app import App, serve

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("mnist")]


# Several modules with their options, one after the other: what they import comes once.
_RUN = """
import json, runpy, sys
status = 0
for module, *options in json.loads(sys.argv[1]):
    sys.argv[1:] = options
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = max(status, end.code or 0)
sys.exit(status)
"""


def printed_by(*commands: list[str]) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(commands)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    # 1 where a figure misses its limit, as it may here.
    assert finished.returncode in (0, 1), finished.stderr
    assert finished.stderr == ""
    return finished.stdout


@pytest.fixture(scope="module")
def busy_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An application that only benchmarks use."""
    log = tmp_path_factory.mktemp("busy") / "app.log"
    with serve(log=log, options=("--max-trainings", "2")) as app:
        yield app


@pytest.mark.browser
def test_load(busy_app: App) -> None:
    quick = ["--quick", "--url", busy_app.url]
    load = "tests.benchmarks.load"
    printed = printed_by(
        [load, "draw", "churn", "class", *quick], [load, "draw", "--with-weights", *quick]
    )
    rows = ["5 visitors draw: ", "5 visitors draw, 2 trainings: ", "4 visitors in 2 lanes: "]
    rows += ["5 visitors press Train at once: ", "waits told against those that came: "]
    rows += ["a visit: ", "5 visitors come within "]
    rows += ["5 visitors draw with their weights, 5 ask: "]
    assert [row for row in rows if f"\n{row}" not in f"\n{printed}"] == [], printed
    assert printed.count(", 0 errors") == printed.count(" errors") == 5, printed


@pytest.mark.browser
def test_latency_here_and_over_links(busy_app: App) -> None:
    latency = ["tests.benchmarks.latency", "--quick", "--url", busy_app.url]
    printed = printed_by(
        latency, [*latency, "--link", "20", "--yours", "--slow-cpu", "2"]
    ).splitlines()
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
def test_speed_of_a_tab(name: str, rows: list[str], busy_app: App) -> None:
    printed = printed_by([f"tests.benchmarks.{name}", "--quick", "--url", busy_app.url])
    begins = [line for line in printed.splitlines() if line.startswith(tuple(rows))]
    assert len(begins) == len(rows), printed


def test_bench_on_the_command_line(tmp_path: Path) -> None:
    kept, figure = tmp_path / "bench.json", tmp_path / "growth.png"
    printed = printed_by(
        ["mnist_core", "bench", "--quick", "--json", str(kept), "--figure", str(figure)]
    )
    names = ["notebook's own loop", "step against its products", "fast preset, until 98 %"]
    names += ["1 × 64 units, ratio", "Classifier.predict", "ours against it", "memory with the"]
    names += ["predictions/s of 10 visitors"]
    assert [name for name in names if name not in printed] == []
    assert len(read(kept)["results"]) > len(names)
    assert figure.read_bytes().startswith(b"\x89PNG")
