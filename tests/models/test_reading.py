"""Several digits in a row are read as a number; one digit is `predict`'s own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnist_core import Classifier, Ink
from mnist_core.data.fonts import font
from mnist_core.data.pendigits import is_held_out, read_pen_digits
from mnist_core.evaluation.other_ink import LETTERS, letter
from mnist_core.ink import raster
from mnist_core.ink.picture_file import read_picture
from mnist_core.ink.picture_pieces import PicturePiece, PicturePieces
from mnist_core.ink.pieces import Said, StrokePieces, row_height
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.models.pairs import read_pairs
from mnist_core.models.reading import Answer, digits_in_a_row, pieces_of
from mnist_core.record.non_digits import FIGURES, figure
from tests.ink.test_partings import inked
from tests.support.pictures import (
    FOUR,
    SEVEN,
    TWO,
    Strokes,
    in_a_shadow,
    pictured,
    touching_74,
)

ONE = [[(0.0, 0.0), (-2.0, 100.0)]]
CROSSED_SEVEN = [*SEVEN, [(15.0, 50.0), (60.0, 48.0)]]
SIX: Strokes = [
    [(45, 0), (20, 15), (5, 45), (3, 75), (20, 98), (42, 90), (48, 70), (30, 55), (8, 65)],
]


def row(*digits: Strokes, apart: float = 100.0) -> Strokes:
    return [
        [(x + place * apart, y) for x, y in stroke]
        for place, digit in enumerate(digits)
        for stroke in digit
    ]


class Doubting:
    """A judge that nothing is a digit to."""

    def digits(self, images: list[raster.Image]) -> Said:
        return np.eye(11)[[10] * len(images)]

    def pairs(self, images: list[raster.Image]) -> Said:
        return np.stack([self.digits(images)] * 2, axis=1)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ((FOUR, TWO), "42"),
        ((CROSSED_SEVEN, FOUR, ONE), "741"),
        ((SEVEN, TWO, SEVEN, ONE, FOUR, TWO), "727142"),
    ],
)
def test_digits_in_a_row_are_a_number(
    classifier: Classifier, digits: tuple[Strokes, ...], text: str
) -> None:
    reading = classifier.read(Ink(row(*digits)))
    assert reading.text == text
    assert [str(digit.digit) for digit in reading.digits] == list(text)
    lefts = [left for left, *_ in reading.boxes]
    assert lefts == sorted(lefts)
    assert reading.boxes[0][:2] == pytest.approx(np.concatenate(digits[0]).min(axis=0))
    assert 0.5 < reading.confidence <= 1


def test_strokes_in_any_order_give_the_same_number(classifier: Classifier) -> None:
    strokes = row(CROSSED_SEVEN, FOUR, ONE)
    # The bars last, as some write.
    late = [strokes[0], *strokes[2:], strokes[1]]
    assert classifier.read(Ink(late)).text == "741"
    assert classifier.read(Ink(strokes[::-1])).text == "741"


def test_one_stroke_through_two_digits_is_cut(classifier: Classifier) -> None:
    (two,), (six,) = TWO, SIX
    joined = [*two, *[(x + 130, y) for x, y in six]]
    assert classifier.read(Ink([joined])).text == "26"


def test_a_stroke_that_goes_up_into_the_next_digit_is_cut(classifier: Classifier) -> None:
    crook, stem = FOUR
    (two,) = TWO
    joined = [*stem, *[(x + 75, y) for x, y in two]]
    assert classifier.read(Ink([crook, joined])).text == "42"


def test_a_digit_above_the_foot_of_another_is_beside_it(classifier: Classifier) -> None:
    above: Strokes = [[(58, 0), (48, 82)]]
    assert classifier.read(Ink([*TWO, *above, *row(ONE, SEVEN)[1:]])).text == "217"


def test_a_stray_dot_is_no_digit(classifier: Classifier) -> None:
    for dot in ([(-60.0, 95.0)], [(80.0, 98.0), (81.0, 99.0)], [(400.0, 60.0)]):
        assert classifier.read(Ink([*row(FOUR, TWO, apart=110), dot])).text == "42"


def test_what_is_no_number_has_no_text(classifier: Classifier) -> None:
    cross = [[(0.0, 0.0), (60.0, 100.0)], [(60.0, 0.0), (0.0, 100.0)]]
    for strokes in (row(cross, cross, cross), row(FOUR, cross), cross, row(*[ONE] * 40)):
        reading = classifier.read(Ink(strokes))
        assert reading.text == ""
        assert reading.confidence == 0
    assert classifier.read(Ink()).digits == ()


def test_other_ink_is_no_number(classifier: Classifier) -> None:
    generator = np.random.default_rng(3)
    drawings = [figure(name, generator=generator) for name in FIGURES for _ in range(2)]
    numbers = [classifier.read(Ink(strokes)).text for strokes in drawings]
    assert sum(len(number) > 1 for number in numbers) <= 0.02 * len(numbers)


def test_a_printed_letter_is_no_number(classifier: Classifier) -> None:
    generator = np.random.default_rng(3)
    for character in LETTERS:
        assert len(classifier.read(letter(character, generator=generator)).text) < 2, character


def test_one_digit_is_read_as_predict_reads_it(classifier: Classifier, mnist_root: Path) -> None:
    digits = [d for d in read_pen_digits(mnist_root / "pendigits") if not is_held_out(d.writer)]
    several = [digit for digit in digits if len(digit.strokes) > 1]
    for digit in [*several[::24], *digits[::120]]:
        ink = Ink(digit.strokes)
        (read,), truth = classifier.read(ink).digits, classifier.predict(ink)
        assert read.digit == truth.digit
        assert np.array_equal(read.probabilities, truth.probabilities)
        assert np.array_equal(read.image, truth.image)


def test_strokes_of_a_digit_draw_its_image(classifier: Classifier) -> None:
    reading = classifier.read(Ink(row(FOUR, TWO)))
    for digit, strokes in zip(reading.digits, reading.strokes, strict=True):
        assert strokes is not None
        np.testing.assert_allclose(Ink(strokes).to_image(), digit.image, atol=1e-4)


def test_a_number_in_a_picture(classifier: Classifier) -> None:
    picture = Image.new("L", (520, 240), 255)
    for stroke in row(FOUR, TWO, SEVEN, apart=130):
        points = [(60 + x, 60 + y) for x, y in stroke]
        ImageDraw.Draw(picture).line(points, fill=0, width=9, joint="curve")
    reading = classifier.read(Ink.from_image(np.asarray(picture)))
    assert reading.text == "427"
    assert reading.strokes == (None, None, None)


@pytest.mark.parametrize("pen", [5, 9, 13])
@pytest.mark.parametrize(
    ("digits", "apart", "text"),
    [
        ((FOUR, FOUR), 60, "44"),
        ((TWO, TWO, TWO), 58, "222"),
        ((SEVEN, FOUR), 52, "74"),
        ((TWO, FOUR, FOUR, TWO), 60, "2442"),
        ((TWO, TWO), 30, "22"),
        ((SEVEN, SEVEN), 38, "77"),
        ((FOUR, TWO, FOUR), 42, "424"),
        ((SEVEN, SEVEN, SEVEN), 46, "777"),
    ],
)
def test_digits_that_touch_in_a_picture_are_a_number(
    classifier: Classifier, digits: tuple[Strokes, ...], apart: float, text: str, pen: int
) -> None:
    ink = pictured(row(*digits, apart=apart), pen=pen)
    assert ink.found is not None
    marks = cv2.connectedComponents((ink.found.ink > 0.6).astype(np.uint8))[0] - 1
    assert marks < len(digits)
    reading = classifier.read(ink)
    assert reading.text == text
    assert [str(digit.digit) for digit in reading.digits] == list(text)
    lefts = [left for left, *_ in reading.boxes]
    assert lefts == sorted(lefts)


def test_digits_of_a_picture_are_read_again_by_what_their_neighbours_say(
    classifier: Classifier,
) -> None:
    reading = classifier.read(touching_74())
    assert [each is not None for each in reading.said] == [True, True]
    row_of = [Ink.from_placed(digit.image) for digit in reading.digits]
    again = classifier.read_row(row_of, reading.said)
    assert again.text == "74"
    for one, other in zip(reading.digits, again.digits, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
        assert one.digit_likeness == pytest.approx(other.digit_likeness)
    alone = classifier.read_row(row_of)
    assert alone.said == (None, None)
    assert not np.array_equal(alone.digits[0].probabilities, again.digits[0].probabilities)


@pytest.mark.parametrize(
    ("strokes", "reach", "text"), [(SEVEN, 40, "7"), (row(SEVEN, FOUR), 50, "74")]
)
def test_a_picture_in_which_nothing_is_read_is_looked_at_again(
    classifier: Classifier, strokes: Strokes, reach: int, text: str
) -> None:
    ink = Ink.from_image(read_picture(in_a_shadow(strokes, reach=reach)))
    assert ink.found is not None
    assert classifier.predict(Ink.from_placed(ink.to_image())).digit is None
    reading = classifier.read(ink)
    assert reading.text == text
    found = reading.ink.found
    assert found is not None
    assert found.ink[:, -20:].max() == 0 < ink.found.ink[:, -20:].max()  # the shadow
    assert np.array_equal(found.picture, ink.found.picture)
    assert classifier.predict(ink).digit == (7 if text == "7" else None)


def test_a_second_look_must_be_sure(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.models.classifier._SURE", 1.01)
    ink = Ink.from_image(read_picture(in_a_shadow(SEVEN)))
    assert classifier.read(ink).ink is ink
    assert classifier.predict(ink).digit is None


def test_who_never_refuses_looks_once() -> None:
    ink = Ink.from_image(read_picture(in_a_shadow(SEVEN)))
    assert Classifier(MLP(MLPConfig())).read(ink).ink is ink


def answers_of(likeness: float, digit: int = 7) -> Callable[[list[raster.Image]], list[Answer]]:
    """What a network says to which everything is so much like a digit, and that this one."""
    probabilities = np.eye(10, dtype=np.float32)[digit]
    return lambda images: [Answer(image, probabilities, likeness) for image in images]


@pytest.mark.parametrize(("text", "count"), [("4271", 4), ("deaf", 0), ("HAND", 0)])
def test_in_a_picture_neighbours_say_whether_what_may_be_digits_are(text: str, count: int) -> None:
    found = pieces_of(Ink.from_image(in_print(text, "DejaVuSans")))
    assert len(found.pieces) == len(text)
    nothing = Answer(found.image([0]), np.full(10, 0.1, np.float32), 0.0)
    answers = answers_of(0.85)
    digits = digits_in_a_row(found, nothing, answers, read_pairs, MLPConfig(rejects=True))
    assert len(digits) == count
    assert all(digit.said is not None for digit in digits)


def test_of_strokes_neighbours_say_nothing(classifier: Classifier) -> None:
    assert classifier.read(Ink(row(FOUR, TWO))).said == (None, None)


def thin(text: str, *, width: int) -> NDArray[np.float64]:
    """Thin, soft lines of a printed font, (90, width) in [0, 1], ink 1."""
    ink = np.zeros((90, width), np.uint8)
    cv2.putText(ink, text, (20, 60), 0, 1.4, 255, 1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8) / 255)


@pytest.mark.parametrize("darkness", [30, 60, 120])
@pytest.mark.parametrize("text", ["2 4 7 0", *"0123456789"])
def test_a_dark_dot_makes_thin_lines_no_fainter(
    classifier: Classifier, text: str, darkness: int
) -> None:
    ink = thin(text, width=30 + 32 * len(text))
    picture = np.rint(235 - darkness * ink).astype(np.uint8)
    row, column = np.unravel_index(ink.argmax(), ink.shape)
    cv2.circle(picture, (int(column), int(row)), 2, 10, -1)
    assert classifier.read(Ink.from_image(picture)).text == text.replace(" ", "")


def test_a_number_whose_thin_lines_are_paler_below_hangs_together(classifier: Classifier) -> None:
    ink = thin("2 4 7 0", width=260)
    ink[46:] *= 0.6
    assert classifier.read(Ink.from_image(1 - ink)).text == "2470"


PRINTED = [
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique",
    "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSerif", "DejaVuSerif-Italic",
]  # fmt: skip


def in_print(text: str, name: str, *, size: int = 90) -> NDArray[np.uint8]:
    """Dark on light, in a font that nothing was trained on."""
    wide, high, left, top = (size * length // 90 for length in (60 * len(text) + 120, 200, 50, 40))
    picture = Image.new("L", (wide, high), 255)
    ImageDraw.Draw(picture).text((left, top), text, fill=0, font=font(name, size))
    return np.asarray(picture)


@pytest.mark.parametrize("name", PRINTED)
def test_printed_digits_in_a_picture_are_one_each(classifier: Classifier, name: str) -> None:
    assert classifier.read(Ink.from_image(in_print("1234567890", name))).text == "1234567890"


@pytest.mark.parametrize("name", PRINTED)
def test_a_printed_word_is_no_number(classifier: Classifier, name: str) -> None:
    for word in ("call", "can", "day", "many", "may", "people", "Sally", "you"):
        assert not classifier.read(Ink.from_image(in_print(word, name))).text, word


@pytest.mark.parametrize("size", [40, 90, 150])
def test_hairlines_hold_thick_lines_together(classifier: Classifier, size: int) -> None:
    for digit in "0123456789":
        picture = in_print(digit, "DejaVuSerif-Bold", size=size)
        assert classifier.read(Ink.from_image(picture)).text == digit


def test_one_digit_in_a_picture_is_not_parted(classifier: Classifier, mnist_root: Path) -> None:
    digits = [d for d in read_pen_digits(mnist_root / "pendigits") if not is_held_out(d.writer)]
    for digit in digits[::40]:
        reading = classifier.read(pictured([stroke.tolist() for stroke in digit.strokes], pen=15))
        assert len(reading.digits) == 1, digit.digit


def test_other_ink_in_a_picture_is_no_number(classifier: Classifier) -> None:
    generator = np.random.default_rng(3)
    drawings = [figure(name, generator=generator) for name in FIGURES]
    pictures = [
        pictured([(100 * np.asarray(stroke)).tolist() for stroke in strokes])
        for strokes in drawings
    ]
    numbers = [classifier.read(ink).text for ink in pictures]
    assert sum(len(number) > 1 for number in numbers) <= 0.05 * len(numbers)


def test_a_network_that_rejects_nothing_goes_by_the_gaps() -> None:
    classifier = Classifier(MLP(MLPConfig(hidden_sizes=())))
    assert len(classifier.read(Ink(row(SEVEN, ONE))).digits) == 2
    assert len(classifier.read(Ink(FOUR)).digits) == 1


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e300])
def test_any_scale_gives_the_same_number(classifier: Classifier, scale: float) -> None:
    strokes = [np.array(stroke) * scale for stroke in row(FOUR, TWO)]
    assert classifier.read(Ink(strokes)).text == "42"


def test_pieces_of_a_cut_stroke_make_up_the_stroke() -> None:
    pieces = StrokePieces.of([np.array([*TWO[0], (110, 0), (170, 0), (135, 100)], dtype=float)])
    height = row_height([piece.box for piece in pieces.pieces])
    parts = pieces.cut({0}, height=height, judge=Doubting()).pieces
    assert len(parts) > 1
    for one, other in pairwise(parts):
        assert np.array_equal(one.points[-1], other.points[0])


@pytest.mark.parametrize(("none", "count"), [(0.3, 3), (0.7, 3), (0.99, 0)])
def test_what_touches_is_digits_where_its_neighbour_surely_is_one(none: float, count: int) -> None:
    nones = {(1, -1): None, (2, 0): none, (2, 1): none}
    # One neighbour vouches for what may be none, but not for what is surely none to both networks.
    likeness = 1.0 if none < 0.9 else 0.85
    assert count_in_a_row(nones, digit=7, likeness=likeness) == count


@pytest.mark.parametrize(
    ("digit", "nones", "count"),
    [(7, (0.3, 0.1), 2), (7, (0.3, 0.2), 0), (1, (0.005, 0.005), 2), (1, (0.005, 0.1), 0)],
)
def test_where_all_touches_it_is_a_pair_and_ones_surely(
    digit: int, nones: tuple[float, float], count: int
) -> None:
    of_parts = {(1, part): none for part, none in enumerate(nones)}
    assert count_in_a_row(of_parts, digit=digit) == count


def count_in_a_row(
    nones: Mapping[tuple[int, int], float | None], *, digit: int, likeness: float = 1.0
) -> int:
    """How many digits are found in pieces of those names, that digit or none with that probability.

    likeness: how much each alone is like it.
    """

    def said(none: float) -> Said:
        return np.asarray((1 - none) * np.eye(11)[digit] + none * np.eye(11)[10])

    masks = [inked(SEVEN, 110 * place) for place in range(len(nones))]
    pieces = [
        PicturePiece.of(name, mask, None if none is None else said(none))
        for (name, none), mask in zip(nones.items(), masks, strict=True)
    ]
    found = PicturePieces(np.logical_or.reduce(masks).astype(float), pieces)
    nothing = Answer(found.image([0]), np.full(10, 0.1, np.float32), 0.0)
    answers = answers_of(likeness, digit)
    return len(digits_in_a_row(found, nothing, answers, read_pairs, MLPConfig(rejects=True)))
