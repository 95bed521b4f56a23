"""Models on disk: safetensors with the configuration in its metadata, written all or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from mnist_core.files import write_atomically
from mnist_core.models.checkpoint_reading import read_checkpoint
from mnist_core.models.config import FORMAT
from mnist_core.models.mlp import MLP
from mnist_core.models.network import Network


def dump_checkpoint(
    model: MLP, *, metadata: Mapping[str, str] | None = None, half: bool = False
) -> bytes:
    """`model` as the bytes of a safetensors file, its configuration in the metadata.

    `half` keeps the weights of its layers as float16, in half the bytes.
    """
    # Clones, since parameters may be views into one vector, which safetensors refuses.
    tensors = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    if half:
        tensors = {name: _halved(tensor) for name, tensor in tensors.items()}
    described = dict(metadata or {}) | {
        "format": FORMAT,
        "config": json.dumps(asdict(model.config)),
    }
    return safetensors.torch.save(tensors, metadata=described)


def _halved(tensor: Tensor) -> Tensor:
    """A layer's weights as float16. The rest is small, and what leaves float16's range stays float32."""
    if tensor.ndim != 2 or not bool(tensor.abs().max() <= torch.finfo(torch.float16).max):
        return tensor
    return tensor.half()


def fits_half(model: MLP) -> bool:
    """Whether `dump_checkpoint` with `half` keeps every number as it is."""
    return all(
        torch.equal(_halved(tensor).to(tensor.dtype), tensor)
        for tensor in model.state_dict().values()
    )


def is_finite(tensor: Tensor) -> bool:
    """Whether all numbers are finite: in one pass, where `torch.isfinite` takes 70 times as long."""
    return all(bool(each.isfinite()) for each in torch.aminmax(tensor))


def save_checkpoint(
    model: MLP,
    path: Path | str,
    *,
    metadata: Mapping[str, str] | None = None,
    half: bool = False,
) -> None:
    """Writes `dump_checkpoint` to `path`, atomically: a kill at any moment leaves the old file whole."""
    write_atomically(Path(path), dump_checkpoint(model, metadata=metadata, half=half))


def load_checkpoint(source: Path | str | bytes, *, check_answers: bool = True) -> MLP:
    """The model in a file, or in its bytes; in evaluation mode, float32.

    Checks and errors are those of `read_checkpoint`.
    """
    return model_of(read_checkpoint(source, check_answers=check_answers))


def model_of(network: Network) -> MLP:
    """`network` as an `MLP` in evaluation mode, on the same memory."""
    # It makes no random weights first, which for large networks takes long.
    with torch.device("meta"):
        model = MLP(network.config).eval()
    tensors = {name: torch.from_numpy(tensor) for name, tensor in network.tensors.items()}
    model.load_state_dict(tensors, assign=True)
    return model


def network_of(model: MLP) -> Network:
    """`model` as a `Network`, on the same memory where it is on the CPU."""
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}
    return Network(model.config, tensors)
