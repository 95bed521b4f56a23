"""Two digits that touch are read at once, by weights of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.data.pendigits import is_held_out, pen_dataset, read_pen_digits
from mnist_core.errors import CheckpointError
from mnist_core.evaluation.other_ink import LETTERS, letter
from mnist_core.files import ELDER_PAIR_WEIGHTS, PAIR_WEIGHTS, WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture import place_pair
from mnist_core.models.checkpoints import dump_checkpoint, load_checkpoint
from mnist_core.models.config import PairConfig
from mnist_core.models.pairs import read_pair_network, read_pairs
from mnist_core.record.convolutional import ConvNet, load_pair_network
from mnist_core.record.pairs import pairs_of
from mnist_core.record.pools import pool_of

NONE = 10


def test_pairs_by_hands_that_never_trained_are_read(mnist_root: Path) -> None:
    digits = read_pen_digits(mnist_root / "pendigits")
    pool = pool_of(pen_dataset(digit for digit in digits if is_held_out(digit.writer)))
    images, labels = pairs_of(pool, 1000, generator=torch.Generator().manual_seed(0))
    said = read_pairs(images.numpy(), read_pair_network(ELDER_PAIR_WEIGHTS))
    assert said.shape == (1000, 2, 11)
    np.testing.assert_allclose(said.sum(axis=2), 1, rtol=1e-5)
    right = (said[:, :, :NONE].argmax(axis=2) == labels.numpy()).all(axis=1)
    assert right.mean() > 0.9
    assert (said[:, :, NONE] < 0.5).all(axis=1).mean() > 0.95


def test_one_digit_or_a_letter_is_no_pair(mnist_root: Path) -> None:
    digits = read_pen_digits(mnist_root / "pendigits")
    held_out = [digit for digit in digits if is_held_out(digit.writer)][::10]
    generator = np.random.default_rng(0)
    drawings = [Ink(digit.strokes) for digit in held_out]
    # Some letters are two digits side by side: a and d are 01, B is 13, h is 17.
    letters = set(LETTERS) - set("adBh")
    drawings += [letter(character, generator=generator) for character in sorted(letters)]
    images = np.stack([place_pair(ink.to_image()) for ink in drawings])
    said = read_pairs(images, read_pair_network(ELDER_PAIR_WEIGHTS))
    assert (said[:, :, NONE] > 0.5).all(axis=1).mean() > 0.95


def test_a_model_of_the_other_kind_is_refused() -> None:
    with pytest.raises(
        CheckpointError, match=r"format 'mnist_core\.pairs'.*got format 'mnist_core"
    ):
        read_pair_network(WEIGHTS)
    with pytest.raises(CheckpointError, match=r"got format 'mnist_core\.pairs'"):
        load_checkpoint(PAIR_WEIGHTS)


def test_a_model_of_pairs_that_answers_no_numbers_is_refused() -> None:
    model = ConvNet(PairConfig(), generator=torch.Generator().manual_seed(0)).eval()
    with torch.no_grad():
        model.output.weight.fill_(3e38)
    with pytest.raises(CheckpointError, match="expected finite answers"):
        read_pair_network(dump_checkpoint(model))
    with pytest.raises(ValueError, match="temperature: expected a positive, finite number, got 0"):
        PairConfig(temperature=0)


def test_a_model_of_pairs_comes_back_as_it_was() -> None:
    model = ConvNet(PairConfig(temperature=1.5), generator=torch.Generator().manual_seed(0)).eval()
    for name, tensor in model.state_dict().items():
        if "norm" in name and tensor.ndim:  # as if it had learnt
            tensor.uniform_(0.5, 1.5, generator=torch.Generator().manual_seed(1))
    network = read_pair_network(dump_checkpoint(model))
    assert network.config == model.config
    images = torch.rand(20, 28, 48)
    np.testing.assert_allclose(
        network.logits(images.numpy()), model(images).detach().numpy(), rtol=1e-4, atol=1e-5
    )
    again = load_pair_network(dump_checkpoint(model))
    assert torch.equal(again(images), model(images))
    np.testing.assert_array_equal(
        read_pairs(images.numpy(), network), network.answers(network.logits(images.numpy()))
    )
