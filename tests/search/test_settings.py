"""What a search varies, as it is written on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.search.report import as_text
from mnist_core.search.settings import MAX_TRIALS, grid, parse_choice, sample
from tests.support.examples import the_same_each_time


def test_a_grid_is_each_combination_of_the_values() -> None:
    choices = [parse_choice("hidden_sizes=none,128-64"), parse_choice("augment=yes,no,yes")]
    assert grid(choices) == [
        {"hidden_sizes": (), "augment": True},
        {"hidden_sizes": (), "augment": False},
        {"hidden_sizes": (128, 64), "augment": True},
        {"hidden_sizes": (128, 64), "augment": False},
    ]
    assert sample(choices, 9, seed=0) == grid(choices)


@the_same_each_time(30)
@given(
    low=st.floats(1e-6, 1.0),
    factor=st.floats(1.1, 1e4),
    count=st.integers(1, 20),
    seed=st.integers(0, 99),
)
def test_a_sample_is_of_different_settings_within_the_range(
    low: float, factor: float, count: int, seed: int
) -> None:
    high = low * factor
    choices = [parse_choice(f"learning_rate={low!r}..{high!r}"), parse_choice("batch_size=16..99")]
    found = sample(choices, count, seed=seed)
    assert len(found) == count == len({tuple(each.values()) for each in found})
    assert found == sample(choices, count, seed=seed)
    for each in found:
        assert low <= float(each["learning_rate"]) <= high  # type: ignore[arg-type]
        assert each["batch_size"] in range(16, 100)


@pytest.mark.parametrize("text", ["128-64", "none", "0.05", "yes", "adam", "1e-05"])
def test_a_value_is_shown_as_it_is_written(text: str) -> None:
    name = {"yes": "augment", "adam": "optimizer"}.get(text, "learning_rate")
    name = "hidden_sizes" if text in ("128-64", "none") else name
    (value,) = parse_choice(f"{name}={text}").values
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rate", "expected NAME=VALUE"),
        ("colour=red", "with one of hidden_sizes"),
        ("learning_rate=fast", "learning_rate: expected a number for each value, got 'fast'"),
        ("epochs=1.5", "epochs: expected a whole number"),
        ("hidden_sizes=128x64", "hidden_sizes: expected 128-64 or none"),
        ("augment=maybe", "augment: expected yes or no"),
        ("optimizer=adam..sgd", "optimizer: expected values with commas"),
        ("learning_rate=0..1", "two numbers above 0"),
        ("dropout=0.5..0.2", "expected LOW..HIGH"),
        ("dropout=0.1..nan", "expected LOW..HIGH"),
        ("dropout=0.1..0.2..0.3", "expected LOW..HIGH"),
    ],
)
def test_what_can_not_be_varied_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        parse_choice(text)


def test_a_grid_has_an_end_and_no_ranges() -> None:
    many = parse_choice(f"epochs={','.join(map(str, range(1, MAX_TRIALS + 2)))}")
    with pytest.raises(ValueError, match="at most 10,000 combinations"):
        grid([many])
    with pytest.raises(ValueError, match="with --trials"):
        grid([parse_choice("dropout=0..0.5")])
