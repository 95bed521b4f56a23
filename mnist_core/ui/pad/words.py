"""The answer in words, as the page says it; `assets/pad/words.js` says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mnist_core.models.classifier import Prediction, Reading

#: Below this, the answer names the two likeliest digits.
SURE = 0.7
#: Below this for the two together, it could be any digit.
UNSURE = 0.5


def words(prediction: Prediction, *, blank: bool) -> str:
    """The answer in words: "7", "not sure: 1 or 7", "not sure", "not a digit" or "draw a digit"."""
    if blank:
        return "draw a digit"
    if prediction.digit is None:
        return "not a digit"
    second, first = _likeliest(prediction)
    if prediction.probabilities[first] >= SURE:
        return str(prediction.digit)
    if prediction.probabilities[first] + prediction.probabilities[second] < UNSURE:
        return "not sure"
    # In the order of the digits, so that the words stay while the two are close.
    low, high = sorted((first, second))
    return f"not sure: {low} or {high}"


def words_of(reading: Reading) -> str:
    """`words` for one digit; for several "42", "not sure: 42 or 47", "not sure" or "not a number"."""
    if not reading.digits:
        return "draw a digit"
    if len(reading.digits) == 1:
        return words(reading.digits[0], blank=False)
    each = [words(digit, blank=False) for digit in reading.digits]
    if not reading.text:
        return "not a number"
    unsure = [place for place, said in enumerate(each) if len(said) > 1]
    if not unsure:
        return reading.text
    if len(unsure) > 1 or each[unsure[0]] == "not sure":
        return "not sure"
    before, after = reading.text[: unsure[0]], reading.text[unsure[0] + 1 :]
    low, high = sorted(_likeliest(reading.digits[unsure[0]]))
    return f"not sure: {before}{low}{after} or {before}{high}{after}"


def _likeliest(prediction: Prediction) -> tuple[int, int]:
    """The second likeliest digit, and the likeliest."""
    # Stable: which of two equal digits comes first is no matter of the machine.
    second, first = np.argsort(prediction.probabilities, kind="stable")[-2:]
    return int(second), int(first)
