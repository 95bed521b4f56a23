"""The presets against the notebook's own loop and against the time of their matrix products alone.

In seconds of processor time: what else the machine does counts for less.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision import transforms

from mnist_core.bench.results import Results
from mnist_core.data.datasets import Dataset, Splits
from mnist_core.data.mnist import default_root, mnist_class
from mnist_core.evaluation.measures import mean_loss_and_accuracy
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import EpochEvent, StepEvent
from mnist_core.training.loop import train
from mnist_core.training.presets import PRESETS

#: How much of the training set a quick run uses.
QUICK_IMAGES = 6000
_GOAL = 0.98
_SEEDS = 20
_DEPTHS = (1, 2, 3, 4)
_UNITS = (64, 256, 1024)
_COST_BATCH = 128
_COST_STEPS = 40
_QUIET_SHARE = 0.1
_clock_s = time.process_time


def measure_presets(
    results: Results, data: Splits, *, root: Path | str | None, quick: bool
) -> None:
    """`notebook` and `fast`, each beside epochs of the notebook's own loop in this run."""
    images = QUICK_IMAGES if quick else None
    data = Splits(train=_first(data.train, images), test=_first(_present(data.test), images))
    preset_s, preset_losses = _notebook_preset(data)
    loop_s, loop_loss = notebook_loop(root, images=images, clock_s=_clock_s)
    again_s, _ = _notebook_preset(data)
    again_loop_s, _ = notebook_loop(root, images=images, clock_s=_clock_s)
    loop_s = min(loop_s, again_loop_s)
    epoch_s = min(preset_s + again_s)
    results.add("notebook's own loop, one epoch", loop_s, "s")
    results.add("  the loop's loss", loop_loss)
    results.add("notebook preset, one epoch", epoch_s, "s")
    results.add("  the preset's loss", preset_losses[0])
    results.add("  times as fast as the loop", loop_s / epoch_s, better="more", goal=18)
    config = PRESETS["notebook"]
    step_s = quiet_step_s(data.train, config.model, config.train)
    floor_s = products_s(config.model.layer_sizes, batch_size=config.train.batch_size)
    results.add("  a step of it", 1e6 * step_s, "µs")
    results.add("  that step's matrix products alone", 1e6 * floor_s, "µs")
    results.add("  step against its products", step_s / floor_s, better="less", goal=1.1)

    runs = [_seconds_to_goal(data, seed=seed) for seed in range(1 if quick else _SEEDS)]
    fast_s = statistics.median(seconds for seconds, _ in runs)
    results.add("fast preset, until 98 % of the test set", fast_s, "s")
    results.add("  right then", 100 * statistics.median(right for _, right in runs), "%")
    reached = sum(math.isfinite(seconds) for seconds, _ in runs)
    results.add(f"  of {len(runs)} seeds, got there", reached, better="more", goal=0.95 * len(runs))
    results.add("  share of one epoch of the loop", fast_s / loop_s, better="less", goal=0.2)


def measure_costs(results: Results, data: Splits, *, quick: bool) -> None:
    """Seconds an epoch as the network grows, against those of its matrix products."""
    print(f"an epoch of 60,000 images in batches of {_COST_BATCH}: seconds, of its products, ratio")
    batches = 60_000 / _COST_BATCH
    for depth in _DEPTHS[:1] if quick else _DEPTHS:
        for units in _UNITS[:1] if quick else _UNITS:
            model = MLPConfig(hidden_sizes=(units,) * depth)
            config = TrainConfig(batch_size=_COST_BATCH)
            step_s = quiet_step_s(data.train, model, config)
            floor_s = products_s(model.layer_sizes, batch_size=_COST_BATCH)
            name = f"  {depth} × {units} units"
            results.add(name, batches * step_s, "s", better="less")
            results.add(f"{name}, products", batches * floor_s, "s")
            results.add(f"{name}, ratio", step_s / floor_s, better="less")


