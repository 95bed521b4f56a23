"""Pictures of digits as people take them, made from pen strokes: for measuring alone, never trained on.

A digit is written on a sheet several times its size, lit, held before a camera (tilted, blurred,
grainy, sharpened) or laid on a scanner, and stored as a file with the losses of JPEG.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Strokes = Sequence[NDArray[np.float64]]
Colours = NDArray[np.float32]
Grey = NDArray[np.float32]

_WHITE = (0.93, 0.92, 0.89)
_BLACK_INK = (0.12, 0.12, 0.14)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shot:
    """What stays the same of a picture while it is taken.

    size: (height, width) of the picture in pixels. digit: the digit's longer side, and pen: the width of
    its strokes, as shares of the picture's height and of the digit. place: where its middle is.
    """

    size: tuple[int, int]
    digit: float
    pen: float
    place: tuple[float, float]
    paper: tuple[float, float, float] = _WHITE
    ink: tuple[float, float, float] = _BLACK_INK
    tilt_degrees: float = 0.0
    grain: float = 0.012
    blur: float = 0.8
    quality: int = 80


def photo(kind: str, strokes: Strokes, *, generator: np.random.Generator) -> bytes:
    """A picture file, JPEG or PNG, of a digit's `strokes` (y down). `kind` is one of `KINDS`."""
    return KINDS[kind](strokes, generator)


def _shot(generator: np.random.Generator) -> _Shot:
    """A usual one: a sheet held before a phone, the digit a fifth to a half of its height."""
    height = int(generator.integers(360, 720))
    return _Shot(
        size=(height, int(height * generator.uniform(0.75, 1.4))),
        digit=float(generator.uniform(0.2, 0.5)),
        pen=float(generator.uniform(0.03, 0.11)),
        place=(float(generator.uniform(0.4, 0.6)), float(generator.uniform(0.4, 0.6))),
        paper=_tinted(_WHITE, generator),
        ink=_tinted(_BLACK_INK, generator),
        tilt_degrees=float(generator.normal(0, 3)),
        grain=float(generator.uniform(0.004, 0.025)),
        blur=float(generator.uniform(0.5, 1.6)),
        quality=int(generator.integers(55, 93)),
    )


def _tinted(
    colour: tuple[float, float, float], generator: np.random.Generator
) -> tuple[float, float, float]:
    red, green, blue = np.clip(np.array(colour) + generator.normal(0, 0.02, 3), 0, 1).tolist()
    return red, green, blue


