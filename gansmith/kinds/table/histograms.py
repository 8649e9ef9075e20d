"""Pictures of tables: a histogram of each column and the numbers that go together most, the generated rows over the real ones.

Under each axis stand the ends of what is shown, which are those of 99% of the real rows, or the categories."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from gansmith.ground.errors import counted
from gansmith.kinds.scatter import FAKE, INK, PAPER, REAL, RULE
from gansmith.kinds.table.columns import Column
from gansmith.kinds.table.encoding import Values
from gansmith.kinds.table.measuring import association

WIDTH, HEIGHT, MARGIN, TITLE, FOOT, HEAD = 210, 142, 9, 17, 14, 20
ACROSS, LEGEND = 4, 2  # panels in a row; panels that the legend is as wide as
MOST, MOST_PAIRS, PAIRED = 24, 4, 8  # columns that are drawn, pairs that are, columns of which pairs are sought
BINS = 24
DOTS = 500  # rows of a pair

Box = tuple[int, int, int, int]
"""Left, top, right and bottom of a panel's drawing."""


def histograms(made: Values, real: Values | None) -> np.ndarray:
    """A picture uint8 (H, W, 3): orange are the generated rows, green the real ones behind."""
    from PIL import Image, ImageDraw, ImageFont

    shown = range(min(len(made.columns), MOST))
    pairs = strongest(made if real is None else real)
    count = len(shown) + len(pairs)
    across = min(count, ACROSS)
    picture = Image.new("RGB", (max(across, LEGEND) * WIDTH, -(-count // across) * HEIGHT + HEAD), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((MARGIN, 4), _legend(made, real), fill=INK, font=ImageFont.load_default(11))
    for place in range(count):
        left, top = place % across * WIDTH + MARGIN, place // across * HEIGHT + MARGIN + HEAD
        box = left, top + TITLE, left + WIDTH - 2 * MARGIN, top + HEIGHT - 2 * MARGIN - FOOT
        if place < len(shown):
            column = made.columns[place]
            title = column.name
            _bars(draw, box, column, made.values[place], None if real is None else real.values[place])
            _foot(draw, box, column, (made if real is None else real).values[place])
        else:
            a, b = pairs[place - len(shown)]
            title = f"{made.columns[b].name[:14]} over {made.columns[a].name[:14]}"
            _dots(draw, box, made, real, (a, b))
            _foot(draw, box, made.columns[a], (made if real is None else real).values[a])
        draw.text((left, top - 4), title[:32], fill=INK, font=ImageFont.load_default(12))
        draw.line((box[0], box[3], box[2], box[3]), fill=RULE)
    return np.asarray(picture, np.uint8)


def _legend(made: Values, real: Values | None) -> str:
    """What the colours are, and which columns are not shown."""
    words = (
        f"{counted(made.rows, 'row')}"
        if real is None
        else f"orange: {counted(made.rows, 'row')}. green, behind: {real.rows:,} real ones"
    )
    more = len(made.columns) - MOST
    return words + (f". {more:,} more columns are not drawn" if more > 0 else "")


def _foot(draw: Any, box: Box, column: Column, values: np.ndarray) -> None:
    """The ends of an axis, or the names of its categories, as many letters as there is room for."""
    from PIL import ImageFont

    left, _, right, floor = box
    font = ImageFont.load_default(9)
    if column.is_number:
        low, high = (column.notation.text(end) for end in _frame(values))
        draw.text((left, floor + 2), low[:16], fill=INK, font=font)
        draw.text((right, floor + 2), high[:16], fill=INK, font=font, anchor="ra")
        return
    names = column.categories[: 2 * BINS]
    step = (right - left) / max(len(names), 1)
    letters = int(step / 6)
    for place, name in enumerate(names if letters else ()):
        middle = left + (place + 0.5) * step
        draw.text((middle, floor + 2), (name or "missing")[:letters].strip(), fill=INK, font=font, anchor="ma")


def strongest(table: Values) -> list[tuple[int, int]]:
    """The pairs of numbers with the largest correlations, of the first columns."""
    numbers = [index for index, column in enumerate(table.columns) if column.is_number][:PAIRED]
    found = [(abs(association(table, a, b)), (a, b)) for a, b in combinations(numbers, 2)]
    return [pair for strength, pair in sorted(found, reverse=True) if strength > 0][:MOST_PAIRS]


def _bars(draw: Any, box: Box, column: Column, made: np.ndarray, real: np.ndarray | None) -> None:
    """A histogram: wide green bars, and narrow orange ones before them."""
    left, top, right, floor = box
    bars = shares(column, made, real)
    step, tall = (right - left) / bars.shape[1], (floor - top) / max(float(bars.max()), 1e-9)
    for number, (before, now) in enumerate(bars.T):
        x0, x1 = left + number * step, left + (number + 1) * step - 1
        if real is not None:
            draw.rectangle((x0, floor - before * tall, max(x1, x0), floor), fill=_pale(REAL))
        middle = (x0 + x1) / 2
        draw.rectangle((middle - step / 5, floor - now * tall, middle + step / 5, floor), fill=FAKE)


def _dots(draw: Any, box: Box, made: Values, real: Values | None, pair: tuple[int, int]) -> None:
    """A scatter plot of two numbers, in the frame of the real rows."""
    left, top, right, floor = box
    frame = [_frame((made if real is None else real).values[index]) for index in pair]
    for table, colour in ((real, _pale(REAL)), (made, FAKE)):
        if table is None:
            continue
        x, y = (
            ((table.values[index][:DOTS] - low) / (high - low)).clip(0, 1)
            for index, (low, high) in zip(pair, frame, strict=True)
        )
        there = ~(np.isnan(x) | np.isnan(y))
        across, down = left + x[there] * (right - left - 1), floor - 1 - y[there] * (floor - top - 1)
        reach = 0 if table is made else 1.5
        for a, b in zip(across.tolist(), down.tolist(), strict=True):
            draw.rectangle((a - reach, b - reach, a + reach, b + reach), fill=colour)


def _frame(values: np.ndarray) -> tuple[float, float]:
    """Where 99% of the numbers lie."""
    there = values[~np.isnan(values)]
    low, high = np.quantile(there, (0.005, 0.995)) if len(there) else (0.0, 1.0)
    return float(low), float(high if high > low else low + 1)


def _pale(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = ((3 * 255 + 2 * part) // 5 for part in colour)
    return red, green, blue


def shares(column: Column, made: np.ndarray, real: np.ndarray | None) -> np.ndarray:
    """Shares (2, bins) of the real rows (of the generated ones, where there are none) and of the generated ones."""
    both = (made if real is None else real), made
    if not column.is_number:
        most = len(column.categories)
        return np.stack([np.bincount(each, minlength=most)[: 2 * BINS] / max(len(each), 1) for each in both])
    low, high = _frame(both[0])
    edges = np.linspace(low, high, BINS + 1)
    there = [each[~np.isnan(each)].clip(edges[0], edges[-1]) for each in both]
    return np.stack([np.histogram(each, edges)[0] / max(len(each), 1) for each in there])
