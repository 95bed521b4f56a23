"""Images drawn on all cores."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_core.record import parts
from mnist_core.record.parts import Part, in_parts


def drawn(count: int, generator: np.random.Generator) -> Part:
    images = generator.integers(256, size=(count, 28, 28), dtype=np.uint8)
    return images, generator.integers(10, size=count)


def test_the_same_seed_gives_the_same_on_any_number_of_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 2 * parts._LARGEST + 10
    images, labels = in_parts(drawn, count, generator=np.random.default_rng(1))
    assert images.shape == (count, 28, 28)
    assert labels.shape == (count,)
    assert not np.array_equal(images[:10], images[-10:])
    monkeypatch.setattr(parts, "available_cores", lambda: 1)
    alone, _ = in_parts(drawn, count, generator=np.random.default_rng(1))
    assert np.array_equal(alone, images)


def test_a_few_are_drawn_here() -> None:
    for count in (0, 3):
        # Which no other process could be told.
        images, labels = in_parts(
            lambda *given: drawn(*given), count, generator=np.random.default_rng(0)
        )
        assert len(images) == len(labels) == count
