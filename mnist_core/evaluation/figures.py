"""An evaluation as pictures: confusion matrix, reliability diagram, worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnist_core.data.datasets import Dataset
from mnist_core.evaluation.measures import BIN_COUNT, Evaluation, Reliability
from mnist_core.evaluation.style import ACCENT
from mnist_core.models.config import CLASS_COUNT

_MISTAKES = (4, 6)


def evaluation_figure(parts: Sequence[tuple[str, Evaluation, Dataset]]) -> Figure:
    """One row for each (title, evaluation, data set): confusion, reliability, worst mistakes.

    Raises ValueError where there is nothing to draw.
    """
    if not parts:
        raise ValueError("parts: expected at least one evaluation, got none")
    figure = Figure(figsize=(15, 5 * len(parts)), layout="constrained")
    rows = figure.subfigures(len(parts), 1, squeeze=False)
    for row, (title, evaluation, dataset) in zip(rows[:, 0], parts, strict=True):
        row.suptitle(f"{title}: {evaluation.accuracy:.2%} of {evaluation.count:,} right")
        left, middle, right = row.subfigures(1, 3)
        draw_confusion(left.subplots(), evaluation)
        draw_reliability(middle.subplots(), evaluation.reliability)
        draw_mistakes(right.subplots(*_MISTAKES).ravel().tolist(), evaluation, dataset)
    return figure


def draw_confusion(axes: Axes, evaluation: Evaluation) -> None:
    """The confusion matrix: mistakes shaded, right answers left white, counts in the cells."""
    mistakes = evaluation.confusion * (1 - np.eye(CLASS_COUNT, dtype=np.int64))
    axes.imshow(mistakes, cmap="Purples", vmin=0, vmax=max(int(mistakes.max()), 1) * 1.5)
    for (true, answer), count in np.ndenumerate(evaluation.confusion):
        if count:
            axes.text(answer, true, str(count), ha="center", va="center", fontsize=7)
    digits = range(CLASS_COUNT)
    axes.set(title="Confusion matrix", xlabel="answer", ylabel="true digit")
    axes.set(xticks=digits, yticks=digits)


def draw_reliability(axes: Axes, reliability: Reliability) -> None:
    """How often answers were right (bars) against how sure the model was (the diagonal)."""
    filled = reliability.counts > 0
    centres = (np.arange(BIN_COUNT) + 0.5) / BIN_COUNT
    axes.plot([0, 1], [0, 1], color="#888888", linestyle="--", linewidth=1)
    axes.bar(
        centres[filled], reliability.accuracy[filled], 0.9 / BIN_COUNT, color=ACCENT, alpha=0.7
    )
    for x, height, count in zip(
        centres[filled], reliability.accuracy[filled], reliability.counts[filled], strict=True
    ):
        axes.text(x, height + 0.01, f"{count:,}", ha="center", fontsize=6, rotation=90)
    axes.set(title=f"Reliability (calibration error {reliability.error:.2%})", xlim=(0, 1))
    axes.set(ylim=(0, 1.15), xlabel="probability of the answer", ylabel="share of right answers")


def draw_mistakes(axes: Sequence[Axes], evaluation: Evaluation, dataset: Dataset) -> None:
    """The wrong answers that the model was surest of, one in each of `axes`."""
    labels = dataset.labels.cpu().numpy()
    wrong = np.flatnonzero(evaluation.answers != labels)
    worst = wrong[np.argsort(-evaluation.confidence[wrong], kind="stable")]
    for place in axes:
        place.axis("off")
    for place, index in zip(axes, worst, strict=False):
        place.imshow(dataset.images[index].cpu().numpy(), cmap="gray_r", vmin=0, vmax=1)
        place.set_title(
            f"{labels[index]} as {evaluation.answers[index]}, {evaluation.confidence[index]:.0%}",
            fontsize=7,
        )
