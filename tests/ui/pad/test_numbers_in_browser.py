"""The browser finds the digits of a number that Python finds, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

from mnist_core.data.pendigits import is_held_out, read_pen_digits
from mnist_core.evaluation.numbers import written_number
from mnist_core.ink.ink import Ink
from mnist_core.models.classifier import Classifier, Reading
from mnist_core.record.non_digits import FIGURES, figure
from mnist_core.ui.pad.words import words_of
from tests.support.pictures import touching_74
from tests.ui.pad.test_in_browser import (
    Strokes,
    any_drawings,
    assets_url,
    odd_drawings,
    page,
    text_of,
)

__all__ = ["assets_url", "page"]

APART = 0.002
# Rows that are as likely as each other: the last bit decides, here and there.
MAX_TIES = 1

_READ = """async (drawings) => {
  const { Network } = await import("/pad/network.js");
  const { read } = await import("/pad/classifier.js");
  const network = Network.from(await (await fetch("/mnist.safetensors")).arrayBuffer());
  return JSON.parse(drawings).map((strokes) => {
    const { words, parts, ...answer } = read(network, strokes);
    const shown = ({ digit, probabilities }) => ({ digit, probabilities: [...probabilities] });
    return { words, digits: (parts.length ? parts : [answer]).map(shown) };
  });
}"""


_READ_ROW = """async ({ images, said }) => {
  const { Network } = await import("/pad/network.js");
  const { read } = await import("/pad/classifier.js");
  const network = Network.from(await (await fetch("/mnist.safetensors")).arrayBuffer());
  const { words, parts } = read(network, [], { images, said });
  const shown = ({ digit, probabilities }) => ({ digit, probabilities: [...probabilities] });
  return { words, digits: parts.map(shown) };
}"""


def numbers(root: Path, count: int) -> list[Strokes]:
    digits = [d for d in read_pen_digits(root / "pendigits") if not is_held_out(d.writer)]
    generator = np.random.default_rng(4)
    made = (written_number(digits, generator=generator) for _ in range(count))
    return [[stroke.tolist() for stroke in number.strokes] for number in made]


def other_ink() -> list[Strokes]:
    generator = np.random.default_rng(4)
    drawings = (figure(name, generator=generator) for name in list(FIGURES)[::2])
    return [[stroke.tolist() for stroke in drawing] for drawing in drawings]


def is_same(found: dict[str, Any], reading: Reading) -> bool:
    truth = [digit.probabilities for digit in reading.digits]
    if not truth:  # blank
        return bool(found["words"] == "draw a digit")
    return (
        [digit["digit"] for digit in found["digits"]] == [d.digit for d in reading.digits]
        and found["words"] == words_of(reading)
        and np.abs(np.array([d["probabilities"] for d in found["digits"]]) - truth).max() < APART
    )


def test_numbers_and_odd_drawings_get_pythons_reading(page: Page, mnist_root: Path) -> None:
    drawings = numbers(mnist_root, 75) + odd_drawings()[::25] + any_drawings(30) + other_ink()
    classifier = Classifier.load()
    readings = [classifier.read(Ink(strokes)) for strokes in drawings]
    found = page.evaluate(_READ, json.dumps(drawings))
    assert sum(len(reading.digits) > 1 for reading in readings) > 70
    other = [
        (drawing, each["words"], words_of(reading))
        for drawing, each, reading in zip(drawings, found, readings, strict=True)
        if not is_same(each, reading)
    ]
    assert len(other) <= MAX_TIES, [said for _, *said in other]


def test_digits_that_touch_in_a_picture_get_pythons_reading(page: Page) -> None:
    classifier = Classifier.load()
    reading = classifier.read(touching_74())
    assert reading.text == "74"
    placed = [Ink.from_placed(digit.image) for digit in reading.digits]
    images = [text_of(digit.image.tobytes()) for digit in reading.digits]
    generator = np.random.default_rng(0)
    some = [tuple(generator.dirichlet(np.full(11, 0.3), size=2)) for _ in range(20)]
    for said in (reading.said, *some):
        told = [None if each is None else each.tolist() for each in said]
        found = page.evaluate(_READ_ROW, {"images": images, "said": told})
        assert is_same(found, classifier.read_row(placed, said))
