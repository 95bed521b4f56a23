"""Pictures of digits as people take them, made from pen strokes: for measuring alone, never trained on.

A digit is written on a sheet several times its size, lit, held before a camera (tilted, blurred,
grainy, sharpened) or laid on a scanner, and stored as a file with the losses of JPEG.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mnist_core.evaluation.camera import (
    WHITE,
    Colours,
    Shot,
    Strokes,
    as_jpeg,
    axes_of,
    clouds,
    grain_of,
    lay_on_paper,
    light,
    photograph,
    take,
    tilt,
    tinted,
    to_levels,
    usual_shot,
    write,
)
from mnist_core.evaluation.canvases import drawn_large, drawn_small, plotted, scanned, transparent


def photo(kind: str, strokes: Strokes, *, generator: np.random.Generator) -> bytes:
    """A picture file, JPEG or PNG, of a digit's `strokes` (y down). `kind` is one of `KINDS`."""
    return KINDS[kind](strokes, generator)


def photo_of_number(strokes: Strokes, *, generator: np.random.Generator) -> bytes:
    """A JPEG of a whole number on a sheet of paper, its digits a tenth to a quarter of the height."""
    wide, high = np.ptp(np.concatenate(list(strokes)), axis=0).tolist()
    shot, aspect = usual_shot(generator), max(wide / high, 1.0)
    most = 0.8 * shot.size[1] / shot.size[0]
    number = min(float(generator.uniform(0.1, 0.25)) * aspect, most)
    shot = replace(shot, digit=number, pen=shot.pen / aspect, place=(0.5, 0.5))
    return photograph(strokes, shot, generator)


def _plain(strokes: Strokes, generator: np.random.Generator) -> bytes:
    return photograph(strokes, usual_shot(generator), generator)


