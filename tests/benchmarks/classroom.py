"""A class that presses Train at once, over HTTP: who waits how long, and what they are told."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from mnist_core.server.runs import ACTIVE

_POLL_S = 0.2
_PATIENCE_S = 600.0
_FACTOR = 1.5
_MEANINGLESS_S = 2.0  # of a wait this short, a factor says nothing


class Caller(Protocol):
    """One page, as `load.Visitor` is."""

    async def come(self) -> None: ...

    async def call(self, name: str, **payload: Any) -> dict[str, Any] | None: ...


@dataclass
class Waited:
    """What one visitor saw, in seconds from the click."""

    begins_s: float | None = None
    weights_s: float | None = None
    end_s: float | None = None
    errors: int = 0
    told: list[tuple[float, float]] = field(default_factory=list)  # when, how long

    def hear(self, run: dict[str, Any], queue: list[float | None] | None, now_s: float) -> None:
        if run["status"] == "waiting" and queue and queue[1] is not None:
            self.told.append((now_s, queue[1]))
        elif self.begins_s is None and run["started"]:
            self.begins_s = now_s
        if self.weights_s is None and run["weights"] is not None:
            self.weights_s = now_s
        if run["status"] not in ACTIVE:
            self.end_s = now_s
            self.errors += run["status"] != "finished"

    def right(self) -> list[bool]:
        """Of each wait that was told, whether it was right within the factor."""
        begins_s = self.begins_s
        if begins_s is None:
            return [False for _ in self.told]
        waits = [(told_s, begins_s - when_s) for when_s, told_s in self.told]
        return [
            1 / _FACTOR <= told_s / took_s <= _FACTOR
            for told_s, took_s in waits
            if took_s > _MEANINGLESS_S
        ]


async def press_train(visitor: Caller, setup: dict[str, Any]) -> Waited:
    """One visitor's training, polled as the page does until its end."""
    waited, began = Waited(), time.perf_counter()
    started = await visitor.call("lab_start", setup=setup)
    waited.errors += not (started and started["ok"])
    known: dict[str, int] | None = None
    while waited.end_s is None and (now_s := time.perf_counter() - began) < _PATIENCE_S:
        poll = await visitor.call("lab_poll", known=known)
        if not poll or not poll["ok"] or not poll["runs"]:
            waited.errors += 1
        else:
            run, fresh = poll["runs"][-1], poll["fresh"]
            known = {
                "run": run["id"],
                "rewinds": run["rewinds"],
                "points": fresh["from"][0] + len(fresh["points"]),
                "measures": fresh["from"][1] + len(fresh["measures"]),
            }
            waited.hear(run, poll["queue"], now_s)
        await asyncio.sleep(_POLL_S)
    waited.errors += waited.end_s is None
    return waited


async def lesson(visitors: list[Caller], setup: dict[str, Any]) -> list[Waited]:
    """All visitors press Train at once."""
    for visitor in visitors:
        await visitor.come()
    return await asyncio.gather(*(press_train(each, setup) for each in visitors))


def report(all_waited: list[Waited], *, busy: str) -> bool:
    """Print the figures; whether they are within their limits."""
    errors = sum(each.errors for each in all_waited)
    weights = sorted(each.weights_s or _PATIENCE_S for each in all_waited)
    ends = sorted(each.end_s or _PATIENCE_S for each in all_waited)
    right = [each for waited in all_waited for each in waited.right()]
    share = statistics.mean(right) if right else 1.0
    print(
        f"{len(all_waited)} visitors press Train at once: first weights after {_spread(weights)}, "
        f"end after {_spread(ends)}, {errors} errors; server at {busy}",
        flush=True,
    )
    print(
        f"waits told against those that came: {100 * share:.0f} % of {len(right)} within a factor of "
        f"{_FACTOR:g} (at least 90 %)",
        flush=True,
    )
    return not errors and share >= 0.9


def _spread(values: list[float]) -> str:
    return f"{values[0]:.1f} to {values[-1]:.1f} s (median {statistics.median(values):.1f})"
