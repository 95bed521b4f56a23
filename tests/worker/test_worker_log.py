"""What a training worker says on stderr: lines of the server's log."""

from __future__ import annotations

import json
import subprocess
import sys

from mnist_core.files import ROOT


def test_a_worker_s_errors_are_lines_of_the_log() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mnist_core.worker"],
        input=b"these are no orders" * 10,
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["the orders broke off"]
    assert lines[0]["level"] == "error"


def test_threads_and_warnings_end_in_the_log_as_well() -> None:
    code = (
        "import logging, threading, warnings; from mnist_core.logs import log_as_json\n"
        "log_as_json(logging.WARNING); warnings.warn('odd')\n"
        "thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=True
    )
    warned, broke = (json.loads(line) for line in done.stderr.splitlines())
    assert "odd" in warned["event"]
    assert (broke["event"], broke["error"]) == ("a thread broke off", "ZeroDivisionError")
