"""An image that comes over the network in the strokes' place."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_core.errors import RefusedError
from mnist_core.ink.ink import Ink
from mnist_core.server.images import checked_image
from tests.support.browser import SEVEN


def text_of(image: NDArray[np.floating]) -> str:
    return base64.b64encode(image.astype("<f4").tobytes()).decode()


def test_an_image_comes_back_as_it_was_sent() -> None:
    image = Ink(SEVEN).to_image()
    ink = checked_image(text_of(image))
    assert not ink.is_empty
    assert np.array_equal(ink.to_image(), image)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64",
        "é" * 4184,
        text_of(np.zeros(783)),
        text_of(np.zeros(784))[:-4],
        text_of(np.full(784, np.nan)),
        text_of(np.full(784, np.inf)),
        text_of(np.full(784, 1.001)),
        text_of(np.full(784, -0.001)),
    ],
)
def test_what_is_no_image_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        checked_image(text)
    assert refusal.value.code == "payload"
