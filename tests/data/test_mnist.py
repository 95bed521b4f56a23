import gzip
import hashlib
import io
import os
import time
import urllib.error
from pathlib import Path

import pytest
import torch

from mnist_core.data import mnist as data
from mnist_core.data.datasets import Splits
from mnist_core.data.download import DownloadProgress
from mnist_core.data.mnist import default_root, load_mnist
from mnist_core.errors import DatasetError


def idx_files(count: int = 3) -> dict[str, bytes]:
    """The four MNIST files with `count` blank images each, in the real format."""
    images = (2051).to_bytes(4, "big") + b"".join(n.to_bytes(4, "big") for n in (count, 28, 28))
    labels = (2049).to_bytes(4, "big") + count.to_bytes(4, "big")
    pixels = bytes(range(256)) * (count * 784 // 256 + 1)
    return {
        f"{part}-{kind}-ubyte": content
        for part in ("train", "t10k")
        for kind, content in (
            ("images-idx3", images + pixels[: count * 784]),
            ("labels-idx1", labels + bytes(range(count))),
        )
    }


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    files = idx_files()
    sums = {
        name: hashlib.md5(content, usedforsecurity=False).hexdigest()
        for name, content in files.items()
    }
    monkeypatch.setattr(data, "_RAW_MD5", sums)
    return files


def unpack(files: dict[str, bytes], root: Path) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in files.items():
        (raw / name).write_bytes(content)
    return raw


def serve(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> list[str]:
    """Makes downloads come from `files`; the list of addresses asked for."""
    asked = []

    class Response(io.BytesIO):
        headers: dict[str, str]

    def urlopen(url: str, timeout: float) -> Response:
        asked.append(url)
        packed = gzip.compress(files[url.rsplit("/", 1)[1].removesuffix(".gz")])
        response = Response(packed)
        response.headers = {"Content-Length": str(len(packed))}
        return response

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    return asked


def test_mnist_is_what_torchvision_and_to_tensor_give(mnist: Splits, mnist_root: Path) -> None:
    from torchvision.transforms import ToTensor  # seconds that no other process needs

    assert mnist.train.images.shape == (60_000, 28, 28)
    assert mnist.test is not None
    assert len(mnist.test) == 10_000
    assert mnist.train.images.dtype == torch.float32
    assert (mnist.train.images.min().item(), mnist.train.images.max().item()) == (0, 1)
    for part, is_train in ((mnist.train, True), (mnist.test, False)):
        theirs = data.mnist_class()(mnist_root, train=is_train, transform=ToTensor())
        assert part.labels.tolist() == theirs.targets.tolist()
        assert torch.equal(part.images.mul(255).round().to(torch.uint8), theirs.data)
        for index in (0, -1):
            assert torch.equal(part.images[index], theirs[index][0][0])


def test_files_on_disk_are_read_without_a_network(
    small_mnist: dict[str, bytes], tmp_path: Path
) -> None:
    unpack(small_mnist, tmp_path)
    splits = load_mnist(tmp_path, download=False)
    assert splits.train.labels.tolist() == [0, 1, 2]
    assert splits.train.images[0, 0, 5] == pytest.approx(5 / 255)


@pytest.mark.parametrize("harm", ["missing", "truncated", "altered"])
def test_a_harmed_file_is_named_and_a_download_mends_it(
    harm: str, small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = unpack(small_mnist, tmp_path) / "train-images-idx3-ubyte"
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-10] if harm == "truncated" else content[:-1] + b"\x00")
    with pytest.raises(DatasetError, match="train-images-idx3-ubyte"):
        load_mnist(tmp_path, download=False)

    asked = serve(monkeypatch, small_mnist)
    assert len(load_mnist(tmp_path).train) == 3
    assert [url.rsplit("/", 1)[1] for url in asked] == ["train-images-idx3-ubyte.gz"]
    assert path.read_bytes() == content


def test_a_download_reports_its_progress(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, small_mnist)
    seen: list[DownloadProgress] = []
    load_mnist(tmp_path, on_progress=seen.append)
    assert {progress.file for progress in seen} == set(small_mnist)
    assert all(progress.received_bytes == progress.total_bytes for progress in seen)


def test_without_a_network_the_error_says_what_to_do_and_leaves_nothing(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(url: str, timeout: float) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(DatasetError, match="Check the network, or put the four MNIST files into"):
        load_mnist(tmp_path)
    assert list((tmp_path / "MNIST" / "raw").iterdir()) == []


def test_a_false_download_is_refused_and_leaves_nothing(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, {name: content + b"!" for name, content in small_mnist.items()})
    with pytest.raises(DatasetError, match="expected MD5"):
        load_mnist(tmp_path)
    assert list((tmp_path / "MNIST" / "raw").iterdir()) == []


def test_archives_in_the_folder_need_no_network(
    small_mnist: dict[str, bytes], tmp_path: Path
) -> None:
    raw = unpack(
        {f"{name}.gz": gzip.compress(data) for name, data in small_mnist.items()}, tmp_path
    )
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    assert load_mnist(tmp_path, download=False).train.labels.tolist() == [0, 1, 2]
    assert {name: (raw / name).read_bytes() for name in small_mnist} == small_mnist


def test_a_damaged_archive_is_named_and_a_download_mends_it(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = {f"{name}.gz": gzip.compress(data) for name, data in small_mnist.items()}
    raw = unpack(packed, tmp_path)
    for damage in (
        b"no archive",
        packed["train-labels-idx1-ubyte.gz"][:-9],
        gzip.compress(b"other"),
    ):
        (raw / "train-labels-idx1-ubyte.gz").write_bytes(damage)
        with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte\.gz: "):
            load_mnist(tmp_path, download=False)
    asked = serve(monkeypatch, small_mnist)
    assert len(load_mnist(tmp_path).train) == 3
    assert len(asked) == 1


def test_a_damaged_file_that_can_not_be_had_again_is_named(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(url: str, timeout: float) -> None:
        raise OSError("no route")

    raw = unpack(small_mnist, tmp_path)
    (raw / "t10k-images-idx3-ubyte").write_bytes(b"damaged")
    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(DatasetError, match="t10k-images-idx3-ubyte: the file is damaged") as said:
        load_mnist(tmp_path)
    assert "Check the network" in str(said.value)
    assert "written" not in str(said.value)


def test_a_full_disk_is_no_trouble_of_the_network(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    serve(monkeypatch, small_mnist)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        DatasetError, match=r"could not be written \(No space left on device\)"
    ) as said:
        load_mnist(tmp_path)
    assert "network" not in str(said.value)
    assert list((tmp_path / "MNIST" / "raw").iterdir()) == []


def test_a_folder_that_can_not_be_made_is_no_trouble_of_the_network(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, small_mnist)
    (tmp_path / "MNIST").write_text("a file")
    with pytest.raises(DatasetError, match="could not be written") as said:
        load_mnist(tmp_path)
    assert "network" not in str(said.value)


def test_a_stop_in_the_middle_leaves_nothing(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(progress: DownloadProgress) -> None:
        raise KeyboardInterrupt

    serve(monkeypatch, small_mnist)
    with pytest.raises(KeyboardInterrupt):
        load_mnist(tmp_path, on_progress=stop)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_what_a_kill_left_of_a_download_goes(small_mnist: dict[str, bytes], tmp_path: Path) -> None:
    raw = unpack(small_mnist, tmp_path)
    old, new = (raw / f".train-images-idx3-ubyte-{name}" for name in ("a1b2c3d4", "new"))
    for part in (old, new):
        part.write_bytes(b"part")
    os.utime(old, (time.time() - 3600,) * 2)
    load_mnist(tmp_path, download=False)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_download_without_end_is_given_up(
    small_mnist: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, small_mnist)
    monkeypatch.setattr(data, "_MAX_BYTES", 10)
    with pytest.raises(DatasetError, match="expected at most 10 bytes"):
        load_mnist(tmp_path)


def test_an_old_pickled_copy_is_not_read(small_mnist: dict[str, bytes], tmp_path: Path) -> None:
    unpack(small_mnist, tmp_path)
    processed = tmp_path / "MNIST" / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        (processed / name).write_bytes(b"not to be unpickled")
    assert len(load_mnist(tmp_path, download=False).train) == 3


def test_mnist_goes_home_or_where_there_is_none_to_a_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_root() == tmp_path / ".cache" / "mnist_core"
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    elsewhere = default_root()
    assert not elsewhere.is_relative_to(tmp_path / ".cache")
    (tmp_path / ".cache" / "mnist_core").mkdir(parents=True)
    assert default_root() == tmp_path / ".cache" / "mnist_core"  # somebody has put it there
