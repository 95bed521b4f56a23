"""Models on disk: safetensors with the configuration in its metadata, written all or nothing."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP

FORMAT = "mnist_core.mlp"
MAX_BYTES = 128 * 2**20
_HEADER_LENGTH = struct.Struct("<Q")


def dump_checkpoint(
    model: MLP, *, metadata: Mapping[str, str] | None = None, half: bool = False
) -> bytes:
    """`model` as the bytes of a safetensors file, its configuration in the metadata.

    `half` keeps the weights of its layers as float16, in half the bytes.
    """
    # Clones, since parameters may be views into one vector, which safetensors refuses.
    tensors = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    if half:
        # The rest is small, and a variance may leave float16's range.
        tensors = {
            name: tensor.half() if tensor.ndim == 2 else tensor for name, tensor in tensors.items()
        }
    described = dict(metadata or {}) | {
        "format": FORMAT,
        "config": json.dumps(asdict(model.config)),
    }
    return safetensors.torch.save(tensors, metadata=described)


def save_checkpoint(
    model: MLP,
    path: Path | str,
    *,
    metadata: Mapping[str, str] | None = None,
    half: bool = False,
) -> None:
    """Writes `dump_checkpoint` to `path`, atomically: a kill at any moment leaves the old file whole."""
    write_atomically(Path(path), dump_checkpoint(model, metadata=metadata, half=half))


def write_atomically(path: Path, data: bytes) -> None:
    """Writes to a temporary file beside `path`, then renames it over `path`."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp keeps the file to its owner; a checkpoint gets what any new file would.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(source: Path | str | bytes) -> MLP:
    """The model in a file, or in its bytes; in evaluation mode, float32.

    Raises `ValueError` that says what was wrong with a damaged or foreign file, `OSError` for one that
    can't be read.
    """
    if isinstance(source, bytes):
        data, name = source, "the model"
    else:
        path = Path(source)
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(
                f"{path}: expected at most {MAX_BYTES} bytes, got {path.stat().st_size}"
            )
        data, name = path.read_bytes(), str(path)
    if len(data) > MAX_BYTES:
        raise ValueError(f"{name}: expected at most {MAX_BYTES} bytes, got {len(data)}")
    config = _config(read_metadata(data, name=name), name=name)
    try:
        tensors = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{name}: damaged safetensors file ({error})") from error
    # Without memory for weights until they are known to be there: the file may promise many.
    with torch.device("meta"):
        expected = MLP(config).state_dict()
    if tensors.keys() != expected.keys():
        odd = sorted(tensors.keys() ^ expected.keys())
        raise ValueError(f"{name}: the tensors do not fit its configuration (first: {odd[0]})")
    for key, tensor in tensors.items():
        if tensor.shape != expected[key].shape:
            raise ValueError(
                f"{name}: {key}: expected shape {tuple(expected[key].shape)}, "
                f"got {tuple(tensor.shape)}"
            )
        if tensor.is_floating_point() != expected[key].is_floating_point():
            raise ValueError(f"{name}: {key}: expected {expected[key].dtype}, got {tensor.dtype}")
        if not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{name}: {key}: expected finite numbers, got NaN or infinity")
    model = MLP(config)
    model.load_state_dict(tensors)
    return model.eval()


def read_metadata(data: bytes, *, name: str = "the model") -> dict[str, str]:
    """The metadata in a safetensors file's bytes. `ValueError` where it isn't such a file."""
    try:
        (length,) = _HEADER_LENGTH.unpack_from(data)
        if length > len(data) - _HEADER_LENGTH.size:
            raise ValueError("its header is cut short")
        header = json.loads(data[_HEADER_LENGTH.size : _HEADER_LENGTH.size + length])
        metadata = header.get("__metadata__", {})
    except (struct.error, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"{name}: not a safetensors file ({error})") from error
    return metadata if isinstance(metadata, dict) else {}


def _config(metadata: Mapping[str, str], *, name: str) -> MLPConfig:
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{name}: expected a model of this application (format {FORMAT!r}), "
            f"got format {metadata.get('format')!r}"
        )
    try:
        values: dict[str, Any] = json.loads(metadata["config"])
        unknown = values.keys() - {field.name for field in fields(MLPConfig)}
        if unknown:
            raise ValueError(f"unknown fields {sorted(unknown)}")
        return MLPConfig(**values | {"hidden_sizes": tuple(values["hidden_sizes"])})
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"{name}: damaged configuration ({error})") from error
