"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).

Around each item lies a ball that reaches to its k-th nearest other item of the same set.

    precision   share of generated items inside a real ball: do they look real?
    recall      share of real items inside a generated ball: is everything real also generated?
    density     number of real balls around a generated item, over k: like precision, less sensitive to real outliers
    coverage    share of real balls that hold a generated item: like recall, less sensitive to generated outliers
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.metrics.measures import distances

NEIGHBOURS_PRECISION = 3  # k of precision and recall, as published
NEIGHBOURS_DENSITY = 5  # k of density and coverage, as published
TIES = 1 + 1e-10  # factor on squared radii: an item on the edge of a ball is inside despite rounding


@dataclass(frozen=True)
class Manifold:
    """Density is 0 or more, about 1 for real items; the others are shares."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(
    generated: np.ndarray, real: np.ndarray, *, k: int = NEIGHBOURS_PRECISION, k_density: int = NEIGHBOURS_DENSITY
) -> Manifold:
    """All four, of generated (N, d) against real (M, d) features; N, M above both k. Raises DataError for fewer."""
    if min(len(generated), len(real)) <= max(k, k_density):
        raise DataError(
            f"{k_density}-nearest neighbours need more than {max(k, k_density)} items on both sides, "
            f"not {len(generated)} generated and {len(real)} real"
        )
    generated, real = np.asarray(generated, np.float64), np.asarray(real, np.float64)
    real_balls = TIES * distances.kth_nearest(real, k)
    density_balls = real_balls if k == k_density else TIES * distances.kth_nearest(real, k_density)
    generated_balls = TIES * distances.kth_nearest(generated, k)

    precise, recalled, hits = 0, np.zeros(len(real), bool), 0
    nearest = np.full(len(real), np.inf)  # squared distance to the nearest generated item
    for part, squared in distances.blocks(generated, real):
        precise += int((squared <= real_balls).any(axis=1).sum())
        recalled |= (squared <= generated_balls[part, None]).any(axis=0)
        hits += int((squared <= density_balls).sum())
        nearest = np.minimum(nearest, squared.min(axis=0))
    return Manifold(
        precision=precise / len(generated),
        recall=float(recalled.mean()),
        density=hits / (k_density * len(generated)),
        coverage=float((nearest <= density_balls).mean()),
    )
