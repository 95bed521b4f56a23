"""Two digits that touch, read at once: which they are, and whether they are two."""

from __future__ import annotations

from functools import cache

import numpy as np

from mnist_core.files import PAIR_WEIGHTS
from mnist_core.models.checkpoint_reading import read_checkpoint
from mnist_core.models.config import CLASS_COUNT, PairConfig
from mnist_core.models.network import Floats, Network, softmax


def read_pairs(images: Floats) -> Floats:
    """Which digits the left and the right one are, of images (N, 28, 48) by `place_pair`: (N, 2, 11).

    Probabilities; the eleventh is that it is no pair of digits, but one, three, or none.
    """
    network = _network()
    logits = network.logits(images).reshape(-1, CLASS_COUNT + 1)
    said = softmax(logits / np.float32(network.config.temperature))
    return said.reshape(len(images), 2, CLASS_COUNT + 1)


@cache
def _network() -> Network:
    return read_checkpoint(PAIR_WEIGHTS, kind=PairConfig)
