"""What `train --preset record` and `--preset pairs` print and draw."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path

import torch

from mnist_core.data.datasets import Splits
from mnist_core.data.download import ProgressCallback
from mnist_core.data.pendigits_download import load_pen_digits
from mnist_core.evaluation.charts import learning_curves
from mnist_core.evaluation.measures import evaluate
from mnist_core.evaluation.style import save_figure
from mnist_core.models.checkpoints import load_checkpoint, save_checkpoint
from mnist_core.models.mlp import MLP
from mnist_core.record.digit_recipe import record
from mnist_core.record.pair_recipe import record_pairs
from mnist_core.record.pools import RecordConfig
from mnist_core.record.recipe import Network, RecordEvent


def train_record(
    mnist: Splits,
    *,
    config: RecordConfig,
    elders: Sequence[MLP] = (),
    data_root: Path | str | None,
    out: Path | None,
    figure: Path | None = None,
    on_progress: ProgressCallback | None = None,
) -> Iterator[str]:
    """Runs the recipe, yielding one line an epoch and the test accuracy last.

    With `out`, the weights are saved there, and each epoch's state beside them as `.state` until
    then, from which a killed run goes on. `elders` are `record`'s. `figure` shows how the MLP learnt
    in this run.
    """
    pen = load_pen_digits(data_root, on_progress=on_progress)
    run = functools.partial(record, mnist, pen, config=config, elders=elders, device=_device())
    model = yield from _told(run, preset="record", config=config, out=out, figure=figure)
    if model is not None and mnist.test is not None:
        # As it was rounded for the file, where there is one.
        measured = evaluate(model if out is None else load_checkpoint(out), mnist.test)
        yield f"test accuracy {measured.accuracy:.2%}  loss {measured.loss:.4f}"


def train_pairs(
    mnist: Splits,
    *,
    config: RecordConfig,
    data_root: Path | str | None,
    out: Path | None,
    figure: Path | None = None,
    on_progress: ProgressCallback | None = None,
) -> Iterator[str]:
    """Runs the recipe of the reader of pairs, as `train_record` does; accuracies are of both digits."""
    pen = load_pen_digits(data_root, on_progress=on_progress)
    run = functools.partial(record_pairs, mnist, pen, config=config, device=_device())
    yield from _told(run, preset="pairs", config=config, out=out, figure=figure)


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _told(
    run: Callable[..., Iterable[RecordEvent[Network]]],
    *,
    preset: str,
    config: RecordConfig,
    out: Path | None,
    figure: Path | None,
) -> Generator[str, None, Network | None]:
    """A line for each event of `run`, and for each file that is written at the end; returns the model."""
    state_path = out.with_name(f"{out.name}.state") if out is not None else None
    model: Network | None = None
    curve: list[tuple[int, float, float]] = []
    for event in run(state_path=state_path):
        yield _epoch_line(event)
        if event.stage != "teacher" and event.loss is not None and event.mnist_accuracy is not None:
            curve.append((event.epoch, event.loss, event.mnist_accuracy))
        model = event.model
    if model is None:
        return None
    model = model.cpu()
    if out is not None and state_path is not None:
        metadata = {"preset": preset, "seed": str(config.seed)}
        save_checkpoint(model, out, metadata=metadata, half=True)
        state_path.unlink(missing_ok=True)
        yield f"saved to {out}"
    if figure is not None and curve:
        yield save_figure(learning_curves(*zip(*curve, strict=True)), figure)
    return model


def _epoch_line(event: RecordEvent[Network]) -> str:
    line = f"{event.stage} epoch {event.epoch}/{event.epochs}"
    if event.loss is None:
        return f"{line}  ink drawn  {event.elapsed_s:.0f} s"
    line += f"  loss {event.loss:.4f}"
    if event.mnist_accuracy is not None:
        line += f"  validation accuracy {event.mnist_accuracy:.2%}"
    if event.pen_accuracy is not None:
        line += f"  pens {event.pen_accuracy:.2%}"
    return f"{line}  {event.elapsed_s:.0f} s  left {event.remaining_s or 0:.0f} s"
