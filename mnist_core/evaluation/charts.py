"""Charts as matplotlib figures: the notebook's `view_classify`, and learning curves.

`Figure` objects, never pyplot: pyplot keeps every figure alive in a global list, and a server has threads.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mnist_core.evaluation.style import ACCENT, QUIET

_MOST_MARKERS = 40  # epochs that each have a dot of their own


def view_classify(
    image: NDArray[np.float32], probabilities: NDArray[np.float32], *, title: str = ""
) -> Figure:
    """The digit beside a horizontal bar chart of its ten probabilities (notebook: `view_classify`).

    image: (28, 28) in [0, 1]. probabilities: (10,) in [0, 1].
    """
    if image.shape != (28, 28):
        raise ValueError(f"image: expected shape (28, 28), got {image.shape}")
    if probabilities.shape != (10,):
        raise ValueError(f"probabilities: expected shape (10,), got {probabilities.shape}")
    figure = Figure(figsize=(6, 3), layout="constrained")
    digit_axes, bar_axes = figure.subplots(ncols=2)
    digit_axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
    digit_axes.axis("off")
    colors = [QUIET] * 10
    colors[int(probabilities.argmax())] = ACCENT
    bars = bar_axes.barh(np.arange(10), probabilities, color=colors)
    bar_axes.bar_label(
        bars, labels=[f"{value:.0%}" for value in probabilities], padding=2, fontsize=8
    )
    bar_axes.set_yticks(np.arange(10))
    bar_axes.set_xlim(0, 1.15)
    bar_axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    bar_axes.invert_yaxis()
    bar_axes.set_title("Probability", fontsize=10)
    bar_axes.spines[["top", "right"]].set_visible(False)
    if title:
        figure.suptitle(title)
    return figure


def learning_curves(
    epochs: Sequence[int],
    train_losses: Sequence[float],
    accuracies: Sequence[float],
    *,
    accuracy_name: str = "validation",
) -> Figure:
    """Training loss and accuracy (fractions) over `epochs`, side by side."""
    figure = Figure(figsize=(7, 3), layout="constrained")
    loss_axes, accuracy_axes = figure.subplots(ncols=2)
    marker = "o" if len(epochs) <= _MOST_MARKERS else None
    loss_axes.plot(epochs, train_losses, marker=marker, color=ACCENT)
    loss_axes.set(title="Training loss", ylim=(0, None))
    percent = [100 * accuracy for accuracy in accuracies]
    accuracy_axes.plot(epochs, percent, marker=marker, color=ACCENT)
    accuracy_axes.set(title=f"{accuracy_name.capitalize()} accuracy, %")
    for axes in (loss_axes, accuracy_axes):
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def as_png(figure: Figure, *, dpi: int = 150) -> bytes:
    """`figure` as the bytes of a PNG picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()
