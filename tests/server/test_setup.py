"""Set-ups: the presets are the core's, and nothing else than the ranges say is taken."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from mnist_core.errors import RefusedError
from mnist_core.server.limits import Limits
from mnist_core.server.setup import LIVE_FIELDS, Setup, controls, parse_setup
from mnist_core.training.presets import DEFAULT_PRESET, PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_trains_in_the_page_as_in_the_core(name: str) -> None:
    setup, preset = parse_setup({"preset": name}, limits=Limits()), PRESETS[name]
    assert setup.model_config() == preset.model
    # The worker holds images out and counts those to train on.
    expected = dataclasses.replace(preset.train, validation_size=0, train_size=None)
    assert setup.train_config() == expected
    assert setup.train_size == preset.train_size


@pytest.mark.parametrize("name", PRESETS)
def test_the_controls_show_each_preset_as_the_core_has_it(name: str) -> None:
    told, preset = controls(Limits()), PRESETS[name]
    assert told["words"][name] == preset.words
    assert told["presets"][name] == {
        "preset": name,
        "epochs": preset.train.epochs,
        "learning_rate": preset.train.learning_rate,
        "batch_size": preset.train.batch_size,
        "optimizer": preset.train.optimizer,
        "weight_decay": preset.train.weight_decay,
        "hidden_sizes": list(preset.model.hidden_sizes),
        "activation": preset.model.activation,
        "dropout": preset.train.dropout,
        "augmentation": preset.train.augment,
        "train_size": preset.train_size,
        "shuffle_labels": False,
        "seed": 0,
    }


def test_the_controls_show_every_preset_and_one_chosen() -> None:
    told = controls(Limits())
    assert list(told["presets"]) == list(told["words"]) == list(PRESETS)
    assert told["preset"] == DEFAULT_PRESET


@pytest.mark.parametrize("limits", [Limits(), Limits(epochs=7)])
def test_the_ranges_of_the_controls_are_those_that_are_checked(limits: Limits) -> None:
    for name, (low, high) in controls(limits)["ranges"].items():
        for value in (low, high):
            assert getattr(parse_setup({name: value}, limits=limits), name) == value
        for value in (low - 1, high + 1):
            with pytest.raises(RefusedError, match="from"):
                parse_setup({name: value}, limits=limits)


def test_a_network_of_the_most_layers_and_units_is_taken() -> None:
    told = controls(Limits())
    sizes = [told["units"]] * told["layers"]
    assert parse_setup({"hidden_sizes": sizes}, limits=Limits()).hidden_sizes == tuple(sizes)


def test_the_choices_of_the_controls_can_be_made() -> None:
    for name, choices in controls(Limits())["choices"].items():
        for choice in choices:
            assert getattr(parse_setup({name: choice}, limits=Limits()), name) == choice


def test_values_replace_those_of_the_preset_or_of_the_set_up_before() -> None:
    first = parse_setup({"preset": "few", "hidden_sizes": [32]}, limits=Limits())
    assert first == dataclasses.replace(Setup.of_preset("few"), hidden_sizes=(32,))
    second = parse_setup({"learning_rate": 1}, limits=Limits(), onto=first)
    assert second == dataclasses.replace(first, learning_rate=1.0)


def test_what_changes_while_it_trains_is_among_the_fields() -> None:
    assert set(LIVE_FIELDS) <= {each.name for each in dataclasses.fields(Setup)}


BAD: list[Any] = [
    None,
    [],
    {"preset": "nonsense"},
    {"preset": 3},
    {"preset": []},
    {"epochs": 0},
    {"epochs": 101},
    {"epochs": 10**9},
    {"epochs": 1.5},
    {"epochs": True},
    {"learning_rate": float("nan")},
    {"learning_rate": float("inf")},
    {"learning_rate": -1},
    {"learning_rate": "0.1"},
    {"learning_rate": 10**400},
    {"batch_size": 0},
    {"dropout": 1},
    {"hidden_sizes": [0]},
    {"hidden_sizes": [1025]},
    {"hidden_sizes": [1] * 5},
    {"hidden_sizes": [1.5]},
    {"hidden_sizes": [True]},
    {"hidden_sizes": "128"},
    {"activation": "step"},
    {"optimizer": None},
    {"augmentation": 1},
    {"train_size": 99},
    {"shuffle_labels": None},
    {"seed": -1},
    {"seed": 2**40},
]


@pytest.mark.parametrize("values", BAD)
def test_a_set_up_out_of_its_range_is_refused_with_a_sentence(values: Any) -> None:
    with pytest.raises(RefusedError, match=r"\.$") as refused:
        parse_setup(values, limits=Limits())
    assert refused.value.code == "setup"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"epochs": 0}, "Epochs must be a whole number from 1 to 100."),
        ({"learning_rate": None}, "Learning rate must be a number from 1e-06 to 100."),
        ({"train_size": "x"}, "Training images must be a whole number from 100 to 60,000."),
        ({"hidden_sizes": [0]}, "Hidden layers must be at most 4 numbers from 1 to 1,024."),
        ({"optimizer": "x"}, "Optimizer must be one of sgd, momentum, adam."),
        ({"augmentation": 1}, "Augmentation must be on or off."),
        ({"shuffle_labels": 1}, "Shuffled labels must be on or off."),
    ],
)
def test_the_sentence_says_what_is_expected(values: Any, sentence: str) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_setup(values, limits=Limits())
    assert str(refused.value) == sentence
