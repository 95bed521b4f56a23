"""A model's file written without PyTorch, as `checkpoint_reading` reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from mnist_core.models.config import NetworkConfig
from mnist_core.models.network import Network


def dump_tensors(
    config: NetworkConfig,
    tensors: Mapping[str, NDArray[Any]],
    *,
    metadata: Mapping[str, str] | None = None,
    half: bool = False,
) -> bytes:
    """A network's tensors as the bytes of a safetensors file, its configuration in the metadata.

    `half` keeps the weights of its layers as float16, in half the bytes.
    """
    kept = {
        # safetensors takes the memory as it is, also that of a transposed array
        name: np.asarray(_halved(tensor) if half else tensor, order="C")
        for name, tensor in tensors.items()
    }
    described = dict(metadata or {}) | {
        "format": config.format,
        "config": json.dumps(asdict(config)),
    }
    return safetensors.numpy.save(kept, metadata=described)


def _halved(tensor: NDArray[Any]) -> NDArray[Any]:
    """A layer's weights as float16. The rest is small, and what leaves float16's range stays float32."""
    if tensor.ndim < 2 or not np.abs(tensor).max() <= np.finfo(np.float16).max:
        return tensor
    return tensor.astype(np.float16)


def fits_half(network: Network) -> bool:
    """Whether `dump_tensors` with `half` keeps every number as it is."""
    return all(np.array_equal(_halved(tensor), tensor) for tensor in network.tensors.values())
