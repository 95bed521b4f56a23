import numpy as np
import pytest

from mnist_core.ink.raster import (
    BOX_SIZE,
    CENTRE,
    IMAGE_SIZE,
    Image,
    Line,
    cut,
    draw,
    draw_centred,
    fit,
    line_centre,
    segments,
)

CORNER = [np.array([(0.0, 0.0), (3.0, 0.0), (3.0, 4.0)])]


def centre_of(image: Image) -> tuple[float, float]:
    rows, columns = np.mgrid[:IMAGE_SIZE, :IMAGE_SIZE]
    return float((image * columns).sum() / image.sum()), float((image * rows).sum() / image.sum())


def straight(x0: float, y0: float, x1: float, y1: float) -> Line:
    return np.array([(x0, y0)]), np.array([(x1, y1)])


def test_segments_join_the_points_of_a_stroke_and_not_the_strokes() -> None:
    starts, ends = segments([*CORNER, np.array([(9.0, 9.0)]), np.array([(5.0, 5.0), (6.0, 6.0)])])
    assert starts.tolist() == [[0, 0], [3, 0], [9, 9], [5, 5]]
    assert ends.tolist() == [[3, 0], [3, 4], [9, 9], [6, 6]]
    assert [part.tolist() for part in segments(CORNER)] == [[[0, 0], [3, 0]], [[3, 0], [3, 4]]]


@pytest.mark.parametrize("far", [0.0, -70.0, 1e5])
def test_fitting_keeps_the_aspect_and_makes_the_longer_side_the_size(far: float) -> None:
    starts, ends = fit(segments([CORNER[0] + far]), size=20.0)
    np.testing.assert_allclose(starts, [[0, 0], [15, 0]], atol=1e-6)
    np.testing.assert_allclose(ends, [[15, 0], [15, 20]], atol=1e-6)


def test_a_dot_is_fitted_to_the_origin_whatever_its_place() -> None:
    for place in (0.0, 5.0, 1e300):
        starts, ends = fit(straight(place, place, place, place), size=BOX_SIZE)
        assert starts.tolist() == ends.tolist() == [[0, 0]]


def test_cutting_leaves_the_line_as_it_is_in_pieces_of_at_most_a_pixel() -> None:
    starts, ends = cut(straight(1.0, 2.0, 4.0, 6.5))
    np.testing.assert_allclose(starts[0], (1.0, 2.0))
    np.testing.assert_allclose(ends[-1], (4.0, 6.5))
    np.testing.assert_allclose(starts[1:], ends[:-1])
    lengths = np.hypot(*(ends - starts).T)
    assert len(starts) == 6
    assert lengths.max() <= 1.0
    np.testing.assert_allclose(lengths, lengths[0])
    short = straight(0.0, 0.0, 1.0, 0.0)
    assert cut(short) is short


def test_of_too_long_a_line_an_even_sample_is_drawn() -> None:
    starts, ends = cut(straight(0.0, 0.0, 100_000.0, 0.0))
    assert len(starts) == 24_000
    assert starts[0].tolist() == [0, 0]
    np.testing.assert_allclose(ends[-1], (100_000, 0))
    gaps = np.diff(starts[:, 0])
    assert 3 < gaps.min() <= gaps.max() < 6
    np.testing.assert_allclose(ends[:, 0] - starts[:, 0], 1.0)


def test_a_lines_centre_weighs_its_segments_by_length() -> None:
    np.testing.assert_allclose(line_centre(segments(CORNER)), (1.5 * 3 / 7 + 3 * 4 / 7, 2 * 4 / 7))
    dots = segments([np.array([(1.0, 2.0)]), np.array([(3.0, 6.0)])])
    np.testing.assert_allclose(line_centre(dots), (2.0, 4.0))


def test_ink_falls_linearly_with_the_distance_from_the_line() -> None:
    image = draw(cut(straight(-40.0, 10.0, 60.0, 10.0)), radius=2.0, edge=2.0)
    assert image.dtype == np.float32
    expected = np.zeros(IMAGE_SIZE)
    expected[8:13] = (0.5, 1.0, 1.0, 1.0, 0.5)
    np.testing.assert_allclose(image, np.repeat(expected[:, None], IMAGE_SIZE, axis=1), atol=1e-3)


def test_crossing_lines_are_as_dark_as_the_darker_one() -> None:
    across, down = cut(straight(4.0, 14.0, 24.0, 14.0)), cut(straight(14.0, 4.0, 14.0, 24.0))
    both = np.concatenate((across[0], down[0])), np.concatenate((across[1], down[1]))
    pen = {"radius": 1.25, "edge": 1.2}
    np.testing.assert_allclose(
        draw(both, **pen), np.maximum(draw(across, **pen), draw(down, **pen)), atol=1e-5
    )


@pytest.mark.parametrize("far", [-9.0, 36.0, 1e6])
def test_what_falls_outside_is_clipped(far: float) -> None:
    assert not draw(cut(straight(far, 5.0, far, 20.0)), radius=1.25, edge=1.2).any()
    assert not draw(cut(straight(5.0, far, 20.0, far)), radius=1.25, edge=1.2).any()


@pytest.mark.parametrize("place", [-1.5, -0.5, 27.5, 28.5])
def test_ink_at_the_edge_is_drawn_as_far_as_it_reaches(place: float) -> None:
    image = draw(cut(straight(5.0, place, 20.0, place)), radius=2.0, edge=1.0)
    distances = np.abs(np.arange(IMAGE_SIZE) - place)
    np.testing.assert_allclose(image[:, 12], np.clip(2.5 - distances, 0, 1), atol=1e-3)


def test_pieces_beyond_a_chunk_are_drawn_too() -> None:
    spots = np.full((20_000, 2), 5.0)
    spots[-1] = (20.0, 20.0)
    image = draw((spots, spots), radius=1.25, edge=1.2)
    assert image[5, 5] == image[20, 20] == 1.0


@pytest.mark.parametrize("shift", [(0.0, 0.0), (-300.0, 70.3)])
def test_the_inks_own_centre_comes_to_the_middle(shift: tuple[float, float]) -> None:
    # One side is drawn twice, which moves the line's centre and not that of the ink.
    starts, ends = cut(fit(segments(CORNER), size=12.0))
    side = cut(straight(0.0, 0.0, 9.0, 0.0))
    line = (
        np.concatenate((starts, side[0])) + shift,
        np.concatenate((ends, side[1])) + shift,
    )
    image = draw_centred(line, radius=1.25, edge=1.2)
    assert centre_of(image) == pytest.approx((CENTRE, CENTRE), abs=0.1)
