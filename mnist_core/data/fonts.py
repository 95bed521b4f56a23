"""Fonts that come with matplotlib."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib
from PIL import ImageFont


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font with that name, "DejaVuSans", in pixels. `OSError` where there is none."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / f"{name}.ttf"), size)
