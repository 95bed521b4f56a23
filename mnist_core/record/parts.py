"""Images drawn on all cores, the same ones whatever their number."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from mnist_core.cores import available_cores

#: Images, and their labels.
Part = tuple[NDArray[np.uint8], NDArray[np.int64]]
_LARGEST = 5_000


def in_parts(
    draw: Callable[[int, np.random.Generator], Part], count: int, *, generator: np.random.Generator
) -> Part:
    """What `draw` makes of `count`, a part at a time, each with a generator of its own.

    Several parts are drawn by processes, which are told `draw` pickled.
    """
    sizes = [min(_LARGEST, count - first) for first in range(0, count, _LARGEST)]
    if len(sizes) <= 1:
        return draw(count, generator)
    processes = ProcessPoolExecutor(
        min(available_cores(), len(sizes)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=torch.set_num_threads,
        initargs=(1,),
    )
    with processes:
        parts = list(processes.map(draw, sizes, generator.spawn(len(sizes))))
    images, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    return images, labels
