"""What a bench measured: printed as it comes, kept as JSON, and compared with what was kept before."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from mnist_core.files import write_atomically

# Ratios of things measured side by side differ by less from run to run.
_NOTICED = 1.1
_WIDTH = 58


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure. better: which way is good; None for one that only stands beside others.

    goal: the least, or the most, that it should be.
    """

    name: str
    value: float
    unit: str = ""
    better: Literal["less", "more"] | None = None
    goal: float | None = None

    def __str__(self) -> str:
        bound = "" if self.goal is None else f" (at {'most' if self.better == 'less' else 'least'} "
        goal = "" if self.goal is None else f"{bound}{self.goal:g}{_spaced(self.unit)})"
        return f"{self.name + goal:<{_WIDTH}}{self.value:.3g}{_spaced(self.unit)}"

    def worse_than(self, before: float) -> float:
        """How many times as bad as `before`; below 1 where it is better."""
        if self.better is None or not before or not self.value:
            return 1.0
        return self.value / before if self.better == "less" else before / self.value


class Results:
    """The figures of one run, in the order in which they came."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def add(
        self,
        name: str,
        value: float,
        unit: str = "",
        *,
        better: Literal["less", "more"] | None = None,
        goal: float | None = None,
    ) -> None:
        """Keeps one figure and prints it."""
        result = Result(name=name, value=value, unit=unit, better=better, goal=goal)
        self.results.append(result)
        print(result, flush=True)

    def to_json(self) -> str:
        kept = {"machine": machine(), "results": [asdict(each) for each in self.results]}
        return json.dumps(kept, indent=1) + "\n"

    def save(self, path: Path) -> None:
        write_atomically(path, self.to_json().encode())

    def compared_with(self, path: Path) -> list[str]:
        """What became at least a tenth slower than in the file at `path`, a line each.

        `ValueError` where no bench wrote that file.
        """
        kept = read(path)
        before = {each["name"]: float(each["value"]) for each in kept["results"]}
        lines = []
        if kept["machine"] != machine():
            lines.append(f"{path} comes from another machine: only its ratios compare")
        for each in self.results:
            was = before.get(each.name)
            if was is not None and each.worse_than(was) > _NOTICED:
                unit = _spaced(each.unit)
                lines.append(
                    f"slower: {each.name}: {was:.3g}{unit} before, {each.value:.3g}{unit} now"
                )
        if not any(line.startswith("slower") for line in lines):
            lines.append(f"nothing became slower than in {path}")
        return lines


def read(path: Path) -> Mapping[str, Any]:
    """What `Results.save` wrote; `ValueError` for another file."""
    try:
        kept: Mapping[str, Any] = json.loads(path.read_text())
        all((str(each["name"]), float(each["value"])) for each in kept["results"])
        dict(kept["machine"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: expected what bench --json wrote ({error!r})") from error
    return kept


def machine() -> dict[str, str]:
    """What the figures depend on besides the code."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def median_ms(function: Callable[[], object], *, repeats: int = 300) -> float:
    """The median time of a call in ms, after one that does not count."""
    function()
    times_s = []
    for _ in range(repeats):
        began_s = time.perf_counter()
        function()
        times_s.append(time.perf_counter() - began_s)
    return 1000 * statistics.median(times_s)


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()
