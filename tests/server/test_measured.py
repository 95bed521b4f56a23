"""Answers to the measured pictures: of all of them, or where that would take long of fewer."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_core.models.classifier import Classifier
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.server import measured
from mnist_core.server.measured import measured_answers, products_of


def test_a_large_network_answers_to_evenly_spread_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(256, size=(100, 784)).astype(np.uint8)
    labels = np.arange(100, dtype=np.uint8) % 10
    classifier = Classifier(MLP(MLPConfig(hidden_sizes=())))
    whole = measured_answers(classifier, images, labels)
    assert (whole.stride, len(whole.probabilities)) == (1, 100)
    assert products_of(classifier, count=100) == 785_000
    monkeypatch.setattr(measured, "_MOST_PRODUCTS", 300_000)
    part = measured_answers(classifier, images, labels)
    assert (part.stride, products_of(classifier, count=100)) == (3, 34 * 7850)
    assert part.labels.tolist() == labels[::3].tolist()
    assert part.probabilities == pytest.approx(whole.probabilities[::3], abs=1e-6)
