"""Data sets for the tests: a tiny synthetic one for everything that can do with it, and MNIST."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from mnist_core.data.datasets import Splits
from mnist_core.data.mnist import default_root, load_mnist
from mnist_core.errors import DatasetError
from tests.support.browser import app_url, browser, page  # noqa: F401 - fixtures
from tests.support.synthetic import synthetic_digits

# No promise is about time here, and a busy machine makes any example slow.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")


@pytest.fixture(scope="session")
def digits() -> Splits:
    """600 training and 200 test digits, made up."""
    generator = torch.Generator().manual_seed(0)
    return Splits(
        train=synthetic_digits(600, generator=generator),
        test=synthetic_digits(200, generator=generator),
    )


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    """The folder that holds MNIST, or will after a download."""
    return Path(os.environ.get("MNIST_ROOT", default_root()))


@pytest.fixture(scope="session")
def mnist(mnist_root: Path) -> Splits:
    """The real MNIST; a visible skip where it can't be had, a failure in CI."""
    try:
        return load_mnist(mnist_root)
    except DatasetError as error:
        if os.environ.get("CI"):
            pytest.fail(f"MNIST is needed here: {error}")
        pytest.skip(f"MNIST is neither on this machine nor downloadable: {error}")
