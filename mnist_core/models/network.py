"""The MLP's forward pass in NumPy: on one drawing twice as quick as PyTorch's, and without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.models.config import CLASS_COUNT, Activation, MLPConfig

Floats = NDArray[np.float32]

#: Of PyTorch's batch normalisation.
NORM_EPSILON = 1e-5


class Network:
    """A trained MLP that only answers: the tensors of an `MLP`, by their names, as float32 arrays.

    Its answers are the `MLP`'s up to rounding. Nothing is copied: whoever changes the arrays changes it.
    """

    def __init__(self, config: MLPConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self.tensors = tensors

    @property
    def parameter_count(self) -> int:
        """How many numbers training changes."""
        return sum(
            tensor.size
            for name, tensor in self.tensors.items()
            if name.endswith((".weight", ".bias"))
        )

    @property
    def first_weights(self) -> Floats:
        """(units, 784): what each unit of the first layer looks for in the pixels."""
        name = "hidden.0.linear" if self.config.hidden_sizes else "output"
        weights: Floats = self.tensors[f"{name}.weight"]
        return weights

    def logits(self, images: Floats, *, hidden: list[Floats] | None = None) -> Floats:
        """(N, 28, 28) in [0, 1] -> (N, 10), or (N, 11) where it rejects; NaN where numbers overflow.

        hidden: gets what each hidden layer passes on, (N, units).
        """
        config = self.config
        with np.errstate(all="ignore"):
            x = images.reshape(len(images), config.layer_sizes[0])
            x = (x - np.float32(config.mean)) / np.float32(config.std)
            for depth in range(len(config.hidden_sizes)):
                x = self._linear(f"hidden.{depth}.linear", x)  # (N, units)
                if config.normalization == "batch":
                    x = self._normalize(f"hidden.{depth}.norm", x)
                x = _activate(config.activation, x)
                if hidden is not None:
                    hidden.append(x)
            return self._linear("output", x)

    def answers(self, logits: Floats) -> tuple[Floats, Floats]:
        """From what `logits` gave: (N, 10) probabilities of the digits, (N,) digit-likeness in [0, 1]."""
        with np.errstate(all="ignore"):
            digits = logits[:, :CLASS_COUNT] / np.float32(self.config.temperature)
            probabilities = softmax(digits)
            if not self.config.rejects:
                return probabilities, np.ones(len(logits), np.float32)
            return probabilities, 1 - softmax(logits)[:, CLASS_COUNT]

    def weights_into(self, layer: int, units: NDArray[np.intp]) -> Floats:
        """(units, inputs): what some units of a layer multiply their inputs by; the last is the logits'.

        A batch normalisation's factor is in them: it scales what comes in, as they do.
        """
        if layer == len(self.config.hidden_sizes):
            weights: Floats = self.tensors["output.weight"][units]
            return weights
        weights = self.tensors[f"hidden.{layer}.linear.weight"][units]
        if self.config.normalization == "batch":
            weights = weights * self._scale(f"hidden.{layer}.norm")[units, None]
        return weights

    def _linear(self, name: str, x: Floats) -> Floats:
        sums: Floats = x @ self.tensors[f"{name}.weight"].T
        sums += self.tensors[f"{name}.bias"]
        return sums

    def _normalize(self, name: str, x: Floats) -> Floats:
        normalized: Floats = (x - self.tensors[f"{name}.running_mean"]) * self._scale(name)
        normalized += self.tensors[f"{name}.bias"]
        return normalized

    def _scale(self, name: str) -> Floats:
        variance: Floats = self.tensors[f"{name}.running_var"]
        scale: Floats = self.tensors[f"{name}.weight"] / np.sqrt(variance + NORM_EPSILON)
        return scale


def _activate(activation: Activation, x: Floats) -> Floats:
    if activation == "relu":
        return np.maximum(x, 0, out=x)
    if activation == "tanh":
        return np.tanh(x, out=x)
    one = np.float32(1)
    return np.divide(one, one + np.exp(-x), dtype=np.float32)


def softmax(logits: Floats) -> Floats:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Floats = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