def notebook_loop(
    root: Path | str | None,
    *,
    images: int | None = None,
    clock_s: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Seconds and mean loss of one epoch as the notebook trains: transforms, DataLoader, loss.item().

    `images` leaves it at so many of the training set. clock_s: what tells the seconds.
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
    started_s = clock_s()
    running_loss = 0.0
    for pixels, labels in loader:
        flat = pixels.view(pixels.shape[0], -1)
        optimizer.zero_grad()
        loss = criterion(model(flat), labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    return clock_s() - started_s, running_loss / len(loader)


def quiet_step_s(data: Dataset, model: MLPConfig, config: TrainConfig) -> float:
    """Seconds of a step, of the quickest tenth: other programs on the machine count for little."""
    generator = torch.Generator().manual_seed(0)
    events = train(
        MLP(model, generator=generator), Splits(data), config=config, generator=generator
    )
    times_s: list[float] = []
    while len(times_s) < _COST_STEPS:
        began_s = _clock_s()
        if isinstance(next(events), StepEvent):
            times_s.append(_clock_s() - began_s)
    return _quiet(times_s)


def products_s(layer_sizes: tuple[int, ...], *, batch_size: int) -> float:
    """Seconds that the matrix products of one step take, and nothing else; of the quickest tenth."""
    steps = _products(layer_sizes, batch_size)
    times_s = []
    for _ in range(_COST_STEPS):
        began_s = _clock_s()
        next(steps)
        times_s.append(_clock_s() - began_s)
    return _quiet(times_s)


def _products(sizes: tuple[int, ...], batch_size: int) -> Iterator[None]:
    """Forward, to the weights' gradients, and back to each layer but the first: into ready memory."""
    values = [torch.rand(batch_size, size) for size in sizes]
    gradients = [torch.rand(batch_size, size) for size in sizes]
    weights = [torch.rand(above, below) for below, above in pairwise(sizes)]
    changes = [torch.empty_like(weight) for weight in weights]
    while True:
        for depth, weight in enumerate(weights):
            torch.mm(values[depth], weight.t(), out=values[depth + 1])
        for depth in range(len(weights) - 1, -1, -1):
            torch.mm(gradients[depth + 1].t(), values[depth], out=changes[depth])
            if depth:
                torch.mm(gradients[depth + 1], weights[depth], out=gradients[depth])
        yield


def _quiet(times_s: list[float]) -> float:
    return sorted(times_s)[int(_QUIET_SHARE * len(times_s))]


def _notebook_preset(data: Splits) -> tuple[list[float], list[float]]:
    """Seconds and mean loss of each of three epochs."""
    preset = PRESETS["notebook"]
    generator = torch.Generator().manual_seed(0)
    model = MLP(preset.model, generator=generator)
    times_s, losses = [], []
    began_s = _clock_s()
    for event in train(model, Splits(data.train), config=preset.train, generator=generator):
        if isinstance(event, EpochEvent):
            times_s.append(_clock_s() - began_s)
            losses.append(event.train_loss)
            if event.epoch == 3:
                break
            began_s = _clock_s()
    return times_s, losses


def _seconds_to_goal(data: Splits, *, seed: int) -> tuple[float, float]:
    """Seconds until the test set is 98 % right, with all work on the data, and how right it then is."""
    test = _present(data.test)
    preset = PRESETS["fast"]
    generator = torch.Generator().manual_seed(seed)
    model = MLP(preset.model, generator=generator)
    accuracy, measuring_s = 0.0, 0.0
    began_s = _clock_s()
    for event in train(model, Splits(data.train), config=preset.train, generator=generator):
        if isinstance(event, EpochEvent):
            reached_s = _clock_s()
            accuracy = mean_loss_and_accuracy(model, test)[1]
            if accuracy >= _GOAL:
                return reached_s - began_s - measuring_s, accuracy
            measuring_s += _clock_s() - reached_s
    return math.inf, accuracy


def _first(dataset: Dataset, count: int | None) -> Dataset:
    return Dataset(dataset.images[:count], dataset.labels[:count])


def _present(dataset: Dataset | None) -> Dataset:
    if dataset is None:
        raise ValueError("data: expected a test set, got none")
    return dataset
