import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_core.ink.ink import Ink
from mnist_core.ink.picture import place
from mnist_core.ink.raster import Image

SEVEN = [[(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)], [(30.0, 70.0), (75.0, 68.0)]]


def big(image: Image, size: int = 200) -> NDArray[np.float64]:
    """A 28x28 image enlarged to a picture with smooth edges."""
    place = (np.arange(size) + 0.5) * 28 / size - 0.5
    low = np.clip(np.floor(place).astype(int), 0, 26)
    part = np.clip(place - low, 0, 1)
    rows = image[low] * (1 - part)[:, None] + image[low + 1] * part[:, None]
    return np.asarray(rows[:, low] * (1 - part) + rows[:, low + 1] * part)


def test_mnist_like_image_comes_back() -> None:
    image = Ink(SEVEN).to_image()
    image[image < 0.02] = 0.0
    for array in (image, (image * 255).astype(np.uint8), 1.0 - image):
        assert np.abs(Ink.from_image(array).to_image() - image).mean() < 0.02


def test_what_jpeg_leaves_about_a_small_digit_does_not_count() -> None:
    image = Ink(SEVEN).to_image()
    levels = 255 - np.rint(image * 255).astype(np.uint8)
    _, file = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, 50])
    stored = np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE))
    assert np.abs(Ink.from_image(stored).to_image() - image).mean() < 0.03


def test_hard_edges_become_as_soft_as_a_pens() -> None:
    image = Ink(SEVEN).to_image()
    found = Ink.from_image(image > 0.4).to_image()
    between = (found > 0.1) & (found < 0.9)
    assert between.sum() > 0.2 * (found > 0.1).sum()
    assert np.abs(found - image).mean() < 0.05


@pytest.mark.parametrize(("size", "most"), [(10, 0.063), (12, 0.055)])
def test_a_picture_of_few_pixels_is_read_without_their_corners(size: int, most: float) -> None:
    image = Ink(SEVEN).to_image()
    small = np.asarray(cv2.resize(image[3:25, 3:25], (size, size), interpolation=cv2.INTER_AREA))
    for picture in (small, 1 - small):
        found = Ink.from_image(picture).to_image()
        assert np.abs(found - image).mean() < most


@pytest.mark.parametrize("channels", [0, 1, 3, 4])
@pytest.mark.parametrize("dark_ink", [True, False])
def test_pictures_of_every_kind_show_the_same_digit(channels: int, dark_ink: bool) -> None:
    image = Ink(SEVEN).to_image()
    picture = np.pad(big(image), ((40, 5), (10, 90)))
    picture = np.rint((1 - picture if dark_ink else picture) * 255).astype(np.uint8)
    if channels:
        picture = np.repeat(picture[..., None], channels, axis=2)
    if channels == 4:
        picture[..., 3] = 255
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.04


def test_transparent_canvas_shows_its_ink() -> None:
    image = Ink(SEVEN).to_image()
    for shade in (0, 255):
        picture = np.full((200, 200, 4), shade, np.uint8)
        picture[..., 3] = np.rint(big(image) * 255)
        assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.04


