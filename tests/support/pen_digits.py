"""Pen digits, for all that can do without UCI's file."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mnist_core.data.pendigits import PenDigit
from mnist_core.record.rare_styles import made_up_digit

#: A 7 of two strokes by writer 12 and a 1 by writer 25, as in UCI's file.
UNIPEN = """.INCLUDE dene.doc
.LEXICON "0" "1"
.SEGMENT DIGIT 0 ? "7"
.COMMENT 7 12 224
.PEN_DOWN
 10 100
 60 100
.PEN_UP
.PEN_DOWN
 20 50
 50 51
.PEN_UP
.DT 100

.SEGMENT DIGIT 1 ? "1"
.COMMENT 1 25 3
.PEN_DOWN
 10 100
 10 0
.PEN_UP
.DT 100
"""


def made_up_pen(writers: Iterable[int]) -> list[PenDigit]:
    """Every digit once by each of `writers`."""
    generator = np.random.default_rng(0)
    return [
        PenDigit(digit, writer, tuple(made_up_digit(digit, generator=generator)))
        for writer in writers
        for digit in range(10)
    ]


def unipen(digits: Iterable[PenDigit]) -> str:
    """The digits in the text format of UCI's file, y up."""
    lines = []
    for number, digit in enumerate(digits):
        lines += [f'.SEGMENT DIGIT {number} ? "{digit.digit}"']
        lines += [f".COMMENT {digit.digit} {digit.writer} {number}"]
        for stroke in digit.strokes:
            points = [f" {x:.3f} {-y:.3f}" for x, y in stroke]
            lines += [".PEN_DOWN", *points, ".PEN_UP"]
        lines += [".DT 100", ""]
    return "\n".join(lines) + "\n"
