from itertools import islice
from pathlib import Path

import pytest
import torch

from mnist_core.data.datasets import Dataset
from mnist_core.errors import DatasetError
from mnist_core.evaluation import report
from mnist_core.evaluation.report import evaluation_report
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from tests.support.pen_digits import made_up_pen
from tests.support.synthetic import synthetic_digits

WRITERS = (1, 3, 5)


def made_up() -> Dataset:
    return synthetic_digits(50, generator=torch.Generator().manual_seed(1))


def test_report_covers_mnist_pens_and_other_ink_and_draws_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_OTHER_INK_COUNT", 34)
    model = MLP(MLPConfig(hidden_sizes=(), rejects=True)).eval()
    figure = tmp_path / "figure.png"
    test = made_up()
    mnist, pens, other, saved = evaluation_report(
        model, test, pen=made_up_pen(WRITERS), writers_held_out=True, figure=figure
    )
    assert mnist.startswith("MNIST test set: 50 digits")
    assert "held-out writers: 10 digits" in pens
    assert "34 drawings that are none: AUROC" in other
    assert str(figure) in saved
    assert figure.read_bytes().startswith(b"\x89PNG")
    _, pens = islice(evaluation_report(model, test, pen=made_up_pen(WRITERS)), 2)
    assert "all writers: 30 digits" in pens


def test_held_out_writers_must_be_there() -> None:
    model = MLP(MLPConfig(hidden_sizes=())).eval()
    pen = [digit for digit in made_up_pen(WRITERS) if digit.writer != 5]
    with pytest.raises(DatasetError, match="held-out"):
        list(evaluation_report(model, made_up(), pen=pen, writers_held_out=True))
