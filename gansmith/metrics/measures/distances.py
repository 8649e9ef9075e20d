"""Euclidean distances of many pairs, computed block by block to limit memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 16_000_000  # distances in memory at a time: 64 MB in float32


def squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances (N, M) between rows of a (N, d) and of b (M, d), in their precision.

    |x|^2 + |y|^2 - 2 x.y loses digits for near neighbours: a result below the rounding error becomes 0.
    """
    norms_a, norms_b = np.einsum("nd,nd->n", a, a), np.einsum("md,md->m", b, b)
    result = a @ b.T
    result *= -2
    result += norms_a[:, None]
    result += norms_b[None, :]
    result[result < 16 * np.finfo(result.dtype).eps * norms_a[:, None]] = 0.0
    return result


def blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """`squared` for a block of rows of a at a time: (slice of the rows, distances (rows, M))."""
    rows = max(1, BLOCK // max(1, len(b)))
    for start in range(0, len(a), rows):
        part = slice(start, min(start + rows, len(a)))
        yield part, squared(a[part], b)


def kth_nearest(items: np.ndarray, k: int) -> np.ndarray:
    """The squared distance (N,) from every row of items (N, d) to its k-th nearest other row, 1 <= k < N."""
    result = np.empty(len(items), items.dtype)
    for part, distances in blocks(items, items):
        own = np.arange(part.start, part.stop)
        distances[own - part.start, own] = -1.0  # each row itself comes first in its own list
        result[part] = np.partition(distances, k, axis=1)[:, k]
    return result


def nearest(a: np.ndarray, b: np.ndarray, k: int, own: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of b for each row of a, nearest first: indices int64 (N, k) and squared distances (N, k).

    `own` int64 (N,): the indices in b of a's rows, where b holds them; no row is its own neighbour.
    """
    indices, values = np.empty((len(a), k), np.int64), np.empty((len(a), k), np.float64)
    for part, distances in blocks(a, b):
        rows = np.arange(part.stop - part.start)[:, None]
        if own is not None:
            distances[rows[:, 0], own[part]] = np.inf
        chosen = np.argpartition(distances, k - 1, axis=1)[:, :k] if k < len(b) else np.argsort(distances, axis=1)
        order = np.argsort(distances[rows, chosen], axis=1, kind="stable")
        chosen = chosen[rows, order][:, :k]
        indices[part], values[part] = chosen, distances[rows, chosen]
    return indices, values
