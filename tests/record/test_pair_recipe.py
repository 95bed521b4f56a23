"""The recipe of the reader of pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.models.pairs import read_pair_network
from mnist_core.record.convolutional import ConvNet
from mnist_core.record.pair_recipe import record_pairs
from mnist_core.record.pools import RecordConfig
from mnist_core.record.recipe import RecordEvent
from mnist_core.record.report import RECORD_PAIRS, train_record
from tests.record.test_recipe import SMALL as SMALL_RECIPE
from tests.record.test_recipe import mnist, pen
from tests.support.pen_digits import made_up_pen, unipen

SMALL = replace(
    SMALL_RECIPE,
    images_per_epoch=2048,
    batch_size=64,
    mnist_share=0.56,
    non_digit_share=0.0,
    numbers_are_none=False,
    distillation=0.0,
)


def events(config: RecordConfig = SMALL) -> list[RecordEvent[ConvNet]]:
    return list(record_pairs(mnist(), pen(), config=config))


@pytest.fixture(scope="module")
def whole() -> list[RecordEvent[ConvNet]]:
    return events()


def test_it_learns_and_its_last_event_holds_a_calibrated_model(
    whole: list[RecordEvent[ConvNet]],
) -> None:
    assert [(event.stage, event.epoch) for event in whole] == [("pairs", each) for each in range(4)]
    assert whole[0].loss is None
    losses = [event.loss for event in whole[1:] if event.loss is not None]
    assert losses == sorted(losses, reverse=True)
    last = whole[-1]
    for accuracy in (last.mnist_accuracy, last.pen_accuracy):
        assert accuracy is not None
        assert 0.03 < accuracy <= 1  # a hundredth is chance
    assert last.remaining_s == 0
    assert [event.model is None for event in whole] == [True, True, True, False]
    assert last.model is not None
    assert last.model(torch.rand(2, 28, 48)).shape == (2, 22)
    assert not last.model.training


def test_the_same_seed_gives_the_same_weights(whole: list[RecordEvent[ConvNet]]) -> None:
    again, other = events()[-1].model, events(replace(SMALL, seed=1))[-1].model
    model = whole[-1].model
    assert model is not None
    assert again is not None
    assert other is not None
    assert torch.equal(again.output.weight, model.output.weight)
    assert not torch.equal(other.output.weight, model.output.weight)


def test_a_killed_run_goes_on_to_the_same_weights(
    whole: list[RecordEvent[ConvNet]], tmp_path: Path
) -> None:
    state = tmp_path / "state.safetensors"
    run = record_pairs(mnist(), pen(), config=SMALL, state_path=state)
    while next(run).epoch < 2:
        pass
    run.close()
    begun, last = record_pairs(mnist(), pen(), config=SMALL, state_path=state)
    assert (begun.stage, begun.epoch) == ("pairs", 2)
    assert last.model is not None
    assert whole[-1].model is not None
    assert torch.equal(last.model.output.weight, whole[-1].model.output.weight)


def test_a_teacher_can_teach_it_first() -> None:
    config = replace(SMALL, distillation=0.7, teacher_epochs=1, epochs=1, images_per_epoch=256)
    taught = events(config)
    assert [event.stage for event in taught] == ["teacher", "teacher", "pairs"]
    assert taught[-1].model is not None


def test_it_goes_on_from_an_elder_with_all_writers(whole: list[RecordEvent[ConvNet]]) -> None:
    elder = whole[-1].model
    assert elder is not None
    still = replace(SMALL, all_writers=True, epochs=1, images_per_epoch=64, learning_rate=1e-9)
    begun, last = record_pairs(mnist(), pen(), config=still, elders=[elder])
    assert (begun.stage, begun.epoch) == ("pairs", 0)
    assert last.pen_accuracy is None
    assert last.model is not None
    assert last.model.config == elder.config
    assert torch.allclose(last.model.output.weight, elder.output.weight, atol=1e-5)


def test_its_recipe_tells_each_epoch_and_saves_the_weights(tmp_path: Path) -> None:
    folder = tmp_path / "pendigits"
    folder.mkdir()
    (folder / "pendigits-orig.tra").write_text(unipen(made_up_pen((1, 3, 5))))
    out, figure = tmp_path / "pairs.safetensors", tmp_path / "curves.png"
    lines = list(
        train_record(
            RECORD_PAIRS, mnist(), config=SMALL, data_root=tmp_path, out=out, figure=figure
        )
    )
    assert lines[0].startswith("pairs epoch 0/3  ink drawn")
    assert lines[3].startswith("pairs epoch 3/3  loss")
    assert lines[4:] == [f"saved to {out}", f"figure saved to {figure}"]
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert read_pair_network(out).logits(np.zeros((2, 28, 48), np.float32)).shape == (2, 22)
