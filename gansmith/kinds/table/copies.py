"""Rows that were learned by heart: distances to the closest record."""

from __future__ import annotations

import numpy as np

from gansmith.kinds.table.encoding import Values

MOST = 5000  # rows of each table
NEAR = 0.01  # of held-out rows lie so near


def space(tables: tuple[Values, ...]) -> list[np.ndarray]:
    """Rows as points float64 (N, d), whose distances are comparable: numbers by their rank among the first table's, in [0, 1],
    categories one-hot with a distance of 1 between two; a missing number is a category."""
    parts: list[list[np.ndarray]] = [[] for _ in tables]
    for index, column in enumerate(tables[0].columns):
        given = [table.values[index] for table in tables]
        if column.is_number:
            reference = np.sort(given[0][~np.isnan(given[0])])
            for part, values in zip(parts, given, strict=True):
                gone = np.isnan(values)
                low = np.searchsorted(reference, values, side="left")
                high = np.searchsorted(reference, values, side="right")
                rank = np.where(gone, 0.5, (low + high) / 2 / max(len(reference), 1))
                part += [rank[:, None], gone[:, None] * np.sqrt(0.5)]
        else:
            for part, values in zip(parts, given, strict=True):
                part.append(np.eye(len(column.categories))[values] * np.sqrt(0.5))
    return [np.concatenate(part, axis=1) for part in parts]


def closest(reference: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The distance (N,) from each point to the closest of the reference."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=1).fit(reference).kneighbors(points)[0][:, 0]


def copied(real: Values, other: Values) -> float:
    """The share of rows that lie as near to a training row as the nearest 1% of training rows to their own neighbours."""
    training, points = space((real.take(slice(MOST)), other.take(slice(MOST))))
    from sklearn.neighbors import NearestNeighbors

    own = NearestNeighbors(n_neighbors=2).fit(training).kneighbors(training)[0][:, 1]
    return float((closest(training, points) <= np.quantile(own, NEAR)).mean())


def nearer(real: Values, fake: Values, held: Values) -> tuple[float, float]:
    """The share of generated rows that are nearer to a training row than to a held-out one, from equally many of both, and what it
    is where nothing is learned by heart."""
    count = min(real.rows, held.rows, MOST)
    training, points, others = space((real.take(slice(count)), fake.take(slice(MOST)), held.take(slice(count))))
    near, far = closest(training, points), closest(others, points)
    return float(((near < far) + 0.5 * (near == far)).mean()), 0.5
