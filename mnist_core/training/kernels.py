"""Loops over single numbers, compiled: the first layer's products with ink alone, and the loss.

Four fifths of MNIST's pixels are paper, which is the same everywhere: a layer's sums are those of a blank
sheet and what the ink adds, and so is its gradient. That takes half the time of the products of whole
matrices, which leave nothing out. Nothing here looks whether an index is in range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
#: Images as compressed sparse rows: the ink of image i is `values[starts[i]:starts[i + 1]]`, and lies at
#: the pixels `places[starts[i]:starts[i + 1]]`.
Ink = tuple[Indices, NDArray[np.uint16], Floats]
_Function = TypeVar("_Function", bound=Callable[..., object])

_LINE = 16  # float32 to a line of the processor's cache
_INK = "Tuple((int64[::1], uint16[::1], float32[::1]))"


def compiled(signature: str) -> Callable[[_Function], _Function]:
    """Compiles a function as it is defined, or reads what another process has compiled.

    Sums may be taken in any order; what is not finite stays so, which tells of a training that diverges.
    """

    def made(function: _Function, *, cache: bool = True) -> _Function:
        fastmath = {"contract", "nsz", "reassoc"}
        make = numba.njit(
            signature, cache=cache, fastmath=fastmath, error_model="numpy", nogil=True
        )
        try:
            return make(function)  # type: ignore[return-value]
        except RuntimeError:  # neither its own folder nor the user's can be written to
            return made(function, cache=False)

    return made


@compiled(_INK + "(float32[:, ::1], float32)")
def find_ink(images: Floats, slope: np.float32) -> Ink:
    """The ink of (N, 784) images, times `slope`."""
    count, pixels = images.shape
    starts = np.empty(count + 1, np.int64)
    places = np.empty(images.size + 1, np.uint16)  # memory that is not written to costs nothing
    values = np.empty(images.size + 1, np.float32)
    found = 0
    for i in range(count):
        starts[i] = found
        image = images[i]
        for pixel in range(pixels):
            # Written over by the next unless it counts: quicker than to ask first.
            places[found], values[found] = pixel, slope * image[pixel]
            found += image[pixel] != 0
    starts[count] = found
    return starts, places[:found], values[:found]


@compiled(f"float64({_INK}, int64[::1], float32[:, ::1], float32[:, ::1])")
def add_ink(ink: Ink, chosen: Indices, weights: Floats, sums: Floats) -> float:
    """sums += (the images at `chosen`) @ weights; weights: (784, units), sums: (N, units).

    What comes back means nothing, but has to: it keeps the compiler from leaving out the first loop.
    """
    starts, places, values = ink
    units = sums.shape[1]
    # The images lie all over memory. Asked for all at once, they come in a third of the time.
    fetched = 0.0
    for i in range(len(chosen)):
        for at in range(starts[chosen[i]], starts[chosen[i] + 1], _LINE):
            fetched += values[at] + places[at]
    for i in range(len(chosen)):
        total = sums[i]
        at, end = starts[chosen[i]], starts[chosen[i] + 1]
        while at + 4 <= end:  # four pixels in one go: half of it is to begin
            a, b, c, d = values[at], values[at + 1], values[at + 2], values[at + 3]
            of_a, of_b = weights[places[at]], weights[places[at + 1]]
            of_c, of_d = weights[places[at + 2]], weights[places[at + 3]]
            for k in range(units):
                total[k] += a * of_a[k] + b * of_b[k] + c * of_c[k] + d * of_d[k]
            at += 4
        for rest in range(at, end):
            value, of_pixel = values[rest], weights[places[rest]]
            for k in range(units):
                total[k] += value * of_pixel[k]
    return fetched


@compiled(f"void({_INK}, int64[::1], float32[:, ::1], float32[:, ::1])")
def add_ink_transposed(ink: Ink, chosen: Indices, by_sums: Floats, by_weights: Floats) -> None:
    """by_weights += (the images at `chosen`).T @ by_sums; shapes as in `add_ink`."""
    starts, places, values = ink
    units = by_sums.shape[1]
    for i in range(len(chosen)):
        own = by_sums[i]
        at, end = starts[chosen[i]], starts[chosen[i] + 1]
        while at + 4 <= end:
            a, b, c, d = values[at], values[at + 1], values[at + 2], values[at + 3]
            of_a, of_b = by_weights[places[at]], by_weights[places[at + 1]]
            of_c, of_d = by_weights[places[at + 2]], by_weights[places[at + 3]]
            for k in range(units):
                of_a[k] += a * own[k]
                of_b[k] += b * own[k]
                of_c[k] += c * own[k]
                of_d[k] += d * own[k]
            at += 4
        for rest in range(at, end):
            value, of_pixel = values[rest], by_weights[places[rest]]
            for k in range(units):
                of_pixel[k] += value * own[k]


@compiled("Tuple((float64, int64))(float32[:, ::1], int64[::1], float32)")
def loss_gradient(
    logits: Floats, labels: NDArray[np.int64], smoothing: np.float32
) -> tuple[float, int]:
    """The mean cross-entropy and how many logits, (N, 10), are right; they become its gradient.

    The gradient is that of labels of which `smoothing` goes to all classes alike.
    """
    count, classes = logits.shape
    loss, correct = 0.0, 0
    for i in range(count):
        row = logits[i]
        own = row[labels[i]]
        largest = row[0]
        for k in range(1, classes):
            largest = max(largest, row[k])
        correct += own == largest  # right where no other is larger
        total = 0.0
        for k in range(classes):
            row[k] = math.exp(row[k] - largest)
            total += row[k]
        loss += math.log(total) - (own - largest)
        for k in range(classes):
            target = smoothing / classes + (1 - smoothing) * (k == labels[i])
            row[k] = (row[k] / total - target) / count
    return loss / count, correct
