"""A model's file read and checked without PyTorch, which takes seconds and 300 MB to import."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import safetensors
from numpy.typing import NDArray

from mnist_core.errors import CheckpointError
from mnist_core.models.config import MLPConfig, PairConfig
from mnist_core.models.convolutional import ConvolutionalNetwork
from mnist_core.models.network import Network

Config = TypeVar("Config", MLPConfig, PairConfig)

MAX_BYTES = 128 * 2**20
_HEADER_LENGTH = struct.Struct("<Q")
_MAX_HEADER_BYTES = 2**20
_FLOATS = {"F16": np.float16, "BF16": np.uint16, "F32": np.float32, "F64": np.float64}
_INTEGERS = {"I64": np.int64}


def read_checkpoint(source: Path | str | bytes, *, check_answers: bool = True) -> Network:
    """The network in a file, or in its bytes, its weights as float32.

    Its answers are finite; without `check_answers`, only its weights are sure to be.
    Raises `CheckpointError` that says what was wrong with a damaged or foreign file, `OSError` for
    one that can't be read.
    """
    network = Network(*read_tensors(source, kind=MLPConfig, shapes=tensor_shapes))
    if check_answers:
        check_finite(network, source)
    return network


def read_tensors(
    source: Path | str | bytes,
    *,
    kind: type[Config],
    shapes: Callable[[Config], Mapping[str, tuple[int, ...]]],
) -> tuple[Config, dict[str, NDArray[Any]]]:
    """The configuration in a file, which is of that kind, and its tensors, which are of those `shapes`.

    Floats come as float32. Errors are those of `read_checkpoint`.
    """
    name = _name_of(source)
    if isinstance(source, bytes):
        data = source
    else:
        with Path(source).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CheckpointError(f"{name}: expected at most {MAX_BYTES} bytes", fault="too-large")
    config = _config(read_metadata(data, name=name), kind=kind, name=name)
    try:
        stored = dict(safetensors.deserialize(data))  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise CheckpointError(
            f"{name}: damaged safetensors file ({error})", fault="damaged"
        ) from error
    return config, _tensors(stored, shapes(config), name=name)


def _name_of(source: Path | str | bytes) -> str:
    return "the model" if isinstance(source, bytes) else str(source)


def tensor_shapes(config: MLPConfig) -> dict[str, tuple[int, ...]]:
    """The names and shapes of an `MLP`'s tensors, as its `state_dict` has them."""
    *hidden, output = pairwise(config.layer_sizes)
    shapes: dict[str, tuple[int, ...]] = {}
    for depth, (inputs, units) in enumerate(hidden):
        shapes[f"hidden.{depth}.linear.weight"] = (units, inputs)
        shapes[f"hidden.{depth}.linear.bias"] = (units,)
        if config.normalization == "batch":
            for part in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"hidden.{depth}.norm.{part}"] = (units,)
            shapes[f"hidden.{depth}.norm.num_batches_tracked"] = ()
    inputs, units = output
    return shapes | {"output.weight": (units, inputs), "output.bias": (units,)}


def _tensors(
    stored: Mapping[str, Mapping[str, Any]],
    expected: Mapping[str, tuple[int, ...]],
    *,
    name: str,
) -> dict[str, NDArray[Any]]:
    """`stored` as arrays that have the names and shapes of `expected`, and are finite as float32."""
    if stored.keys() != expected.keys():
        odd = sorted(stored.keys() ^ expected.keys())
        raise CheckpointError(
            f"{name}: the tensors do not fit its configuration (first: {odd[0]})", fault="damaged"
        )
    return {
        key: _array(stored[key], shape, name=f"{name}: {key}") for key, shape in expected.items()
    }


def _array(tensor: Mapping[str, Any], shape: tuple[int, ...], *, name: str) -> NDArray[Any]:
    if tuple(tensor["shape"]) != shape:
        raise CheckpointError(
            f"{name}: expected shape {shape}, got {tuple(tensor['shape'])}", fault="damaged"
        )
    # Batch normalisation counts its batches, which is the only number without a shape.
    known, wanted = (_FLOATS, "float32") if shape else (_INTEGERS, "int64")
    found = tensor["dtype"]
    if found not in known:
        raise CheckpointError(f"{name}: expected {wanted}, got {found}", fault="damaged")
    values = np.frombuffer(tensor["data"], dtype=known[found]).reshape(shape)
    if found == "BF16":  # the upper half of a float32's bits
        values = (values.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(over="ignore"):
        array: NDArray[Any] = values.astype(wanted, copy=False)
    # The extremes are NaN where any number is: half the time and no memory, against isfinite().all().
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        raise CheckpointError(
            f"{name}: expected finite numbers, got NaN or infinity", fault="not-finite"
        )
    return array


def check_finite(network: Network | ConvolutionalNetwork, source: Path | str | bytes) -> None:
    """Sees that numbers stay numbers on their way through the layers, for paper, ink, and half of each.

    source: where the network is from, which a `CheckpointError` names.
    """
    shape = network.config.image_shape
    images = np.stack([np.zeros(shape), np.ones(shape), np.eye(*shape)]).astype(np.float32)
    logits = network.logits(images)
    if not all(np.isfinite(each).all() for each in (logits, *network.answers(logits))):
        raise CheckpointError(
            f"{_name_of(source)}: expected finite answers, got NaN or infinity", fault="not-finite"
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


def _config(metadata: Mapping[str, str], *, kind: type[Config], name: str) -> Config:
    if metadata.get("format") != kind.format:
        raise CheckpointError(
            f"{name}: expected a model of this application (format {kind.format!r}), "
            f"got format {metadata.get('format')!r}",
            fault="foreign",
        )
    try:
        values: dict[str, Any] = json.loads(metadata["config"])
        unknown = values.keys() - {field.name for field in fields(kind)}
        if unknown:
            raise ValueError(f"unknown fields {sorted(unknown)}")
        for field in fields(kind):
            if field.name in values:
                values[field.name] = _typed(field.name, values[field.name], field.default)
        return kind(**values)
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
