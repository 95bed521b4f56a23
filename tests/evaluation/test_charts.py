import io

import numpy as np
import pytest
from PIL import Image

from mnist_core.evaluation.charts import ACCENT, as_png, learning_curves, view_classify


def test_view_classify_shows_the_digit_and_ten_bars() -> None:
    image = np.zeros((28, 28), dtype=np.float32)
    image[5:20, 13] = 1
    probabilities = np.full(10, 0.02, dtype=np.float32)
    probabilities[1] = 0.82
    figure = view_classify(image, probabilities)
    digit_axes, bar_axes = figure.axes
    assert np.array_equal(digit_axes.images[0].get_array(), image)
    assert [bar.get_width() for bar in bar_axes.patches] == pytest.approx(probabilities.tolist())
    red, green, blue, _ = bar_axes.patches[1].get_facecolor()
    assert f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}" == ACCENT
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
    assert loss_axes.lines[0].get_xdata().tolist() == [3, 4, 5]
    assert loss_axes.lines[0].get_ydata().tolist() == [1.0, 0.5, 0.25]
    assert accuracy_axes.lines[0].get_ydata().tolist() == pytest.approx([70, 80, 90])
    assert accuracy_axes.get_title() == "Test accuracy, %"
