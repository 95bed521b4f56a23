"""Command line: train, sweep, evaluate, predict, bench. `python -m mnist_core --help` lists the options."""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ["MPLBACKEND"] = "agg"  # figures go to files, whatever a notebook's environment names

import torch
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure

from mnist_core.data.download import DownloadProgress
from mnist_core.data.mnist import load_mnist
from mnist_core.data.pendigits_download import load_pen_digits
from mnist_core.errors import DatasetError, PictureError, StartError
from mnist_core.evaluation.charts import learning_curves
from mnist_core.evaluation.pictures import PICTURES_OF_A_KIND, numbers_report, pictures_report
from mnist_core.evaluation.report import evaluation_report
from mnist_core.evaluation.style import save_figure
from mnist_core.files import ELDER_PAIR_WEIGHTS, ELDER_WEIGHTS, WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import NO_INK, read_picture
from mnist_core.models.checkpoint_reading import read_metadata
from mnist_core.models.checkpoints import load_checkpoint, save_checkpoint
from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.models.pairs import read_pair_network
from mnist_core.record.report import RECIPES, train_record
from mnist_core.search.command import add_options, sweep, trials_of
from mnist_core.training.config import MAX_EPOCHS
from mnist_core.training.events import EndEvent, EpochEvent
from mnist_core.training.loop import train
from mnist_core.training.presets import DEFAULT_PRESET, PRESETS

_BAR_WIDTH = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 where it went well, 1 with a sentence on stderr where it did not.

    130 where it was stopped by Ctrl+C, as shells have it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal or a file may know fewer characters
    options = _parser().parse_args(arguments)
    # One thread: a small network is slower on two, and many times slower where cores are shared.
    torch.set_num_threads(options.threads)
    try:
        for name in ("out", "figure", "json"):
            path = getattr(options, name, None)
            if path is not None:
                _check_writable(path)
        if getattr(options, "figure", None) is not None:
            _check_format(options.figure)
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (DatasetError, StartError, ValueError, OSError) as error:
        print(f"error: {_sentence(error)}", file=sys.stderr)
        return 1
    return 0


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _check_writable(path: Path) -> None:
    """Sees, before the work, that a file can be written at `path` after it."""
    if path.is_dir():
        raise ValueError(f"{path}: expected a file, got a folder")
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"{path}: nothing can be written into {path.parent}")


def _check_format(path: Path) -> None:
    formats = FigureCanvasBase.get_supported_filetypes()
    if path.suffix and path.suffix[1:].lower() not in formats:
        raise ValueError(
            f"{path}: expected a name that ends in one of {', '.join(sorted(formats))}"
        )


def run_train(options: argparse.Namespace) -> None:
    if options.preset in RECIPES:
        run_record(options)
        return
    preset = PRESETS[options.preset]
    config = preset.train
    if options.epochs is not None:
        config = dataclasses.replace(config, epochs=options.epochs)
    generator = torch.Generator().manual_seed(options.seed)
    data = load_mnist(options.data, on_progress=_show_download)
    model = MLP(preset.model, generator=generator)
    print(f"{options.preset}: {_sizes(model)}, {model.parameter_count:,} parameters")
    epochs: list[EpochEvent] = []
    for event in train(model, data, config=config, generator=generator):
        if isinstance(event, EpochEvent):
            print(_epoch_line(event), flush=True)
            epochs.append(event)
        elif isinstance(event, EndEvent):
            print(_end_line(event))
    if options.out is not None:
        save_checkpoint(model, options.out)
        print(f"saved to {options.out}")
    if options.figure is not None:
        print(save_figure(_curves(epochs), options.figure))


def run_sweep(options: argparse.Namespace) -> None:
    trials = trials_of(options)
    data = load_mnist(options.data, on_progress=_show_download)
    for line in sweep(trials, data, options):
        print(line, flush=True)


