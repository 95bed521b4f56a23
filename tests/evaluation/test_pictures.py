"""The generator of photos, and the report on them."""

from __future__ import annotations

import re

import pytest

from mnist_core.errors import DatasetError
from mnist_core.evaluation.photos import KINDS
from mnist_core.evaluation.pictures import numbers_report, pictures_report
from mnist_core.models.classifier import Classifier
from tests.support.pen_digits import made_up_pen


def test_a_line_for_each_kind_most_of_it_right() -> None:
    title, *lines, whole = pictures_report(Classifier.load(), made_up_pen([5]), count=1)
    assert "1 of each kind" in title
    assert [line[:28].rstrip() for line in lines] == list(KINDS)
    assert float(whole.split()[1].rstrip("%")) > 80


def test_whole_numbers_are_read_as_drawn_and_in_photos() -> None:
    for line in numbers_report(Classifier.load(), made_up_pen([5]), drawn=20, photos=8):
        apart, touching = re.findall(r"([\d.]+)% of (\d+)", line)
        assert float(apart[0]) > 60
        assert int(apart[1]) + int(touching[1]) == (8 if "Photos" in line else 20)


def test_only_held_out_writers_measure() -> None:
    with pytest.raises(DatasetError, match="held-out"):
        list(pictures_report(Classifier.load(), made_up_pen([1])))
    with pytest.raises(DatasetError, match="held-out"):
        list(numbers_report(Classifier.load(), made_up_pen([1])))