def _on_a_desk(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """A table's edge, or a dark border, on one to four sides."""

    def laid(scene: Colours) -> Colours:
        across, down = axes_of(scene)
        desk = np.array(generator.uniform((0.1, 0.06, 0.03), (0.5, 0.4, 0.35)), np.float32)
        wood = desk * (1 + 0.15 * clouds(shot.size, 9, generator))[..., None]
        sides = (across, -across, down, -down)
        for index in generator.permutation(4)[: int(generator.integers(1, 5))]:
            side = sides[index]
            slope = generator.normal(0, 0.06) * (across if side.shape[0] > 1 else down)
            edge = np.clip((side + slope - generator.uniform(0.65, 0.95)) * 100, 0, 1)[..., None]
            scene = np.asarray(scene * (1 - edge) + wood * edge, np.float32)
        return scene

    shot = replace(usual_shot(generator), digit=float(generator.uniform(0.2, 0.4)))
    return photograph(strokes, shot, generator, lit=laid)


def _in_shadow(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """The shadow of a hand or a phone, its edge across the digit."""

    def shaded(scene: Colours) -> Colours:
        across, down = axes_of(scene)
        angle = generator.uniform(0, 2 * np.pi)
        far = across * np.cos(angle) + down * np.sin(angle) - generator.normal(0, 0.25)
        soft = 1 / generator.uniform(0.01, 0.15)
        dark = generator.uniform(0.25, 0.6) / (1 + np.exp(-np.clip(far * soft, -30, 30)))
        return np.asarray(scene * (1 - dark)[..., None], np.float32)

    return photograph(strokes, usual_shot(generator), generator, lit=shaded)


def _with_a_thumb(strokes: Strokes, generator: np.random.Generator) -> bytes:
    def held(scene: Colours) -> Colours:
        height, width = scene.shape[:2]
        thumb = np.zeros((height, width), np.uint8)
        corner = (int(generator.integers(2)) * width, int(generator.integers(2)) * height)
        axes = (
            int(height * generator.uniform(0.1, 0.2)),
            int(height * generator.uniform(0.2, 0.32)),
        )
        cv2.ellipse(thumb, corner, axes, float(generator.uniform(0, 180)), 0, 360, 255, -1)
        edge = cv2.GaussianBlur(thumb.astype(np.float32) / 255, (0, 0), 3)[..., None]
        skin = generator.uniform((0.35, 0.2, 0.12), (0.9, 0.7, 0.6)).astype(np.float32)
        return np.asarray(scene * (1 - edge) + skin * edge, np.float32)

    return photograph(strokes, usual_shot(generator), generator, lit=held)


def _vignetted(strokes: Strokes, generator: np.random.Generator) -> bytes:
    def darkened(scene: Colours) -> Colours:
        across, down = axes_of(scene)
        dark = np.clip(generator.uniform(0.3, 0.8) * (across**2 + down**2) / 2, 0, 0.85)
        return np.asarray(scene * (1 - dark)[..., None], np.float32)

    return photograph(strokes, usual_shot(generator), generator, lit=darkened)


def _ruled(pattern: str) -> Callable[[Strokes, np.random.Generator], bytes]:
    def on_ruled_paper(strokes: Strokes, generator: np.random.Generator) -> bytes:
        shot = usual_shot(generator)

        def printed(sheet: Colours) -> Colours:
            step = max(8, int(shot.digit * shot.size[0] * generator.uniform(0.25, 0.9)))
            thick = max(1, int(shot.size[0] / generator.uniform(300, 700)))
            lines = np.zeros(shot.size, np.uint8)
            rows = range(int(generator.integers(step)), shot.size[0], step)
            columns = range(int(generator.integers(step)), shot.size[1], step)
            if pattern == "dotted":
                for row in rows:
                    for column in columns:
                        cv2.circle(lines, (column, row), thick, 255, -1, cv2.LINE_AA)
            else:
                for row in rows:
                    lines[row : row + thick] = 255
                for column in columns if pattern == "squared" else ():
                    lines[:, column : column + thick] = 255
            colour = generator.uniform((0.35, 0.45, 0.6), (0.65, 0.72, 0.85)).astype(np.float32)
            cover = (lines.astype(np.float32) / 255)[..., None] * generator.uniform(0.5, 1.0)
            # What is written covers what was printed.
            return np.asarray(np.minimum(sheet, sheet * (1 - cover) + colour * cover), np.float32)

        return photograph(strokes, shot, generator, printed=printed)

    return on_ruled_paper


def _in_colour(strokes: Strokes, generator: np.random.Generator) -> bytes:
    colours = [
        (0.10, 0.20, 0.65), (0.75, 0.12, 0.15), (0.10, 0.5, 0.25), (0.85, 0.45, 0.1), (0.5, 0.15, 0.6)
    ]  # fmt: skip
    papers = [WHITE, (0.95, 0.9, 0.6), (0.7, 0.85, 0.92), (0.93, 0.78, 0.8)]
    ink, paper = colours[generator.integers(5)], papers[generator.integers(4)]
    shot = replace(
        usual_shot(generator), ink=tinted(ink, generator), paper=tinted(paper, generator)
    )
    return photograph(strokes, shot, generator)


def _faint(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """A hard pencil: a tenth to a third of the paper's brightness."""
    level = 0.9 - float(generator.uniform(0.15, 0.35))
    shot = replace(usual_shot(generator), ink=(level, level, level + 0.01), grain=0.008)
    return photograph(strokes, shot, generator)


def _chalk(strokes: Strokes, generator: np.random.Generator) -> bytes:
    board = ((0.13, 0.25, 0.2), (0.15, 0.16, 0.17))[generator.integers(2)]
    shot = replace(
        usual_shot(generator), paper=board, ink=(0.85, 0.86, 0.82), pen=float(generator.uniform(0.05, 0.11))
    )  # fmt: skip

    def dusty(sheet: Colours) -> Colours:
        smears = np.clip(clouds(shot.size, 80, generator), 0, None)[..., None] * 0.035
        # Chalk leaves the board's pores bare.
        pores = np.clip(1 + 0.18 * generator.normal(0, 1, shot.size), 0.4, 1)[..., None]
        return np.asarray((sheet - board) * pores + board + smears, np.float32)

    return photograph(strokes, shot, generator, printed=dusty)


def _whiteboard(strokes: Strokes, generator: np.random.Generator) -> bytes:
    colours = [(0.1, 0.1, 0.12), (0.1, 0.2, 0.6), (0.75, 0.1, 0.12), (0.05, 0.45, 0.25)]
    shot = replace(
        usual_shot(generator), paper=(0.78, 0.8, 0.82), ink=colours[generator.integers(4)],
        pen=float(generator.uniform(0.05, 0.12)),
    )  # fmt: skip

    def glaring(scene: Colours) -> Colours:
        across, down = axes_of(scene)
        for _ in range(int(generator.integers(1, 3))):
            x, y = generator.uniform(-0.8, 0.8, 2)
            size = generator.uniform(0.1, 0.3)
            spot = np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * size**2))[..., None]
            scene = scene + spot * generator.uniform(0.1, 0.35)
        return np.asarray(scene, np.float32)

    return photograph(strokes, shot, generator, lit=glaring)


def _screen(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """A monitor's pixels against the camera's: stripes of light and colour."""
    dark = bool(generator.integers(2))
    paper, ink = (
        ((0.06, 0.06, 0.08), (0.9, 0.92, 0.95)) if dark else ((0.9, 0.93, 0.96), (0.1, 0.1, 0.1))
    )
    shot = replace(usual_shot(generator), paper=paper, ink=ink)

    def striped(scene: Colours) -> Colours:
        rows, columns = np.mgrid[: scene.shape[0], : scene.shape[1]].astype(np.float32)
        waves = []
        angle, period = generator.uniform(0, np.pi), generator.uniform(4, 30)
        for channel in range(3):
            phase = (rows * np.sin(angle) + columns * np.cos(angle)) * 2 * np.pi / period
            bend = 2 * np.sin(columns / scene.shape[1] * 3 + channel)
            waves.append(np.sin(phase + bend + channel * generator.uniform(0, 2)))
        return np.asarray(
            scene * (1 + generator.uniform(0.02, 0.07) * np.stack(waves, axis=2)), np.float32
        )

    return photograph(strokes, shot, generator, lit=striped)


def _small(strokes: Strokes, generator: np.random.Generator) -> bytes:
    shot = usual_shot(generator)
    place = (float(generator.uniform(0.2, 0.8)), float(generator.uniform(0.2, 0.8)))
    digit = float(generator.uniform(0.08, 0.15))
    return photograph(strokes, replace(shot, digit=digit, place=place, pen=0.1), generator)


def _at_the_edge(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """The ink touches the picture's edge on one side or more, or nearly."""
    gaps = generator.integers(1, 40, 4) * (generator.permutation(4) < generator.integers(1, 4))
    return _cropped(strokes, usual_shot(generator), gaps, generator)


def _filling(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """Thick ink and hardly any paper about it."""
    shot = replace(usual_shot(generator), pen=float(generator.uniform(0.1, 0.18)))
    return _cropped(strokes, shot, generator.integers(0, 8, 4), generator)


def _cropped(
    strokes: Strokes, shot: Shot, gaps: NDArray[np.int_], generator: np.random.Generator
) -> bytes:
    """Cropped to the ink and `gaps` of paper about it: above, below, left and right, in pixels."""
    shot = replace(shot, digit=0.5, tilt_degrees=0.0)
    ink = write(strokes, shot, generator)
    scene = light(lay_on_paper(ink, shot, generator), generator)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.5), np.flatnonzero(ink.max(axis=0) > 0.5)
    top, bottom = max(0, rows[0] - gaps[0]), rows[-1] + 1 + gaps[1]
    left, right = max(0, columns[0] - gaps[2]), columns[-1] + 1 + gaps[3]
    return take(np.ascontiguousarray(scene[top:bottom, left:right]), shot, generator)


def _turned(strokes: Strokes, generator: np.random.Generator) -> bytes:
    shot = replace(usual_shot(generator), tilt_degrees=float(generator.uniform(-15, 15)))
    return photograph(strokes, shot, generator)


def _twelve_megapixels(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """Straight from the camera: what is far away at this size is as soft as lenses are."""
    shot = replace(
        usual_shot(generator), size=(756, 1008), digit=float(generator.uniform(0.12, 0.4))
    )
    sheet = lay_on_paper(write(strokes, shot, generator), shot, generator)
    scene = light(tilt(sheet, shot, generator), generator)
    seen = cv2.resize(to_levels(scene), (4032, 3024), interpolation=cv2.INTER_CUBIC)
    grain = to_levels(0.5 + shot.grain * grain_of(seen.shape, generator))
    return as_jpeg(cv2.addWeighted(seen, 1, grain, 1, -128), quality=shot.quality)


def _framed(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """In a box drawn with the same pen, or between axes, photographed or scanned."""
    shot = replace(
        usual_shot(generator), digit=float(generator.uniform(0.3, 0.45)), place=(0.5, 0.5),
        tilt_degrees=float(generator.normal(0, 2)),
    )  # fmt: skip
    closed = bool(generator.integers(2))

    def boxed(sheet: Colours) -> Colours:
        half = shot.digit * shot.size[0] * generator.uniform(0.68, 0.9)
        row, column = shot.size[0] / 2, shot.size[1] / 2
        corners = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)]) * half + (column, row)
        corners += generator.normal(0, 0.02 * half, corners.shape)
        lines = np.zeros(shot.size, np.uint8)
        thick = max(1, int(shot.size[0] * generator.uniform(0.003, 0.012)))
        path = corners.astype(np.int32)[: 4 if closed else 3]
        cv2.polylines(lines, [path], closed, 255, thick, cv2.LINE_AA)
        cover = (lines.astype(np.float32) / 255)[..., None]
        return np.asarray(sheet * (1 - cover) + np.array(shot.ink, np.float32) * cover, np.float32)

    return photograph(strokes, shot, generator, printed=boxed)


#: Each kind of picture, by its name in the report.
KINDS: dict[str, Callable[[Strokes, np.random.Generator], bytes]] = {
    "a sheet of paper": _plain,
    "table edges, dark borders": _on_a_desk,
    "shadow of hand or phone": _in_shadow,
    "a thumb in a corner": _with_a_thumb,
    "vignette": _vignetted,
    "lined paper": _ruled("lined"),
    "squared paper": _ruled("squared"),
    "dotted paper": _ruled("dotted"),
    "coloured ink and paper": _in_colour,
    "faint ink": _faint,
    "chalk on a blackboard": _chalk,
    "whiteboard with glare": _whiteboard,
    "screen with moiré": _screen,
    "small in the picture": _small,
    "touching the edge": _at_the_edge,
    "tilted up to 15°": _turned,
    "12 megapixels": _twelve_megapixels,
    "frame or axes": _framed,
    "scan, grain and JPEG": scanned,
    "drawn large": drawn_large,
    "drawn small": drawn_small,
    "transparent PNG": transparent,
    "thick, filling the picture": _filling,
    "in a plot": plotted,
}
