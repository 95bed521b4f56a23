"""What a search varies: values to try, as a grid of all or a random sample."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

Value = str | int | float | bool | tuple[int, ...]
Settings = Mapping[str, Value]

MAX_TRIALS = 10_000
# Between the ends of a range, these are drawn by their logarithm: a half is as far as the double.
_BY_LOGARITHM = ("learning_rate", "weight_decay")


def _sizes(text: str) -> tuple[int, ...]:
    return () if text == "none" else tuple(int(each) for each in text.split("-"))


def _yes_or_no(text: str) -> bool:
    return {"yes": True, "no": False}[text]


#: How a value of each setting is read from text; they are fields of `MLPConfig` and `TrainConfig`.
READERS: Mapping[str, Callable[[str], Value]] = MappingProxyType(
    {
        "hidden_sizes": _sizes,
        "activation": str,
        "normalization": str,
        "epochs": int,
        "batch_size": int,
        "learning_rate": float,
        "optimizer": str,
        "schedule": str,
        "weight_decay": float,
        "dropout": float,
        "augment": _yes_or_no,
        "train_size": int,
    }
)
_EXAMPLES = {"hidden_sizes": "128-64 or none", "augment": "yes or no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The values to try of one setting: `values`, or any number from the first to the second of them."""

    name: str
    values: tuple[Value, ...]
    is_range: bool = False

    def draw(self, source: random.Random) -> Value:
        """A random one; in a range, to three digits."""
        if not self.is_range:
            return source.choice(self.values)
        low, high = (float(value) for value in self.values)  # type: ignore[arg-type]
        if self.name in _BY_LOGARITHM:
            drawn = math.exp(source.uniform(math.log(low), math.log(high)))
        else:
            drawn = source.uniform(low, high)
        whole = READERS[self.name] is int
        return round(drawn) if whole else min(max(float(f"{drawn:.3g}"), low), high)


def parse_choice(text: str) -> Choice:
    """The choice in "optimizer=sgd,adam" or "learning_rate=0.01..0.3".

    `ValueError` says what was expected.
    """
    name, equals, listed = text.partition("=")
    read = READERS.get(name)
    if not equals or read is None:
        raise ValueError(
            f"expected NAME=VALUE,VALUE,... with one of {', '.join(READERS)}, got {text!r}"
        )
    is_range = ".." in listed
    parts = listed.split("..") if is_range else listed.split(",")
    try:
        values = tuple(dict.fromkeys(read(part.strip()) for part in parts))
    except (ValueError, KeyError):
        example = _EXAMPLES.get(name, "a whole number" if read is int else "a number")
        raise ValueError(f"{name}: expected {example} for each value, got {listed!r}") from None
    if is_range:
        _check_range(name, values, listed)
    return Choice(name=name, values=values, is_range=is_range)


def _check_range(name: str, values: tuple[Value, ...], text: str) -> None:
    if READERS[name] not in (int, float):
        raise ValueError(
            f"{name}: expected values with commas between them, got the range {text!r}"
        )
    least = 0.0 if name in _BY_LOGARITHM else -math.inf
    if len(values) != 2 or not least < values[0] < values[1] < math.inf:  # type: ignore[operator]
        above = " above 0" if name in _BY_LOGARITHM else ""
        raise ValueError(f"{name}: expected LOW..HIGH, two numbers{above}, got {text!r}")


def grid(choices: Sequence[Choice]) -> list[Settings]:
    """Each combination of the values, the last choice's changing fastest."""
    for choice in choices:
        if choice.is_range:
            raise ValueError(f"{choice.name}: a range is drawn from; say how often with --trials")
    count = math.prod(len(choice.values) for choice in choices)
    if count > MAX_TRIALS:
        raise ValueError(
            f"expected at most {MAX_TRIALS:,} combinations, got {count:,}: try --trials"
        )
    names = [choice.name for choice in choices]
    combinations = itertools.product(*(choice.values for choice in choices))
    return [dict(zip(names, values, strict=True)) for values in combinations]


def sample(choices: Sequence[Choice], count: int, *, seed: int) -> list[Settings]:
    """`count` different random combinations; all there are, where there are no more."""
    if math.prod(math.inf if each.is_range else len(each.values) for each in choices) <= count:
        return grid(choices)
    source = random.Random(seed)
    drawn: dict[tuple[Value, ...], Settings] = {}
    for _ in range(100 * count):  # a range of whole numbers may hold fewer
        values = tuple(choice.draw(source) for choice in choices)
        names = (choice.name for choice in choices)
        drawn.setdefault(values, dict(zip(names, values, strict=True)))
        if len(drawn) == count:
            break
    return list(drawn.values())
