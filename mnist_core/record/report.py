"""What `train --preset record` and `--preset pairs` print and draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mnist_core.data.datasets import Splits
from mnist_core.data.download import ProgressCallback
from mnist_core.data.pendigits_download import load_pen_digits
from mnist_core.evaluation.charts import learning_curves
from mnist_core.evaluation.measures import evaluate
from mnist_core.evaluation.style import save_figure
from mnist_core.models.checkpoints import load_checkpoint, save_checkpoint
from mnist_core.models.mlp import MLP
from mnist_core.record.convolutional import ConvNet, load_pair_network
from mnist_core.record.digit_recipe import record
from mnist_core.record.pair_recipe import record_pairs
from mnist_core.record.pools import (
    GOING_ON,
    PAIRS,
    PAIRS_GOING_ON,
    PAIRS_WITH_ALL_WRITERS,
    WITH_ALL_WRITERS,
    RecordConfig,
)
from mnist_core.record.recipe import RecordEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A preset of `train` that makes shipped weights: `record` or `record_pairs`, and their settings.

    going_on: those with elders, whose files `load` reads; with_all_writers: where all teach, too.
    """

    preset: str
    run: Callable[..., Iterable[RecordEvent[Any]]]
    load: Callable[[Path], MLP | ConvNet]
    config: RecordConfig
    going_on: RecordConfig
    with_all_writers: RecordConfig


RECORD = Recipe(
    preset="record",
    run=record,
    load=load_checkpoint,
    config=RecordConfig(),
    going_on=GOING_ON,
    with_all_writers=WITH_ALL_WRITERS,
)
RECORD_PAIRS = Recipe(
    preset="pairs",
    run=record_pairs,
    load=load_pair_network,
    config=PAIRS,
    going_on=PAIRS_GOING_ON,
    with_all_writers=PAIRS_WITH_ALL_WRITERS,
)
RECIPES: Mapping[str, Recipe] = {each.preset: each for each in (RECORD, RECORD_PAIRS)}


def train_record(
    recipe: Recipe,
    mnist: Splits,
    *,
    config: RecordConfig,
    elders: Sequence[Path] = (),
    data_root: Path | str | None,
    out: Path | None,
    figure: Path | None = None,
    on_progress: ProgressCallback | None = None,
) -> Iterator[str]:
    """Runs a recipe, yielding one line an epoch, and of an MLP the test accuracy last.

    Of pairs, accuracies are of both digits. With `out`, the weights are saved there, and each epoch's
    state beside them as `.state` until then, from which a killed run goes on. `elders` are files of
    `learn`'s. `figure` shows how the network learnt in this run.
    """
    pen = load_pen_digits(data_root, on_progress=on_progress)
    state_path = out.with_name(f"{out.name}.state") if out is not None else None
    model: MLP | ConvNet | None = None
    curve: list[tuple[int, float, float]] = []
    for event in recipe.run(
        mnist,
        pen,
        config=config,
        elders=[recipe.load(path) for path in elders],
        state_path=state_path,
        device="cuda" if torch.cuda.is_available() else "cpu",
    ):
        yield _epoch_line(event)
        if event.stage != "teacher" and event.loss is not None and event.mnist_accuracy is not None:
            curve.append((event.epoch, event.loss, event.mnist_accuracy))
        model = event.model
    if model is None:
        return
    model = model.cpu()
    if out is not None and state_path is not None:
        metadata = {
            "preset": recipe.preset,
            "seed": str(config.seed),
            "all_writers": str(config.all_writers),
        }
        save_checkpoint(model, out, metadata=metadata, half=True)
        state_path.unlink(missing_ok=True)
        yield f"saved to {out}"
    if figure is not None and curve:
        yield save_figure(learning_curves(*zip(*curve, strict=True)), figure)
    if isinstance(model, MLP) and mnist.test is not None:
        # As it was rounded for the file, where there is one.
        measured = evaluate(model if out is None else load_checkpoint(out), mnist.test)
        yield f"test accuracy {measured.accuracy:.2%}  loss {measured.loss:.4f}"


def _epoch_line(event: RecordEvent[Any]) -> str:
    line = f"{event.stage} epoch {event.epoch}/{event.epochs}"
    if event.loss is None:
        return f"{line}  ink drawn  {event.elapsed_s:.0f} s"
    line += f"  loss {event.loss:.4f}"
    if event.mnist_accuracy is not None:
        line += f"  validation accuracy {event.mnist_accuracy:.2%}"
    if event.pen_accuracy is not None:
        line += f"  pens {event.pen_accuracy:.2%}"
    return f"{line}  {event.elapsed_s:.0f} s  left {event.remaining_s or 0:.0f} s"