def _written(strokes: Strokes, shot: _Shot, generator: np.random.Generator) -> Grey:
    """(height, width) in [0, 1]: where the pen was, its pressure uneven."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    side = shot.digit * shot.size[0]
    scale = side / max(float((high - low).max()), 1e-9)
    middle = np.array(shot.place) * shot.size[::-1]
    ink = np.zeros(shot.size, np.uint8)
    width = max(1.0, shot.pen * side)
    for stroke in strokes:
        path = np.rint(((stroke - (low + high) / 2) * scale + middle) * 16).astype(np.int32)
        for start, end in zip(path, path[1:] if len(path) > 1 else path, strict=False):
            thickness = max(1, round(width * float(generator.uniform(0.85, 1.15))))
            cv2.line(ink, start.tolist(), end.tolist(), 255, thickness, cv2.LINE_AA, 4)
    return np.asarray(ink, np.float32) / np.float32(255)


def _sheet(ink: Grey, shot: _Shot, generator: np.random.Generator) -> Colours:
    """(height, width, 3): the ink on paper that has a little texture."""
    paper = np.array(shot.paper, np.float32) + _clouds(shot.size, 60, generator)[
        ..., None
    ] * np.float32(0.012)
    pressure = np.clip(0.92 + _clouds(shot.size, 3, generator) * 0.05, 0.6, 1)
    cover = (ink * pressure)[..., None]
    return np.asarray(paper * (1 - cover) + np.array(shot.ink, np.float32) * cover, np.float32)


def _clouds(size: tuple[int, int], coarse: int, generator: np.random.Generator) -> Grey:
    """Smooth noise of unit spread, its bumps `coarse` pixels wide."""
    small = generator.normal(0, 1, (size[0] // coarse + 2, size[1] // coarse + 2))
    return np.asarray(
        cv2.resize(small.astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    )


def _light(sheet: Colours, generator: np.random.Generator, *, fall: float = 0.3) -> Colours:
    """Lit from one side: the far one loses up to `fall`."""
    across, down = _axes(sheet)
    angle = generator.uniform(0, 2 * np.pi)
    ramp = (across * np.cos(angle) + down * np.sin(angle)) * generator.uniform(0, fall) / 1.4
    warm = np.array((1.0, 1.0 - generator.uniform(0, 0.05), 1.0 - generator.uniform(0, 0.15)))
    return np.asarray(sheet * ((1 - fall / 2 + ramp)[..., None] * warm).astype(np.float32))


def _axes(sheet: Colours) -> tuple[Grey, Grey]:
    """Across and down, each from -1 to 1 over the picture: (1, width) and (height, 1)."""
    across = np.linspace(-1, 1, sheet.shape[1], dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, sheet.shape[0], dtype=np.float32)[:, None]
    return across, down


def _tilted(sheet: Colours, shot: _Shot, generator: np.random.Generator) -> Colours:
    """Turned, and seen a little from the side, as a hand holds a camera."""
    height, width = shot.size
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), shot.tilt_degrees, 1.0)
    warp = np.vstack((turn, (*generator.normal(0, 0.06, 2) / max(shot.size), 1.0)))
    return np.asarray(
        cv2.warpPerspective(sheet, warp, (width, height), borderMode=cv2.BORDER_REPLICATE)
    )


def _taken(scene: Colours, shot: _Shot, generator: np.random.Generator) -> bytes:
    """What a camera makes of it: blurred, grainy, sharpened again, and stored as JPEG."""
    seen = cv2.GaussianBlur(scene, (0, 0), shot.blur)
    seen += _grain(seen.shape, generator) * np.float32(shot.grain) * np.sqrt(np.maximum(seen, 0.05))
    soft = cv2.GaussianBlur(seen, (0, 0), 1.5)
    sharp = float(generator.uniform(0, 0.8))
    return _jpeg(_bytes(cv2.addWeighted(seen, 1 + sharp, soft, -sharp, 0)), quality=shot.quality)


def _grain(shape: Sequence[int], generator: np.random.Generator) -> Colours:
    """Noise of unit spread, repeated every 256 pixels: drawing each would take longer than the rest."""
    tile = generator.standard_normal((256, 256, shape[2]), np.float32)
    times = (-(-shape[0] // 256), -(-shape[1] // 256), 1)
    return np.tile(tile, times)[: shape[0], : shape[1]]


def _jpeg(picture: NDArray[np.uint8], *, quality: int) -> bytes:
    stored = io.BytesIO()
    Image.fromarray(picture).save(stored, "JPEG", quality=quality)
    return stored.getvalue()


def _bytes(picture: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)


def _photographed(
    strokes: Strokes,
    shot: _Shot,
    generator: np.random.Generator,
    *,
    printed: Callable[[Colours], Colours] = lambda sheet: sheet,
    lit: Callable[[Colours], Colours] = lambda scene: scene,
    fall: float = 0.3,
) -> bytes:
    """The way of most kinds. `printed` changes the sheet before it is held, `lit` the scene after."""
    sheet = printed(_sheet(_written(strokes, shot, generator), shot, generator))
    scene = lit(_light(_tilted(sheet, shot, generator), generator, fall=fall))
    return _taken(scene, shot, generator)


# What a picture is of, and what is about it


def _plain(strokes: Strokes, generator: np.random.Generator) -> bytes:
    return _photographed(strokes, _shot(generator), generator)


def _on_a_desk(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """A table's edge, or a dark border, on one to four sides."""

    def laid(scene: Colours) -> Colours:
        across, down = _axes(scene)
        desk = np.array(generator.uniform((0.1, 0.06, 0.03), (0.5, 0.4, 0.35)), np.float32)
        wood = desk * (1 + 0.15 * _clouds(shot.size, 9, generator))[..., None]
        sides = (across, -across, down, -down)
        for index in generator.permutation(4)[: int(generator.integers(1, 5))]:
            side = sides[index]
            slope = generator.normal(0, 0.06) * (across if side.shape[0] > 1 else down)
            edge = np.clip((side + slope - generator.uniform(0.65, 0.95)) * 100, 0, 1)[..., None]
            scene = np.asarray(scene * (1 - edge) + wood * edge, np.float32)
        return scene

    shot = replace(_shot(generator), digit=float(generator.uniform(0.2, 0.4)))
    return _photographed(strokes, shot, generator, lit=laid)


