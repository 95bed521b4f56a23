import numpy as np

from mnist_core.ink.ink import Ink
from mnist_core.ink.picture import place
from mnist_core.record.pictures import enlarged, read_back, written

SEVEN = [
    np.array([(20.0, 20.0), (80.0, 22.0), (45.0, 120.0)]),
    np.array([(30.0, 70.0), (75.0, 68.0)]),
]


def test_what_was_put_in_pictures_is_found_again() -> None:
    generator = np.random.default_rng(0)
    found = [read_back(written(SEVEN, generator=generator), generator=generator) for _ in range(60)]
    images = [image for image in found if image is not None]
    assert len(images) > 45
    for image in images:
        assert image.shape == (28, 28)
        assert image.min() >= 0.0
        assert 0.9 < image.max() <= 1.0
    # No two pictures are the same, and all show a seven: its foot is left of its roof's end.
    assert len({image.tobytes() for image in images}) == len(images)
    mean = np.mean(images, axis=0)
    ink = Ink(SEVEN).to_image()
    assert float((mean * ink).sum() / np.sqrt((mean**2).sum() * (ink**2).sum())) > 0.9


def test_other_ink_than_what_was_put_there_does_not_count() -> None:
    # A shape without ink leaves nothing to be found but what the picture adds.
    generator = np.random.default_rng(0)
    assert all(
        read_back(np.zeros((60, 40), np.float32), generator=generator) is None for _ in range(20)
    )


def test_an_image_grows_and_stays_the_same_digit() -> None:
    generator = np.random.default_rng(0)
    image = Ink(SEVEN).to_image()
    for _ in range(10):
        shape = enlarged(image, generator=generator)
        assert max(shape.shape) >= 20
        assert np.abs(place(shape) - image).mean() < 0.08
