"""Numbers without thresholds: what samples, verdicts and series show. All in NumPy; no opinion."""

from __future__ import annotations

import numpy as np

from gansmith.metrics import pictures
from gansmith.metrics.measures import distances

EPSILON = 1e-12


# ---- items as rows


def unit(raw: np.ndarray, pixel_range: str) -> np.ndarray:
    """Network pixels (N, H, W, C), in [-1, 1] ("symmetric") or [0, 1] ("unit"), on a scale from 0 to 1; no clipping."""
    raw = np.asarray(raw, np.float32)
    return raw * np.float32(0.5) + np.float32(0.5) if pixel_range == "symmetric" else raw


def rows(items: np.ndarray, numbers: int) -> np.ndarray:
    """Items float32 on a scale from 0 to 1, (N, H, W, C), as rows: shrunk by area to at most `numbers` values each.
    Vectors (N, D) stay as they are."""
    if items.ndim == 2:
        return np.asarray(items, np.float32)
    height, width, channels = pictures.flat_size(items.shape[1:], numbers)
    if (height, width) == items.shape[1:3]:
        return np.asarray(items, np.float32).reshape(len(items), -1)
    down = pictures.area_weights(items.shape[1], height).astype(np.float32)
    across = pictures.area_weights(items.shape[2], width).astype(np.float32)
    half = np.matmul(down, np.asarray(items, np.float32).reshape(len(items), items.shape[1], -1))
    whole = np.matmul(across, half.reshape(len(items), height, items.shape[2], channels))
    return whole.reshape(len(items), height * width * channels)


# ---- how differently samples come out


def spread(rows: np.ndarray, labels: np.ndarray | None = None) -> float:
    """Standard deviation over items of each number (within a class, where labels say so), averaged."""
    groups = [rows] if labels is None else [rows[labels == label] for label in np.unique(labels)]
    groups = [group for group in groups if len(group) > 1]
    return float(np.mean([group.std(0).mean(dtype=np.float64) for group in groups])) if groups else 0.0


def contrast(rows: np.ndarray) -> float:
    """Standard deviation over an item's own numbers, averaged over items."""
    return float(rows.std(1).mean(dtype=np.float64))


def effective(counts: np.ndarray) -> float:
    """How many kinds there are, counted by their shares: exp of the entropy of counts (K,); between 1 and K."""
    total = counts.sum()
    if total <= 0:
        return 0.0
    shares = counts[counts > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def overlap(counts: np.ndarray, others: np.ndarray) -> float:
    """The common part of two histograms (K,), as shares: 1 alike, 0 disjoint."""
    if counts.sum() <= 0 or others.sum() <= 0:
        return 0.0
    return float(np.minimum(counts / counts.sum(), others / others.sum()).sum())


# ---- what is near


def nearest_of(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Index int64 (N,) of the nearest centre (K, d) of each point (N, d)."""
    return distances.squared(points, centres).argmin(1)


def k_means(points: np.ndarray, count: int, rng: np.random.Generator, rounds: int = 15) -> np.ndarray:
    """Centres (count, d) of points (N, d): seeded as k-means++ (Arthur and Vassilvitskii 2007), then Lloyd's rounds."""
    centres = points[[int(rng.integers(len(points)))]]
    far = distances.squared(points, centres)[:, 0]
    while len(centres) < min(count, len(points)):
        total = far.sum(dtype=np.float64)
        place = np.searchsorted(np.cumsum(far, dtype=np.float64), rng.random() * total) if total > 0 else len(centres)
        new = points[[min(int(place), len(points) - 1)]]
        centres = np.concatenate([centres, new])
        far = np.minimum(far, distances.squared(points, new)[:, 0])
    for _ in range(rounds):
        owner = nearest_of(points, centres)
        sums = np.zeros(centres.shape, np.float64)
        np.add.at(sums, owner, points)
        counts = np.bincount(owner, minlength=len(centres))[:, None]
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), centres).astype(points.dtype)
    return centres


def precision_coverage(squared: np.ndarray, radii: np.ndarray) -> tuple[float, float]:
    """Share of samples inside a real item's neighbourhood, and of neighbourhoods with a sample (Naeem et al. 2020).

    squared (N, M): distances of N samples to M real items; radii (M,): squared distance to each one's k-th neighbour.
    """
    inside = squared <= radii
    return float(inside.any(1).mean()), float(inside.any(0).mean())


def copy_ratio(squared: np.ndarray, next_ones: int, *, skip_self: bool = False) -> np.ndarray:
    """Distance to the nearest of M items over the mean distance to the next ones (Carlini et al. 2023), (N,).

    squared (N, M): ~1 for something new, 0 for a copy. skip_self: the rows are among the M, at distance 0.
    """
    first = int(skip_self)
    last = min(first + 1 + next_ones, squared.shape[1])
    near = np.sqrt(np.sort(np.partition(squared, last - 1, axis=1)[:, :last], axis=1)[:, first:])
    if near.shape[1] < 2:
        return np.ones(len(near))  # nothing to compare with
    around = near[:, 1:].mean(1)
    return np.where(around > EPSILON, near[:, 0] / np.maximum(around, EPSILON), 0.0)


def correlations(row: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Pearson correlation of one row (d,) with each of others (M, d); 0 where one of them is constant."""
    row = row.astype(np.float64) - row.mean(dtype=np.float64)
    others = others - others.mean(1, keepdims=True)
    norms = np.sqrt(np.einsum("md,md->m", others, others, dtype=np.float64)) * np.sqrt(row @ row)
    return np.where(norms > EPSILON, others @ row / np.maximum(norms, EPSILON), 0.0)


# ---- pictures


def finest(items: np.ndarray) -> tuple[float, float]:
    """Two-pixel stripes and checks in pictures (N, H, W, C), any scale, sides of at least 8.

    The share of their variance that lies at the highest frequency down or across; and how far that frequency stands
    out above those at 60% to 85% of it: about 1 for noise and edges, far more for the stripes that a convolution's
    stride leaves behind (Odena et al. 2016).
    """
    share, peaks = 0.0, []
    for axis in (1, 2):
        values = np.moveaxis(np.asarray(items, np.float32), axis, -1)
        values = values[..., : values.shape[-1] // 2 * 2]
        values = values - values.mean(-1, keepdims=True)
        power = np.square(np.abs(np.fft.rfft(values, axis=-1))).mean(tuple(range(values.ndim - 1)))  # (n / 2 + 1,)
        last = len(power) - 1
        around = power[round(0.6 * last) : round(0.85 * last) + 1].mean()
        share += float(power[-1] / max(power[-1] + 2 * power[1:-1].sum(), EPSILON)) / 2
        peaks.append(float(power[-1] / max(around, EPSILON)))
    return share, max(peaks)


# ---- verdicts


def area(higher: np.ndarray, lower: np.ndarray) -> float:
    """Probability that one of `higher` (N,) exceeds one of `lower` (M,): .5 alike, 1 told apart (Mann and Whitney)."""
    order = np.sort(lower)
    below = np.searchsorted(order, higher, "left")
    equal = np.searchsorted(order, higher, "right") - below
    return float((below + equal / 2).mean() / max(len(lower), 1))


# ---- series


def slope(xs: np.ndarray, ys: np.ndarray) -> float:
    """The median of the slopes between all pairs of points (Theil 1950, Sen 1968); 0 with fewer than two."""
    if len(xs) < 2:
        return 0.0
    first, second = np.triu_indices(len(xs), 1)
    gaps = xs[second] - xs[first]
    return float(np.median((ys[second] - ys[first])[gaps != 0] / gaps[gaps != 0])) if (gaps != 0).any() else 0.0
