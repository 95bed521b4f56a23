import pytest
import torch

from mnist_core.data.datasets import Dataset, Splits, batches, hold_out


def test_holding_out_moves_images_and_leaves_the_test_set(digits: Splits) -> None:
    held = hold_out(digits, size=40, generator=torch.Generator().manual_seed(1))
    assert held.validation is not None
    assert (len(held.train), len(held.validation)) == (len(digits.train) - 40, 40)
    assert held.test is digits.test
    together = torch.cat((held.train.images, held.validation.images)).flatten(1).sum(1)
    assert torch.equal(together.sort().values, digits.train.images.flatten(1).sum(1).sort().values)
    with pytest.raises(ValueError, match="size: expected"):
        hold_out(digits, size=len(digits.train), generator=torch.Generator())


def test_batches_are_one_shuffled_pass() -> None:
    generator = torch.Generator().manual_seed(0)
    found = batches(200, batch_size=64, generator=generator)
    assert [len(places) for places in found] == [64, 64, 64, 8]
    assert not torch.equal(torch.cat(found), torch.arange(200))
    assert torch.equal(torch.cat(found).sort().values, torch.arange(200))


@pytest.mark.parametrize(
    ("images", "labels"), [((2, 784), (2,)), ((2, 28, 28), (3,)), ((28, 28), (28,))]
)
def test_a_data_set_of_the_wrong_shape_is_refused(
    images: tuple[int, ...], labels: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="expected shape"):
        Dataset(torch.zeros(images), torch.zeros(labels, dtype=torch.int64))
