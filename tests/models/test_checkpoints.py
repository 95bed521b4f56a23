import json
import multiprocessing
import os
import resource
import signal
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import safetensors.torch
import torch

from mnist_core.errors import CheckpointError
from mnist_core.models.checkpoint_reading import MAX_BYTES, read_metadata
from mnist_core.models.checkpoints import dump_checkpoint, load_checkpoint, save_checkpoint
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.training.backpropagation import FlatParameters

CONFIG = MLPConfig(hidden_sizes=(8,), activation="tanh", rejects=True, temperature=1.5)


def test_a_model_comes_back_as_it_was(tmp_path: Path) -> None:
    model = MLP(CONFIG).eval()
    path = tmp_path / "model.safetensors"
    save_checkpoint(model, path, metadata={"note": "mine"})
    loaded = load_checkpoint(path)
    assert loaded.config == CONFIG
    images = torch.rand(3, 28, 28)
    torch.testing.assert_close(loaded(images), model(images))
    assert read_metadata(path.read_bytes())["note"] == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_in_training_can_be_saved() -> None:
    model = MLP(CONFIG)
    FlatParameters(model)  # parameters that share memory, the first of them transposed
    loaded = load_checkpoint(dump_checkpoint(model))
    torch.testing.assert_close(loaded.state_dict(), model.state_dict())


def test_half_precision_is_read_as_float32() -> None:
    model = MLP(CONFIG).half()
    loaded = load_checkpoint(dump_checkpoint(model))
    assert loaded.output.weight.dtype == torch.float32


def test_a_file_that_promises_many_weights_takes_no_memory_for_them() -> None:
    small = MLP(MLPConfig(hidden_sizes=(1,)))
    config = json.dumps(asdict(MLPConfig(hidden_sizes=(4096,) * 8)))
    tensors = {name: tensor.clone() for name, tensor in small.state_dict().items()}
    file = safetensors.torch.save(tensors, metadata={"format": MLPConfig.format, "config": config})
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="do not fit"):
        load_checkpoint(file)
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident < 100_000
    )  # kB; it promises 483 MB


def test_weights_kept_as_float16_take_half_the_bytes_and_answer_the_same() -> None:
    model = MLP(MLPConfig(hidden_sizes=(64,), normalization="batch")).eval()
    model.get_buffer("hidden.0.norm.running_var").fill_(1e6)  # beyond float16
    whole, half = dump_checkpoint(model), dump_checkpoint(model, half=True)
    assert len(half) < 0.6 * len(whole)
    images = torch.rand(5, 28, 28)
    torch.testing.assert_close(load_checkpoint(half)(images), model(images), atol=0.01, rtol=0.01)


def test_weights_beyond_float16_stay_whole() -> None:
    model = MLP(CONFIG).eval()
    with torch.no_grad():
        model.output.weight[0, 0] = 1e5
    loaded = load_checkpoint(dump_checkpoint(model, half=True))
    torch.testing.assert_close(loaded.output.weight, model.output.weight, rtol=0, atol=0)


def damaged(kind: str) -> bytes:
    model = MLP(CONFIG)
    good = dump_checkpoint(model)
    tensors = safetensors.torch.load(good)
    metadata = read_metadata(good)
    if kind == "empty":
        return b""
    if kind == "text":
        return b"this is a text, not a model, whatever its name says"
    if kind == "header cut short":
        return good[:40]
    if kind == "data cut short":
        return good[:-100]
    if kind == "foreign":
        return safetensors.torch.save(tensors)
    if kind == "missing tensor":
        del tensors["output.bias"]
    if kind == "wrong shape":
        tensors["output.bias"] = torch.zeros(3)
    if kind == "integers":
        tensors["output.bias"] = torch.zeros(11, dtype=torch.int64)
    if kind == "NaN":
        tensors["output.bias"][0] = float("nan")
    if kind == "float8":
        tensors["output.bias"] = tensors["output.bias"].to(torch.float8_e4m3fn)
    if kind == "float64 beyond float32":
        tensors["output.bias"] = torch.full((11,), 1e300, dtype=torch.float64)
    if kind == "overflow on the way":
        tensors = {name: torch.full_like(tensor, 3e38) for name, tensor in tensors.items()}
    if kind == "a type that nobody knows":
        return good.replace(b'"F32"', b'"F99"')
    if kind == "header too large":
        return (len(good) + 2**21).to_bytes(8, "little") + b"[" * (2**22)
    if kind.startswith("config "):
        field, value = kind.removeprefix("config ").split("=")
        metadata["config"] = json.dumps(json.loads(metadata["config"]) | {field: "?"}).replace(
            '"?"', value
        )
    if kind == "null as config":
        metadata["config"] = "null"
    if kind == "unknown field":
        metadata["config"] = json.dumps(json.loads(metadata["config"]) | {"evil": 1})
    if kind == "bad setting":
        metadata["config"] = json.dumps(json.loads(metadata["config"]) | {"std": 0})
    if kind == "broken config":
        metadata["config"] = "{"
    return safetensors.torch.save(tensors, metadata=metadata)


