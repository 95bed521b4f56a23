"""Trials on this machine's cores, a process each."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import torch

from mnist_core.data.datasets import Splits
from mnist_core.data.mnist import load_mnist
from mnist_core.search.trial import Result, Trial, held_out, train_trial

#: A finished trial, what came of it, and its model's file.
Finished = tuple[Trial, Result, bytes]

# Of a process of this module's: the data that all its trials train on.
_data: list[Splits] = []


def _begin(root: Path | None, seed: int) -> None:
    torch.set_num_threads(1)
    _data.append(held_out(load_mnist(root, download=False), seed=seed))


def _train(trial: Trial) -> tuple[Result, bytes]:
    return train_trial(trial, _data[0])


def train_here(
    trials: Sequence[Trial], *, processes: int, root: Path | None, seed: int
) -> Iterator[Finished]:
    """Each trial as it is finished; MNIST is in `root`. Closing the generator ends those under way."""
    pool = ProcessPoolExecutor(
        min(processes, len(trials)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(root, seed),
    )
    try:
        with _ctrl_c_is_ours():
            asked = {pool.submit(_train, trial): trial for trial in trials}
        for future in as_completed(asked):
            result, weights = future.result()
            yield asked.pop(future), result, weights
    except BrokenProcessPool:
        raise OSError(
            "a training's process died; what was finished is kept, and the same command goes on"
        ) from None
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _ctrl_c_is_ours() -> Iterator[None]:
    """Processes started meanwhile leave Ctrl+C to this one, which ends them without a stack trace."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
