"""Ink that is no digit, for training: letters, signs, pictures, scribbles, several digits.

Left out are the letters that only a context tells from a digit: O, I, l, S, Z, b, g, q.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_core.ink.raster import Strokes
from mnist_core.record.hands import vary_strokes
from mnist_core.record.rare_styles import oval, smooth

Drawing = list[NDArray[np.float64]]

# Strokes parted by spaces; each a letter for how its points are joined (L straight, C curved),
# then points as pairs of digits, x and y in tenths of the box, y down; X stands for ten.
_FIGURES = {
    "A": "L0X50XX L2767", "A2": "L0X50 L50XX L2868", "B": "L000X C00708305 C0585990X",
    "C": "C915015086X98", "D": "L000X C0071957X0X",
    "E": "L80000X8X L0565", "E2": "L90000X9X L0575",
    "F": "L80000X L0575", "G": "C915015086X98 L55959X",
    "H": "L000X L909X L0595", "J": "L2080 L5057 C575X2X07", "K": "L000X L90059X", "L": "L000X7X",
    "M": "L0X0056X09X", "N": "L0X009X90", "P": "L000X C0070835505",
    "Q": "C50155X9550 L67XX", "R": "L000X C0070835505 L358X",
    "T": "L00X0 L505X", "T2": "L505X L0090", "U": "C00072X7X9790", "V": "L005XX0",
    "W": "L002X538XX0", "X": "L00XX LX00X", "Y": "L0055X0 L555X", "a": "C8351256982 L838X",
    "e": "C1686934116399X", "f": "C80503X L1474", "h": "L000X C0640757X",
    "k": "L000X L73067X", "m": "L030X C0533455X C5583959X",
    "n": "L030X C0543767X", "p": "L030X C0453766805", "r": "L030X C054373", "t": "L5058 C585X8X L2383",
    "u": "C03184X78 L738X", "w": "L033X557XX3", "y": "L0347 L832X", "plus": "L505X L05X5",
    "arrow": "L05X5 L72X578", "up": "L5X50 L235083", "check": "L064XX0",
    "equals": "L03X3 L07X7", "question": "C02408253557 L5959", "star": "L2X508X04X42X",
    "house": "L0X0550X5XX0X", "triangle": "L0X50XX0X", "square": "L00X0XX0X00", "hash": "L303X L707X L03X3 L07X7",
    "wave": "C0523547698X5", "zigzag": "L03173357739", "percent": "LX00X L1111 L9999",
    "bracket": "L60000X6X", "brace": "C70432547X", "at": "C64446676941156X9", "less": "L90059X", "greater": "L00950X",
    "A3": "C0X235083XX L1696", "A4": "L0X50XX8626", "B2": "L0X00 C00607335 C3575895X0X",
    "C2": "C92502105185X98", "D2": "L202X C0060X57X0X", "E3": "C91401245 C45084X99",
    "F2": "L300X L2090 L1575", "G2": "C92502105185X98 L56969X", "G3": "C9250055X98 L57X7",
    "H2": "L000X L05X5 LX0XX", "J2": "C80874X1907", "K2": "L000X L8016 L259X",
    "M2": "L000X C0230555X C5280X5XX", "M3": "L0X205780XX", "N2": "L0X208XX0",
    "P2": "L202X C0060836526", "Q2": "C501205185X98X59250 C5778XX", "Q3": "C50155X9550 L78XX",
    "R2": "L202X C0060836526 L269X", "T3": "L00X0 C50577X", "U2": "C00164X9690 L909X",
    "V2": "C00385X78X0", "V3": "L004X81X0", "W2": "C00183X547X98X0", "X2": "L008X LX01X",
    "Y2": "L0045 LX02X", "Y3": "C00245584X0 L555X",
    "gamma": "L0080 L000X", "lambda": "L009X L450X", "theta_bars": "L00X0 L05X5 L0XXX", "bolt": "L6025754X",
    "note": "L4048 C482X4X48 L4083", "tree": "L5X57 L0750X707", "flag": "L000X L00X304", "anchor": "L505X C075XX7",
}  # fmt: skip


def _parsed(text: str) -> Drawing:
    strokes = []
    for stroke in text.split():
        values = [10 if mark == "X" else int(mark) for mark in stroke[1:]]
        points = np.array(values, dtype=np.float64)[: len(values) // 2 * 2].reshape(-1, 2) / 10
        strokes.append(smooth(points) if stroke[0] == "C" and len(points) > 1 else points)
    return strokes


#: Letters, signs and pictures by name.
FIGURES = {name: _parsed(text) for name, text in _FIGURES.items()}
#: Of these, the letters, in one or several shapes each.
LETTERS = [name for name in FIGURES if len(name) == 1 or name[1:].isdigit()]


def non_digit(digits: Sequence[Strokes], *, generator: np.random.Generator) -> Drawing:
    """Strokes of something that is no digit; a row of `digits` now and then, where there are any."""
    kinds: list[Callable[[], Drawing]] = [
        lambda: _figure(generator), lambda: _figure(generator), lambda: _figure(generator),
        lambda: _figure(generator), lambda: _figure(generator),
        lambda: _scribble(generator), lambda: _scribble(generator),
        lambda: _zigzag(generator), lambda: _face(generator), lambda: _heart(generator),
        lambda: _spiral(generator), lambda: _dots_and_dashes(generator),
    ]  # fmt: skip
    if digits:
        kinds += 2 * [lambda: _side_by_side(digits, generator)]
    return kinds[generator.integers(len(kinds))]()


def figure(name: str, *, generator: np.random.Generator) -> Drawing:
    """One of `FIGURES`, as a hand might draw it."""
    strokes = FIGURES[name]
    moved = [stroke + generator.normal(0, 0.03, stroke.shape[1]) for stroke in strokes]
    return vary_strokes(moved, strength=1.2, generator=generator)


def letter(*, generator: np.random.Generator) -> Drawing:
    """One of `LETTERS`, as a hand might draw it."""
    return figure(LETTERS[generator.integers(len(LETTERS))], generator=generator)


def _figure(generator: np.random.Generator) -> Drawing:
    return figure(list(FIGURES)[generator.integers(len(FIGURES))], generator=generator)


def _scribble(generator: np.random.Generator) -> Drawing:
    points = generator.uniform(0, 1, (generator.integers(6, 26), 2))
    if generator.random() < 0.5:
        points = np.cumsum(points - 0.5, axis=0)
    return vary_strokes([smooth(points)], generator=generator)


def _zigzag(generator: np.random.Generator) -> Drawing:
    count = int(generator.integers(5, 18))
    across = np.linspace(0, 1, count) + generator.normal(0, 0.03, count)
    up = np.where(np.arange(count) % 2, 1.0, 0.0) * generator.uniform(0.2, 1.2)
    points = np.stack((across, up + generator.normal(0, 0.08, count)), axis=1)
    turn = generator.uniform(0, math.pi)
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return vary_strokes([points @ matrix.T], generator=generator)


def _face(generator: np.random.Generator) -> Drawing:
    strokes = [oval(width=generator.uniform(0.7, 1.1), height=1.0)]
    size = generator.uniform(0.02, 0.15)
    for side in (-1, 1):
        place = np.array([side * generator.uniform(0.13, 0.22), -generator.uniform(0.08, 0.2)])
        strokes.append(oval(width=size, height=size, count=8) + place)
    depth = generator.normal(0.12, 0.1)
    mouth = [(-0.25, 0.2), (0.0, 0.2 + depth), (0.25, 0.2)]
    strokes.append(smooth(np.array(mouth)))
    return vary_strokes(strokes, generator=generator)


def _heart(generator: np.random.Generator) -> Drawing:
    side = [(0, 0.25), (0.2, 0.02), (0.45, 0.1), (0.45, 0.45), (0.2, 0.75), (0, 1.0)]
    right = np.array(side) + generator.normal(0, 0.025, (6, 2))
    left = (np.array(side) + generator.normal(0, 0.025, (6, 2))) * (-1, 1)
    return vary_strokes([smooth(right), smooth(left)], generator=generator)


def _spiral(generator: np.random.Generator) -> Drawing:
    turns = generator.uniform(1.8, 4.5)
    angle = np.linspace(0, 2 * math.pi * turns, int(20 * turns)) + generator.uniform(0, 6.3)
    radius = np.linspace(generator.uniform(0.02, 0.2), 1, len(angle))
    points = np.stack((np.cos(angle), np.sin(angle) * generator.choice((-1, 1))), axis=1)
    return vary_strokes([points * radius[:, None]], generator=generator)


def _dots_and_dashes(generator: np.random.Generator) -> Drawing:
    kind = generator.integers(4)
    if kind == 0:
        return [np.zeros((1, 2))]
    if kind == 1:
        # A dash: at most 30° from the horizontal, or it might be a slanted one.
        angle = generator.uniform(-0.52, 0.52)
        return [np.array([(0.0, 0.0), (math.cos(angle), math.sin(angle))])]
    if kind == 2:
        return [generator.uniform(0, 1, (1, 2)) for _ in range(generator.integers(2, 7))]
    angle, gap = generator.uniform(0, math.pi), generator.uniform(0.2, 0.8)
    along = np.array([math.cos(angle), math.sin(angle)])
    beside = np.array([-along[1], along[0]]) * gap
    return [np.array([along * 0, along]) + beside * i for i in range(generator.integers(2, 4))]


def _side_by_side(digits: Sequence[Strokes], generator: np.random.Generator) -> Drawing:
    """Two or three digits in a row, seldom touching, at about one height."""
    count = 2 if generator.random() < 0.8 else 3
    row: Drawing = []
    right = 0.0
    for index in generator.integers(len(digits), size=count):
        strokes = vary_strokes(digits[index], generator=generator)
        points = np.concatenate(strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        scale = generator.uniform(0.85, 1.15) / max(high[1] - low[1], 0.5)
        place = np.array([right - low[0] * scale, -low[1] * scale + generator.normal(0, 0.06)])
        row.extend(stroke * scale + place for stroke in strokes)
        right += (high[0] - low[0]) * scale + generator.uniform(0.08, 0.4)
    return row
