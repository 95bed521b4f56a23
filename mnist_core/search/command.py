"""`python -m mnist_core sweep`: its options, and what it does and says."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mnist_core.cores import available_cores
from mnist_core.data.datasets import Splits
from mnist_core.errors import DatasetError
from mnist_core.evaluation.measures import mean_loss_and_accuracy
from mnist_core.evaluation.style import save_figure
from mnist_core.files import write_atomically
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.search.cluster import train_on_ray
from mnist_core.search.local import Finished, train_here
from mnist_core.search.report import curves, ranked, table, words
from mnist_core.search.settings import READERS, Choice, grid, parse_choice, sample
from mnist_core.search.state import State
from mnist_core.search.trial import Result, Trial, held_out
from mnist_core.training.presets import DEFAULT_PRESET, PRESETS


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of the command, `--data` aside."""
    command.add_argument(
        "--preset",
        choices=PRESETS,
        default=DEFAULT_PRESET,
        help="what the rest is (default: %(default)s)",
    )
    command.add_argument(
        "--set",
        action="append",
        dest="choices",
        type=_choice,
        default=[],
        metavar="NAME=VALUES",
        help="values to try, as optimizer=sgd,adam, hidden_sizes=64,128-64 or learning_rate=0.01..0.3; "
        f"one of {', '.join(READERS)}",
    )
    command.add_argument(
        "--trials", type=_count, metavar="N", help="so many random combinations, in place of all"
    )
    command.add_argument("--seed", type=_count, default=0, help="of all chance (default: 0)")
    command.add_argument(
        "--processes",
        type=_count,
        default=available_cores(),
        metavar="N",
        help="at once (default: %(default)s)",
    )
    command.add_argument(
        "--ray", metavar="ADDRESS", help="train on a Ray cluster: auto, ray://…, local"
    )
    command.add_argument(
        "--state",
        type=Path,
        default=Path("sweep"),
        metavar="DIR",
        help="keeps finished trials, to go on from (default: %(default)s)",
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="where to save the best model")
    command.add_argument(
        "--figure", type=Path, metavar="FILE.png", help="draws the learning curves"
    )


def _choice(text: str) -> Choice:
    try:
        return parse_choice(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(text)


def trials_of(options: argparse.Namespace) -> list[Trial]:
    """What the options ask for; `ValueError` says what is wrong with them."""
    names = [choice.name for choice in options.choices]
    if not names:
        raise ValueError("expected something to vary, as --set learning_rate=0.05,0.1,0.2")
    if len(set(names)) < len(names):
        raise ValueError(f"expected each setting once, got {', '.join(names)}")
    if options.trials == 0 or options.processes == 0:
        raise ValueError("--trials and --processes: expected at least 1, got 0")
    if options.trials is None:
        found = grid(options.choices)
    else:
        found = sample(options.choices, options.trials, seed=options.seed)
    preset = PRESETS[options.preset]
    return [Trial.of(each, preset, seed=options.seed) for each in found]


def sweep(trials: Sequence[Trial], data: Splits, options: argparse.Namespace) -> Iterator[str]:
    """Trains what is not yet trained, and measures the best on the test images; the lines to tell."""
    state = State(options.state)
    state.prepare()
    done = [(trial, result) for trial in trials if (result := state.read(trial)) is not None]
    known = {trial.name for trial, _ in done}
    missing = [trial for trial in trials if trial.name not in known]
    yield f"{len(trials)} trainings, {len(done)} of them finished before, in {options.state}"
    started_s = time.monotonic()
    for count, (trial, result, weights) in enumerate(_train(missing, data, options), start=1):
        state.write(trial, result, weights)
        done.append((trial, result))
        left_s = (time.monotonic() - started_s) / count * (len(missing) - count)
        told = "diverged" if result.diverged else f"validation accuracy {result.accuracy:.2%}"
        yield f"{len(done)}/{len(trials)}  {told}  {words(trial.settings)}  {left_s:.0f} s left"
    yield f"\n{table(done)}\n"
    yield from _best(ranked(done)[0], state, data, options)
    if options.figure is not None:
        yield save_figure(curves(done), options.figure)


def _train(
    missing: Sequence[Trial], data: Splits, options: argparse.Namespace
) -> Iterator[Finished]:
    if not missing:
        return iter(())
    if options.ray is not None:
        parts = held_out(data, seed=options.seed)
        cores = options.processes
        return train_on_ray(missing, data=parts, address=options.ray, cores=cores)
    return train_here(missing, processes=options.processes, root=options.data, seed=options.seed)


def _best(
    best: tuple[Trial, Result], state: State, data: Splits, options: argparse.Namespace
) -> Iterator[str]:
    trial, result = best
    if result.diverged:
        raise ValueError("every training diverged; try smaller learning rates")
    if data.test is None:
        raise DatasetError("MNIST's test set is missing")
    model = load_checkpoint(state.model_of(trial))
    loss, accuracy = mean_loss_and_accuracy(model, data.test)
    yield f"best: {words(trial.settings)}"
    yield f"test accuracy {accuracy:.2%}  loss {loss:.4f}"
    if options.out is not None:
        write_atomically(options.out, state.model_of(trial).read_bytes())
        yield f"saved to {options.out}"
