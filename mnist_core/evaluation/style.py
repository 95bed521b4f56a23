"""What all figures have in common: their colours, and how they are saved."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

ACCENT = "#4f46e5"
QUIET = "#a5b4fc"
_DOTS_PER_INCH = 100


def save_figure(figure: Figure, path: Path) -> str:
    """Saves `figure` in the format of the path's suffix; the sentence to tell of it."""
    figure.savefig(path, dpi=_DOTS_PER_INCH)
    return f"figure saved to {path}"
