"""Digits as pen strokes: UCI's "Pen-Based Recognition of Handwritten Digits".

Alpaydin and Alimoglu 1998, data set 81 of the UCI Machine Learning Repository, CC BY 4.0: 7,494
digits by 30 writers in `pendigits-orig.tra`, in the UNIPEN text format.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mnist_core.data.datasets import Dataset
from mnist_core.errors import DatasetError
from mnist_core.ink.ink import Ink

FILE_NAME = "pendigits-orig.tra"


@dataclass(frozen=True, slots=True)
class PenDigit:
    """One digit as it was written: strokes (n, 2) with x right and y down, in tablet units."""

    digit: int
    writer: int
    strokes: tuple[NDArray[np.float64], ...]


def is_held_out(writer: int) -> bool:
    """Whether a writer measures the elders of the weights, and never trains those: every fifth, 5 to 30.

    The rule was written before any result was seen: six of the thirty, by number alone.
    """
    return writer % 5 == 0


def held_out_digits(digits: Iterable[PenDigit]) -> list[PenDigit]:
    """The digits of the writers held out. Raises `DatasetError` where there are none."""
    chosen = [digit for digit in digits if is_held_out(digit.writer)]
    if not chosen:
        raise DatasetError("pen digits: expected some by held-out writers, got none")
    return chosen


def is_validation(writer: int) -> bool:
    """Whether a writer calibrates those elders and chooses their settings: 3, 13 and 23."""
    return writer % 10 == 3


def read_pen_digits(path: Path | str) -> list[PenDigit]:
    """The digits of a UNIPEN file such as `pendigits-orig.tra`, or of the folder that holds it.

    Raises `DatasetError`, naming file and line, where the file is missing, cut off, or lacks a
    label or a coordinate.
    """
    file = Path(path)
    if file.is_dir():
        file = file / FILE_NAME
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file}: could not read pen digits ({error})") from error
    return parse_pen_digits(text, source=str(file))


def parse_pen_digits(text: str, *, source: str) -> list[PenDigit]:
    """The digits in UNIPEN `text`; `source` names it in the `DatasetError` of a damaged one."""
    digits: list[PenDigit] = []
    reader = _Reader(source)
    number = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        if digit := reader.read(raw.strip(), number):
            digits.append(digit)
    if text and not text.endswith("\n"):
        raise DatasetError(f"{source}, line {number}: the file is cut off")
    if digit := reader.finish(number):
        digits.append(digit)
    if not digits:
        raise DatasetError(f"{source}, line {max(number, 1)}: expected pen digits, found none")
    return digits


def pen_dataset(digits: Iterable[PenDigit]) -> Dataset:
    """The digits as the model sees a drawing: images by `Ink.to_image`, with their labels."""
    chosen = list(digits)
    images = np.zeros((len(chosen), 28, 28), np.float32)
    for image, digit in zip(images, chosen, strict=True):
        image[:] = Ink(digit.strokes).to_image()
    labels = torch.tensor([digit.digit for digit in chosen], dtype=torch.int64)
    return Dataset(torch.from_numpy(images), labels)


class _Reader:
    """Reads a UNIPEN file line by line, one segment (a digit) after another."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._label: int | None = None
        self._writer: int | None = None
        self._strokes: list[list[tuple[float, float]]] = []
        self._open = False
        self._pen_is_down = False

    def read(self, line: str, number: int) -> PenDigit | None:
        """Takes the next line in; the digit that ends with it, if one does."""
        if line and not line.startswith("."):
            if not self._pen_is_down:
                raise self._fault(number, f"{line!r} while the pen is up")
            self._strokes[-1].append(self._point(line, number))
        elif line.startswith(".SEGMENT"):
            digit = self.finish(number)
            self._label = self._segment_label(line, number)
            self._open = True
            return digit
        elif line.startswith(".COMMENT") and self._open:
            self._read_comment(line, number)
        elif line == ".PEN_DOWN":
            self._require(self._open, number, ".PEN_DOWN before any .SEGMENT")
            self._require(not self._pen_is_down, number, ".PEN_DOWN while the pen is down")
            self._strokes.append([])
            self._pen_is_down = True
        elif line == ".PEN_UP":
            self._require(self._pen_is_down, number, ".PEN_UP while the pen is up")
            self._require(bool(self._strokes[-1]), number, "a stroke without points")
            self._pen_is_down = False
        return None

    def finish(self, number: int) -> PenDigit | None:
        """The digit under way, if there is one; an incomplete one is an error."""
        if not self._open:
            return None
        self._require(not self._pen_is_down, number, "the file is cut off within a stroke")
        self._require(bool(self._strokes), number, "a digit without strokes")
        if self._label is None or self._writer is None:
            raise self._fault(number, "a digit without .COMMENT d w n")
        # The tablet's y points up; a canvas's points down.
        strokes = tuple(np.array(stroke) * (1.0, -1.0) for stroke in self._strokes)
        digit = PenDigit(self._label, self._writer, strokes)
        self._open, self._label, self._writer, self._strokes = False, None, None, []
        return digit

    def _segment_label(self, line: str, number: int) -> int:
        label = line.split()[-1].strip('"')
        self._require(
            len(label) == 1 and label in "0123456789", number, f"no digit as label in {line!r}"
        )
        return int(label)

    def _read_comment(self, line: str, number: int) -> None:
        fields = line.split()[1:]
        if len(fields) != 3 or not all(field.isdigit() for field in fields):
            raise self._fault(number, f"expected .COMMENT digit writer number, got {line!r}")
        self._require(
            int(fields[0]) == self._label, number, f"the label differs from the segment's: {line!r}"
        )
        self._writer = int(fields[1])

    def _point(self, line: str, number: int) -> tuple[float, float]:
        try:
            x, y = map(float, line.split())
        except ValueError:
            raise self._fault(number, f"expected two coordinates, got {line!r}") from None
        if not (math.isfinite(x) and math.isfinite(y)):
            raise self._fault(number, f"not finite: {line!r}")
        return x, y

    def _require(self, condition: bool, number: int, fault: str) -> None:
        if not condition:
            raise self._fault(number, fault)

    def _fault(self, number: int, fault: str) -> DatasetError:
        return DatasetError(f"{self._source}, line {number}: {fault}")
