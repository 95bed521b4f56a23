"""Tensors as the page reads them: rounded numbers, and pictures as base64 bytes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor


def round_number(value: Tensor | float, *, digits: int = 4) -> float | None:
    """`value` with few digits; None where it is no number, as JSON has none for those."""
    number = float(value)
    return round(number, digits) if np.isfinite(number) else None


def rounded(values: Tensor, *, digits: int = 4) -> list[float | None]:
    """`values`, (n,), each rounded."""
    return [round_number(value, digits=digits) for value in values.tolist()]


def significant(value: Tensor | float) -> float | None:
    """`value` with five significant digits; None where it is no number."""
    number = float(value)
    return float(f"{number:.5g}") if np.isfinite(number) else None


def largest(gradient: Tensor | None) -> float | None:
    """The steepest of all slopes in `gradient`."""
    return None if gradient is None else significant(gradient.abs().max())


def grey(image: Tensor | NDArray[np.float32]) -> str:
    """Values in [0, 1] as bytes 0..255."""
    return base64.b64encode((np.asarray(image) * 255).round().astype(np.uint8).tobytes()).decode()


def signed(picture: Tensor) -> str:
    """Values of either sign as bytes -127..127, the largest being 127."""
    most = picture.abs().max().clamp(min=1e-12)
    scaled = (picture.detach() / most * 127).nan_to_num().round().char()
    return base64.b64encode(scaled.numpy().tobytes()).decode()
