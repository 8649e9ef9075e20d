"""Conversions of pixels: bytes, the networks' ranges, grids and PNG files.

Pictures are uint8 (N, H, W, C) outside the engines and float32 inside, in one of two ranges:
"symmetric" [-1, 1] for tanh, "unit" [0, 1] for sigmoid.
"""

from __future__ import annotations

from math import isqrt
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from gansmith.ground import alpha
from gansmith.ground.files.whole import replacing

PixelRange = Literal["symmetric", "unit"]
AnyArray = TypeVar("AnyArray", bound=Any)  # of NumPy or torch

SCALE: dict[str, tuple[float, float]] = {"symmetric": (2 / 255, -1.0), "unit": (1 / 255, 0.0)}
"""value = byte * SCALE[range][0] + SCALE[range][1]"""


def to_float(pictures: np.ndarray, pixel_range: PixelRange = "symmetric") -> np.ndarray:
    """Bytes 0..255 to float32 in the named range; any shape."""
    factor, offset = SCALE[pixel_range]
    return pictures.astype(np.float32) * np.float32(factor) + np.float32(offset)


def to_bytes(values: np.ndarray, pixel_range: PixelRange = "symmetric") -> np.ndarray:
    """Floats in the named range to bytes, rounded and clipped; the inverse of `to_float`. NaN becomes 0.

    In pictures (N, H, W, 4) no colour exceeds alpha (see `alpha`).
    """
    factor, offset = SCALE[pixel_range]
    scaled = np.array(values, np.float32)
    scaled -= np.float32(offset)
    scaled /= np.float32(factor)
    np.clip(np.rint(scaled, out=scaled), 0, 255, out=scaled)
    made = np.nan_to_num(scaled, copy=False).astype(np.uint8)
    return alpha.within(made) if made.ndim == 4 and made.shape[3] == alpha.RGBA else made


def to_unit(values: AnyArray, pixel_range: PixelRange) -> AnyArray:
    """Values in the named range to [0, 1], without clipping; arrays and tensors of any shape."""
    factor, offset = SCALE[pixel_range]
    return (values - offset) * (1 / (255 * factor))


def from_unit(values: AnyArray, pixel_range: PixelRange) -> AnyArray:
    """The inverse of `to_unit`."""
    factor, offset = SCALE[pixel_range]
    return values * (255 * factor) + offset


def grid(pictures: np.ndarray, columns: int | None = None, *, zoom: int = 1, gap: int = 1) -> np.ndarray:
    """Many pictures uint8 (N, H, W, 1, 3 or 4) as one (H', W', 3), row by row, on grey; transparent ones on chequers.

    Contrast is not stretched: byte 0 is black, 255 white.
    """
    return _laid(as_rgb(pictures), columns, zoom, gap, 128)


def clear_grid(pictures: np.ndarray, columns: int | None = None, *, zoom: int = 1, gap: int = 1) -> np.ndarray:
    """The same of uint8 (N, H, W, 4), premultiplied: (H', W', 4), with nothing between the pictures and behind them."""
    return _laid(pictures, columns, zoom, gap, 0)


def _laid(pictures: np.ndarray, columns: int | None, zoom: int, gap: int, ground: int) -> np.ndarray:
    count, height, width, channels = pictures.shape
    columns = columns or whole_rows(count)
    rows = -(-count // columns)
    pictures = pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)
    height, width = height * zoom, width * zoom
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), ground, np.uint8)
    for index, picture in enumerate(pictures):
        top = gap + (index // columns) * (height + gap)
        left = gap + (index % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def cut(sheet: np.ndarray, height: int, width: int, zoom: int = 1, gap: int = 1) -> np.ndarray:
    """The pictures uint8 (N, height, width, 3) of a sheet of `grid`; places that are all grey, as at its end, left out."""
    tops = range(gap, sheet.shape[0] - height * zoom + 1, height * zoom + gap)
    lefts = range(gap, sheet.shape[1] - width * zoom + 1, width * zoom + gap)
    places = [sheet[y : y + height * zoom : zoom, x : x + width * zoom : zoom] for y in tops for x in lefts]
    found = [picture for picture in places if (picture != 128).any()]
    return np.stack(found) if found else np.zeros((0, height, width, 3), np.uint8)


def whole_rows(count: int) -> int:
    """The columns of a grid: about square, or up to three times wider if that fills all rows, as 10 in 2x5."""
    square = max(1, isqrt(count - 1) + 1)
    return next((columns for columns in range(square, isqrt(3 * count) + 1) if count % columns == 0), square)


def as_rgb(pictures: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, 1, 3 or 4) to (N, H, W, 3), transparent ones on chequers."""
    if pictures.shape[3] == alpha.RGBA:
        return alpha.on_chequers(pictures)
    return pictures.repeat(3, axis=3) if pictures.shape[3] == 1 else pictures


RUN_SHEET = 48
"""About how high the pictures are drawn on a run's sheets, in pixels of the sheet."""


def display_zoom(height: int, width: int, target: int = 64) -> int:
    """The whole factor that makes a small picture about `target` pixels high."""
    return max(1, round(target / max(height, width)))


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write one uint8 picture (H, W, 3) or (H, W, 1) as PNG, or (H, W, 4), premultiplied, as PNG with transparency."""
    if picture.ndim == 3 and picture.shape[2] == alpha.RGBA:
        picture = alpha.straight(picture)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    from PIL import Image, PngImagePlugin  # late, so that the NumPy engine needs only NumPy

    mark = PngImagePlugin.PngInfo()
    mark.add_text(*OWN_MARK)
    with replacing(path, lasting=False) as file:
        Image.fromarray(picture).save(file, format="PNG", pnginfo=mark)


OWN_MARK = ("Software", "Gansmith")  # in every PNG that this program writes, right after the picture's size
OWN_HEAD = 64  # bytes in which it stands


def is_own_png(head: bytes) -> bool:
    """Whether a file's first bytes are those of a PNG by `write_png`."""
    return "\0".join(OWN_MARK).encode() in head


def half_blocks(picture: np.ndarray) -> str:
    """A picture uint8 (H, W, 3) as text for terminals: two pixels a character, in 24-bit colours."""
    if picture.shape[0] % 2:
        picture = np.concatenate([picture, np.zeros_like(picture[:1])])
    lines = []
    for upper, lower in zip(picture[0::2], picture[1::2], strict=True):
        cells = (
            f"\x1b[38;2;{u[0]};{u[1]};{u[2]};48;2;{v[0]};{v[1]};{v[2]}m\u2580"
            for u, v in zip(upper, lower, strict=True)
        )
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)
