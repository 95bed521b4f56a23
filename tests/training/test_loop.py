import copy
import dataclasses
import itertools

import numpy as np
import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.training.config import OptimizerName, TrainConfig
from mnist_core.training.events import EndEvent, EpochEvent, StepEvent, TrainEvent
from mnist_core.training.loop import TrainingRun, prepare, scheduled_learning_rate, train
from mnist_core.training.presets import PRESETS
from mnist_core.training.state import TrainingState

CONFIG = TrainConfig(epochs=3, batch_size=32, learning_rate=0.1, validation_size=100)


def run(data: Splits, config: TrainConfig = CONFIG, *, seed: int = 0) -> list[TrainEvent]:
    generator = torch.Generator().manual_seed(seed)
    return list(train(MLP(generator=generator), data, config=config, generator=generator))


def step_losses(events: list[TrainEvent]) -> list[float]:
    return [event.loss for event in events if isinstance(event, StepEvent)]


def test_easy_digits_are_learnt(digits: Splits) -> None:
    config = dataclasses.replace(CONFIG, epochs=20, optimizer="adam", learning_rate=0.002)
    end = run(digits, config)[-1]
    assert isinstance(end, EndEvent)
    assert end.test_accuracy is not None
    assert end.test_accuracy > 0.9
    assert not end.diverged


