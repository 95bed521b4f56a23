"""From drawing to input: crop, scale, centre, pen, each of which can be left out.

With all four, the image is that of `Ink.to_image`; it is drawn by the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from mnist_core.ink.ink import Ink
from mnist_core.ink.raster import (
    BOX_SIZE,
    IMAGE_SIZE,
    PEN_EDGE,
    PEN_RADIUS,
    Image,
    Strokes,
    cut,
    draw,
    draw_centred,
    segments,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Which stages are on."""

    crop: bool = True
    scale: bool = True
    centre: bool = True
    pen: bool = True


def prepare(drawing: Ink, stages: Stages, *, pad_size: float, pad_pen: float) -> Image:
    """The drawing as 28×28 image after the stages that are on.

    `pad_size` and `pad_pen` are the side of the pad and the width of its line, in the unit of
    the strokes.
    """
    if not drawing.strokes:
        return drawing.to_image()
    points = np.concatenate(drawing.strokes)
    size = BOX_SIZE if stages.scale else float(IMAGE_SIZE)
    low, side, line = np.zeros(2), pad_size, 0.0
    if stages.crop:  # the smallest box around the ink and its line, instead of the whole pad
        low = points.min(axis=0)
        side = float((points.max(axis=0) - low).max())
        line = pad_pen
    if stages.pen:  # one width for all drawings, whatever the scale
        radius = PEN_RADIUS
        # A side that is nothing but rounding is that of a dot, as in `Ink.to_image`.
        is_dot = side <= 1e-12 * float(np.abs(points).max())
        factor = 0.0 if is_dot else (size - (2 * radius if stages.crop else 0)) / side
    else:  # the line grows and shrinks with the drawing
        factor = size / (side + line)
        radius = pad_pen / 2 * factor
    margin = radius if stages.crop else 0.0
    strokes = tuple((stroke - low) * factor + margin - 0.5 for stroke in drawing.strokes)
    return paint(strokes, centre=stages.centre, radius=radius, soft=stages.pen)


def each_stage(drawing: Ink, stages: Stages, *, pad_size: float, pad_pen: float) -> list[Image]:
    """The drawing shrunk as it is, then after one stage more at a time: five images."""
    names = [field.name for field in fields(Stages)]
    so_far = Stages(**dict.fromkeys(names, False))
    images = [prepare(drawing, so_far, pad_size=pad_size, pad_pen=pad_pen)]
    for name in names:
        so_far = replace(so_far, **{name: getattr(stages, name)})
        images.append(prepare(drawing, so_far, pad_size=pad_size, pad_pen=pad_pen))
    return images


def paint(strokes: Strokes, *, centre: bool, radius: float, soft: bool) -> Image:
    """The strokes, in pixels of the image, drawn with a soft or a hard pen."""
    edge = PEN_EDGE if soft else 0.5
    line = cut(segments(strokes))
    if centre:
        return draw_centred(line, radius=radius, edge=edge)
    return draw(line, radius=radius, edge=edge)
