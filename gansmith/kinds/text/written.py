"""Lines of text on paper: as one picture, for sheets and reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import ImageFont

PAPER, INK, NOTHING = (255, 255, 255), (32, 32, 32), (176, 176, 176)
HEIGHT = 15  # of a letter, in pixels
COLUMNS = 4  # of lines, unless asked otherwise
EMPTY = "(empty)"  # what is shown of a line without characters


def font() -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which has Latin, Greek, Cyrillic and more; it comes with Matplotlib."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), HEIGHT)


def written(lines: list[str], columns: int | None = None) -> np.ndarray:
    """Lines in columns, row after row: one picture uint8 (H, W, 3)."""
    from PIL import Image, ImageDraw

    letters = font()
    across = min(columns or COLUMNS, COLUMNS, max(1, len(lines)))
    wide = int(max([letters.getlength(line or EMPTY) for line in lines], default=0)) + HEIGHT
    tall = HEIGHT * 3 // 2
    down = -(-len(lines) // across)
    picture = Image.new("RGB", (across * wide + HEIGHT, max(1, down) * tall + HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    for index, line in enumerate(lines):
        row, column = divmod(index, across)
        place = HEIGHT + column * wide, HEIGHT // 2 + row * tall
        draw.text(place, line or EMPTY, fill=INK if line else NOTHING, font=letters)
    return np.asarray(picture).copy()
