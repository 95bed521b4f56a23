"""Two digits that touch, read at once: which they are, and whether they are two."""

from __future__ import annotations

from functools import cache

import numpy as np

from mnist_core.files import PAIR_WEIGHTS
from mnist_core.ink.raster import Image
from mnist_core.models.checkpoint_reading import read_checkpoint
from mnist_core.models.config import CLASS_COUNT, PairConfig
from mnist_core.models.network import Floats, Network, softmax


def read_pair(image: Image) -> Floats:
    """What the left and the right digit of an image by `place_pair`, (28, 48), are: (2, 11) probabilities.

    The eleventh is that they are no pair of digits: one, three, or none.
    """
    network = _network()
    logits = network.logits(image[np.newaxis]).reshape(2, CLASS_COUNT + 1)
    return softmax(logits / np.float32(network.config.temperature))


@cache
def _network() -> Network:
    return read_checkpoint(PAIR_WEIGHTS, kind=PairConfig)
