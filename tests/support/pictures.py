"""Pictures of a 7, as files."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def seven(*, size: tuple[int, int] = (400, 300), kind: str = "PNG") -> bytes:
    """A dark 7 on light paper: from 0.4 to 0.6 of the width, and from 0.3 to 0.72 of the height."""
    width, height = size
    picture = Image.new("RGB", size, (225, 222, 214))
    corners = [(0.4, 0.3), (0.6, 0.3), (0.47, 0.72)]
    line = [(width * x, height * y) for x, y in corners]
    ImageDraw.Draw(picture).line(line, fill=(40, 40, 60), width=height // 25, joint="curve")
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()
