"""How different generated items are from one another: 0 when every latent vector gives the same item."""

from __future__ import annotations

import numpy as np

from gansmith.ground.errors import DataError


def latent_sensitivity(items: np.ndarray, labels: np.ndarray | None = None) -> float:
    """Standard deviation over items, averaged over pixels or coordinates.

    Pictures uint8 (N, H, W, C) are scaled to [-1, 1], vectors (N, D) are used as they are. With labels int64 (N,), the
    deviation is taken within each class: a labelled generator that ignores its latents gets 0.
    """
    if not len(items):
        raise DataError("no items: a standard deviation needs at least one")
    values = items.reshape(len(items), -1)
    groups = [values] if labels is None else [values[labels == label] for label in np.unique(labels)]
    total = sum(len(group) * float(group.std(axis=0, dtype=np.float32).mean(dtype=np.float64)) for group in groups)
    return total / len(values) * (2 / 255 if items.dtype == np.uint8 else 1.0)


def pairwise_diversity(features: np.ndarray, shifts: int = 8) -> float:
    """Mean distance between items with features (N, d), N >= 2.

    Pairs are (i, i + s) for `shifts` values of s, spread evenly over N.
    """
    count = len(features)
    if count < 2:
        raise DataError("pairs need at least 2 items")
    chosen = np.unique(np.linspace(1, count - 1, min(shifts, count - 1)).round().astype(int))
    pairs = (features - np.roll(features, -shift, axis=0) for shift in chosen)
    return float(np.mean([float(np.linalg.norm(pair, axis=1).mean(dtype=np.float64)) for pair in pairs]))
