"""The recipe of the MLP that reads two digits that touch, from the images that the other learns from."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.datasets import Splits
from mnist_core.data.pendigits import PenDigit
from mnist_core.models.config import CLASS_COUNT, MNIST_MEAN, MNIST_STD, PairConfig
from mnist_core.models.mlp import MLP, logits_of
from mnist_core.record.learner import Learner
from mnist_core.record.pairs import pair_batches, pairs_of
from mnist_core.record.pools import PAIRS, RecordConfig, pool_of
from mnist_core.record.recipe import (
    RecordEvent,
    configured,
    likeliest_temperature,
    pools_and_validation,
    trains,
)
from mnist_core.record.written_pairs import written_pairs

# Made of validation images, and as many of validation writers' digits.
_VALIDATION_PAIRS = 4_000


def record_pairs(
    mnist: Splits,
    pen: Sequence[PenDigit],
    *,
    config: RecordConfig = PAIRS,
    device: torch.device | str = "cpu",
) -> Generator[RecordEvent, None, None]:
    """Trains the shipped reader of pairs, yielding a `RecordEvent` an epoch; the last one holds it.

    The same seed on the same machine and thread count gives the same weights.
    """
    started_s = time.perf_counter()
    # Pairs are made on the CPU.
    pools, sets = pools_and_validation(mnist, pen, config, torch.device("cpu"))
    writers = [digit for digit in pen if trains(digit.writer, all_writers=config.all_writers)]
    written = written_pairs(
        writers, config.written_pairs, generator=np.random.default_rng(config.seed)
    )
    generator = torch.Generator().manual_seed(config.seed)
    settings = PairConfig(
        hidden_sizes=config.hidden_sizes, normalization="batch", mean=MNIST_MEAN, std=MNIST_STD
    )
    mlp = MLP(settings, generator=generator).to(device)
    learner = Learner(mlp, epochs=config.epochs, config=config)
    made = [
        pairs_of(pool_of(each), _VALIDATION_PAIRS, generator=generator) if len(each) else None
        for each in sets
    ]
    validation = [each and (each[0].to(device), each[1]) for each in made]
    event = RecordEvent(
        stage="pairs",
        epoch=0,
        epochs=config.epochs,
        loss=None,
        mnist_accuracy=None,
        pen_accuracy=None,
        elapsed_s=time.perf_counter() - started_s,
        remaining_s=None,
        model=None,
    )
    yield event
    for epoch in range(config.epochs):
        epoch_started_s = time.perf_counter()
        batches = pair_batches(
            pools,
            written,
            config,
            seed=config.seed * 100_003 + epoch,
            progress=epoch / config.epochs,
            device=device,
        )
        loss = learner.learn(batches, epoch=epoch)
        said = [each and (_logits(learner.average, each[0]), each[1]) for each in validation]
        mnist_accuracy, pen_accuracy = (each and _accuracy(*each) for each in said)
        left = config.epochs - epoch - 1
        now_s = time.perf_counter()
        event = replace(
            event,
            epoch=epoch + 1,
            loss=loss,
            mnist_accuracy=mnist_accuracy,
            pen_accuracy=pen_accuracy,
            elapsed_s=now_s - started_s,
            remaining_s=left * (now_s - epoch_started_s),
            model=None if left else _calibrated(learner.average, [each for each in said if each]),
        )
        yield event


def _logits(network: MLP, images: Tensor) -> Tensor:
    """(N, 28, 48) images -> (N, 2, 11) logits."""
    return logits_of(network, images).view(-1, 2, CLASS_COUNT + 1)


def _accuracy(logits: Tensor, labels: Tensor) -> float:
    """The share of pairs of which both digits are right."""
    return float((logits.argmax(dim=2) == labels).all(dim=1).float().mean())


def _calibrated(network: MLP, said: Sequence[tuple[Tensor, Tensor]]) -> MLP:
    """The same weights, with the temperature fitted on validation pairs."""
    flat = [(logits.flatten(0, 1), labels.flatten()) for logits, labels in said]
    return configured(network, replace(network.config, temperature=likeliest_temperature(flat)))
