"""What `train --preset record` and `evaluate` print and draw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from mnist_core.data.datasets import Dataset
from mnist_core.data.pendigits import PenDigit, held_out_digits, pen_dataset
from mnist_core.evaluation.figures import evaluation_figure
from mnist_core.evaluation.measures import Evaluation, auroc, evaluate, format_report, likeness_of
from mnist_core.evaluation.other_ink import other_ink
from mnist_core.evaluation.style import save_figure
from mnist_core.models.mlp import MLP

_OTHER_INK_COUNT = 1700


def evaluation_report(
    model: MLP,
    mnist_test: Dataset,
    *,
    pen: list[PenDigit] | None = None,
    writers_held_out: bool = False,
    figure: Path | None = None,
) -> Iterator[str]:
    """Yields the reports on MNIST's test set and on `pen`, and saves the `figure` of them.

    `writers_held_out` keeps to the six writers who never taught the elders. Raises `DatasetError`
    where `pen` has none of them.
    """
    parts: list[tuple[str, Evaluation, Dataset]] = []

    def report(title: str, dataset: Dataset) -> str:
        evaluation = evaluate(model, dataset)
        parts.append((title, evaluation, dataset))
        return format_report(evaluation, title=title)

    yield report("MNIST test set", mnist_test)
    if pen is not None:
        chosen = pen if pen and not writers_held_out else held_out_digits(pen)
        title = "Pen digits, held-out writers" if writers_held_out else "Pen digits, all writers"
        yield "\n" + report(title, pen_dataset(chosen))
        if model.config.rejects:
            yield "\n" + _other_ink_line(model, chosen, parts[-1][1])
    if figure is not None:
        yield "\n" + save_figure(evaluation_figure(parts), figure)


def _other_ink_line(model: MLP, digits: list[PenDigit], evaluation: Evaluation) -> str:
    images = other_ink(
        _OTHER_INK_COUNT,
        digits=[digit.strokes for digit in digits],
        generator=np.random.default_rng(0),
    )
    likeness = likeness_of(model, torch.from_numpy(images))
    rejected = float((likeness < model.config.reject_below).mean())
    return (
        f"Digits against {_OTHER_INK_COUNT:,} drawings that are none: "
        f"AUROC {auroc(evaluation.likeness, likeness):.4f}, {rejected:.2%} of those rejected"
    )
