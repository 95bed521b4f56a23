"""What a training carries from one batch to the next, as it is kept and sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from mnist_core.models.checkpoint_reading import read_metadata


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Tensors, with numbers beside them: plain JSON."""

    tensors: dict[str, Tensor]
    counts: dict[str, Any]

    def to_bytes(self) -> bytes:
        """As a safetensors file, with the numbers in its metadata."""
        return safetensors.torch.save(self.tensors, metadata={"counts": json.dumps(self.counts)})

    @classmethod
    def from_bytes(cls, data: bytes) -> TrainingState:
        """The state in such a file. `ValueError` for any other."""
        try:
            counts = json.loads(read_metadata(data, name="the state")["counts"])
            return cls(safetensors.torch.load(data), counts)
        except (safetensors.SafetensorError, KeyError) as error:
            raise ValueError(f"state: damaged ({error})") from error


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by names that begin with `prefix`."""
    return {prefix + name: tensor for name, tensor in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, by the rest of their names."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
