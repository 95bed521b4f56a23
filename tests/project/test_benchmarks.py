"""Every benchmark still runs and prints its rows. Their figures are for a quiet machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core.bench.results import read
from mnist_core.files import ROOT
from tests.support.app import App, serve

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("mnist")]


def printed_by(*command: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", *command],
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


@pytest.mark.parametrize(
    ("part", "rows"),
    [
        ("draw", ["5 visitors draw: ", "5 visitors draw, 2 trainings: "]),
        ("churn", ["4 visitors in 2 lanes: "]),
        ("fuzz", ["malformed requests of "]),
        ("class", ["5 visitors press Train at once: ", "waits told against those that came: "]),
    ],
)
def test_load(part: str, rows: list[str], busy_app: App) -> None:
    printed = printed_by("tests.benchmarks.load", part, "--quick", "--url", busy_app.url)
    assert [row for row in rows if row not in printed] == []
    assert ", 0 errors" in printed


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("latency", ["idle ", "training ", "two others "]),
        ("hood_speed", ["pen's rest to all open steps: ", "pad with the tab open: "]),
        ("lab_speed", ["notebook, s an epoch: ", "fast: ", "slider to bars: ", "pause "]),
    ],
)
def test_in_the_browser(name: str, rows: list[str], busy_app: App) -> None:
    printed = printed_by(f"tests.benchmarks.{name}", "--quick", "--url", busy_app.url)
    begins = [line for line in printed.splitlines() if line.startswith(tuple(rows))]
    assert len(begins) == len(rows), printed


@pytest.mark.browser
def test_latency_over_links(busy_app: App) -> None:
    options = ["--link", "20", "--yours", "--slow-cpu", "2", "--quick", "--url", busy_app.url]
    printed = printed_by("tests.benchmarks.latency", *options).splitlines()
    rows = ["20 ms, ready-made: ", "20 ms, yours: "]
    assert len(printed) == len(rows), printed
    for row, line in zip(rows, printed, strict=True):
        assert line.startswith(row)
        assert "points 31 of 31" in line  # none is lost, however busy the page


@pytest.mark.browser
def test_load_of_visitors_with_their_weights(busy_app: App) -> None:
    options = ["draw", "--with-weights", "--quick", "--url", busy_app.url]
    printed = printed_by("tests.benchmarks.load", *options)
    rows = ["a visit: ", "5 visitors come within ", "5 visitors draw with their weights, 5 ask: "]
    for row, line in zip(rows, printed.splitlines(), strict=True):
        assert line.startswith(row)
    assert ", 0 errors" in printed


def test_bench_on_the_command_line(tmp_path: Path) -> None:
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
