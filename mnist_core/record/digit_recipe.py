"""The recipe of the shipped weights: one MLP for MNIST, for pens, and for what is no digit.

Half of each batch is MNIST; the rest is pen digits by other hands, digits in rarer styles, print, and
ink that is no digit. All of it is bent, slanted and thickened anew each time it is seen.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional

from mnist_core.data.datasets import Dataset, Splits, hold_out
from mnist_core.data.pendigits import PenDigit, is_held_out, is_validation, pen_dataset
from mnist_core.models.config import CLASS_COUNT, MNIST_MEAN, MNIST_STD, MLPConfig
from mnist_core.models.mlp import MLP, logits_of
from mnist_core.record.pools import NOT_A_DIGIT, Pool, RecordConfig, make_pools, varied_batches
from mnist_core.record.recipe import RecordEvent, Task, learn, likeliest_temperature

# The share of validation digits below the threshold of rejection.
_REFUSED_SHARE = 0.01


def record(
    mnist: Splits,
    pen: Sequence[PenDigit],
    *,
    config: RecordConfig | None = None,
    elders: Sequence[MLP] = (),
    state_path: Path | None = None,
    device: torch.device | str = "cpu",
) -> Generator[RecordEvent[MLP], None, None]:
    """Trains the shipped model, as `learn` does."""
    config = config if config is not None else RecordConfig()
    device = torch.device(device)
    task = functools.partial(_task, mnist, pen, config, device)
    return learn(task, config=config, elders=elders, state_path=state_path, device=device)


def _task(
    mnist: Splits, pen: Sequence[PenDigit], config: RecordConfig, device: torch.device
) -> Task[MLP]:
    pools, (of_mnist, of_pens) = pools_and_validation(mnist, pen, config, device)
    settings = MLPConfig(
        hidden_sizes=config.hidden_sizes,
        normalization="batch",
        mean=MNIST_MEAN,
        std=MNIST_STD,
        rejects=True,
    )
    return Task(
        stage="mlp",
        network=lambda generator: MLP(settings, generator=generator),
        batches=functools.partial(varied_batches, pools, config, device=device),
        validation=((of_mnist.images, of_mnist.labels), (of_pens.images, of_pens.labels)),
        calibrated=functools.partial(calibrated, validation=(of_mnist, of_pens)),
    )


def pools_and_validation(
    mnist: Splits, pen: Sequence[PenDigit], config: RecordConfig, device: torch.device
) -> tuple[list[Pool], tuple[Dataset, Dataset]]:
    """What trains, as `make_pools` has it, and what chooses: MNIST's images, and other writers' digits.

    With all writers, there are none of the latter.
    """
    data = hold_out(
        mnist, size=config.validation_size, generator=torch.Generator().manual_seed(config.seed)
    )
    if data.validation is None:
        raise ValueError("expected a validation split")
    pools = make_pools(data.train, training_digits(pen, config), config, device)
    of_pens = pen_dataset(
        digit for digit in pen if is_validation(digit.writer) and not config.all_writers
    )
    return pools, (data.validation.to(device), of_pens.to(device))


def training_digits(pen: Sequence[PenDigit], config: RecordConfig) -> list[PenDigit]:
    """Those of writers who neither measure nor choose, or of all."""
    return [
        digit
        for digit in pen
        if config.all_writers or not (is_validation(digit.writer) or is_held_out(digit.writer))
    ]


def calibrated(model: MLP, validation: Sequence[Dataset]) -> MLP:
    """The same weights with temperature and rejection fitted on `validation`.

    Rejection keeps at least 99 % of each one's digits, not 98 %: strangers'
    digits are a little less certain than those of the data at hand.
    """
    model.eval()
    lowest = 1.0
    said = []
    for dataset in validation:
        logits = logits_of(model, dataset.images)
        said.append((logits[:, :CLASS_COUNT], dataset.labels.cpu()))
        if model.config.rejects:
            likeness = 1 - functional.softmax(logits, dim=1)[:, NOT_A_DIGIT]
            lowest = min(lowest, float(likeness.quantile(_REFUSED_SHARE)))
    result = copy.deepcopy(model)
    result.config = replace(
        model.config,
        temperature=likeliest_temperature(said),
        reject_below=lowest if model.config.rejects else model.config.reject_below,
    )
    return result