def _in_shadow(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """The shadow of a hand or a phone, its edge across the digit."""

    def shaded(scene: Colours) -> Colours:
        across, down = _axes(scene)
        angle = generator.uniform(0, 2 * np.pi)
        far = across * np.cos(angle) + down * np.sin(angle) - generator.normal(0, 0.25)
        soft = 1 / generator.uniform(0.01, 0.15)
        dark = generator.uniform(0.25, 0.6) / (1 + np.exp(-np.clip(far * soft, -30, 30)))
        return np.asarray(scene * (1 - dark)[..., None], np.float32)

    return _photographed(strokes, _shot(generator), generator, lit=shaded)


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

    return _photographed(strokes, _shot(generator), generator, lit=held)


def _vignetted(strokes: Strokes, generator: np.random.Generator) -> bytes:
    def darkened(scene: Colours) -> Colours:
        across, down = _axes(scene)
        dark = np.clip(generator.uniform(0.3, 0.8) * (across**2 + down**2) / 2, 0, 0.85)
        return np.asarray(scene * (1 - dark)[..., None], np.float32)

    return _photographed(strokes, _shot(generator), generator, lit=darkened)


def _ruled(pattern: str) -> Callable[[Strokes, np.random.Generator], bytes]:
    def on_ruled_paper(strokes: Strokes, generator: np.random.Generator) -> bytes:
        shot = _shot(generator)

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

        return _photographed(strokes, shot, generator, printed=printed)

    return on_ruled_paper


def _in_colour(strokes: Strokes, generator: np.random.Generator) -> bytes:
    colours = [
        (0.10, 0.20, 0.65), (0.75, 0.12, 0.15), (0.10, 0.5, 0.25), (0.85, 0.45, 0.1), (0.5, 0.15, 0.6)
    ]  # fmt: skip
    papers = [_WHITE, (0.95, 0.9, 0.6), (0.7, 0.85, 0.92), (0.93, 0.78, 0.8)]
    ink, paper = colours[generator.integers(5)], papers[generator.integers(4)]
    shot = replace(_shot(generator), ink=_tinted(ink, generator), paper=_tinted(paper, generator))
    return _photographed(strokes, shot, generator)


def _faint(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """A hard pencil: a tenth to a third of the paper's brightness."""
    level = 0.9 - float(generator.uniform(0.15, 0.35))
    shot = replace(_shot(generator), ink=(level, level, level + 0.01), grain=0.008)
    return _photographed(strokes, shot, generator)


def _chalk(strokes: Strokes, generator: np.random.Generator) -> bytes:
    board = ((0.13, 0.25, 0.2), (0.15, 0.16, 0.17))[generator.integers(2)]
    shot = replace(
        _shot(generator), paper=board, ink=(0.85, 0.86, 0.82), pen=float(generator.uniform(0.05, 0.11))
    )  # fmt: skip

    def dusty(sheet: Colours) -> Colours:
        smears = np.clip(_clouds(shot.size, 80, generator), 0, None)[..., None] * 0.035
        # Chalk leaves the board's pores bare.
        pores = np.clip(1 + 0.18 * generator.normal(0, 1, shot.size), 0.4, 1)[..., None]
        return np.asarray((sheet - board) * pores + board + smears, np.float32)

    return _photographed(strokes, shot, generator, printed=dusty)


def _whiteboard(strokes: Strokes, generator: np.random.Generator) -> bytes:
    colours = [(0.1, 0.1, 0.12), (0.1, 0.2, 0.6), (0.75, 0.1, 0.12), (0.05, 0.45, 0.25)]
    shot = replace(
        _shot(generator), paper=(0.78, 0.8, 0.82), ink=colours[generator.integers(4)],
        pen=float(generator.uniform(0.05, 0.12)),
    )  # fmt: skip

    def glaring(scene: Colours) -> Colours:
        across, down = _axes(scene)
        for _ in range(int(generator.integers(1, 3))):
            x, y = generator.uniform(-0.8, 0.8, 2)
            size = generator.uniform(0.1, 0.3)
            spot = np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * size**2))[..., None]
            scene = scene + spot * generator.uniform(0.1, 0.35)
        return np.asarray(scene, np.float32)

    return _photographed(strokes, shot, generator, lit=glaring)


