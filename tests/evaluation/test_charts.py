import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from PIL import Image

from mnist_core.evaluation.charts import as_png, learning_curves, view_classify
from mnist_core.evaluation.style import ACCENT


def test_view_classify_shows_the_digit_and_ten_bars() -> None:
    image = np.zeros((28, 28), dtype=np.float32)
    image[5:20, 13] = 1
    probabilities = np.full(10, 0.02, dtype=np.float32)
    probabilities[1] = 0.82
    figure = view_classify(image, probabilities)
    digit_axes, bar_axes = figure.axes
    np.testing.assert_array_equal(digit_axes.images[0].get_array(), image)
    bars = [bar for bar in bar_axes.patches if isinstance(bar, Rectangle)]
    assert [bar.get_width() for bar in bars] == pytest.approx(probabilities.tolist())
    assert to_hex(bars[1].get_facecolor()) == ACCENT
    with Image.open(io.BytesIO(as_png(figure))) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 300


def test_view_classify_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match=r"image: expected shape \(28, 28\)"):
        view_classify(np.zeros(784, dtype=np.float32), np.zeros(10, dtype=np.float32))
    with pytest.raises(ValueError, match=r"probabilities: expected shape \(10,\)"):
        view_classify(np.zeros((28, 28), dtype=np.float32), np.zeros(9, dtype=np.float32))


def test_learning_curves_draw_what_they_are_given() -> None:
    figure = learning_curves([3, 4, 5], [1.0, 0.5, 0.25], [0.7, 0.8, 0.9], accuracy_name="test")
    loss_axes, accuracy_axes = figure.axes
    np.testing.assert_array_equal(loss_axes.lines[0].get_xydata(), [(3, 1), (4, 0.5), (5, 0.25)])
    np.testing.assert_array_almost_equal(
        np.asarray(accuracy_axes.lines[0].get_xydata()), [(3, 70), (4, 80), (5, 90)]
    )
    assert accuracy_axes.get_title() == "Test accuracy, %"
