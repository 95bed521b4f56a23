"""A convolutional network's forward pass in NumPy, as `network` has the MLP's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.models.config import (
    CLASS_COUNT,
    CONVOLUTIONS,
    MNIST_MEAN,
    MNIST_STD,
    Convolution,
    PairConfig,
)
from mnist_core.models.network import NORM_EPSILON, Floats, softmax

# So many images at once: more would not fit the processor's cache.
_AT_ONCE = 16


class ConvolutionalNetwork:
    """A trained `ConvNet` that only answers: its tensors, by their names, as float32 arrays."""

    def __init__(self, config: PairConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self.tensors = tensors
        self._layers = [self._folded(depth) for depth in range(len(CONVOLUTIONS))]

    def logits(self, images: Floats) -> Floats:
        """(N, height, width) in [0, 1] -> (N, logits); NaN where numbers overflow."""
        with np.errstate(all="ignore"):
            parts = [
                self._logits(images[first : first + _AT_ONCE])
                for first in range(0, len(images), _AT_ONCE)
            ]
        return np.concatenate(parts)

    def answers(self, logits: Floats) -> Floats:
        """From what `logits` gave: (N, digits, 11) probabilities; the eleventh is that it is none."""
        with np.errstate(all="ignore"):
            said = softmax(
                logits.reshape(-1, CLASS_COUNT + 1) / np.float32(self.config.temperature)
            )
        return said.reshape(len(logits), -1, CLASS_COUNT + 1)

    def _logits(self, images: Floats) -> Floats:
        x = ((images - np.float32(MNIST_MEAN)) / np.float32(MNIST_STD))[..., None]
        for layer, (weights, bias) in zip(CONVOLUTIONS, self._layers, strict=True):
            x = _convolved(x, weights, bias, layer)  # (N, rows, columns, channels)
        sums: Floats = x.reshape(len(x), -1) @ self.tensors["output.weight"].T
        sums += self.tensors["output.bias"]
        return sums

    def _folded(self, depth: int) -> tuple[Floats, Floats]:
        """A layer's weights, (inputs about a pixel, channels), and bias, its normalisation in them."""
        kernels: Floats = self.tensors[f"layers.{depth}.convolution.weight"]
        mean, variance, scale, bias = (
            self.tensors[f"layers.{depth}.norm.{part}"]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        factor = np.asarray(scale / np.sqrt(variance + NORM_EPSILON), np.float32)
        weights = (kernels * factor[:, None, None, None]).transpose(2, 3, 1, 0)
        return weights.reshape(-1, len(kernels)), bias - mean * factor


def tensor_shapes(config: PairConfig) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a `ConvNet`'s tensors, as its `state_dict` has them."""
    shapes: dict[str, tuple[int, ...]] = {}
    inputs = 1
    for depth, layer in enumerate(CONVOLUTIONS):
        kernels = (layer.channels, inputs, layer.size, layer.size)
        shapes[f"layers.{depth}.convolution.weight"] = kernels
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"layers.{depth}.norm.{part}"] = (layer.channels,)
        shapes[f"layers.{depth}.norm.num_batches_tracked"] = ()
        inputs = layer.channels
    outputs = config.output_size
    features = feature_count(config.image_shape)
    return shapes | {"output.weight": (outputs, features), "output.bias": (outputs,)}


def feature_count(image_shape: tuple[int, int]) -> int:
    """How many numbers the last convolution makes of an image."""
    rows, columns = image_shape
    for layer in CONVOLUTIONS:
        by = layer.stride * (2 if layer.pooled else 1)
        rows, columns = rows // by, columns // by
    return rows * columns * CONVOLUTIONS[-1].channels


def _convolved(x: Floats, weights: Floats, bias: Floats, layer: Convolution) -> Floats:
    """(N, rows, columns, inputs) -> (N, fewer rows, fewer columns, channels)."""
    count, rows, columns, _ = x.shape
    rim = layer.size // 2
    padded = np.pad(x, ((0, 0), (rim, rim), (rim, rim), (0, 0)))
    about = np.concatenate(
        [
            padded[:, row : row + rows : layer.stride, column : column + columns : layer.stride]
            for row in range(layer.size)
            for column in range(layer.size)
        ],
        axis=3,
    )
    y: Floats = about.reshape(-1, len(weights)) @ weights
    y += bias
    np.maximum(y, 0, out=y)
    y = y.reshape(*about.shape[:3], -1)
    if not layer.pooled:
        return y
    rows, columns = about.shape[1] // 2, about.shape[2] // 2
    pooled: Floats = y.reshape(count, rows, 2, columns, 2, -1).max(axis=(2, 4))
    return pooled