def _screen(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """A monitor's pixels against the camera's: stripes of light and colour."""
    dark = bool(generator.integers(2))
    paper, ink = (
        ((0.06, 0.06, 0.08), (0.9, 0.92, 0.95)) if dark else ((0.9, 0.93, 0.96), (0.1, 0.1, 0.1))
    )
    shot = replace(_shot(generator), paper=paper, ink=ink)

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

    return _photographed(strokes, shot, generator, lit=striped)


def _small(strokes: Strokes, generator: np.random.Generator) -> bytes:
    shot = _shot(generator)
    place = (float(generator.uniform(0.2, 0.8)), float(generator.uniform(0.2, 0.8)))
    digit = float(generator.uniform(0.08, 0.15))
    return _photographed(strokes, replace(shot, digit=digit, place=place, pen=0.1), generator)


def _at_the_edge(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """Cropped close: the ink touches the picture's edge on one side or more, or nearly."""
    shot = replace(_shot(generator), digit=0.5, tilt_degrees=0.0)
    ink = _written(strokes, shot, generator)
    scene = _light(_sheet(ink, shot, generator), generator)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.5), np.flatnonzero(ink.max(axis=0) > 0.5)
    gaps = generator.integers(1, 40, 4) * (generator.permutation(4) < generator.integers(1, 4))
    top, bottom = max(0, rows[0] - gaps[0]), rows[-1] + 1 + gaps[1]
    left, right = max(0, columns[0] - gaps[2]), columns[-1] + 1 + gaps[3]
    return _taken(np.ascontiguousarray(scene[top:bottom, left:right]), shot, generator)


def _turned(strokes: Strokes, generator: np.random.Generator) -> bytes:
    shot = replace(_shot(generator), tilt_degrees=float(generator.uniform(-15, 15)))
    return _photographed(strokes, shot, generator)


def _twelve_megapixels(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """Straight from the camera: what is far away at this size is as soft as lenses are."""
    shot = replace(_shot(generator), size=(756, 1008), digit=float(generator.uniform(0.12, 0.4)))
    sheet = _sheet(_written(strokes, shot, generator), shot, generator)
    scene = _light(_tilted(sheet, shot, generator), generator)
    seen = cv2.resize(_bytes(scene), (4032, 3024), interpolation=cv2.INTER_CUBIC)
    grain = _bytes(0.5 + shot.grain * _grain(seen.shape, generator))
    return _jpeg(cv2.addWeighted(seen, 1, grain, 1, -128), quality=shot.quality)


def _framed(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """In a box drawn with the same pen, or between axes, photographed or scanned."""
    shot = replace(
        _shot(generator), digit=float(generator.uniform(0.3, 0.45)), place=(0.5, 0.5),
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

    return _photographed(strokes, shot, generator, printed=boxed)


def _drawn(
    strokes: Strokes, generator: np.random.Generator, *, side: int, pen: float, digit: float
) -> bytes:
    """On a canvas of a drawing program, light on dark or dark on light, PNG or JPEG."""
    place = (float(generator.uniform(0.46, 0.54)), float(generator.uniform(0.46, 0.54)))
    shot = _Shot(size=(side, side), digit=digit, pen=pen, place=place)
    big = replace(shot, size=(side * 4, side * 4))
    ink = cv2.resize(_written(strokes, big, generator), (side, side), interpolation=cv2.INTER_AREA)
    picture = ink if generator.integers(2) else 1 - ink
    if generator.integers(2):
        return _jpeg(_bytes(picture), quality=int(generator.integers(60, 96)))
    return _png(_bytes(picture))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "PNG")
    return stored.getvalue()


def _drawn_large(strokes: Strokes, generator: np.random.Generator) -> bytes:
    side, digit = int(generator.integers(100, 700)), float(generator.uniform(0.4, 0.85))
    return _drawn(
        strokes, generator, side=side, digit=digit, pen=float(generator.uniform(0.02, 0.15))
    )


def _drawn_small(strokes: Strokes, generator: np.random.Generator) -> bytes:
    side, digit = int(generator.integers(28, 65)), float(generator.uniform(0.6, 0.8))
    return _drawn(
        strokes, generator, side=side, digit=digit, pen=float(generator.uniform(0.07, 0.15))
    )


def _scanned(strokes: Strokes, generator: np.random.Generator) -> bytes:
    """Even light, grain, and a cut close to the digit or far from it."""
    side = int(generator.integers(80, 600))
    shot = replace(
        _shot(generator), size=(side, side), digit=float(generator.uniform(0.3, 0.8)), place=(0.5, 0.5),
        blur=0.6, quality=int(generator.integers(40, 90)), grain=float(generator.uniform(0.005, 0.03)),
    )  # fmt: skip
    sheet = _sheet(_written(strokes, shot, generator), shot, generator)
    return _taken(_tilted(sheet, shot, generator), shot, generator)


def _transparent(strokes: Strokes, generator: np.random.Generator) -> bytes:
    side = int(generator.integers(100, 500))
    shot = _Shot(
        size=(side, side), digit=float(generator.uniform(0.4, 0.8)),
        pen=float(generator.uniform(0.04, 0.14)), place=(0.5, 0.5),
    )  # fmt: skip
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[..., :3] = _bytes(generator.choice([np.zeros(3), np.ones(3), np.array([0.1, 0.2, 0.7])]))
    pixels[..., 3] = _bytes(_written(strokes, shot, generator))
    return _png(pixels)


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
    "scan, grain and JPEG": _scanned,
    "drawn large": _drawn_large,
    "drawn small": _drawn_small,
    "transparent PNG": _transparent,
}
