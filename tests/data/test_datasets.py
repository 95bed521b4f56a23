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


def test_batches_are_one_shuffled_pass(digits: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    sizes, labels = [], []
    for images, batch_labels in batches(digits.train, batch_size=64, generator=generator):
        sizes.append(len(images))
        labels.append(batch_labels)
    assert sum(sizes) == len(digits.train)
    assert set(sizes[:-1]) == {64}
    assert not torch.equal(torch.cat(labels), digits.train.labels)
    assert torch.equal(torch.cat(labels).sort().values, digits.train.labels.sort().values)


@pytest.mark.parametrize(
    ("images", "labels"), [((2, 784), (2,)), ((2, 28, 28), (3,)), ((28, 28), (28,))]
)
def test_a_data_set_of_the_wrong_shape_is_refused(
    images: tuple[int, ...], labels: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="expected shape"):
        Dataset(torch.zeros(images), torch.zeros(labels, dtype=torch.int64))
