"""How many cores this process may use, and who goes first on them."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_NICENESS = 5  # a third of the share of a process that is not nice


def available_cores() -> int:
    """The cores that this process may use, at least one: by affinity and its container's quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # no Linux
        cores = os.cpu_count() or 1
    return max(1, int(min(cores, _quota(_CGROUPS, Path("/proc/self/cgroup")))))


def step_back() -> None:
    """Has other processes go first, where the system knows of such an order."""
    if sys.platform == "win32":
        return
    os.nice(_NICENESS)
    # Linux compares niceness within a session alone, and sessions by one of their own, which belongs to
    # others where this process does not lead it. Elsewhere there is no such file.
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS))


def _quota(root: Path, membership: Path) -> float:
    """Cores that the control groups of this process allow, infinite where none says."""
    quota = float("inf")
    with contextlib.suppress(OSError):
        for line in membership.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "cpu" not in controllers.split(","):
                continue
            top = root / "cpu" if controllers else root
            group = top / path.lstrip("/")
            # In a container the path is the host's, and its own group is what it sees at the top.
            for each in (top, *(p for p in (group, *group.parents) if top in p.parents)):
                quota = min(quota, _quota_of(each))
    return quota


def _quota_of(group: Path) -> float:
    with contextlib.suppress(OSError, ValueError):
        quota, period = (group / "cpu.max").read_text().split()  # cgroup v2
        return float("inf") if quota == "max" else int(quota) / int(period)
    with contextlib.suppress(OSError, ValueError):
        microseconds = int((group / "cpu.cfs_quota_us").read_text())
        if microseconds > 0:
            return microseconds / int((group / "cpu.cfs_period_us").read_text())
    return float("inf")
