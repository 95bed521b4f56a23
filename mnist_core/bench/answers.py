"""From strokes to an image and to an answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.bench.results import Results, median_ms
from mnist_core.ink.ink import Ink
from mnist_core.models.classifier import Classifier


def measure_answers(results: Results) -> None:
    """One drawing to its image, and to what the shipped model makes of it."""
    drawing = Ink(sample_strokes())
    classifier = Classifier.load()
    image_ms = median_ms(drawing.to_image)
    answer_ms = median_ms(lambda: classifier.predict(drawing))
    results.add("Ink.to_image", image_ms, "ms", better="less", goal=1)
    results.add("Classifier.predict", answer_ms, "ms", better="less", goal=2)


def sample_strokes() -> list[NDArray[np.float64]]:
    """A 3 of 120 points, as a mouse would draw it."""
    turn = np.linspace(-0.75 * np.pi, 0.5 * np.pi, 60)
    top = np.stack((150 + 60 * np.cos(turn), 110 + 55 * np.sin(turn)), axis=1)
    turn = np.linspace(-0.5 * np.pi, 0.8 * np.pi, 60)
    bottom = np.stack((150 + 70 * np.cos(turn), 235 + 70 * np.sin(turn)), axis=1)
    return [np.concatenate((top, bottom))]
