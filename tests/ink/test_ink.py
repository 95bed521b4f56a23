import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.ink.ink import MAX_POINTS, Ink
from mnist_core.ink.raster import CENTRE

SEVEN = [[(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)], [(30.0, 70.0), (75.0, 68.0)]]

finite = st.floats(allow_nan=False, allow_infinity=False)
canvas = st.integers(0, 300).map(float)


def strokes_of(coordinates):
    return st.lists(st.lists(st.tuples(coordinates, coordinates), max_size=20), max_size=5)


def centre_of_mass(image):
    rows, columns = np.mgrid[:28, :28]
    return (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()


def test_image_has_mnist_size_and_place():
    image = Ink(SEVEN).to_image()
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert np.allclose(centre_of_mass(image), CENTRE, atol=0.05)
    inked = np.flatnonzero(image.max(axis=1) > 0.3)
    assert 19 <= inked[-1] - inked[0] + 1 <= 21
    assert 0.05 < image.mean() < 0.25
    assert image.max() == 1.0


def test_y_points_down():
    image = Ink([[(0.0, 0.0), (50.0, 0.0), (50.0, 100.0)]]).to_image()
    top, bottom = image[:10].sum(axis=1).max(), image[-10:].sum(axis=1).max()
    assert top > 2 * bottom


@given(strokes_of(finite))
def test_any_finite_ink_gives_finite_image(strokes):
    image = Ink(strokes).to_image()
    assert np.isfinite(image).all()
    assert image.min() >= 0.0
    assert image.max() <= 1.0


@given(strokes_of(canvas), st.floats(0.3, 3.0), canvas, canvas)
def test_shift_and_scale_leave_the_image_as_it_is(strokes, scale, right, down):
    moved = [np.array(s).reshape(-1, 2) * scale + (right, down) for s in strokes]
    assert np.abs(Ink(strokes).to_image() - Ink(moved).to_image()).max() < 0.01


def test_dot_is_a_round_dot():
    image = Ink([[(5.0, 7.0)]]).to_image()
    assert np.allclose(centre_of_mass(image), CENTRE, atol=0.01)
    assert np.allclose(image, image.T)
    assert 3.0 < image.sum() < 9.0
    repeated = Ink([[(5.0, 7.0)] * 9]).to_image()
    assert np.allclose(image, repeated)


def test_straight_line_is_twenty_pixels_long():
    for end, axis in (((0.0, 90.0), 1), ((90.0, 0.0), 0)):
        image = Ink([[(0.0, 0.0), end]]).to_image()
        assert 19 <= (image.max(axis=axis) > 0.4).sum() <= 21
        assert (image.max(axis=1 - axis) > 0.4).sum() <= 4


def test_dot_beside_a_stroke_is_drawn():
    line = [(0.0, 0.0), (0.0, 100.0)]
    with_dot = Ink([line, [(60.0, 50.0)]]).to_image()
    assert with_dot[:, 18:].max() > 0.9


def test_dense_points_draw_the_same_line():
    sparse = Ink([[(0.0, 0.0), (70.0, 100.0)]])
    dense = Ink([np.linspace((0.0, 0.0), (70.0, 100.0), 10_000)])
    assert np.abs(sparse.to_image() - dense.to_image()).max() < 0.01


@pytest.mark.parametrize("strokes", [[], [[]], [np.empty((0, 2))]])
def test_empty_ink_is_a_blank_image(strokes):
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
def test_bad_strokes_are_refused(strokes, message):
    with pytest.raises(ValueError, match=message):
        Ink(strokes)


def test_point_limit():
    assert len(Ink([np.zeros((MAX_POINTS, 2))]).strokes[0]) == MAX_POINTS
    with pytest.raises(ValueError, match="100,000 points"):
        Ink([np.zeros((MAX_POINTS, 2)), [(1.0, 1.0)]])


def test_hundred_thousand_scattered_points_end_soon():
    points = np.random.default_rng(0).uniform(0, 300, (MAX_POINTS, 2))
    started = time.perf_counter()
    image = Ink([points]).to_image()
    assert time.perf_counter() - started < 3.0
    assert image[8:20, 8:20].mean() > 0.9


def big(image, size=200):
    """A 28x28 image enlarged to a picture with smooth edges."""
    place = (np.arange(size) + 0.5) * 28 / size - 0.5
    low = np.clip(np.floor(place).astype(int), 0, 26)
    part = np.clip(place - low, 0, 1)
    rows = image[low] * (1 - part)[:, None] + image[low + 1] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, low + 1] * part


def test_mnist_like_image_comes_back():
    image = Ink(SEVEN).to_image()
    image[image < 0.02] = 0.0
    for array in (image, (image * 255).astype(np.uint8), 1.0 - image):
        assert np.abs(Ink.from_image(array).to_image() - image).mean() < 0.02


@pytest.mark.parametrize("channels", [0, 1, 3, 4])
@pytest.mark.parametrize("dark_ink", [True, False])
def test_pictures_of_every_kind_show_the_same_digit(channels, dark_ink):
    image = Ink(SEVEN).to_image()
    picture = np.pad(big(image), ((40, 5), (10, 90)))
    picture = np.rint((1 - picture if dark_ink else picture) * 255).astype(np.uint8)
    if channels:
        picture = np.repeat(picture[..., None], channels, axis=2)
    if channels == 4:
        picture[..., 3] = 255
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.04


def test_transparent_canvas_shows_its_ink():
    image = Ink(SEVEN).to_image()
    for shade in (0, 255):
        picture = np.full((200, 200, 4), shade, np.uint8)
        picture[..., 3] = np.rint(big(image) * 255)
        assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.04


def test_photo_with_uneven_light_and_grain():
    image = Ink(SEVEN).to_image()
    rows, columns = np.mgrid[:240, :320] / 300
    paper = 0.85 - 0.3 * columns - 0.25 * rows**2
    picture = paper.copy()
    picture[20:220, 60:260] *= 1 - 0.7 * big(image)
    picture += np.random.default_rng(1).normal(0, 0.02, picture.shape)
    found = Ink.from_image(np.clip(picture, 0, 1)).to_image()
    assert np.abs(found - image).mean() < 0.06


def test_thin_line_in_a_large_picture_is_thickened():
    picture = np.ones((400, 400))
    picture[50:350, 199:201] = 0.0
    found = Ink.from_image(picture).to_image()
    assert 1.5 < found[10:18].sum(axis=1).mean() < 4.0


@pytest.mark.parametrize("array", [np.zeros((28, 28)), np.full((50, 40, 3), 255, np.uint8)])
def test_empty_picture_is_empty_ink(array):
    ink = Ink.from_image(array)
    assert ink.is_empty
    assert not ink.to_image().any()


def test_plain_photo_of_paper_is_empty():
    noise = np.random.default_rng(2).normal(0.7, 0.01, (100, 100))
    assert Ink.from_image(noise).is_empty


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(5), "shape"),
        (np.zeros((4, 4, 2)), "shape"),
        (np.zeros((0, 4)), "at least one pixel"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.full((4, 4), -1.0), r"\[0, 1\]"),
        (np.full((4, 4), 1e9), r"\[0, 255\]"),
        (np.array([["a", "b"]]), "numbers"),
    ],
)
def test_bad_pictures_are_refused(array, message):
    with pytest.raises(ValueError, match=message):
        Ink.from_image(array)


def test_a_single_pixel_of_ink_is_a_picture():
    picture = np.zeros((9, 9))
    picture[4, 4] = 1.0
    assert np.isfinite(Ink.from_image(picture).to_image()).all()
