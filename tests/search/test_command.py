"""The search as it is run: processes, Ray, a stop in the middle, and what it says."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from mnist_core.__main__ import main
from mnist_core.data.datasets import Splits
from mnist_core.data.mnist import load_mnist
from mnist_core.files import ROOT
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.search.report import curves, ranked, table
from mnist_core.search.settings import Settings, Value
from mnist_core.search.state import State
from mnist_core.search.trial import Result, Trial, held_out, train_trial
from mnist_core.training.presets import PRESETS

TINY = ["--set", "train_size=200", "--set", "epochs=1", "--set", "hidden_sizes=none,8"]


def trial(**settings: Value) -> Trial:
    chosen: Settings = {"epochs": 2, "batch_size": 50} | settings
    return Trial.of(chosen, PRESETS["fast"], seed=3)


def test_a_trial_is_the_same_again_and_measured_on_images_held_out_of_all(digits: Splits) -> None:
    data = held_out(digits, seed=3)
    assert data.test is None
    assert data.validation is not None
    first, weights = train_trial(trial(), data)
    again, same = train_trial(trial(), held_out(digits, seed=3))
    assert first.validation_accuracies == again.validation_accuracies
    one, other = (load_checkpoint(each).state_dict() for each in (weights, same))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    timid, _ = train_trial(trial(learning_rate=1e-6), data)
    assert first.accuracy > timid.accuracy


def test_what_is_finished_is_read_again_and_what_is_damaged_is_not(
    digits: Splits, tmp_path: Path
) -> None:
    state, data = State(tmp_path / "new"), held_out(digits, seed=3)
    state.prepare()
    assert state.read(trial()) is None
    result, weights = train_trial(trial(), data)
    state.write(trial(), result, weights)
    assert state.read(trial()) == result
    assert state.read(trial(dropout=0.1)) is None
    (figures,) = (tmp_path / "new").glob("*.json")
    whole = figures.read_text()
    for damaged in (whole[:50], "[]", "{}", json.dumps(json.loads(whole) | {"train_losses": None})):
        figures.write_text(damaged)
        assert state.read(trial()) is None
    figures.write_text(whole)
    state.model_of(trial()).unlink()
    assert state.read(trial()) is None


def test_the_table_has_the_best_first_and_what_diverged_last() -> None:
    def result(accuracy: float, *, parameters: int = 10, diverged: bool = False) -> Result:
        return Result(
            train_losses=[0.5],
            validation_losses=[0.4],
            validation_accuracies=[] if diverged else [accuracy],
            parameter_count=parameters,
            elapsed_s=1.0,
            diverged=diverged,
        )

    done = [
        (trial(dropout=0.1), result(0, diverged=True)),
        (trial(dropout=0.2), result(0.97, parameters=20)),
        (trial(dropout=0.3), result(0.97)),
        (trial(dropout=0.4), result(0.99)),
    ]
    rows = [line.split() for line in table(done).splitlines()]
    assert rows[0] == [
        "validation",
        "loss",
        "parameters",
        "seconds",
        "epochs",
        "batch_size",
        "dropout",
    ]
    assert [row[-1] for row in rows[1:]] == ["0.4", "0.3", "0.2", "0.1"]
    assert [row[0] for row in rows[1:]] == ["99.00%", "97.00%", "97.00%", "diverged"]
    axes = curves([each for each in done if each is not done[0]]).axes[1]
    assert len(axes.lines) == 3
    assert ranked(done)[0][0].settings["dropout"] == 0.4


def heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def alive(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just gone
            state, _, its_group = stat.read_text().rsplit(")", 1)[1].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(stat.with_name("cmdline").read_text().replace("\0", " "))
    return found


@pytest.mark.usefixtures("mnist")
def test_a_stopped_search_keeps_what_is_done_and_goes_on(
    mnist_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, out, figure = tmp_path / "state", tmp_path / "best.safetensors", tmp_path / "curves.png"
    varied = ["--set", "train_size=3000", "--set", "learning_rate=0.05", "--set", "epochs=1,30"]
    command = [
        "sweep",
        *varied,
        "--processes",
        "1",
        "--state",
        str(state),
        "--data",
        str(mnist_root),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "mnist_core", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Who runs the tests in the background ignores Ctrl+C, and so would all that is started here.
        preexec_fn=heed_ctrl_c,
    )
    assert process.stdout is not None
    said = []
    with process:
        for line in process.stdout:
            said.append(line)
            if line.startswith("1/2"):
                os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of its processes
    assert process.returncode == 130, said
    assert "Traceback" not in "".join(said)
    until = time.monotonic() + 60
    while left := alive(process.pid):
        assert time.monotonic() < until, left
        time.sleep(0.05)
    assert len(list(state.glob("*.json"))) == 1

    assert main([*command, "--out", str(out), "--figure", str(figure)]) == 0
    told = capsys.readouterr().out
    assert "2 trainings, 1 of them finished before" in told
    assert re.search(r"best: .*epochs=30\n", told)
    assert told.index("validation") < told.index("test accuracy")
    assert load_checkpoint(out).config.hidden_sizes == (128, 64)
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert main(command) == 0  # nothing is left to train
    assert "2 trainings, 2 of them finished before" in capsys.readouterr().out


@pytest.mark.server
@pytest.mark.usefixtures("mnist")
def test_a_search_on_ray_finds_what_one_on_this_machine_finds(
    mnist_root: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    command = [sys.executable, "-m", "mnist_core", "sweep", *TINY, "--data", str(mnist_root)]
    ran = subprocess.run(
        [*command, "--ray", "local", "--processes", "1", "--state", str(tmp_path / "ray")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        # A cluster that others slow down takes longer than Ray waits for one.
        env={**os.environ, "RAY_raylet_start_wait_time_s": "120"},
    )
    assert "2/2" in ran.stdout, ran.stderr
    data = held_out(load_mnist(mnist_root), seed=0)
    settings: Settings = {"train_size": 200, "epochs": 1, "hidden_sizes": (8,)}
    one = Trial.of(settings, PRESETS["fast"], seed=0)
    told = State(tmp_path / "ray").read(one)
    assert told is not None
    here, _ = train_trial(one, data)
    assert told.validation_accuracies == pytest.approx(here.validation_accuracies, abs=1e-3)


@pytest.mark.usefixtures("mnist")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "dropout=0.1"], "--state"),
        ([], "expected something to vary, as --set"),
        (["--set", "dropout=0.1", "--set", "dropout=0.2"], "expected each setting once"),
        (["--set", "dropout=0.1,1.5"], "dropout: expected 0 to 0.999, got 1.5"),
        (["--set", "hidden_sizes=9999"], "hidden_sizes: expected whole numbers from 1 to 4096"),
        (["--set", "optimizer=lion"], "optimizer: expected one of"),
        (["--set", "dropout=0.1", "--trials", "0"], "expected at least 1"),
        (["--set", "dropout=0.1", "--out", "nowhere/x"], "there is no folder nowhere"),
        (
            ["--set", "dropout=0.1", "--ray", "127.0.0.1:1"],
            "a Ray cluster there, and nobody answers",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    state = tmp_path / ("file/x" if "--state" in said else "state")
    assert main(["sweep", *options, "--state", str(state)]) == 1
    assert said in capsys.readouterr().err
