"""Numbers of samples and of the discriminator's outputs."""

from __future__ import annotations

import numpy as np

from gansmith.metrics.measures import distances

EPSILON = 1e-12


# ---- how different samples are


def spread(rows: np.ndarray, labels: np.ndarray | None = None) -> float:
    """Standard deviation of each number of rows (N, d) over items, averaged; with labels (N,), within each class."""
    groups = [rows] if labels is None else [rows[labels == label] for label in np.unique(labels)]
    deviations = [group.std(0).mean(dtype=np.float64) for group in groups if len(group) > 1]
    return float(np.mean(deviations)) if deviations else 0.0


def contrast(rows: np.ndarray) -> float:
    """Standard deviation of each item's own numbers, averaged over items."""
    return float(rows.std(1).mean(dtype=np.float64))


def effective_number(counts: np.ndarray) -> float:
    """The effective number of kinds: exp of the entropy of counts (K,); between 1 and K, 0 without counts."""
    total = counts.sum()
    if total <= 0:
        return 0.0
    shares = counts[counts > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def overlap(counts: np.ndarray, others: np.ndarray) -> float:
    """The common part of two histograms (K,), as shares: 1 equal, 0 disjoint."""
    if counts.sum() <= 0 or others.sum() <= 0:
        return 0.0
    return float(np.minimum(counts / counts.sum(), others / others.sum()).sum())


# ---- nearest items


def nearest_of(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Index int64 (N,) of the nearest centre (K, d) of each point (N, d)."""
    return distances.squared(points, centres).argmin(1)


def k_means(points: np.ndarray, count: int, rng: np.random.Generator, rounds: int = 15) -> np.ndarray:
    """Centres (count, d) of points (N, d): k-means++ (Arthur and Vassilvitskii 2007), then rounds of Lloyd's method."""
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
    """Share of samples in a real item's neighbourhood, and of neighbourhoods with a sample (Naeem et al. 2020).

    squared (N, M): distances of N samples to M real items; radii (M,): squared distance to each one's k-th neighbour.
    """
    inside = squared <= radii
    return float(inside.any(1).mean()), float(inside.any(0).mean())


def correlations(row: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Pearson correlation of one row (d,) with each of others (M, d); 0 where one of the two is constant."""
    row = row.astype(np.float64) - row.mean(dtype=np.float64)
    others = others - others.mean(1, keepdims=True)
    norms = np.sqrt(np.einsum("md,md->m", others, others, dtype=np.float64)) * np.sqrt(row @ row)
    return np.where(norms > EPSILON, others @ row / np.maximum(norms, EPSILON), 0.0)


def colour(pictures: np.ndarray) -> float:
    """Mean distance of a colour from its pixel's mean over colours, of pictures (N, H, W, C); 0 for one channel."""
    if pictures.shape[-1] < 2:
        return 0.0
    pictures = pictures[..., :3]  # without alpha
    return float(np.abs(pictures - pictures.mean(-1, keepdims=True)).mean(dtype=np.float64))


def repeats(items: np.ndarray) -> float:
    """The share of items (N, ...) that are the same as an earlier one."""
    return 1 - len(np.unique(items.reshape(len(items), -1), axis=0)) / max(1, len(items))


# ---- discriminator outputs


def auc(higher: np.ndarray, lower: np.ndarray) -> float:
    """Probability that one of `higher` (N,) exceeds one of `lower` (M,): .5 alike, 1 separated (Mann and Whitney)."""
    order = np.sort(lower)
    below = np.searchsorted(order, higher, "left")
    equal = np.searchsorted(order, higher, "right") - below
    return float((below + equal / 2).mean() / max(len(lower), 1))
