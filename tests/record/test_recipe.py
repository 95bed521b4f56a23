from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from mnist_core.data.datasets import Splits
from mnist_core.data.pendigits import PenDigit
from mnist_core.record.learner import loss_of
from mnist_core.record.pools import RecordConfig
from mnist_core.record.rare_styles import made_up_digit
from mnist_core.record.recipe import calibrated, record, trains
from tests.support.synthetic import synthetic_digits

SMALL = RecordConfig(
    hidden_sizes=(32,),
    teacher_epochs=2,
    epochs=3,
    images_per_epoch=256,
    batch_size=32,
    pen_variants=2,
    made_up=20,
    non_digits=20,
    validation_size=50,
)


def mnist(count=400):
    return Splits(train=synthetic_digits(count, generator=torch.Generator().manual_seed(0)))


def pen():
    generator = np.random.default_rng(0)
    return [
        PenDigit(digit, writer, tuple(made_up_digit(digit, generator=generator)))
        for writer in (1, 2, 3, 5)
        for digit in range(10)
    ]


def weights(model):
    return torch.cat([tensor.flatten().float() for tensor in model.state_dict().values()])


def test_each_epoch_is_told_and_the_last_holds_a_calibrated_model():
    events = list(record(mnist(), pen(), config=SMALL))
    told = [(event.stage, event.epoch) for event in events]
    assert told == [("teacher", each) for each in range(3)] + [("mlp", each) for each in (1, 2, 3)]
    assert events[0].loss is None
    assert events[2].loss < events[1].loss
    assert events[5].loss < events[3].loss
    assert 0.0 <= events[5].mnist_accuracy <= 1.0
    assert 0.0 <= events[5].pen_accuracy <= 1.0
    assert events[5].remaining_s == 0.0
    assert all(event.model is None for event in events[:5])
    model = events[5].model
    assert model.config.rejects
    assert model.config.layer_sizes == (784, 32, 11)
    assert model.config.temperature != 1.0
    assert not model.training


def test_the_teachers_share_of_the_loss_vanishes_where_both_agree():
    config = RecordConfig(distillation=0.6)
    logits = torch.randn(5, 11, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(5)
    hard = functional.cross_entropy(logits, labels)
    assert torch.equal(loss_of(logits, labels, None, config=config), hard)
    agreed = loss_of(logits, labels, logits + 3.0, config=config)
    assert agreed.item() == pytest.approx(0.4 * hard.item(), abs=1e-5)
    assert loss_of(logits, labels, -logits, config=config) > agreed


def test_same_seed_gives_the_same_weights():
    once, again = (list(record(mnist(), pen(), config=SMALL))[-1].model for _ in range(2))
    assert torch.equal(weights(once), weights(again))
    other = list(record(mnist(), pen(), config=replace(SMALL, seed=1)))[-1].model
    assert not torch.equal(weights(once), weights(other))


@pytest.mark.parametrize("killed_after", [1, 2, 3, 4])
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path, killed_after: int):
    state = tmp_path / "state.safetensors"
    whole = list(record(mnist(), pen(), config=SMALL))[-1].model
    run = record(mnist(), pen(), config=SMALL, state_path=state)
    for _ in range(killed_after + 1):
        next(run)
    run.close()
    events = list(record(mnist(), pen(), config=SMALL, state_path=state))
    assert len(events) == 6 - killed_after
    assert torch.equal(weights(events[-1].model), weights(whole))
    (finished,) = record(mnist(), pen(), config=SMALL, state_path=state)
    assert torch.equal(weights(finished.model), weights(whole))
    assert finished.model.config == events[-1].model.config


def test_foreign_and_damaged_states_are_refused(tmp_path: Path):
    state = tmp_path / "state.safetensors"
    run = record(mnist(), pen(), config=SMALL, state_path=state)
    while next(run).epoch < 1:
        pass
    run.close()
    with pytest.raises(ValueError, match="another recipe"):
        next(record(mnist(), pen(), config=replace(SMALL, seed=1), state_path=state))
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(ValueError, match="damaged state"):
        next(record(mnist(), pen(), config=SMALL, state_path=state))
    state.write_bytes(b"no state at all")
    with pytest.raises(ValueError, match=r"state\.safetensors"):
        next(record(mnist(), pen(), config=SMALL, state_path=state))


def test_held_out_writers_train_only_when_asked():
    assert not trains(5, all_writers=False)
    assert trains(5, all_writers=True)
    assert trains(1, all_writers=False)
    assert not trains(3, all_writers=True)
    without = [digit for digit in pen() if digit.writer != 5]
    once = list(record(mnist(), pen(), config=SMALL))[-1].model
    again = list(record(mnist(), without, config=SMALL))[-1].model
    assert torch.equal(weights(once), weights(again))


def test_calibration_brings_percentages_down_where_the_model_is_too_sure():
    data = synthetic_digits(500, generator=torch.Generator().manual_seed(0))
    model = list(record(mnist(), pen(), config=SMALL))[-1].model
    with torch.no_grad():
        model.output.weight *= 20
        model.output.bias *= 20
    assert calibrated(model, [data]).config.temperature > 4.0


@pytest.mark.parametrize(
    "fault", [{"epochs": 0}, {"teacher_epochs": 0}, {"mnist_share": 0.9}, {"batch_size": 0}]
)
def test_config_is_checked(fault):
    with pytest.raises(ValueError, match=r"expected at least 1|add up to 1"):
        RecordConfig(**fault)
