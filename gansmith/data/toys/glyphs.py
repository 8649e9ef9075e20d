"""Drawn digits, whose class, stroke thickness, slant, size and place are known exactly.

A digit is a few lines and arcs in a box one wide and one high. The box is stretched to `width` x `height` pixels,
sheared by `slant` around its centre, moved by (`right`, `down`), and drawn with a round pen of diameter `thickness`.
So the error of a measurement of thickness or slant can be computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gansmith.ground import streams

SIZE = 28  # pixels, both sides
COUNT = 20_000  # pictures, unless data.first is set
BLOCK = 250  # pictures drawn together: their distances fit the processor's cache
RANGES: dict[str, tuple[float, float]] = {  # of uniform distributions; no digit leaves the picture
    "thickness": (1.6, 4.2),  # pixels
    "slant": (-0.2, 0.45),  # pixels to the right per pixel upward: the tangent of the lean
    "width": (9.5, 12.0),  # pixels, of the pen's path before the slant
    "height": (17.0, 19.5),  # pixels, of the pen's path
    "right": (-0.5, 0.5),  # pixels from the centre
    "down": (-0.5, 0.5),
}


@dataclass(frozen=True)
class Truth:
    """The true values of N pictures: `labels` int64 (N,), and float32 (N,) for each of `RANGES`."""

    labels: np.ndarray
    thickness: np.ndarray
    slant: np.ndarray
    width: np.ndarray
    height: np.ndarray
    right: np.ndarray
    down: np.ndarray


def truth(count: int, seed: int, part: int = 0) -> Truth:
    """The true values of a seed's pictures: classes in turn, the rest uniform in `RANGES`. `part`: 0 training, 1 test.

    More pictures begin with the same ones.
    """
    drawn = streams.generator(seed, "source", part, 1).random((count, len(RANGES)), dtype=np.float32)
    values = {
        name: np.float32(low) + drawn[:, index] * np.float32(high - low)
        for index, (name, (low, high)) in enumerate(RANGES.items())
    }
    return Truth(np.arange(count, dtype=np.int64) % len(STROKES), **values)


def pictures(count: int, seed: int, part: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """`count` pictures uint8 (count, 28, 28, 1), ink white on black, and their classes int64 (count,)."""
    what = truth(count, seed, part)
    return draw(what), what.labels


def draw(what: Truth) -> np.ndarray:
    """Pictures with given values, uint8 (N, 28, 28, 1)."""
    sheet = np.zeros((len(what.labels), SIZE * SIZE), np.uint8)
    for digit in range(len(STROKES)):
        rows = np.flatnonzero(what.labels == digit)
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            ends = place(np.asarray(STROKES[digit], np.float32), what, block)
            reach = what.thickness[block, None] / 2 + np.float32(0.5)  # half a pixel of grey on either side of the edge
            sheet[block] = np.rint(255 * np.clip(reach - distance(ends), 0, 1)).astype(np.uint8)
    return sheet.reshape(-1, SIZE, SIZE, 1)


def place(segments: np.ndarray, what: Truth, rows: np.ndarray) -> np.ndarray:
    """Segments (S, 2, 2) of the unit box as pixels (len(rows), S, 2, 2): start and end, x and y."""
    x, y = segments[None, ..., 0] - np.float32(0.5), segments[None, ..., 1] - np.float32(0.5)
    width, height, slant, right, down = (
        getattr(what, name)[rows, None, None] for name in ("width", "height", "slant", "right", "down")
    )
    y = y * height
    x = x * width - y * slant  # y points down: higher points move to the right
    centre = np.float32((SIZE - 1) / 2)
    return np.stack([x + right + centre, y + down + centre], -1)


def distance(ends: np.ndarray) -> np.ndarray:
    """Distance from every pixel's centre to a picture's nearest segment: ends (N, S, 2, 2) -> float32 (N, pixels)."""
    grid = np.arange(SIZE, dtype=np.float32)
    px, py = (axis.reshape(1, -1) for axis in np.meshgrid(grid, grid, indexing="xy"))
    nearest = np.full((len(ends), SIZE * SIZE), np.inf, np.float32)
    for index in range(ends.shape[1]):
        (ax, ay), (bx, by) = ends[:, index, 0].T[..., None], ends[:, index, 1].T[..., None]  # each (N, 1)
        ux, uy = bx - ax, by - ay
        length = np.maximum(ux * ux + uy * uy, np.float32(1e-12))
        dx, dy = px - ax, py - ay  # (N, pixels)
        along = np.clip((dx * ux + dy * uy) / length, 0, 1)  # share of the way to the segment's nearest point
        dx -= along * ux
        dy -= along * uy
        np.minimum(nearest, dx * dx + dy * dy, out=nearest)
    return np.sqrt(nearest)


Point = tuple[float, float]


def line(*points: Point) -> list[tuple[Point, Point]]:
    """Straight strokes from point to point."""
    return list(pairwise(points))


def arc(centre: Point, radii: Point, first: float, last: float, pieces: int = 10) -> list[tuple[Point, Point]]:
    """Part of an ellipse in straight pieces, from and to an angle in degrees: 0 right, 90 down, 180 left, 270 up."""
    angles = np.radians(np.linspace(first, last, pieces + 1))
    x, y = centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)
    return line(*zip(x.tolist(), y.tolist(), strict=True))


STROKES: tuple[list[tuple[Point, Point]], ...] = (  # of 0 .. 9; x to the right, y down, both from 0 to 1
    arc((0.5, 0.5), (0.5, 0.5), 0, 360, 18),
    line((0.25, 0.2), (0.55, 0.0), (0.55, 1.0)),
    [*arc((0.5, 0.29), (0.44, 0.29), 190, 385), *line((0.9, 0.41), (0.04, 1.0), (1.0, 1.0))],
    [*arc((0.46, 0.25), (0.42, 0.25), 205, 450), *arc((0.46, 0.75), (0.5, 0.25), 270, 515)],
    line((0.72, 1.0), (0.72, 0.0), (0.0, 0.68), (1.0, 0.68)),
    [*line((0.9, 0.0), (0.16, 0.0), (0.1, 0.46)), *arc((0.44, 0.68), (0.5, 0.32), 227, 500)],
    [*arc((0.5, 0.69), (0.44, 0.31), 0, 360, 14), *arc((0.86, 0.69), (0.8, 0.69), 180, 268, 6)],
    line((0.0, 0.0), (1.0, 0.0), (0.36, 1.0)),
    [*arc((0.5, 0.24), (0.38, 0.24), 0, 360, 12), *arc((0.5, 0.74), (0.48, 0.26), 0, 360, 14)],
    [*arc((0.5, 0.3), (0.44, 0.3), 0, 360, 14), *line((0.94, 0.3), (0.84, 1.0))],
)
