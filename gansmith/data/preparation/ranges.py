"""The values of pictures in more than 8 bits: one range for a whole source becomes 0 .. 255.

Two kinds of values have ranges of their own: "whole" numbers of a wider type, and "float". 8-bit pictures stay as they are.
"""

from __future__ import annotations

import math
import re

import numpy as np

from gansmith.ground.errors import DataError

Range = list[float]  # the value that becomes 0, and the one that becomes 255; a list, as JSON gives it back
Ranges = dict[str, Range]  # of each kind of value in a source

FULL: Range = [0, 65_535]  # of 16 bits
USUAL_FLOATS: tuple[Range, ...] = ([0, 1], [-1, 1], [0, 255])
USED = 0.6  # floats that use a smaller share of a usual range are in doubt
NARROW = 0.5  # whole numbers that use a smaller share of 16 bits have their own range mapped
OUTSIDE = 0.01  # of a usual range: so far may single floats lie outside
BLOCK = 2**22  # values that are converted at a time


def parse_range(text: str) -> Range | None:
    """The range of data.range = "LOW..HIGH"; None for "auto". Raises DataError."""
    if text.strip().lower() == "auto":
        return None
    try:
        low, high = map(float, re.split(r"\.\.", text))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise DataError(
            f'data.range = {text!r} is no range: write "889..1512", the values that become black and white, or "auto"'
        )
    return [low, high]


def written(values: Range) -> str:
    """ "889..1512", as data.range is written."""
    return "..".join(f"{int(value)}" if value == int(value) else repr(float(value)) for value in values)


def guess(kind: str, low: float, high: float) -> Range | None:
    """The range of all values of a source, of which `low` and `high` are the ends; None where it is in doubt."""
    if kind == "float":
        for usual in USUAL_FLOATS:
            width = usual[1] - usual[0]
            inside = usual[0] - OUTSIDE * width <= low and high <= usual[1] + OUTSIDE * width
            if inside and high - low >= USED * width:
                return list(usual)
        return None
    if low >= 0 and 128 <= high <= 255:
        return [0, 255]
    if low >= 0 and high <= FULL[1] and high - low >= NARROW * FULL[1]:
        return list(FULL)
    if low == high:
        return list(FULL) if 0 <= low <= FULL[1] else None
    return [low, high]


def doubt(title: str, low: float, high: float) -> str:
    """Why values cannot be read as pictures, and the way out."""
    likely = written([math.floor(low * 100) / 100, math.ceil(high * 100) / 100 + (low == high)])
    return (
        f"{title} holds values from {low:.5g} to {high:.5g}, which is no usual range (0 to 1, -1 to 1): say which values are "
        f"black and white, --set data.range={likely} for instance; if these are series and no pictures, --set data.kind=signal"
    )


def to_bytes(values: np.ndarray, of: Range) -> np.ndarray:
    """Values of any shape to uint8: of[0] becomes 0, of[1] 255, rounded to nearest, cut off outside. NaN is not allowed."""
    flat = np.ascontiguousarray(values).reshape(-1)
    out = np.empty(flat.shape, np.uint8)
    for start in range(0, len(flat), BLOCK):
        part = flat[start : start + BLOCK].astype(np.float64)
        out[start : start + BLOCK] = np.clip(np.rint((part - of[0]) * 255 / (of[1] - of[0])), 0, 255)
    return out.reshape(values.shape)


def remark(kind: str, low: float, high: float, of: Range) -> str:
    """A line: the values found, what was done, and how many levels are left."""
    if kind == "float":
        return f"float values {low:.5g} to {high:.5g}: mapped from {written(of)} to 0..255 (data.range)"
    found = f"values {low:,.0f} to {high:,.0f}"
    if of == [0, 255]:
        return f"{found} in more than 8 bits: taken as they are (data.range)"
    span = max(0, min(high, of[1]) - max(low, of[0]))
    left = min(span, round(255 * span / (of[1] - of[0]))) + 1
    cut = ", values outside are cut off" if low < of[0] or high > of[1] else ""
    sixteen = " of 65,535" if low >= 0 and 255 < high <= FULL[1] else ""
    return (
        f"{found}{sixteen}: mapped from {written(of)} to 0..255 (data.range){cut}, at most {left:,.0f} of {high - low + 1:,.0f} "
        "levels left"
    )
