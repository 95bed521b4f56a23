import pytest
import torch
from matplotlib.figure import Figure

from mnist_core.evaluation.figures import evaluation_figure
from mnist_core.evaluation.measures import (
    evaluate,
)
from tests.support.synthetic import synthetic_digits, uniform_model


def test_figure_draws_every_data_set() -> None:
    data = synthetic_digits(60, generator=torch.Generator().manual_seed(0))
    evaluation = evaluate(uniform_model(), data)
    figure = evaluation_figure([("One", evaluation, data), ("Two", evaluation, data)])
    assert isinstance(figure, Figure)
    titles = [axes.get_title() for axes in figure.get_axes()]
    assert titles.count("Confusion matrix") == 2
    assert sum(" as " in title for title in titles) == 48
    figure.canvas.draw()
    with pytest.raises(ValueError, match="at least one"):
        evaluation_figure([])
