"""The figures of the latency benchmark over a link, from what a page noted."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.benchmarks.linked import Answer, Figures, Plan, Stroke, report


def answer(at: float, drawn_at: float) -> Answer:
    return Answer(at=at, drawnAt=drawn_at, model="ready", values="")


# Ten moves a second for a second; the answers are 150 ms behind, one of them twice, one stale.
STROKE = Stroke(
    pressed_at=990.0,
    moved_at=[1000.0 + 100 * step for step in range(11)],
    answers=[
        answer(1010, 900),
        answer(1140, 990),
        answer(1250, 1100),
        answer(1260, 1100),
        answer(1650, 1500),
        answer(2150, 2000),
    ],
    sent=12,
    drawn=12,
    requests=3,
)


def test_an_answer_counts_once_and_while_the_pen_moves() -> None:
    figures = Figures.of([STROKE])
    assert figures.moves_per_s == pytest.approx(10)
    assert figures.updates_per_s == pytest.approx(3)
    assert (figures.median_ms, figures.p95_ms, figures.last_ms) == (150, 150, 150)


def test_a_stroke_without_its_last_answer_has_none_in_time() -> None:
    stroke = replace(STROKE, answers=STROKE.answers[:-1])
    assert Figures.of([stroke]).last_ms == math.inf


GOOD = Figures(
    moves_per_s=60,
    updates_per_s=50,
    median_ms=8,
    p95_ms=20,
    last_ms=20,
    requests=0,
    points_sent=605,
    points_drawn=605,
    weights_per_s=None,
)


@pytest.mark.parametrize(
    ("figures", "within"),
    [
        (GOOD, True),
        (replace(GOOD, updates_per_s=49.0), False),
        (replace(GOOD, median_ms=8.1), False),
        (replace(GOOD, p95_ms=20.1), False),
        (replace(GOOD, last_ms=20.1), False),
        (replace(GOOD, points_drawn=604), False),
        (replace(GOOD, weights_per_s=1.9), False),
    ],
)
def test_each_limit_counts(
    figures: Figures, within: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(150, "ready-made", figures, plan=Plan()) is within
    assert capsys.readouterr().out.startswith("150 ms, ready-made: ")
