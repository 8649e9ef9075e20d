"""Pictures made small by area, and as rows of numbers."""

from __future__ import annotations

import numpy as np

CHUNK = 1024  # pictures converted at a time


def area_weights(before: int, after: int) -> np.ndarray:
    """The matrix (after, before) that shrinks a row of `before` pixels to `after` by area; its rows add up to 1."""
    edges = np.linspace(0, before, after + 1)
    left, right = np.arange(before), np.arange(1, before + 1)
    shared = np.minimum(edges[1:, None], right) - np.maximum(edges[:-1, None], left)
    return np.maximum(shared, 0.0) * (after / before)


def shrink(pictures: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pictures (N, H, W, C) as float32 (N, height, width, C): every new pixel is the mean of its area.

    Bytes become 0..1; floats keep their scale.
    """
    count, old_height, old_width, channels = pictures.shape
    scale = np.float32(255 if pictures.dtype == np.uint8 else 1)
    result = np.empty((count, height, width, channels), np.float32)
    if (height, width) == (old_height, old_width):
        np.divide(pictures, scale, out=result)
        return result
    rows = area_weights(old_height, height).astype(np.float32) / scale
    columns = area_weights(old_width, width).astype(np.float32)
    for start in range(0, count, CHUNK):
        part = pictures[start : start + CHUNK].astype(np.float32)
        part = np.matmul(rows, part.reshape(len(part), old_height, -1)).reshape(-1, height, old_width, channels)
        result[start : start + CHUNK] = np.matmul(columns, part)
    return result


def size_within(height: int, width: int, side: int) -> tuple[int, int]:
    """The size of a picture shrunk, in proportion, until its longer side is at most `side`."""
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def flat_size(shape: tuple[int, ...], numbers: int) -> tuple[int, ...]:
    """The size (H', W', C) of a picture (H, W, C) shrunk to at most `numbers` values; its own size if it has no more."""
    height, width, channels = shape
    factor = min(1.0, (numbers / (height * width * channels)) ** 0.5)
    return max(1, int(height * factor)), max(1, int(width * factor)), channels


def flat(items: np.ndarray, numbers: int) -> np.ndarray:
    """Pictures as float32 rows, shrunk to at most `numbers` values each, bytes as 0..1."""
    height, width, _ = flat_size(items.shape[1:], numbers)
    return shrink(items, height, width).reshape(len(items), -1)


def flat_name(shape: tuple[int, ...], numbers: int) -> str:
    """The name of `flat` as features: "pixels-28x28x1" (width x height x channels)."""
    height, width, channels = flat_size(shape, numbers)
    return f"pixels-{width}x{height}x{channels}"
