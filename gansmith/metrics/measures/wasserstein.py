"""The sliced Wasserstein distance between patches of Laplacian pyramids (Karras et al. 2018); needs no network.

Each level of the pyramid holds details of one size. Small patches are cut from it at random places, and each channel is
normalised to mean 0 and deviation 1. Which pictures are used, and where patches are cut, does not depend on the
order in which the pictures are given. The patches of the two sets are compared along random directions: in one dimension
the distance is the mean difference of the sorted values. The figure is the mean over levels, times 1000 as published.
Vectors are compared along random directions without a pyramid and without the factor.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import DataError
from gansmith.metrics.order import own_order

PATCH = 7  # pixels
PATCHES = 32  # per picture and level (published: 128, of 8,192 pictures)
DIRECTIONS = 128  # published: 4 x 128
PICTURES = 2048
SCALE = 1000.0
BLUR = np.array([1, 4, 6, 4, 1], np.float32) / 16  # Burt and Adelson 1983


def sliced(a: np.ndarray, b: np.ndarray, *, directions: int = DIRECTIONS, seed: int = 0) -> float:
    """Mean over random unit directions of the one-dimensional Wasserstein-1 distance between a (N, d) and b (N, d)."""
    if a.shape != b.shape:
        raise DataError(f"a sliced Wasserstein distance needs equally many rows, not {a.shape} and {b.shape}")
    rng = streams.generator(seed, "features", 0, 2)
    total = 0.0
    for _ in range(directions):
        direction = rng.standard_normal(a.shape[1])
        direction = (direction / np.linalg.norm(direction)).astype(a.dtype)
        total += float(np.abs(np.sort(a @ direction) - np.sort(b @ direction)).mean(dtype=np.float64))
    return total / directions


def laplacian(
    a: np.ndarray, b: np.ndarray, *, patches: int = PATCHES, directions: int = DIRECTIONS, seed: int = 0
) -> list[float]:
    """Sliced Wasserstein distances, x 1000, of pictures a and b uint8 (N, H, W, C), from the finest level down.

    Of the larger set, only as many are used as the smaller set holds, chosen at random.
    """
    if a.shape[1:] != b.shape[1:] or a.ndim != 4:
        raise DataError(f"pictures {a.shape[1:]} and {b.shape[1:]} cannot be compared: prepare them at one size")
    count = min(len(a), len(b))
    a, b = (pictures[own_order(pictures)[:count]] for pictures in (a, b))
    result: list[float] = []
    for index, levels in enumerate(zip(pyramid(a), pyramid(b), strict=True)):
        pair = (descriptors(level, patches, seed + index) for level in levels)
        result.append(SCALE * sliced(*pair, directions=directions, seed=seed + index))
    return result


def pyramid(pictures: np.ndarray) -> Iterator[np.ndarray]:
    """Levels float32 (N, H, W, C) of pictures uint8: differences between sizes, finest first, then the smallest picture."""
    level = pictures.astype(np.float32)
    while min(level.shape[1:3]) >= 4 * PATCH:
        smaller = blur(blur(level, 1), 2)[:, ::2, ::2]
        yield level - enlarge(smaller, level.shape[1:3])
        level = smaller
    yield level


def blur(pictures: np.ndarray, axis: int) -> np.ndarray:
    """Burt and Adelson's five-tap blur along one axis, mirrored at the border."""
    margin = [(0, 0)] * pictures.ndim
    margin[axis] = (len(BLUR) // 2, len(BLUR) // 2)
    padded = np.moveaxis(np.pad(pictures, margin, mode="reflect"), axis, 0)
    length = pictures.shape[axis]
    result = sum(weight * padded[shift : shift + length] for shift, weight in enumerate(BLUR))
    return np.moveaxis(np.asarray(result), 0, axis)


def enlarge(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Double the size, or one pixel less: zeros between the pixels, then the blur with four times its weight."""
    count, _, _, channels = pictures.shape
    result = np.zeros((count, *size, channels), np.float32)
    result[:, ::2, ::2] = pictures
    return 4 * blur(blur(result, 1), 2)


def descriptors(level: np.ndarray, patches: int, seed: int) -> np.ndarray:
    """Patches (N * patches, PATCH^2 * C) at random places of a level, every channel at mean 0, deviation 1."""
    count, height, width, channels = level.shape
    side = min(PATCH, height, width)
    rng = streams.generator(seed, "features", 0, 3)
    tops = rng.integers(0, height - side + 1, (count, patches))
    lefts = rng.integers(0, width - side + 1, (count, patches))
    views = np.lib.stride_tricks.sliding_window_view(level, (side, side), axis=(1, 2))  # (N, H', W', C, side, side)
    found = views[np.arange(count)[:, None], tops, lefts].astype(np.float32)  # (N, patches, C, side, side)
    found -= found.mean(axis=(0, 1, 3, 4), keepdims=True)
    found /= np.maximum(found.std(axis=(0, 1, 3, 4), keepdims=True), 1e-6)
    return found.reshape(count * patches, channels * side * side)
