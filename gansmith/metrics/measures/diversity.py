"""How differently generated items come out: 0 when every latent makes the same picture."""

from __future__ import annotations

import numpy as np

from gansmith.ground.errors import DataError


def latent_sensitivity(items: np.ndarray, labels: np.ndarray | None = None) -> float:
    """Mean over pixels (or coordinates) of the standard deviation over items.

    Pictures uint8 (N, H, W, C) are taken in [-1, 1], vectors (N, D) as they are. With labels int64 (N,), deviations
    are taken within a class, so that a labelled generator which ignores its latents reads 0.
    """
    if not len(items):
        raise DataError("no items: a spread needs at least one")
    values = items.reshape(len(items), -1)
    groups = [values] if labels is None else [values[labels == label] for label in np.unique(labels)]
    total = sum(len(group) * float(group.std(axis=0, dtype=np.float32).mean(dtype=np.float64)) for group in groups)
    return total / len(values) * (2 / 255 if items.dtype == np.uint8 else 1.0)


def pairwise_diversity(features: np.ndarray, shifts: int = 8) -> float:
    """Mean distance between items, of features (N, d), N >= 2: pairs (i, i + s) for `shifts` shifts s spread over N."""
    count = len(features)
    if count < 2:
        raise DataError("pairs need at least 2 items")
    chosen = np.unique(np.linspace(1, count - 1, min(shifts, count - 1)).round().astype(int))
    means = [
        float(np.linalg.norm(features - np.roll(features, -s, axis=0), axis=1).mean(dtype=np.float64)) for s in chosen
    ]
    return float(np.mean(means))
