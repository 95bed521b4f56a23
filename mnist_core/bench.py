"""Speed and memory on this machine, each figure beside what it is compared with, in one run.

The only part of the core that knows of app.py, as a program to start: nothing else imports this.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision import transforms

from mnist_core.data.datasets import Dataset, Splits
from mnist_core.data.mnist import default_root, mnist_class
from mnist_core.evaluation.measures import mean_loss_and_accuracy
from mnist_core.evaluation.photos import photo
from mnist_core.files import APP, ROOT
from mnist_core.ink.ink import Ink
from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.training.events import EpochEvent
from mnist_core.training.loop import train
from mnist_core.training.presets import PRESETS

_GOAL = 0.98
_START_TIMEOUT_S = 120
_REPEATS = 300
#: How much of the training set a quick run uses.
QUICK_IMAGES = 6000


def run(data: Splits, *, root: Path | str | None, quick: bool = False) -> None:
    """Prints the table, a row as soon as it is measured; takes about a minute.

    `quick` shows in seconds that every row can be measured; its figures say nothing.
    """
    images = QUICK_IMAGES if quick else None
    data = Splits(train=_first(data.train, images), test=_first(_present(data.test), images))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread, {os.cpu_count()} cores")
    preset_s, preset_losses = _notebook_preset(data)
    loop_s, loop_loss = notebook_loop(root, images=images)
    again_s, _ = _notebook_preset(data)
    preset_epoch_s = statistics.median(preset_s + again_s)
    _row("notebook's own loop, one epoch", f"{loop_s:.2f} s, loss {loop_loss:.3f}")
    _row(
        "notebook preset, one epoch (median)",
        f"{preset_epoch_s:.2f} s, loss {preset_losses[0]:.3f}",
    )
    _row("  times as fast (goal: at least 12)", f"{loop_s / preset_epoch_s:.1f}")
    fast_s, accuracy = _seconds_to_goal(data)
    _row("fast preset, until 98 % of the test set", f"{fast_s:.2f} s, {accuracy:.2%}")
    _row("  share of one epoch of the loop (goal: at most 0.33)", f"{fast_s / loop_s:.2f}")

    drawing = Ink(sample_strokes())
    classifier = Classifier.load()
    _row("Ink.to_image (goal: under 1 ms)", f"{_median_ms(drawing.to_image):.2f} ms")
    predict_ms = _median_ms(lambda: classifier.predict(drawing))
    _row("Classifier.predict (goal: under 2 ms)", f"{predict_ms:.2f} ms")
    picture_ms, picture_mb = _picture_to_answer()
    _row("12-megapixel JPEG to answer (goal: at most 400 ms)", f"{picture_ms:.0f} ms")
    _row("  memory above the start (goal: at most 250 MB)", f"{picture_mb:.0f} MB")
    start_s, memory_mb = _page_start()
    _row("python app.py to the first page", f"{start_s:.1f} s")
    _row("memory then", f"{memory_mb:.0f} MB")


def notebook_loop(root: Path | str | None, *, images: int | None = None) -> tuple[float, float]:
    """Seconds and mean loss of one epoch as the notebook trains: transforms, DataLoader, loss.item().

    `images` leaves it at so many of the training set.
    """
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    folder = root if root is not None else default_root()
    dataset = mnist_class()(folder, train=True, transform=transform)
    generator = torch.Generator().manual_seed(0)
    some: torch.utils.data.Subset[tuple[Tensor, Tensor]] = torch.utils.data.Subset(
        dataset, range(images or len(dataset))
    )
    loader: torch.utils.data.DataLoader[tuple[Tensor, Tensor]] = torch.utils.data.DataLoader(
        some, batch_size=64, shuffle=True, generator=generator
    )
    model = nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10),
        nn.LogSoftmax(dim=1),
    )  # fmt: skip
    criterion = nn.NLLLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    started_s = time.perf_counter()
    running_loss = 0.0
    for pixels, labels in loader:
        flat = pixels.view(pixels.shape[0], -1)
        optimizer.zero_grad()
        loss = criterion(model(flat), labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    return time.perf_counter() - started_s, running_loss / len(loader)


def sample_strokes() -> list[NDArray[np.float64]]:
    """A 3 of 120 points, as a mouse would draw it."""
    turn = np.linspace(-0.75 * np.pi, 0.5 * np.pi, 60)
    top = np.stack((150 + 60 * np.cos(turn), 110 + 55 * np.sin(turn)), axis=1)
    turn = np.linspace(-0.5 * np.pi, 0.8 * np.pi, 60)
    bottom = np.stack((150 + 70 * np.cos(turn), 235 + 70 * np.sin(turn)), axis=1)
    return [np.concatenate((top, bottom))]


def _notebook_preset(data: Splits) -> tuple[list[float], list[float]]:
    events = _epochs(data, "notebook", epochs=3)
    return [event.epoch_s for event in events], [event.train_loss for event in events]


def _epochs(data: Splits, preset: str, *, epochs: int) -> list[EpochEvent]:
    generator = torch.Generator().manual_seed(0)
    model = MLP(PRESETS[preset].model, generator=generator)
    events: list[EpochEvent] = []
    for event in train(
        model, Splits(data.train), config=PRESETS[preset].train, generator=generator
    ):
        if isinstance(event, EpochEvent):
            events.append(event)
            if event.epoch == epochs:
                break
    return events


def _seconds_to_goal(data: Splits) -> tuple[float, float]:
    """Seconds of training until the test set is 98 % right, and how right it then is."""
    test = _present(data.test)
    generator = torch.Generator().manual_seed(0)
    model = MLP(PRESETS["fast"].model, generator=generator)
    accuracy, elapsed_s = 0.0, 0.0
    for event in train(
        model, Splits(data.train), config=PRESETS["fast"].train, generator=generator
    ):
        if isinstance(event, EpochEvent):
            elapsed_s = event.elapsed_s
            accuracy = mean_loss_and_accuracy(model, test)[1]
            if accuracy >= _GOAL:
                return elapsed_s, accuracy
    return float("inf"), accuracy


def _first(dataset: Dataset, count: int | None) -> Dataset:
    return Dataset(dataset.images[:count], dataset.labels[:count])


def _present(dataset: Dataset | None) -> Dataset:
    if dataset is None:
        raise ValueError("data: expected a test set, got none")
    return dataset


def _median_ms(function: Callable[[], object]) -> float:
    function()
    times_s = []
    for _ in range(_REPEATS):
        started_s = time.perf_counter()
        function()
        times_s.append(time.perf_counter() - started_s)
    return 1000 * statistics.median(times_s)


# In a process of its own, whose peak is the picture's. The first picture brings OpenCV with it.
_READ_PICTURE = """
import re, sys, time
from pathlib import Path
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import read_picture
from mnist_core.models.classifier import Classifier
def megabytes(name):
    status = Path("/proc/self/status")
    found = re.search(name + r":\\s+(\\d+)", status.read_text() if status.exists() else "")
    return int(found[1]) / 1024 if found else float("nan")