def test_events_come_in_order_and_count(digits: Splits) -> None:
    events = run(digits)
    steps = -(-(len(digits.train) - 100) // 32)
    kinds = [type(event) for event in events]
    assert kinds == ([StepEvent] * steps + [EpochEvent]) * 3 + [EndEvent]
    step_events = [event for event in events if isinstance(event, StepEvent)]
    assert [event.step for event in step_events] == list(range(1, 3 * steps + 1))
    epochs = [event for event in events if isinstance(event, EpochEvent)]
    assert epochs[0].train_loss == pytest.approx(
        sum(event.loss for event in step_events[:steps]) / steps
    )
    assert epochs[-1].remaining_s == 0
    assert all(event.validation_accuracy is not None for event in epochs)


def test_the_same_seed_gives_the_same_losses(digits: Splits) -> None:
    first, same, other = (step_losses(run(digits, seed=seed)) for seed in (4, 4, 5))
    assert first == same
    assert first != other


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize(
    "model_config",
    [MLPConfig(hidden_sizes=()), MLPConfig(activation="tanh"), MLPConfig(normalization="batch")],
)
def test_every_kind_of_network_and_optimizer_lowers_the_loss(
    digits: Splits, optimizer: OptimizerName, model_config: MLPConfig
) -> None:
    rate = {"sgd": 0.05, "momentum": 0.01, "adam": 0.002}[optimizer]
    config = dataclasses.replace(CONFIG, epochs=8, optimizer=optimizer, learning_rate=rate)
    generator = torch.Generator().manual_seed(0)
    model = MLP(model_config, generator=generator)
    epochs = [
        event
        for event in train(model, digits, config=config, generator=generator)
        if isinstance(event, EpochEvent)
    ]
    assert epochs[-1].train_loss < 0.8 * epochs[0].train_loss


def test_closing_stops_and_the_model_keeps_what_it_has_learnt(digits: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(generator=generator)
    before = model.output.weight.detach().clone()
    events = train(model, digits, config=CONFIG, generator=generator)
    for _ in itertools.islice(events, 5):
        pass
    events.close()
    assert not torch.equal(model.output.weight, before)
    assert next(events, None) is None


def test_a_setting_sent_mid_run_takes_effect(digits: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(generator=generator)
    events = train(model, digits, config=CONFIG, generator=generator)
    next(events)
    event = events.send(dataclasses.replace(CONFIG, learning_rate=0.0))
    assert isinstance(event, StepEvent)
    assert event.learning_rate == 0.0
    frozen = model.output.weight.detach().clone()
    next(events)
    assert torch.equal(model.output.weight, frozen)


def test_a_diverging_run_ends_with_finite_weights(digits: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(generator=generator)
    config = dataclasses.replace(CONFIG, learning_rate=1e6, epochs=50)
    *_, end = train(model, digits, config=config, generator=generator)
    assert isinstance(end, EndEvent)
    assert end.diverged
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_a_diverging_run_goes_back_to_the_weights_kept_last(digits: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(generator=generator)
    config = dataclasses.replace(CONFIG, epochs=50)
    events = train(model, digits, config=config, generator=generator)
    for event in events:
        if isinstance(event, StepEvent) and event.step == 50:
            kept = copy.deepcopy(model.state_dict())
        if isinstance(event, StepEvent) and event.step == 60:
            break
    *_, end = [events.send(dataclasses.replace(config, learning_rate=1e6)), *events]
    assert isinstance(end, EndEvent)
    assert end.diverged
    assert 60 < end.step < 100
    for name, value in model.state_dict().items():
        assert torch.equal(value, kept[name])


def test_epochs_and_batch_size_sent_mid_run_take_effect(digits: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    events = train(MLP(generator=generator), digits, config=CONFIG, generator=generator)
    next(events)
    seen = [events.send(dataclasses.replace(CONFIG, epochs=2, batch_size=100)), *events]
    steps = [event for event in seen if isinstance(event, StepEvent)]
    assert [event.steps_per_epoch for event in steps if event.epoch == 1] == [16] * 15
    assert [event.steps_per_epoch for event in steps if event.epoch == 2] == [5] * 5
    assert [event.step_in_epoch for event in steps if event.epoch == 2] == [1, 2, 3, 4, 5]
    assert isinstance(seen[-1], EndEvent)
    assert seen[-1].epoch == 2
    assert seen[-1].step == 21


def test_waiting_for_the_caller_does_not_count_as_training(
    digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    config = dataclasses.replace(CONFIG, epochs=2)
    generator = torch.Generator().manual_seed(0)
    epochs = []
    for event in train(MLP(generator=generator), digits, config=config, generator=generator):
        now += 100.0  # the caller takes its time
        if isinstance(event, EpochEvent):
            epochs.append(event)
    assert isinstance(event, EndEvent)
    assert event.elapsed_s == 0
    assert [(epoch.epoch_s, epoch.elapsed_s, epoch.remaining_s) for epoch in epochs] == [
        (0, 0, 0)
    ] * 2


def test_seconds_of_training_are_those_between_the_events(
    digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: float(next(seconds)))
    events = run(digits)
    *epochs, end = [event for event in events if not isinstance(event, StepEvent)]
    for epoch in epochs:
        assert isinstance(epoch, EpochEvent)
        assert 0 < epoch.epoch_s <= epoch.elapsed_s < end.elapsed_s
        assert epoch.remaining_s == epoch.epoch_s * (3 - epoch.epoch)
        assert epoch.images_per_s == pytest.approx(500 / (epoch.epoch_s - 1), rel=0.1)


def test_an_epochs_accuracy_is_that_of_its_batches(digits: Splits) -> None:
    events = run(digits, dataclasses.replace(CONFIG, epochs=1))
    steps = [event for event in events if isinstance(event, StepEvent)]
    (epoch,) = [event for event in events if isinstance(event, EpochEvent)]
    right = sum(event.accuracy * size for event, size in zip(steps, [32] * 15 + [20], strict=True))
    assert epoch.train_accuracy == pytest.approx(right / 500)


def test_augmentation_changes_what_is_learnt_from(digits: Splits) -> None:
    plain = step_losses(run(digits))
    augmented = step_losses(run(digits, dataclasses.replace(CONFIG, augment=True)))
    assert plain[0] != augmented[0]


def test_validation_images_never_train(digits: Splits) -> None:
    data = prepare(digits, CONFIG)
    assert data.validation is not None
    assert len(data.train) + len(data.validation) == len(digits.train)
    trained = {image.numpy().tobytes() for image in data.train.images}
    assert not any(image.numpy().tobytes() in trained for image in data.validation.images)
    few = dataclasses.replace(CONFIG, train_size=10)
    assert len(prepare(digits, few).train) == 10
    with pytest.raises(ValueError, match="validation_size: expected less than 600"):
        prepare(digits, dataclasses.replace(CONFIG, validation_size=600))


def test_one_cycle_rises_and_falls_to_nothing() -> None:
    config = dataclasses.replace(CONFIG, schedule="one-cycle")
    rates = [scheduled_learning_rate(config, share / 20) for share in range(21)]
    rising = np.linspace(0.1, 1.0, 6)
    falling = np.linspace(1.0, 0.0, 16)[1:]
    expected = config.learning_rate * np.concatenate((rising, falling))
    assert rates == pytest.approx(expected.tolist())
    assert scheduled_learning_rate(CONFIG, 0.7) == CONFIG.learning_rate


def test_each_step_takes_the_learning_rate_of_its_progress(digits: Splits) -> None:
    config = dataclasses.replace(CONFIG, schedule="one-cycle")
    rates = [event.learning_rate for event in run(digits, config) if isinstance(event, StepEvent)]
    expected = [scheduled_learning_rate(config, step / len(rates)) for step in range(len(rates))]
    assert rates == pytest.approx(expected)


def test_the_notebooks_loss_curve(mnist: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(PRESETS["notebook"].model, generator=generator)
    losses = [
        event.train_loss
        for event in train(model, mnist, config=PRESETS["notebook"].train, generator=generator)
        if isinstance(event, EpochEvent)
    ]
    assert losses == pytest.approx([1.06, 0.39, 0.325, 0.293, 0.268], rel=0.03)


def test_the_fast_preset_names_98_percent_right(mnist: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(PRESETS["fast"].model, generator=generator)
    *_, end = train(model, mnist, config=PRESETS["fast"].train, generator=generator)
    assert isinstance(end, EndEvent)
    assert end.test_accuracy is not None
    assert end.test_accuracy >= 0.98


def new_run(data: Splits, config: TrainConfig) -> TrainingRun:
    generator = torch.Generator().manual_seed(0)
    return TrainingRun(MLP(generator=generator), data, config=config, generator=generator)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("steps", [1, 9, 16, 17])  # 16 an epoch
def test_a_run_that_goes_on_elsewhere_has_the_losses_of_one_that_never_stopped(
    digits: Splits, optimizer: OptimizerName, steps: int
) -> None:
    config = dataclasses.replace(
        CONFIG, optimizer=optimizer, learning_rate=0.01, dropout=0.2, augment=True
    )
    whole = list(new_run(digits, config).events())
    first, second = new_run(digits, config), new_run(digits, config)
    taken: list[TrainEvent] = []
    for event in first.events():
        taken.append(event)
        if isinstance(event, StepEvent) and event.step == steps:
            break
    second.resume(TrainingState.from_bytes(first.state().to_bytes()))
    taken += second.events()
    assert step_losses(taken) == step_losses(whole)
    epochs = [[e.train_loss for e in each if isinstance(e, EpochEvent)] for each in (taken, whole)]
    assert epochs[0] == epochs[1]


def test_the_state_of_another_training_is_refused(digits: Splits) -> None:
    state = new_run(digits, CONFIG).state()
    with pytest.raises(ValueError, match="expected that of such a training"):
        new_run(digits, dataclasses.replace(CONFIG, optimizer="adam")).resume(state)
    with pytest.raises(ValueError, match="not a safetensors file"):
        TrainingState.from_bytes(b"no state")
