import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mnist_core.ink.ink import MAX_POINTS, Ink
from mnist_core.ink.raster import CENTRE, Image

Stroke = list[tuple[float, float]]

SEVEN = [[(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)], [(30.0, 70.0), (75.0, 68.0)]]

finite = st.floats(allow_nan=False, allow_infinity=False)
canvas = st.integers(0, 300).map(float)


def strokes_of(coordinates: SearchStrategy[float]) -> SearchStrategy[list[Stroke]]:
    return st.lists(st.lists(st.tuples(coordinates, coordinates), max_size=20), max_size=5)


def centre_of_mass(image: Image) -> tuple[float, float]:
    rows, columns = np.mgrid[:28, :28]
    return (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()


def test_image_has_mnist_size_and_place() -> None:
    image = Ink(SEVEN).to_image()
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert np.allclose(centre_of_mass(image), CENTRE, atol=0.05)
    inked = np.flatnonzero(image.max(axis=1) > 0.3)
    assert 19 <= inked[-1] - inked[0] + 1 <= 21
    assert 0.05 < image.mean() < 0.25
    assert image.max() == 1.0


def test_y_points_down() -> None:
    image = Ink([[(0.0, 0.0), (50.0, 0.0), (50.0, 100.0)]]).to_image()
    top, bottom = image[:10].sum(axis=1).max(), image[-10:].sum(axis=1).max()
    assert top > 2 * bottom


@given(strokes_of(finite))
def test_any_finite_ink_gives_finite_image(strokes: list[Stroke]) -> None:
    image = Ink(strokes).to_image()
    assert np.isfinite(image).all()
    assert image.min() >= 0.0
    assert image.max() <= 1.0


@given(strokes_of(canvas), st.floats(0.3, 3.0), canvas, canvas)
def test_shift_and_scale_leave_the_image_as_it_is(
    strokes: list[Stroke], scale: float, right: float, down: float
) -> None:
    moved = [np.array(s).reshape(-1, 2) * scale + (right, down) for s in strokes]
    assert np.abs(Ink(strokes).to_image() - Ink(moved).to_image()).max() < 0.01


def test_dot_is_a_round_dot() -> None:
    image = Ink([[(5.0, 7.0)]]).to_image()
    assert np.allclose(centre_of_mass(image), CENTRE, atol=0.01)
    assert np.allclose(image, image.T)
    assert 3.0 < image.sum() < 9.0
    repeated = Ink([[(5.0, 7.0)] * 9]).to_image()
    assert np.allclose(image, repeated)


def test_straight_line_is_twenty_pixels_long() -> None:
    for end, axis in (((0.0, 90.0), 1), ((90.0, 0.0), 0)):
        image = Ink([[(0.0, 0.0), end]]).to_image()
        assert 19 <= (image.max(axis=axis) > 0.4).sum() <= 21
        assert (image.max(axis=1 - axis) > 0.4).sum() <= 4


def test_dot_beside_a_stroke_is_drawn() -> None:
    line = [(0.0, 0.0), (0.0, 100.0)]
    with_dot = Ink([line, [(60.0, 50.0)]]).to_image()
    assert with_dot[:, 18:].max() > 0.9


def test_dense_points_draw_the_same_line() -> None:
    sparse = Ink([[(0.0, 0.0), (70.0, 100.0)]])
    dense = Ink([np.linspace((0.0, 0.0), (70.0, 100.0), 10_000)])
    assert np.abs(sparse.to_image() - dense.to_image()).max() < 0.01


@pytest.mark.parametrize("strokes", [[], [[]], [np.empty((0, 2))]])
def test_empty_ink_is_a_blank_image(strokes: list[Stroke]) -> None:
    ink = Ink(strokes)
    assert ink.is_empty
    assert not ink.to_image().any()
    assert not Ink([[(1.0, 1.0)]]).is_empty


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([[(0.0, float("nan"))]], "finite"),
        ([[(0.0, 1.0), (float("inf"), 2.0)]], "finite"),
        ([[("a", "b")]], "numbers"),
        ([[("1", "2")]], "numbers"),
        ([[(1.0, None)]], "numbers"),
        ([[(1.0, 2.0), (3.0,)]], "numbers"),
        ([[(1.0, 2.0, 3.0)]], r"\(n, 2\)"),
        ([[1.0, 2.0]], r"\(n, 2\)"),
        ([[(10**400, 1)]], "numbers"),
        ("nonsense", "sequence"),
        (7, "sequence"),
    ],
)
def test_bad_strokes_are_refused(strokes: list[Stroke], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Ink(strokes)


def test_point_limit() -> None:
    assert len(Ink([np.zeros((MAX_POINTS, 2))]).strokes[0]) == MAX_POINTS
    with pytest.raises(ValueError, match="100,000 points"):
        Ink([np.zeros((MAX_POINTS, 2)), [(1.0, 1.0)]])


def test_a_hundred_thousand_scattered_points_are_black() -> None:
    points = np.random.default_rng(0).uniform(0, 300, (MAX_POINTS, 2))
    image = Ink([points]).to_image()
    assert image[8:20, 8:20].mean() > 0.9
