"""Pictures of tables: a histogram of each column, the generated rows over the real ones. Drawn with NumPy and Pillow."""

from __future__ import annotations

import numpy as np

from gansmith.kinds.scatter import FAKE, INK, PAPER, REAL, RULE
from gansmith.kinds.table.columns import Column
from gansmith.kinds.table.encoding import Values

WIDTH, HEIGHT, MARGIN, TITLE = 168, 110, 8, 16
MOST = 24  # columns that are drawn
BINS = 24


def histograms(made: Values, real: Values | None) -> np.ndarray:
    """A picture uint8 (H, W, 3): orange are the generated rows, green the real ones behind."""
    from PIL import Image, ImageDraw, ImageFont

    shown = list(range(min(len(made.columns), MOST)))
    across = min(len(shown), 4)
    size = across * WIDTH, -(-len(shown) // across) * HEIGHT
    picture = Image.new("RGB", size, PAPER)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(11)
    for place, index in enumerate(shown):
        left, top = place % across * WIDTH + MARGIN, place // across * HEIGHT + MARGIN
        column, floor = made.columns[index], place // across * HEIGHT + HEIGHT - MARGIN
        draw.text((left, top - 4), column.name[:26], fill=INK, font=font)
        given = None if real is None else real.values[index]
        bars = _bars(column, made.values[index], given)
        highest = max(float(np.max(bars)), 1e-9)
        step = (WIDTH - 2 * MARGIN) / bars.shape[1]
        for number, (before, now) in enumerate(bars.T):
            x0, x1 = left + number * step, left + (number + 1) * step - 1
            tall = (floor - top - TITLE) / highest
            if real is not None:
                draw.rectangle((x0, floor - before * tall, x1, floor), fill=_pale(REAL))
            middle = (x0 + x1) / 2
            draw.rectangle((middle - step / 5, floor - now * tall, middle + step / 5, floor), fill=FAKE)
        draw.line((left, floor, left + WIDTH - 2 * MARGIN, floor), fill=RULE)
    return np.asarray(picture, np.uint8)


def _pale(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = ((3 * 255 + 2 * part) // 5 for part in colour)
    return red, green, blue


def _bars(column: Column, made: np.ndarray, real: np.ndarray | None) -> np.ndarray:
    """Shares (2, bins) of the real and of the generated rows."""
    both = (made if real is None else real), made
    if not column.is_number:
        count = min(len(column.categories), 2 * BINS)
        return np.stack(
            [np.bincount(each, minlength=len(column.categories))[:count] / max(len(each), 1) for each in both]
        )
    there = [each[~np.isnan(each)] for each in both]
    if not len(there[0]):
        return np.zeros((2, BINS))
    low, high = np.quantile(there[0], (0.005, 0.995))
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    return np.stack([np.histogram(each.clip(edges[0], edges[-1]), edges)[0] / max(len(each), 1) for each in there])