@pytest.mark.parametrize("grain", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("negative", [False, True])
def test_photo_with_uneven_light_and_grain(grain: float, negative: bool) -> None:
    image = Ink(SEVEN).to_image()
    rows, columns = np.mgrid[:240, :320] / 300
    picture = 0.85 - 0.3 * columns - 0.25 * rows**2
    picture[20:220, 60:260] *= 1 - 0.7 * big(image)
    picture += np.random.default_rng(1).normal(0, grain, picture.shape)
    picture = np.clip(1 - picture if negative else picture, 0, 1)
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.031


@pytest.mark.parametrize("width", [2, 60])
def test_a_line_gets_the_usual_width(width: int) -> None:
    picture = np.ones((400, 400))
    picture[50:350, 200 - width // 2 : 200 + width // 2] = 0.0
    found = Ink.from_image(picture).to_image()
    np.testing.assert_allclose(found[10:18].sum(axis=1), 2.3, atol=0.4)


def test_the_same_digit_in_every_range_of_numbers() -> None:
    image = Ink(SEVEN).to_image()
    mask = image > 0.5
    for array in (mask.astype(np.uint8), mask.astype(np.int64), mask * 1.0001, mask * 255.0):
        np.testing.assert_allclose(
            Ink.from_image(array).to_image(), Ink.from_image(mask).to_image(), atol=1e-3
        )
    for most in (1023, 4095, 65535):
        levels = np.rint(image * most).astype(np.uint16)
        assert np.abs(Ink.from_image(levels).to_image() - image).mean() < 0.02


def sheet(digit: Image) -> NDArray[np.float64]:
    """A digit in the middle of a grainy sheet."""
    picture = 0.85 - 0.7 * np.pad(big(digit, 140), ((80, 80), (130, 130)))
    return picture + np.random.default_rng(3).normal(0, 0.01, picture.shape)


def test_what_lies_beside_a_digit_is_no_ink() -> None:
    image = Ink(SEVEN).to_image()
    picture = sheet(image)
    expected = Ink.from_image(picture)
    axes, framed, specked, held = (picture.copy() for _ in range(4))
    axes[40:260, 90:92] = axes[258:260, 90:310] = 0.4
    framed[40:260, [90, 91, 92, 308, 309, 310]] = framed[[40, 41, 42, 258, 259, 260], 90:310] = 0.1
    specked[30:34, 30:34] = specked[200:202, 350:352] = 0.1
    held[220:, :70] = 0.3
    for other in (axes, framed, specked, held):
        found = Ink.from_image(other)
        assert np.abs(found.to_image() - expected.to_image()).mean() < 0.02
        assert found.found is not None
        assert found.found.ink.shape == found.found.picture.shape


@pytest.mark.parametrize("frames", [2, 4, 5, 9])
def test_a_digit_is_found_within_frames_and_too_many_of_them_break_nothing(frames: int) -> None:
    image = Ink(SEVEN).to_image()
    picture = 0.85 - 0.7 * np.pad(big(image, 180), 210)
    picture += np.random.default_rng(3).normal(0, 0.02, picture.shape)
    for inset in range(20, 20 + 21 * frames, 21):
        for edge in (inset, 599 - inset):
            picture[inset : 600 - inset, edge - 2 : edge + 3] = 0.1
            picture[edge - 2 : edge + 3, inset : 600 - inset] = 0.1
    found = Ink.from_image(np.clip(picture, 0, 1)).to_image()
    if frames <= 4:
        assert np.abs(found - image).mean() < 0.03


@pytest.mark.parametrize("wide", [60, 70, 80])
def test_a_digit_is_found_within_a_circle(wide: int) -> None:
    image = Ink(SEVEN).to_image()
    picture = 0.9 - 0.6 * np.pad(big(image, 100), 50)
    circle = np.zeros(picture.shape)
    cv2.ellipse(circle, (100, 100), (wide, 70), 0, 0, 360, 1.0, 3)
    picture = np.minimum(picture, 0.9 - 0.6 * circle)
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.03


@pytest.mark.parametrize(("paper", "ink", "line"), [(1.0, 0.0, 0.7), (0.0, 1.0, 0.7)])
def test_a_digit_is_found_within_the_grid_of_a_plot(paper: float, ink: float, line: float) -> None:
    """The lines cross it, and where they do, it is as thick as it was."""
    image = Ink(SEVEN).to_image()
    picture = np.full((380, 380), paper)
    for line_at in range(23, 380, 69):
        picture[line_at : line_at + 2] = picture[:, line_at : line_at + 2] = line
    shape = np.pad(np.kron(image, np.ones((10, 10))), 50)
    picture = picture * (1 - shape) + ink * shape
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.03


def test_a_row_is_found_whole_whichever_of_its_digits_stands_out() -> None:
    picture = np.full((120, 420), 0.9)
    for column in range(5):
        depth = 0.8 if column == 4 else 0.65
        picture[10:110, 80 * column : 80 * column + 100] -= depth * big(Ink(SEVEN).to_image(), 100)
    found = Ink.from_image(picture).found
    assert found is not None
    columns = np.flatnonzero(found.ink.max(axis=0) > 0.5)
    assert columns[0] < 40
    assert columns[-1] > 380


def test_digits_that_hang_together_with_the_grain_about_them_are_of_the_row() -> None:
    ink, grain = np.zeros((140, 420)), np.zeros((140, 420))
    for column in range(4):
        depth = 1.0 if column == 3 else 0.85
        ink[20:120, 90 * column : 90 * column + 100] += depth * big(Ink(SEVEN).to_image(), 100)
    for row in range(30, 110, 5):
        cv2.line(grain, (15, row), (270, row), 0.35, 1)
    found = Ink.from_image(0.9 - 0.6 * np.maximum(np.clip(ink, 0, 1), grain)).found
    assert found is not None
    of_digits = ink > 0.8
    assert ((found.ink > 0.5) & of_digits).sum() > 0.9 * of_digits.sum()


def test_a_6_whose_loop_is_filled_is_one_of_its_row() -> None:
    row = np.zeros((120, 300), np.uint8)
    for left in (20, 90, 160):
        cv2.polylines(row, [np.array([(left, 20), (left + 40, 20), (left + 15, 90)])], False, 1, 9)
    cv2.line(row, (262, 40), (250, 55), 1, 9)
    cv2.ellipse(row, (258, 68), (16, 20), 0, 0, 360, 1, -1)
    found = Ink.from_image(np.where(row > 0, 0.3, 0.9)).found
    assert found is not None
    assert ((found.ink > 0.5) & (row > 0)).sum() > 0.9 * row.sum()


def test_a_roof_apart_from_its_5_is_kept_whichever_digit_stands_out() -> None:
    picture = np.full((140, 330), 0.9)
    five = np.zeros((140, 330), np.uint8)
    for left in (20, 120, 220):
        body = [(left, 40), (left, 70), (left + 30, 65), (left + 45, 90), (left, 120)]
        cv2.polylines(five, [np.array(body, np.int32)], False, 1, 7)
        cv2.line(five, (left + 4, 29), (left + 22, 28), 1, 7)
    picture[five > 0] = 0.3
    picture[20:125, 220:300][five[20:125, 220:300] > 0] = 0.1
    found = Ink.from_image(picture).found
    assert found is not None
    assert ((found.ink > 0.5) & (five > 0)).sum() > 0.95 * five.sum()


@pytest.mark.parametrize("higher", [0, 8])
def test_a_wide_roof_that_floats_beside_its_5_is_kept(higher: int) -> None:
    five = np.zeros((240, 260), np.uint8)
    body = [(80, 95), (80, 125), (125, 115), (145, 140), (78, 160)]
    cv2.polylines(five, [np.array(body, np.int32)], False, 1, 9)
    cv2.line(five, (112, 81 - higher), (180, 78 - higher), 1, 9)
    found = Ink.from_image(np.where(five > 0, 0.3, 0.9)).found
    assert found is not None
    assert ((found.ink > 0.5) & (five > 0)).sum() > 0.95 * five.sum()


def test_a_line_below_a_digit_and_a_word_beside_it_are_no_ink() -> None:
    image = Ink(SEVEN).to_image()
    picture = sheet(image)
    expected = Ink.from_image(picture).to_image()
    picture[226:230, 140:260] = 0.3
    for column in range(130, 200, 14):
        picture[64:76, column : column + 8] = picture[64:68, column : column + 11] = 0.15
    assert np.abs(Ink.from_image(picture).to_image() - expected).mean() < 0.02


@pytest.mark.parametrize("which", ["letters", "a word", "a rule", "sides of a table"])
def test_what_lies_close_to_a_digit_is_no_ink(which: str) -> None:
    picture = sheet(Ink(SEVEN).to_image())
    expected = Ink.from_image(picture).to_image()
    printed = np.zeros(picture.shape, bool)
    if which == "letters":
        for column in range(150, 246, 16):
            printed[221:224, column : column + 12] = True
            printed[221:235, [column, column + 1, column + 10, column + 11]] = True
    elif which == "a word":
        printed[133:136, 244:300] = printed[120:136, 244:300:7] = printed[120:136, 245:300:7] = True
    elif which == "a rule":
        printed[220:223, 140:260] = True
    else:
        printed[80:240, [150, 151, 152, 255, 256, 257]] = True
    picture[printed] = 0.15
    assert np.abs(Ink.from_image(picture).to_image() - expected).mean() < 0.02


def test_a_ruled_line_that_a_digit_stands_on_is_no_ink() -> None:
    picture = sheet(Ink(SEVEN).to_image())
    expected = Ink.from_image(picture).to_image()
    picture[[76, 77, 78, 212, 213, 214]] = 0.15
    assert np.abs(Ink.from_image(picture).to_image() - expected).mean() < 0.03


@pytest.mark.parametrize("table", [12, 30])
def test_what_shows_of_a_sheet_beside_a_dark_table_is_no_ink(table: int) -> None:
    """Though a 7 that touches the picture's edge makes it a mark of one piece with paper about it."""
    picture = np.full((140, table + 80), 0.62)
    picture[:, :table] = picture[124:] = 0.25
    digit = np.zeros(picture.shape, np.uint8)
    corners = [(0, 0), (60, 0), (25, 100)]
    path = np.array([(x + table + 12, y + 12) for x, y in corners], np.int32)
    cv2.polylines(digit, [path], False, 255, 13, cv2.LINE_AA)
    grain = np.random.default_rng(0).normal(0, 0.015, picture.shape)
    picture = cv2.GaussianBlur(picture * (1 - 0.6 * digit / 255), (0, 0), 1.2) + grain
    found = Ink.from_image(np.clip(picture, 0, 1)).found
    assert found is not None
    assert (found.ink > 0.5)[digit > 128].mean() > 0.9
    assert (found.ink > 0.5)[digit < 20].mean() < 0.02


@pytest.mark.parametrize("dark_panel", [True, False])
def test_what_lies_in_a_panel_or_axes_is_read(dark_panel: bool) -> None:
    image = Ink(SEVEN).to_image()
    page = np.ones((300, 400))
    page[40:240, 120:320] = big(image) if dark_panel else 1 - big(image)
    page[39:241, [119, 320]] = page[[39, 240], 119:321] = 0.0
    page[80:200:40, 114:120] = page[241:247, 160:300:40] = 0.0  # ticks
    if not dark_panel:
        grid = np.zeros(page.shape, bool)
        grid[40:240, 150:320:60] = grid[70:240:60, 120:320] = True
        page[grid] = np.minimum(page[grid], 0.7)
    assert np.abs(Ink.from_image(page).to_image() - image).mean() < 0.04


def test_the_bowl_of_a_thick_6_is_no_panel() -> None:
    page = np.zeros((200, 200))
    page[40:170, 60:90] = page[100:170, 60:130] = 1.0
    page[130:140, 90:100] = 0.0
    found = Ink.from_image(page).found
    assert found is not None
    np.testing.assert_array_equal(found.ink > 0.5, page > 0.5)


@pytest.mark.parametrize("negative", [False, True])
def test_thick_ink_that_fills_its_picture(negative: bool) -> None:
    ink = big(Ink(SEVEN).to_image(), 420) > 0.15
    ink = ink[ink.any(axis=1)][:, ink.any(axis=0)]
    expected = Ink.from_image(np.pad(ink, 200)).to_image()
    picture = (0.85 - 0.7 * ink) * (1 - 0.3 * np.linspace(0, 1, ink.shape[1]))
    picture += np.random.default_rng(4).normal(0, 0.01, picture.shape)
    found = Ink.from_image(1 - picture if negative else picture).to_image()
    assert np.abs(found - expected).mean() < 0.02


def test_ink_that_covers_most_of_an_even_sheet_is_no_noise() -> None:
    sheet = np.random.default_rng(0).normal(0.9, 0.01, (120, 30))
    sheet[4:-4, 6:-5] -= 0.7
    for picture in (sheet, 1 - sheet):
        image = Ink.from_image(picture).to_image()
        assert image[6:22, 13:15].min() > 0.5
        assert image.sum() < 80


def test_a_sheet_on_a_dark_desk_is_no_ink() -> None:
    image = Ink(SEVEN).to_image()
    expected = Ink.from_image(sheet(image)).to_image()
    on_desk = np.pad(sheet(image)[50:250, 90:310], 40, constant_values=0.2)
    assert np.abs(Ink.from_image(on_desk).to_image() - expected).mean() < 0.03


def test_the_edge_of_a_shadow_is_no_ink() -> None:
    image = Ink(SEVEN).to_image()
    picture = sheet(image)
    expected = Ink.from_image(picture).to_image()
    picture[:, 190:] *= 0.5
    assert np.abs(Ink.from_image(picture).to_image() - expected).mean() < 0.04


@pytest.mark.parametrize("which", ["a shadow", "a round shadow", "a lamp", "a table"])
def test_light_and_what_the_edge_shows_are_no_ink(which: str) -> None:
    image = Ink(SEVEN).to_image()
    rows, columns = np.mgrid[:200, :160] / 200
    light = {
        "a shadow": np.where(rows + columns > 0.9, 0.55, 1.0),
        "a round shadow": np.where(np.hypot(rows - 1, columns - 0.4) < 0.6, 0.55, 1.0),
        "a lamp": 1 - 0.6 * columns,
        "a table": np.ones(rows.shape),
    }[which]
    picture = light * (0.9 - 0.25 * big(image)[:, 20:180])
    if which == "a table":
        picture = np.pad(picture, ((30, 0), (0, 40)), constant_values=0.2)
    picture += np.random.default_rng(3).normal(0, 0.01, picture.shape)
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.045


@pytest.mark.parametrize("place", [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0)])
def test_a_round_shadow_whose_edge_runs_through_the_digit_is_no_ink(
    place: tuple[float, float],
) -> None:
    image = Ink(SEVEN).to_image()
    rows, columns = np.mgrid[:300, :300] / 300
    light = np.where(np.hypot(rows - place[0], columns - place[1]) < 0.46, 0.6, 1.0)
    picture = light * (0.9 - 0.3 * np.pad(big(image, 120), 90))
    picture = cv2.GaussianBlur(picture, (0, 0), 1)
    picture += np.random.default_rng(3).normal(0, 0.01, picture.shape)
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.07


@pytest.mark.parametrize("light_ink", [True, False])
def test_a_faint_ring_under_a_lamp_is_read_and_not_what_it_goes_around(light_ink: bool) -> None:
    turns = np.linspace(0, 2 * np.pi, 40)
    image = Ink([np.stack((30 * np.cos(turns), 40 * np.sin(turns)), axis=1)]).to_image()
    ring = np.pad(big(image), 50)
    picture = 0.12 + 0.08 * ring if light_ink else 0.9 - 0.12 * ring
    picture = picture * np.linspace(1, 0.6, 300)
    picture += np.random.default_rng(3).normal(0, 0.01, picture.shape)
    assert np.abs(Ink.from_image(picture).to_image() - image).mean() < 0.07


@pytest.mark.parametrize("array", [np.zeros((28, 28)), np.full((50, 40, 3), 255, np.uint8)])
def test_empty_picture_is_empty_ink(array: NDArray[np.generic]) -> None:
    ink = Ink.from_image(array)
    assert ink.is_empty
    assert not ink.to_image().any()


def test_plain_photo_of_paper_is_empty() -> None:
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
def test_bad_pictures_are_refused(array: NDArray[np.generic], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Ink.from_image(array)


def test_faint_ink_is_placed_as_any_other() -> None:
    image = place(np.pad(np.full((60, 30), 0.1), 10))
    assert image.max() == 1.0
    assert image.max(axis=1).sum() == pytest.approx(20)


def test_a_single_pixel_of_ink_is_a_picture() -> None:
    picture = np.zeros((9, 9))
    picture[4, 4] = 1.0
    assert np.isfinite(Ink.from_image(picture).to_image()).all()
