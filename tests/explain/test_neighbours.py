"""Nearest training images against a brute-force comparison."""

import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.explain.neighbours import nearest, shrink, squared_distances


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_distances_equal_the_definition(generator: torch.Generator) -> None:
    pixels = torch.randint(256, (60, 28, 28), generator=generator).to(torch.uint8)
    image = torch.rand(28, 28, generator=generator)
    expected = torch.cdist(image.view(1, 784), pixels.view(60, 784) / 255)[0] ** 2
    torch.testing.assert_close(squared_distances(image, pixels), expected, rtol=1e-4, atol=1e-3)


def test_an_image_is_its_own_nearest_neighbour(generator: torch.Generator) -> None:
    pixels = torch.randint(256, (3000, 28, 28), generator=generator).to(torch.uint8)
    places, distances = nearest(pixels[123] / 255, pixels, shrink(pixels), count=3)
    assert places[0] == 123
    assert distances.tolist() == sorted(distances.tolist())
    assert distances[0] == 0


def test_shrinking_never_pushes_images_apart(generator: torch.Generator) -> None:
    images = torch.rand(50, 28, 28, generator=generator).double()
    apart = torch.cdist(images.flatten(1), images.flatten(1))
    assert (4 * torch.cdist(shrink(images), shrink(images)) <= apart + 1e-6).all()


def test_on_mnist_the_short_cut_finds_the_truly_nearest(mnist: Splits) -> None:
    pixels = (mnist.train.images * 255).round().to(torch.uint8)
    shrunk = shrink(pixels)
    assert mnist.test is not None
    for image in mnist.test.images[:3]:
        expected = torch.cdist(image.view(1, 784), mnist.train.images.flatten(1))[0]
        _, distances = nearest(image, pixels, shrunk, count=8)
        torch.testing.assert_close(
            distances, torch.topk(expected, 8, largest=False).values, rtol=1e-3, atol=1e-3
        )