@pytest.mark.parametrize(
    ("kind", "fault", "said"),
    [
        ("empty", "not-safetensors", "not a safetensors file"),
        ("text", "not-safetensors", "not a safetensors file"),
        ("header cut short", "not-safetensors", "header is cut short"),
        ("header too large", "not-safetensors", "a header of"),
        ("data cut short", "damaged", "damaged safetensors file"),
        ("a type that nobody knows", "damaged", "damaged safetensors file"),
        ("foreign", "foreign", "expected a model of this application"),
        ("missing tensor", "damaged", "do not fit its configuration"),
        ("wrong shape", "damaged", "expected shape"),
        ("integers", "damaged", "expected float32"),
        ("float8", "damaged", "expected float32"),
        ("NaN", "not-finite", "expected finite numbers"),
        ("float64 beyond float32", "not-finite", "expected finite numbers"),
        ("overflow on the way", "not-finite", "expected finite answers"),
        ("unknown field", "damaged", "unknown fields"),
        ("bad setting", "damaged", "std: expected"),
        ("null as config", "damaged", "damaged configuration"),
        ("broken config", "damaged", "damaged configuration"),
        *(
            (f"config {setting}", "damaged", "damaged configuration")
            for setting in (
                "hidden_sizes=null",
                "hidden_sizes=[null]",
                "hidden_sizes=[1e3]",
                "hidden_sizes=8",
                "hidden_sizes=[Infinity]",
                "hidden_sizes=[100000]",
                "rejects=null",
                "rejects=Infinity",
                "mean=null",
                "mean=Infinity",
                "mean=NaN",
                "mean=true",
                f"mean={10**400}",
                "std=1e999",
                "dropout=null",
                "temperature=Infinity",
                f"temperature={10**400}",
                "activation=null",
                "activation=[]",
                "activation={}",
                "normalization=0",
                "reject_below=null",
            )
        ),
        ("config std=1e-320", "not-finite", "expected finite answers"),
        ("config mean=1e300", "not-finite", "expected finite answers"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_with_the_reason(
    kind: str, fault: str, said: str
) -> None:
    with pytest.raises(CheckpointError, match=said) as refused:
        load_checkpoint(damaged(kind))
    assert refused.value.fault == fault


def test_whoever_expects_a_value_error_still_gets_one() -> None:
    with pytest.raises(ValueError, match="not a safetensors file"):
        load_checkpoint(b"")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a file without an end is Unix's")
def test_a_file_without_an_end_is_not_read_to_it() -> None:
    with pytest.raises(CheckpointError, match="expected at most"):
        load_checkpoint("/dev/zero")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match="expected at most"):
        load_checkpoint(path)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.safetensors"
    save_checkpoint(MLP(CONFIG), path)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(MLP(CONFIG), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def _save_for_ever(path: Path) -> None:
    model = MLP(MLPConfig(hidden_sizes=(512, 512)))
    while True:
        save_checkpoint(model, path)


def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_checkpoint(MLP(CONFIG), path)
    process = multiprocessing.get_context("spawn").Process(target=_save_for_ever, args=(path,))
    process.start()
    deadline = time.monotonic() + 60
    while load_checkpoint(path).config == CONFIG and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert load_checkpoint(path).config.hidden_sizes == (512, 512)
