"""The limits: positive, and never beyond what the core can do."""

from __future__ import annotations

import pytest

from mnist_core.server.limits import Limits


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="runs"):
        Limits(runs=0)
    with pytest.raises(ValueError, match="hidden_layers must be at most 8, not 9"):
        Limits(hidden_layers=9)
