"""An application whose workers and whose time are made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.server.limits import Limits
from mnist_core.server.sessions import Sessions
from tests.support.visitors import Clock, Pool


@pytest.fixture(scope="session")
def ready() -> Classifier:
    return Classifier(MLP(generator=torch.Generator().manual_seed(1)))


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(ready: Classifier, pool: Pool, clock: Clock) -> Callable[..., Application]:
    """The application under some limits."""

    def limited(**limits: Any) -> Application:
        return Application(
            ready=ready,
            limits=Limits(**limits),
            pool=pool,  # type: ignore[arg-type]
            clock=clock,
        )

    return limited


@pytest.fixture
def application(limited: Callable[..., Application]) -> Application:
    return limited(sessions=3, runs=2)


@pytest.fixture
def sessions(application: Application) -> Sessions:
    return application.sessions
