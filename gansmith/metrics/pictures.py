"""Pictures for metrics: shrinking by area, one row of numbers per picture, and noise to compare with."""

from __future__ import annotations

import hashlib

import numpy as np

from gansmith.ground import streams

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
    """Items as float32 rows: pictures shrunk to at most `numbers` values each, bytes as 0..1; vectors as they are."""
    if items.ndim == 2:
        return np.asarray(items, np.float32)
    height, width, _ = flat_size(items.shape[1:], numbers)
    return shrink(items, height, width).reshape(len(items), -1)


def pixels_name(shape: tuple[int, ...], numbers: int) -> str:
    """The name of `flat` as features: "pixels-28x28x1" (width x height x channels), or "points" for vectors."""
    if len(shape) == 1:
        return "points"
    height, width, channels = flat_size(shape, numbers)
    return f"pixels-{width}x{height}x{channels}"


def own_order(items: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Rows int64 (N,) in a random order that items and labels decide alone: however they are sorted, the same come first."""
    beside = np.zeros(len(items), np.int64) if labels is None else np.asarray(labels, np.int64)
    marks = [
        hashlib.blake2b(item.tobytes() + label.tobytes(), digest_size=8).digest()
        for item, label in zip(items, beside, strict=True)
    ]
    return np.argsort(np.frombuffer(b"".join(marks), np.uint64), kind="stable")


def noise(like: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Random items: uniform bytes for pictures; for vectors, uniform in the box that the vectors fill."""
    rng = streams.generator(seed, "features", 0, 1)
    if like.ndim == 4:
        return rng.integers(0, 256, (count, *like.shape[1:]), dtype=np.uint8)
    low, high = like.min(axis=0), like.max(axis=0)
    return (low + (high - low) * rng.random((count, like.shape[1]))).astype(np.float32)
