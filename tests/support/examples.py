"""Hypothesis as a source of examples, where nothing is being searched for."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def the_same_each_time(count: int) -> settings:
    """At most `count` examples, the same in each run, and none of them kept or shrunk."""
    return settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
