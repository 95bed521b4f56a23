from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.data.pendigits import PenDigit
from mnist_core.errors import DatasetError
from mnist_core.evaluation.report import evaluation_report
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.models.mlp import MLP, MLPConfig
from mnist_core.record.pools import RecordConfig
from mnist_core.record.rare_styles import made_up_digit
from mnist_core.record.report import train_record
from tests.support.synthetic import synthetic_digits

SMALL = RecordConfig(
    hidden_sizes=(16,),
    teacher_epochs=1,
    epochs=2,
    images_per_epoch=64,
    batch_size=32,
    pen_variants=1,
    made_up=8,
    non_digits=8,
    validation_size=20,
)


def made_up_pen():
    generator = np.random.default_rng(0)
    return [
        PenDigit(digit, writer, tuple(made_up_digit(digit, generator=generator)))
        for writer in (1, 3, 5)
        for digit in range(10)
    ]


def unipen(digits):
    """The digits in the text format of UCI's file, y up."""
    lines = []
    for number, digit in enumerate(digits):
        lines += [f'.SEGMENT DIGIT {number} ? "{digit.digit}"']
        lines += [f".COMMENT {digit.digit} {digit.writer} {number}"]
        for stroke in digit.strokes:
            points = [f" {x:.3f} {-y:.3f}" for x, y in stroke]
            lines += [".PEN_DOWN", *points, ".PEN_UP"]
        lines += [".DT 100", ""]
    return "\n".join(lines) + "\n"


def splits():
    return Splits(
        train=synthetic_digits(200, generator=torch.Generator().manual_seed(0)),
        test=synthetic_digits(50, generator=torch.Generator().manual_seed(1)),
    )


def test_record_tells_each_epoch_saves_the_weights_and_drops_its_state(tmp_path: Path):
    folder = tmp_path / "pendigits"
    folder.mkdir()
    (folder / "pendigits-orig.tra").write_text(unipen(made_up_pen()))
    out = tmp_path / "weights.safetensors"
    figure = tmp_path / "curves.png"
    run = train_record(splits(), config=SMALL, data_root=tmp_path, out=out, figure=figure)
    assert next(run).startswith("teacher epoch 0/1")
    assert next(run).startswith("teacher epoch 1/1  loss")
    assert next(run).startswith("mlp epoch 1/2  loss")
    assert (tmp_path / "weights.safetensors.state").exists()
    *_, saved, drawn, last = run
    assert drawn == f"figure saved to {figure}"
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert saved == f"saved to {out}"
    assert last.startswith("test accuracy")
    assert load_checkpoint(out).config.rejects
    assert not (tmp_path / "weights.safetensors.state").exists()


def test_report_covers_mnist_pens_and_other_ink_and_draws_them(tmp_path: Path):
    model = MLP(MLPConfig(hidden_sizes=(), rejects=True)).eval()
    figure = tmp_path / "figure.png"
    test = splits().test
    mnist, pens, other, saved = evaluation_report(
        model, test, pen=made_up_pen(), writers_held_out=True, figure=figure
    )
    assert mnist.startswith("MNIST test set: 50 digits")
    assert "held-out writers: 10 digits" in pens
    assert "AUROC" in other
    assert str(figure) in saved
    assert figure.read_bytes().startswith(b"\x89PNG")
    everyone = list(evaluation_report(model, test, pen=made_up_pen()))
    assert "all writers: 30 digits" in everyone[1]


def test_held_out_writers_must_be_there():
    model = MLP(MLPConfig(hidden_sizes=())).eval()
    pen = [digit for digit in made_up_pen() if digit.writer != 5]
    with pytest.raises(DatasetError, match="held-out"):
        list(evaluation_report(model, splits().test, pen=pen, writers_held_out=True))
