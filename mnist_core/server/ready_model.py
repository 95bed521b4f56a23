"""The ready-made model: its file is looked at when the page starts, and read in the background."""

from __future__ import annotations

import threading
from pathlib import Path

from safetensors import SafetensorError, safe_open

from mnist_core.errors import StartError
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import MLPConfig, NetworkConfig


class ReadyModel:
    """The model that comes with the project, or a `classifier` instead; call it to have it."""

    def __init__(self, classifier: Classifier | None = None) -> None:
        self._classifier = classifier
        self._lock = threading.Lock()

    def __call__(self) -> Classifier:
        with self._lock:
            if self._classifier is None:
                self._classifier = Classifier.load()
            return self._classifier


def check_weights(path: Path, *, kind: type[NetworkConfig] = MLPConfig) -> None:
    """Sees that `path` is a whole file of a model of that kind; `StartError` where it isn't."""
    try:
        with safe_open(path, framework="np") as file:
            found = (file.metadata() or {}).get("format")
    except (OSError, SafetensorError) as error:
        raise StartError(f"The ready-made model can't be read: {path}: {error}") from error
    if found != kind.format:
        raise StartError(
            f"The ready-made model can't be read: {path}: expected {kind.format}, got {found}"
        )
