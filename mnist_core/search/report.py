"""What a search found: a table, the best first, and its curves."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnist_core.evaluation.style import ACCENT, QUIET
from mnist_core.search.settings import Settings, Value
from mnist_core.search.trial import Result, Trial

_MOST_ROWS = 50


def ranked(done: Sequence[tuple[Trial, Result]]) -> list[tuple[Trial, Result]]:
    """By validation accuracy, then by the number of parameters: of two equals, the smaller is better."""
    return sorted(done, key=lambda each: (-each[1].accuracy, each[1].parameter_count))


def table(done: Sequence[tuple[Trial, Result]]) -> str:
    """A row a trial, the best first, with what the search varied."""
    names = list(done[0][0].settings) if done else []
    rows = [["validation", "loss", "parameters", "seconds", *names]]
    for trial, result in ranked(done)[:_MOST_ROWS]:
        accuracy = "diverged" if result.diverged else f"{result.accuracy:.2%}"
        loss = "" if result.diverged else f"{result.validation_losses[-1]:.4f}"
        figures = [accuracy, loss, f"{result.parameter_count:,}", f"{result.elapsed_s:.1f}"]
        rows.append([*figures, *(as_text(trial.settings[name]) for name in names)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    hidden = len(done) - _MOST_ROWS
    return "\n".join([*lines, *([f"and {hidden} more"] if hidden > 0 else [])])


def as_text(value: Value) -> str:
    """A setting's value as it is written on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ("-".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)


def words(settings: Settings) -> str:
    """Settings in a line, as they are written on the command line."""
    return (
        "  ".join(f"{name}={as_text(value)}" for name, value in settings.items()) or "as the preset"
    )


def curves(done: Sequence[tuple[Trial, Result]]) -> Figure:
    """Training loss and validation accuracy over the epochs, a line a trial; the best one stands out."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    loss_axes, accuracy_axes = figure.subplots(ncols=2)
    best, *others = ranked(done)
    for trial, result in [*reversed(others), best]:  # the best one on top
        is_best = trial is best[0]
        style = {"color": ACCENT if is_best else QUIET, "linewidth": 2 if is_best else 0.8}
        label = words(trial.settings).replace("  ", "\n") if is_best else None
        epochs = range(1, len(result.train_losses) + 1)
        loss_axes.plot(epochs, result.train_losses, marker=".", **style)
        percent = [100 * each for each in result.validation_accuracies]
        accuracy_axes.plot(epochs, percent, marker=".", label=label, **style)
    loss_axes.set(title="Training loss", yscale="log")
    accuracy_axes.set(title=f"Validation accuracy, %, {len(done)} trainings")
    accuracy_axes.legend(loc="lower right", fontsize=8)
    for axes in (loss_axes, accuracy_axes):
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.spines[["top", "right"]].set_visible(False)
    return figure
