"""The recipe of the network that reads two digits at once, from the images that the MLP learns from."""

from __future__ import annotations

import copy
import functools
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import torch

from mnist_core.data.datasets import Splits
from mnist_core.data.pendigits import PenDigit
from mnist_core.models.config import CLASS_COUNT, PairConfig
from mnist_core.models.mlp import logits_of
from mnist_core.record.convolutional import ConvNet
from mnist_core.record.digit_recipe import pools_and_validation, training_digits
from mnist_core.record.pairs import pair_batches, pairs_of
from mnist_core.record.pools import PAIRS, RecordConfig, pool_of
from mnist_core.record.recipe import (
    Examples,
    RecordEvent,
    Task,
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
    elders: Sequence[ConvNet] = (),
    state_path: Path | None = None,
    device: torch.device | str = "cpu",
) -> Generator[RecordEvent[ConvNet], None, None]:
    """Trains the shipped reader of pairs, as `learn` does."""
    device = torch.device(device)
    task = functools.partial(_task, mnist, pen, config, device)
    return learn(task, config=config, elders=elders, state_path=state_path, device=device)


def _task(
    mnist: Splits, pen: Sequence[PenDigit], config: RecordConfig, device: torch.device
) -> Task[ConvNet]:
    pools, sets = pools_and_validation(mnist, pen, config, device)
    written = written_pairs(
        training_digits(pen, config),
        config.written_pairs,
        generator=np.random.default_rng(config.seed),
    )
    generator = torch.Generator(device).manual_seed(config.seed)
    with torch.device(device):
        of_mnist, of_pens = (
            pairs_of(pool_of(each), _VALIDATION_PAIRS, generator=generator) for each in sets
        )
    return Task(
        stage="pairs",
        network=lambda generator: ConvNet(PairConfig(), generator=generator),
        batches=functools.partial(pair_batches, pools, written.to(device), config, device=device),
        validation=(of_mnist, of_pens),
        calibrated=functools.partial(_calibrated, validation=(of_mnist, of_pens)),
    )


def _calibrated(network: ConvNet, validation: Sequence[Examples]) -> ConvNet:
    """The same weights, with the temperature fitted on validation pairs."""
    said = [
        (logits_of(network, images).view(-1, CLASS_COUNT + 1), labels.flatten().cpu())
        for images, labels in validation
        if len(images)
    ]
    result = copy.deepcopy(network)
    result.config = PairConfig(temperature=likeliest_temperature(said))
    return result
