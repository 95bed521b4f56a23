"""The cores that a process may use, by affinity and by its container's quota."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core import cores
from mnist_core.cores import available_cores
from mnist_core.files import ROOT
from mnist_core.server.limits import Limits


@pytest.mark.parametrize(
    ("files", "allowed"),
    [
        ({}, float("inf")),
        ({"cpu.max": "max 100000"}, float("inf")),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"a/cpu.max": "50000 100000", "cpu.max": "400000 100000"}, 0.5),
        ({"a/b/cpu.max": "400000 100000", "a/cpu.max": "200000 100000"}, 2.0),
        ({"cpu.max": "nonsense"}, float("inf")),
        ({"cpu/a/cpu.cfs_quota_us": "300000", "cpu/a/cpu.cfs_period_us": "100000"}, 3.0),
        ({"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"}, float("inf")),
    ],
)
def test_a_container_s_quota_counts(files: dict[str, str], allowed: float, tmp_path: Path) -> None:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    membership.write_text("5:cpu,cpuacct:/a/b\n4:memory:/c\n0::/a/b\n")
    assert cores._quota(root, membership) == allowed


def test_cores_follow_the_affinity() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("affinities are Linux's")
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_as_many_trainings_at_once_as_there_are_cores_to_use() -> None:
    assert Limits().trainings == available_cores()


@pytest.mark.skipif(sys.platform == "win32", reason="no niceness there")
@pytest.mark.parametrize("leads", [True, False])
def test_who_steps_back_does_so_among_sessions_too_but_not_for_others(leads: bool) -> None:
    code = (
        "import os; from pathlib import Path; from mnist_core.cores import step_back; step_back()\n"
        "group = Path('/proc/self/autogroup')\n"  # Linux alone has it
        "print(os.nice(0), *(group.read_text().split()[1:] if group.exists() else ()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=-1, start_new_session=leads, check=True
    )
    own, *of_group = done.stdout.decode().split()
    assert int(own) == os.nice(0) + 5
    assert not of_group or (of_group == ["nice", "5"]) is leads