def run_evaluate(options: argparse.Namespace) -> None:
    is_held_out = options.writers_held_out or options.pictures is not None
    weights = options.weights or (ELDER_WEIGHTS if is_held_out else WEIGHTS)
    model = load_checkpoint(weights)
    if is_held_out and read_metadata(weights.read_bytes()).get("all_writers") == "True":
        raise ValueError(
            f"{weights}: all writers have taught it; expected weights as {ELDER_WEIGHTS}"
        )
    data = load_mnist(options.data, on_progress=_show_download)
    if data.test is None:
        raise DatasetError("MNIST's test set is missing")
    pen = None
    if options.pen_digits is not None or is_held_out:
        source = options.data if options.pen_digits is None else options.pen_digits
        pen = load_pen_digits(source, on_progress=_show_download)
    for text in evaluation_report(
        model,
        data.test,
        pen=pen if options.pen_digits is not None or options.writers_held_out else None,
        writers_held_out=options.writers_held_out,
        figure=options.figure,
    ):
        print(text, flush=True)
    if options.pictures and pen is not None:
        print()
        classifier = Classifier(model, pairs=read_pair_network(ELDER_PAIR_WEIGHTS))
        for text in pictures_report(classifier, pen, count=options.pictures):
            print(text, flush=True)
        for text in numbers_report(classifier, pen, photos=2 * options.pictures):
            print(text, flush=True)


def run_record(options: argparse.Namespace) -> None:
    recipe = RECIPES[options.preset]
    settings = recipe.going_on if options.elders else recipe.config
    if options.all_writers:
        settings = recipe.with_all_writers
    config = dataclasses.replace(settings, seed=options.seed)
    if options.epochs is not None:
        teacher_epochs = min(options.epochs, config.teacher_epochs)
        config = dataclasses.replace(config, epochs=options.epochs, teacher_epochs=teacher_epochs)
    data = load_mnist(options.data, on_progress=_show_download)
    for line in train_record(
        recipe,
        data,
        config=config,
        elders=options.elders,
        data_root=options.data,
        out=options.out,
        figure=options.figure,
        on_progress=_show_download,
    ):
        print(line, flush=True)


def run_predict(options: argparse.Namespace) -> None:
    classifier = Classifier.load(options.weights)
    try:
        ink = Ink.from_image(read_picture(options.picture))
    except PictureError as error:
        raise ValueError(f"{options.picture}: {error}") from error
    if ink.is_empty:
        raise ValueError(f"{options.picture}: {NO_INK}")
    reading = classifier.read(ink)
    several = len(reading.digits) > 1
    print(reading.text or ("not a number" if several else "not a digit"))
    for place, prediction in enumerate(reading.digits, start=1):
        if several:
            name = "not a digit" if prediction.digit is None else prediction.digit
            print(f"\ndigit {place} of {len(reading.digits)}: {name}")
        for digit, probability in enumerate(prediction.probabilities):
            print(f"{digit} {probability:7.2%} {_block() * round(_BAR_WIDTH * float(probability))}")


def _block() -> str:
    try:
        "█".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "#"
    return "█"