classifier = Classifier.load()
classifier.predict(Ink([[(0, 0), (1, 1)]]))
file = sys.stdin.buffer.read()
if Path("/proc/self/clear_refs").exists():
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
before, times = megabytes("VmRSS"), []
for _ in range(5):
    started = time.process_time()
    classifier.predict(Ink.from_image(read_picture(file)))
    times.append(1000 * (time.process_time() - started))
print(sorted(times)[2], megabytes("VmHWM") - before)
"""


def _picture_to_answer() -> tuple[float, float]:
    """Milliseconds of one core from a 12-megapixel JPEG to its answer; what it adds to memory, in MB."""
    file = photo("12 megapixels", sample_strokes(), generator=np.random.default_rng(0))
    read = subprocess.run(
        [sys.executable, "-c", _READ_PICTURE],
        cwd=ROOT,
        input=file,
        stdout=subprocess.PIPE,
        check=True,
    )
    milliseconds, megabytes = map(float, read.stdout.split())
    return milliseconds, megabytes


def _page_start() -> tuple[float, float]:
    """Seconds from `python app.py` to its first page, and the server's resident memory then, in MB."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started_s = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, str(APP), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - started_s < _START_TIMEOUT_S:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    page.read()
                return time.perf_counter() - started_s, _resident_mb(server.pid)
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise OSError(f"app.py served no page within {_START_TIMEOUT_S} s")
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()


def _resident_mb(process_id: int) -> float:
    """Resident memory as Linux tells it; NaN on other systems."""
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        return float("nan")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
    return int(found[1]) / 1024 if found else float("nan")


def _row(name: str, value: str) -> None:
    print(f"{name:<54}{value}", flush=True)
