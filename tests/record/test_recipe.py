import copy
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mnist_core.data.datasets import Splits
from mnist_core.data.pendigits import PenDigit
from mnist_core.models.mlp import MLP
from mnist_core.record.digit_recipe import calibrated, record, training_digits
from mnist_core.record.pools import RecordConfig
from mnist_core.record.recipe import RecordEvent, likeliest_temperature
from tests.support.pen_digits import made_up_pen
from tests.support.synthetic import synthetic_digits

SMALL = RecordConfig(
    hidden_sizes=(32,),
    teacher_epochs=2,
    convolution_threads=1,
    epochs=3,
    images_per_epoch=128,
    batch_size=32,
    pen_variants=2,
    made_up=20,
    pictures=6,
    parted=4,
    non_digits=20,
    validation_size=50,
)


def mnist() -> Splits:
    return Splits(train=synthetic_digits(400, generator=torch.Generator().manual_seed(0)))


def pen() -> list[PenDigit]:
    return made_up_pen((1, 2, 3, 5))


def finished(events: Iterable[RecordEvent[MLP]]) -> MLP:
    last = list(events)[-1]
    assert last.model is not None
    return last.model


def losses(events: Iterable[RecordEvent[MLP]]) -> list[float]:
    return [event.loss for event in events if event.loss is not None]


@pytest.fixture(scope="module")
def whole() -> list[RecordEvent[MLP]]:
    """All events of a run that nothing interrupts."""
    return list(record(mnist(), pen(), config=SMALL))


def weights(model: MLP) -> Tensor:
    return torch.cat([tensor.flatten().float() for tensor in model.state_dict().values()])


def test_each_epoch_is_told_and_the_last_holds_a_calibrated_model(
    whole: list[RecordEvent[MLP]],
) -> None:
    events = whole
    told = [(event.stage, event.epoch) for event in events]
    assert told == [("teacher", each) for each in range(3)] + [("mlp", each) for each in (1, 2, 3)]
    assert events[0].loss is None
    teacher_first, teacher_last, first, _, last = losses(events)
    assert teacher_last < teacher_first
    assert last < first
    for accuracy in (events[5].mnist_accuracy, events[5].pen_accuracy):
        assert accuracy is not None
        assert 0.0 <= accuracy <= 1.0
    assert events[5].remaining_s == 0.0
    assert all(event.model is None for event in events[:5])
    model = finished(events)
    assert model.config.rejects
    assert model.config.layer_sizes == (784, 32, 11)
    assert model.config.temperature != 1.0
    assert not model.training


def test_the_temperature_undoes_what_logits_are_multiplied_by() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(4000, 10, generator=generator)
    labels = torch.multinomial(logits.softmax(dim=1), 1, generator=generator)[:, 0]
    assert likeliest_temperature([(logits, labels)]) == pytest.approx(1, abs=0.05)
    assert likeliest_temperature([(3 * logits, labels)]) == pytest.approx(3, abs=0.15)
    both = likeliest_temperature([(3 * logits, labels), (logits, labels)])
    assert 1.2 < both < 2.8


def test_same_seed_gives_the_same_weights(whole: list[RecordEvent[MLP]]) -> None:
    again = finished(record(mnist(), pen(), config=SMALL))
    assert torch.equal(weights(finished(whole)), weights(again))
    other = islice(record(mnist(), pen(), config=replace(SMALL, seed=1)), 2)
    assert losses(other) != losses(whole[:2])


@pytest.mark.parametrize("killed_after", [1, 2, 4])  # inside, between and inside the two stages
def test_a_killed_run_goes_on_to_the_same_weights(
    whole: list[RecordEvent[MLP]], tmp_path: Path, killed_after: int
) -> None:
    state = tmp_path / "state.safetensors"
    run = record(mnist(), pen(), config=SMALL, state_path=state)
    for _ in range(killed_after + 1):
        next(run)
    run.close()
    events = list(record(mnist(), pen(), config=SMALL, state_path=state))
    assert len(events) == 6 - killed_after
    assert torch.equal(weights(finished(events)), weights(finished(whole)))
    (only,) = record(mnist(), pen(), config=SMALL, state_path=state)
    assert torch.equal(weights(finished([only])), weights(finished(whole)))
    assert finished([only]).config == finished(events).config


def test_an_mlp_goes_on_from_its_elders_and_learns_from_both(whole: list[RecordEvent[MLP]]) -> None:
    first, second = finished(whole), MLP(finished(whole).config, generator=torch.Generator())
    still = replace(SMALL, epochs=1, learning_rate=1e-9)
    (begun, done) = record(mnist(), pen(), config=still, elders=[first])
    assert (begun.stage, begun.epoch) == ("mlp", 0)
    assert done.model is not None
    ours, theirs = (dict(model.named_parameters()) for model in (first, done.model))
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in ours)
    # Nothing has been learnt yet: what differs is who teaches.
    assert losses(record(mnist(), pen(), config=still, elders=[first, second])) != [done.loss]


def test_foreign_and_damaged_states_are_refused(tmp_path: Path) -> None:
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


def test_held_out_writers_train_only_when_asked(whole: list[RecordEvent[MLP]]) -> None:
    everyone = replace(SMALL, all_writers=True)
    assert {digit.writer for digit in training_digits(pen(), SMALL)} == {1, 2}
    assert {digit.writer for digit in training_digits(pen(), everyone)} == {1, 2, 3, 5}
    without = [digit for digit in pen() if digit.writer != 5]
    again = islice(record(mnist(), without, config=SMALL), 2)
    assert losses(again) == losses(whole[:2])


def test_what_all_writers_have_taught_stays_fitted_to_those_who_had_not(
    whole: list[RecordEvent[MLP]],
) -> None:
    elder = finished(whole)
    everyone = replace(SMALL, all_writers=True, epochs=1)
    _, last = record(mnist(), pen(), config=everyone, elders=[elder])
    assert last.mnist_accuracy is not None
    assert last.pen_accuracy is None
    assert last.model is not None
    assert last.model.config == elder.config
    assert not torch.equal(weights(last.model), weights(elder))
    with pytest.raises(ValueError, match="all writers: expected weights to go on from"):
        next(record(mnist(), pen(), config=everyone))


def test_calibration_brings_percentages_down_where_the_model_is_too_sure(
    whole: list[RecordEvent[MLP]],
) -> None:
    data = synthetic_digits(500, generator=torch.Generator().manual_seed(0))
    model = copy.deepcopy(finished(whole))
    with torch.no_grad():
        model.output.weight.mul_(20)
        model.output.bias.mul_(20)
    assert calibrated(model, [data]).config.temperature > 4.0
