"""Two digits beside each other, read at once: which they are, and whether they are two."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mnist_core.files import PAIR_WEIGHTS
from mnist_core.models.checkpoint_reading import check_finite, read_tensors
from mnist_core.models.config import PairConfig
from mnist_core.models.convolutional import ConvolutionalNetwork, tensor_shapes
from mnist_core.models.network import Floats


def read_pairs(images: Floats, network: ConvolutionalNetwork | None = None) -> Floats:
    """Which digits the left and the right one are, of images (N, 28, 48) by `place_pair`: (N, 2, 11).

    Probabilities; the eleventh is that it is no pair of digits, but one, three, or none. network: that
    which comes with the project, where none is given.
    """
    network = _shipped() if network is None else network
    return network.answers(network.logits(images))


def read_pair_network(source: Path | str | bytes) -> ConvolutionalNetwork:
    """The network in a file, or in its bytes; errors are those of `read_checkpoint`."""
    network = ConvolutionalNetwork(*read_tensors(source, kind=PairConfig, shapes=tensor_shapes))
    check_finite(network, source)
    return network


@cache
def _shipped() -> ConvolutionalNetwork:
    return read_pair_network(PAIR_WEIGHTS)
