"""Nearest training images against a brute-force comparison."""

import pytest
import torch

from mnist_core.explain.neighbours import nearest, squared_distances, squared_sizes


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_distances_equal_the_definition(generator: torch.Generator) -> None:
    pixels = torch.randint(256, (600, 28, 28), generator=generator).to(torch.uint8)
    image = torch.rand(28, 28, generator=generator)
    expected = ((pixels.float() / 255 - image) ** 2).sum(dim=(1, 2))
    distances = squared_distances(image, pixels, squared_sizes(pixels))
    torch.testing.assert_close(distances, expected, rtol=1e-4, atol=1e-3)


def test_an_image_is_its_own_nearest_neighbour(generator: torch.Generator) -> None:
    pixels = torch.randint(256, (300, 28, 28), generator=generator).to(torch.uint8)
    distances = squared_distances(pixels[123] / 255, pixels, squared_sizes(pixels))
    assert nearest(distances, count=3)[0] == 123
    assert distances.min() >= 0
