"""Models on disk: safetensors with the configuration in its metadata, written all or nothing."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from mnist_core.errors import CheckpointError
from mnist_core.files import write_atomically
from mnist_core.models.config import FORMAT, MLPConfig
from mnist_core.models.mlp import MLP

MAX_BYTES = 128 * 2**20
_HEADER_LENGTH = struct.Struct("<Q")
_MAX_HEADER_BYTES = 2**20
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


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

    Its answers are finite; without `check_answers`, only its weights are sure to be.
    Raises `CheckpointError` that says what was wrong with a damaged or foreign file, `OSError` for
    one that can't be read.
    """
    if isinstance(source, bytes):
        data, name = source, "the model"
    else:
        with Path(source).open("rb") as file:
            data, name = file.read(MAX_BYTES + 1), str(source)
    if len(data) > MAX_BYTES:
        raise CheckpointError(f"{name}: expected at most {MAX_BYTES} bytes", fault="too-large")
    config = _config(read_metadata(data, name=name), name=name)
    try:
        tensors = safetensors.torch.load(data)
    except Exception as error:  # its own, and KeyError for a type of number that PyTorch has not
        raise CheckpointError(
            f"{name}: damaged safetensors file ({error})", fault="damaged"
        ) from error
    # Without memory for weights until they are known to be there: the file may promise many. Nor does
    # it make random ones first, which for large networks takes long.
    with torch.device("meta"):
        model = MLP(config).eval()
    expected = model.state_dict()
    _check_tensors(tensors, expected, name=name)
    model.load_state_dict(
        {key: tensor.to(expected[key].dtype) for key, tensor in tensors.items()}, assign=True
    )
    if check_answers:
        _check_answers(model, name=name)
    return model


def _check_answers(model: MLP, *, name: str) -> None:
    """Sees that numbers stay numbers on their way through the layers, for paper, ink, and half of each."""
    images = torch.stack([torch.zeros(28, 28), torch.ones(28, 28), torch.eye(28)])
    with torch.inference_mode():
        if not all(
            bool(torch.isfinite(each).all()) for each in (model(images), *model.answers(images))
        ):
            raise CheckpointError(
                f"{name}: expected finite answers, got NaN or infinity", fault="not-finite"
            )


def read_metadata(data: bytes, *, name: str = "the model") -> dict[str, str]:
    """The metadata in a safetensors file's bytes. `CheckpointError` where it isn't such a file."""
    try:
        (length,) = _HEADER_LENGTH.unpack_from(data)
        if length > len(data) - _HEADER_LENGTH.size:
            raise ValueError("its header is cut short")
        if length > _MAX_HEADER_BYTES:  # read as JSON, it would take a hundred times that
            raise ValueError(f"a header of {length:,} bytes")
        header = json.loads(data[_HEADER_LENGTH.size : _HEADER_LENGTH.size + length])
        metadata = header.get("__metadata__", {})
    except (struct.error, ValueError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{name}: not a safetensors file ({error})", fault="not-safetensors"
        ) from error
    return metadata if isinstance(metadata, dict) else {}


def _check_tensors(
    tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], *, name: str
) -> None:
    """Sees that `tensors` have the names, shapes and kinds of `expected`, and are finite as float32."""
    if tensors.keys() != expected.keys():
        odd = sorted(tensors.keys() ^ expected.keys())
        raise CheckpointError(
            f"{name}: the tensors do not fit its configuration (first: {odd[0]})", fault="damaged"
        )
    for key, tensor in tensors.items():
        if tensor.shape != expected[key].shape:
            raise CheckpointError(
                f"{name}: {key}: expected shape {tuple(expected[key].shape)}, "
                f"got {tuple(tensor.shape)}",
                fault="damaged",
            )
        wanted = _FLOATS if expected[key].is_floating_point() else (expected[key].dtype,)
        if tensor.dtype not in wanted:
            raise CheckpointError(
                f"{name}: {key}: expected {expected[key].dtype}, got {tensor.dtype}",
                fault="damaged",
            )
        if not is_finite(tensor.to(expected[key].dtype)):
            raise CheckpointError(
                f"{name}: {key}: expected finite numbers, got NaN or infinity", fault="not-finite"
            )


def _config(metadata: Mapping[str, str], *, name: str) -> MLPConfig:
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{name}: expected a model of this application (format {FORMAT!r}), "
            f"got format {metadata.get('format')!r}",
            fault="foreign",
        )
    try:
        values: dict[str, Any] = json.loads(metadata["config"])
        unknown = values.keys() - {field.name for field in fields(MLPConfig)}
        if unknown:
            raise ValueError(f"unknown fields {sorted(unknown)}")
        for field in fields(MLPConfig):
            if field.name in values:
                values[field.name] = _typed(field.name, values[field.name], field.default)
        return MLPConfig(**values)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise CheckpointError(
            f"{name}: damaged configuration ({error})", fault="damaged"
        ) from error


def _typed(field: str, value: Any, default: object) -> Any:
    """`value` as the type that `default` has; JSON knows no tuples, and 1.0 may be written as 1."""
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise ValueError(f"{field}: expected {type(default).__name__}, got {type(value).__name__}")
    return value