def run_bench(options: argparse.Namespace) -> None:
    # Only this command needs it, and it brings the server's start with it.
    from mnist_core.bench.command import run

    run(
        load_mnist(options.data, on_progress=_show_download),
        root=options.data,
        quick=options.quick,
        json_file=options.json,
        compare=options.compare,
        figure=options.figure,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mnist_core", description=__doc__)
    most_threads = max(16, os.cpu_count() or 1)
    parser.add_argument(
        "--threads", type=_whole(1, most_threads), default=1, help="torch threads (default: 1)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("train", help="train a model on MNIST")
    command.add_argument(
        "--preset",
        choices=[*PRESETS, *RECIPES],
        default=DEFAULT_PRESET,
        help="network and training; record and pairs are the shipped weights' "
        f"(default: {DEFAULT_PRESET})",
    )
    command.add_argument("--epochs", type=_whole(1, MAX_EPOCHS), help="instead of the preset's")
    command.add_argument(
        "--seed", type=_whole(0, 2**63 - 1), default=0, help="of all chance (default: 0)"
    )
    command.add_argument(
        "--elders",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="for record and pairs: weights to go on from (the first) and to learn from (all)",
    )
    command.add_argument(
        "--all-writers",
        action="store_true",
        help="of record and pairs, beside --elders: all pen writers train, none measures",
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="where to save the weights")
    command.add_argument(
        "--figure", type=Path, metavar="FILE.png", help="draws the learning curves"
    )
    _add_data(command)
    command.set_defaults(run=run_train)

    command = commands.add_parser("sweep", help="train with many settings, and find the best")
    add_options(command)
    _add_data(command)
    command.set_defaults(run=run_sweep)

    command = commands.add_parser("evaluate", help="measure a model on the test set")
    command.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="(default: those that ship; for writers held out, those that they go on from)",
    )
    command.add_argument(
        "--pen-digits", type=Path, metavar="FILE", help="pendigits-orig.tra, or UCI's zip of it"
    )
    command.add_argument(
        "--writers-held-out", action="store_true", help="only the pen writers that never taught it"
    )
    command.add_argument(
        "--pictures",
        type=_whole(1, 100_000),
        nargs="?",
        const=PICTURES_OF_A_KIND,
        metavar="N",
        help="photos, scans, screens and numbers of their digits too, N of each kind "
        f"({PICTURES_OF_A_KIND})",
    )
    command.add_argument("--figure", type=Path, metavar="FILE.png", help="draws the report")
    _add_data(command)
    command.set_defaults(run=run_evaluate)

    command = commands.add_parser("predict", help="read the digit or the number in a picture")
    command.add_argument("picture", type=Path, metavar="PICTURE")
    command.add_argument("--weights", type=Path, default=WEIGHTS, metavar="FILE")
    command.set_defaults(run=run_predict)

    command = commands.add_parser("bench", help="measure speed and memory on this machine")
    command.add_argument("--quick", action="store_true", help="only show that it works")
    command.add_argument("--json", type=Path, metavar="FILE", help="where to keep the figures")
    command.add_argument(
        "--compare", type=Path, metavar="FILE", help="what became slower than in such a FILE"
    )
    command.add_argument(
        "--figure", type=Path, metavar="FILE.png", help="draws how the cost grows with the work"
    )
    _add_data(command)
    command.set_defaults(run=run_bench)
    return parser


def _whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number from `least` to `most`, for an option."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {least} to {most}, got {text!r}"
            )
        return value

    return read


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("MNIST_ROOT"),
        metavar="DIR",
        help="where MNIST is or goes (default: $MNIST_ROOT, else a cache folder)",
    )


def _sizes(model: MLP) -> str:
    return "-".join(str(size) for size in model.config.layer_sizes)


def _curves(epochs: Sequence[EpochEvent]) -> Figure:
    held_out = [each.validation_accuracy for each in epochs if each.validation_accuracy is not None]
    return learning_curves(
        [each.epoch for each in epochs],
        [each.train_loss for each in epochs],
        held_out or [each.train_accuracy for each in epochs],
        accuracy_name="validation" if held_out else "training",
    )


def _end_line(event: EndEvent) -> str:
    if event.diverged:
        raise ValueError("the loss is no longer a finite number; try a smaller learning rate")
    return f"test accuracy {event.test_accuracy:.2%}  loss {event.test_loss:.4f}"


def _epoch_line(event: EpochEvent) -> str:
    line = f"epoch {event.epoch}/{event.epochs}  loss {event.train_loss:.4f}"
    if event.validation_accuracy is not None:
        line += f"  validation accuracy {event.validation_accuracy:.2%}"
    return f"{line}  {event.epoch_s:.2f} s  {event.images_per_s:,.0f} images/s"


def _show_download(progress: DownloadProgress) -> None:
    share = f"{progress.received_bytes / progress.total_bytes:.0%}" if progress.total_bytes else ""
    print(f"\rdownloading {progress.file} {share:>4}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
