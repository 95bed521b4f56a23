"""Fixtures, marks and workers of the tests: data sets, one application and one browser a process."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from mnist_core.errors import DatasetError
from tests.support.app import app, app_url, start_app
from tests.support.browser import browser, opened, page, profile, visit

# PyTorch comes with the first fixture that needs it: who only hands out the tests does without.
if TYPE_CHECKING:
    from mnist_core.data.datasets import Splits

__all__ = ["app", "app_url", "browser", "opened", "page", "profile", "start_app", "visit"]

# Small networks are slower on two threads, and many times slower where the tests share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Which fixtures make a test slow, and the mark that leaves it out: `-m "not browser and not server"`.
_MARKS = {"browser": {"browser"}, "server": {"app", "start_app", "spied"}}

# No promise is about time here, and a busy machine makes any example slow.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")

# What the tests import stays to the end: the collector need never look at it.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is slow, and puts the longest files first: no process is left alone with one."""
    slow_files, mnist_files = set(), set()
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        for mark, slow in _MARKS.items():
            if fixtures & slow:
                item.add_marker(mark)
        if any(item.get_closest_marker(mark) for mark in _MARKS):
            slow_files.add(item.path)
        if fixtures & {"mnist", "mnist_root"}:
            mnist_files.add(item.path)
    items.sort(key=lambda item: (item.path not in slow_files, item.path not in mnist_files))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process a core; none for a single file, which is quicker where it is."""
    paths = {Path(each.split("::")[0]) for each in config.args}
    if len(paths) == 1 and paths.pop().suffix == ".py":
        return 0
    return len(os.sched_getaffinity(0))


@pytest.fixture(scope="session")
def digits() -> Splits:
    """600 training and 200 test digits, made up."""
    import torch

    from mnist_core.data.datasets import Splits
    from tests.support.synthetic import synthetic_digits

    generator = torch.Generator().manual_seed(0)
    return Splits(
        train=synthetic_digits(600, generator=generator),
        test=synthetic_digits(200, generator=generator),
    )


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    """The folder that holds MNIST, or will after a download."""
    from mnist_core.data.mnist import default_root

    return Path(os.environ.get("MNIST_ROOT", default_root()))


@pytest.fixture(scope="session")
def mnist(mnist_root: Path) -> Splits:
    """The real MNIST; a visible skip where it can't be had, a failure in CI."""
    from mnist_core.data.mnist import load_mnist

    try:
        return load_mnist(mnist_root)
    except DatasetError as error:
        if os.environ.get("CI"):
            pytest.fail(f"MNIST is needed here: {error}")
        pytest.skip(f"MNIST is neither on this machine nor downloadable: {error}")
