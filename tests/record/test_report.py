from pathlib import Path

import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.record.pools import RecordConfig
from mnist_core.record.report import RECORD, train_record
from tests.support.pen_digits import made_up_pen, unipen
from tests.support.synthetic import synthetic_digits


def splits() -> Splits:
    return Splits(
        train=synthetic_digits(200, generator=torch.Generator().manual_seed(0)),
        test=synthetic_digits(50, generator=torch.Generator().manual_seed(1)),
    )


SMALL = RecordConfig(
    hidden_sizes=(16,),
    teacher_epochs=1,
    convolution_threads=1,
    epochs=2,
    images_per_epoch=64,
    batch_size=32,
    pen_variants=1,
    made_up=8,
    pictures=8,
    parted=4,
    non_digits=8,
    validation_size=20,
)


def test_record_tells_each_epoch_saves_the_weights_and_drops_its_state(tmp_path: Path) -> None:
    folder = tmp_path / "pendigits"
    folder.mkdir()
    (folder / "pendigits-orig.tra").write_text(unipen(made_up_pen((1, 3, 5))))
    out = tmp_path / "weights.safetensors"
    figure = tmp_path / "curves.png"
    run = train_record(RECORD, splits(), config=SMALL, data_root=tmp_path, out=out, figure=figure)
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
