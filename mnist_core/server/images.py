"""Images as they come over the network: checked before anything is computed from them."""

from __future__ import annotations

import base64
import binascii

import numpy as np

from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import IMAGE_SIZE
from mnist_core.server.payload import unexpected


def checked_image(text: str) -> Ink:
    """The ink that is the image in `text`: 28 rows of 28 numbers of 32 bits, in [0, 1], as base64.

    `RefusedError` "payload" for anything else.
    """
    try:
        numbers = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4")
        return Ink.from_placed(numbers.reshape(IMAGE_SIZE, IMAGE_SIZE))
    except (binascii.Error, ValueError):
        raise unexpected() from None
