"""What `train --preset record` and `evaluate` print and draw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from mnist_core.charts import learning_curves
from mnist_core.checkpoints import load_checkpoint, save_checkpoint
from mnist_core.data import Dataset, DatasetError, ProgressCallback, Splits
from mnist_core.evaluation import Evaluation, auroc, evaluate, format_report, likeness_of
from mnist_core.figures import evaluation_figure
from mnist_core.models import MLP
from mnist_core.other_ink import other_ink
from mnist_core.pen import PenDigit, is_held_out, pen_dataset
from mnist_core.pen_download import load_pen_digits
from mnist_core.record import RecordEvent, record
from mnist_core.record_data import RecordConfig

_OTHER_INK_COUNT = 1700


def train_record(
    mnist: Splits,
    *,
    config: RecordConfig,
    data_root: Path | str | None,
    out: Path | None,
    figure: Path | None = None,
    on_progress: ProgressCallback | None = None,
) -> Iterator[str]:
    """Runs the recipe, yielding one line an epoch and the test accuracy last.

    With `out`, the weights are saved there, and each epoch's state beside them as `.state` until
    then, from which a killed run goes on. `figure` shows how the MLP learnt in this run.
    """
    pen = load_pen_digits(data_root, on_progress=on_progress)
    state_path = out.with_name(f"{out.name}.state") if out is not None else None
    device = "cuda" if torch.cuda.is_available() else "cpu"
    event: RecordEvent | None = None
    curve: list[tuple[int, float, float]] = []
    for event in record(mnist, pen, config=config, state_path=state_path, device=device):
        yield _epoch_line(event)
        if event.stage == "mlp" and event.loss is not None and event.mnist_accuracy is not None:
            curve.append((event.epoch, event.loss, event.mnist_accuracy))
    if event is None or event.model is None:
        return
    model = event.model.cpu()
    if out is not None and state_path is not None:
        metadata = {"preset": "record", "seed": str(config.seed)}
        save_checkpoint(model, out, metadata=metadata, half=True)
        state_path.unlink(missing_ok=True)
        yield f"saved to {out}"
        model = load_checkpoint(out)  # as it was rounded for the file
    if figure is not None and curve:
        learning_curves(*zip(*curve, strict=True)).savefig(figure, dpi=100)
        yield f"figure saved to {figure}"
    if mnist.test is not None:
        measured = evaluate(model, mnist.test)
        yield f"test accuracy {measured.accuracy:.2%}  loss {measured.loss:.4f}"


def evaluation_report(
    model: MLP,
    mnist_test: Dataset,
    *,
    pen: list[PenDigit] | None = None,
    writers_held_out: bool = False,
    figure: Path | None = None,
) -> Iterator[str]:
    """Yields the reports on MNIST's test set and on `pen`, and saves the `figure` of them.

    `writers_held_out` keeps to the six writers that never train. Raises `DatasetError` where
    `pen` has none of them.
    """
    parts: list[tuple[str, Evaluation, Dataset]] = []

    def report(title: str, dataset: Dataset) -> str:
        evaluation = evaluate(model, dataset)
        parts.append((title, evaluation, dataset))
        return format_report(evaluation, title=title)

    yield report("MNIST test set", mnist_test)
    if pen is not None:
        chosen = [d for d in pen if is_held_out(d.writer)] if writers_held_out else pen
        if not chosen:
            raise DatasetError("pen digits: expected some by held-out writers, got none")
        title = "Pen digits, held-out writers" if writers_held_out else "Pen digits, all writers"
        yield "\n" + report(title, pen_dataset(chosen))
        if model.config.rejects:
            yield "\n" + _other_ink_line(model, chosen, parts[-1][1])
    if figure is not None:
        evaluation_figure(parts).savefig(figure, dpi=100)
        yield f"\nfigure saved to {figure}"


def _other_ink_line(model: MLP, digits: list[PenDigit], evaluation: Evaluation) -> str:
    images = other_ink(
        _OTHER_INK_COUNT,
        digits=[digit.strokes for digit in digits],
        generator=np.random.default_rng(0),
    )
    likeness = likeness_of(model, torch.from_numpy(images))
    rejected = float((likeness < model.config.reject_below).mean())
    return (
        f"Digits against {_OTHER_INK_COUNT:,} drawings that are none: "
        f"AUROC {auroc(evaluation.likeness, likeness):.4f}, {rejected:.2%} of those rejected"
    )


def _epoch_line(event: RecordEvent) -> str:
    line = f"{event.stage} epoch {event.epoch}/{event.epochs}"
    if event.loss is None:
        return f"{line}  ink drawn  {event.elapsed_s:.0f} s"
    line += f"  loss {event.loss:.4f}"
    if event.mnist_accuracy is not None:
        line += f"  validation accuracy {event.mnist_accuracy:.2%}"
    if event.pen_accuracy is not None:
        line += f"  pens {event.pen_accuracy:.2%}"
    return f"{line}  {event.elapsed_s:.0f} s  left {event.remaining_s or 0:.0f} s"
