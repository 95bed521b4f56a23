"""The recipe of the MLP that reads two digits that touch, from the images that the other learns from."""

from __future__ import annotations

import functools
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mnist_core.data.datasets import Splits
from mnist_core.data.pendigits import PenDigit
from mnist_core.models.config import CLASS_COUNT, MNIST_MEAN, MNIST_STD, PairConfig
from mnist_core.models.mlp import MLP, logits_of
from mnist_core.record.digit_recipe import pools_and_validation, trains
from mnist_core.record.pairs import pair_batches, pairs_of
from mnist_core.record.pools import PAIRS, RecordConfig, pool_of
from mnist_core.record.recipe import (
    Examples,
    RecordEvent,
    Task,
    configured,
    learn,
    likeliest_temperature,
)
from mnist_core.record.written_pairs import written_pairs

# Made of validation images, and as many of validation writers' digits.
_VALIDATION_PAIRS = 4_000


def record_pairs(
    mnist: Splits,
    pen: Sequence[PenDigit],
    *,
    config: RecordConfig = PAIRS,
    state_path: Path | None = None,
    device: torch.device | str = "cpu",
) -> Generator[RecordEvent, None, None]:
    """Trains the shipped reader of pairs, as `learn` does."""
    device = torch.device(device)
    task = functools.partial(_task, mnist, pen, config, device)
    return learn(task, config=config, state_path=state_path, device=device)


def _task(
    mnist: Splits, pen: Sequence[PenDigit], config: RecordConfig, device: torch.device
) -> Task:
    pools, sets = pools_and_validation(mnist, pen, config, device)
    writers = [digit for digit in pen if trains(digit.writer, all_writers=config.all_writers)]
    written = written_pairs(
        writers, config.written_pairs, generator=np.random.default_rng(config.seed)
    )
    generator = torch.Generator(device).manual_seed(config.seed)
    with torch.device(device):
        of_mnist, of_pens = (
            pairs_of(pool_of(each), _VALIDATION_PAIRS, generator=generator) for each in sets
        )
    return Task(
        stage="pairs",
        settings=PairConfig(
            hidden_sizes=config.hidden_sizes, normalization="batch", mean=MNIST_MEAN, std=MNIST_STD
        ),
        batches=functools.partial(pair_batches, pools, written.to(device), config, device=device),
        validation=(of_mnist, of_pens),
        calibrated=functools.partial(_calibrated, validation=(of_mnist, of_pens)),
    )


def _calibrated(network: MLP, validation: Sequence[Examples]) -> MLP:
    """The same weights, with the temperature fitted on validation pairs."""
    said = [
        (logits_of(network, images).view(-1, CLASS_COUNT + 1), labels.flatten().cpu())
        for images, labels in validation
        if len(images)
    ]
    return configured(network, replace(network.config, temperature=likeliest_temperature(said)))
