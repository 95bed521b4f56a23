"""The stages from drawing to input."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.explain.stages import Stages, each_stage, prepare
from mnist_core.ink.ink import Ink

PAD = {"pad_size": 1000.0, "pad_pen": 50.0}
SEVEN = Ink([[[200.0, 150.0], [500.0, 150.0], [300.0, 500.0]]])
POINTS = st.lists(st.tuples(*[st.floats(0, 1000)] * 2), min_size=1, max_size=20)


@given(strokes=st.lists(POINTS, max_size=3))
def test_all_stages_together_give_the_image_of_the_ink(
    strokes: list[list[tuple[float, float]]],
) -> None:
    ink = Ink(strokes)
    np.testing.assert_allclose(prepare(ink, Stages(), **PAD), ink.to_image(), atol=0.03)


@given(
    strokes=st.lists(POINTS, max_size=3),
    stages=st.builds(Stages, **dict.fromkeys(["crop", "scale", "centre", "pen"], st.booleans())),
)
def test_every_mix_of_stages_gives_an_image(
    strokes: list[list[tuple[float, float]]], stages: Stages
) -> None:
    image = prepare(Ink(strokes), stages, **PAD)
    assert image.shape == (28, 28)
    assert image.min() >= 0
    assert image.max() <= 1


def test_each_stage_changes_the_picture_and_the_last_is_the_result() -> None:
    images = each_stage(SEVEN, Stages(), **PAD)
    assert len(images) == 5
    assert all(np.abs(one - two).max() > 0.1 for one, two in itertools.pairwise(images))
    np.testing.assert_array_equal(images[-1], prepare(SEVEN, Stages(), **PAD))


@pytest.mark.parametrize("name", ["crop", "scale", "centre", "pen"])
def test_leaving_a_stage_out_shows(name: str) -> None:
    without = prepare(SEVEN, dataclasses.replace(Stages(), **{name: False}), **PAD)
    assert np.abs(without - SEVEN.to_image()).max() > 0.1


def test_without_stages_the_ink_stays_where_it_was_drawn() -> None:
    stages = Stages(crop=False, scale=False, centre=False, pen=False)
    dot = prepare(Ink([[[500.0, 250.0]]]), stages, **PAD)
    rows, columns = np.nonzero(dot > 0.2)
    assert rows.mean() == pytest.approx(28 * 0.25 - 0.5, abs=0.6)
    assert columns.mean() == pytest.approx(28 * 0.5 - 0.5, abs=0.6)
