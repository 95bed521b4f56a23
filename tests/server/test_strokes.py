"""Strokes from the network: checked whole, or refused without repeating a value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.errors import StrokesError
from mnist_core.server.strokes import checked_strokes
from tests.support.strokes import BAD_STROKES, MAX_POINTS


@pytest.mark.parametrize("name", BAD_STROKES)
def test_bad_strokes_are_refused_with_their_code(name: str) -> None:
    value, code = BAD_STROKES[name]
    with pytest.raises(StrokesError) as caught:
        checked_strokes(value, max_points=MAX_POINTS)
    assert caught.value.code == code
    assert caught.value.expected.startswith("Expected")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_value_is_strokes_or_a_strokes_error(value: Any) -> None:
    try:
        strokes = checked_strokes(value, max_points=MAX_POINTS)
    except StrokesError:
        return
    assert all(stroke.shape[1] == 2 and np.isfinite(stroke).all() for stroke in strokes)


def test_empty_strokes_are_dropped() -> None:
    assert [
        len(stroke) for stroke in checked_strokes([[], [[1, 2]], []], max_points=MAX_POINTS)
    ] == [1]
