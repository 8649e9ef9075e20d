"""Clusters of similar items, for data without classes: `data.labels = "clusters"`.

k-means along the principal axes of the pixels. The first clusters come from halving the items again and again, each
time between two means. They begin where the items are, so a few of Lloyd's rounds are enough.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from gansmith.data.store_files import free_pages
from gansmith.ground import streams

AXES = 64  # principal axes in which distances are taken
MODELLED = 1024  # items from which the axes are computed, fewer of large ones: at most BLOCK numbers
ROUNDS = 16  # of moving two means apart; most cuts stand still earlier
LLOYD = 8  # rounds of k-means: 60,000 digits are within .5% of where 20 would bring them
BLOCK = 2**24  # numbers held in memory at a time: 64 MB
MAX_CLUSTERS, FIRST_CLUSTERS = 2048, 64  # where their number is chosen here
MIN_SIZE, MAX_SIZE, SIZE_PER_EPOCH = 25, 100, 5
"""Items in a cluster, on average, where the number of clusters is chosen here: `SIZE_PER_EPOCH` for each epoch of the
run, between `MIN_SIZE` and `MAX_SIZE`; and `MIN_SIZE` for the first `FIRST_CLUSTERS` clusters.

Large clusters say little; the generator repeats the items of small ones that are seen again and again. Of 60,000 digits,
2 epochs: 512 clusters were at 3.0 times the floor, 2,048 at 2.1 (4,096, of 15, at 3.0 again); 4 epochs: 2.0 and 1.8; 21
epochs: 1.5 and 2.0. 64 epochs of 3,781 clothes: 151 clusters were at 17, with 1.8% copies, 37 at 12, with .2%. But 140
epochs of 1,683 emoji were at 14 in 17 clusters, and at 9 in 67.
"""


def choose_count(items: int, epochs: float) -> int:
    """How many clusters to make of so many items for a run of so many epochs."""
    size = min(max(SIZE_PER_EPOCH * epochs, MIN_SIZE), MAX_SIZE)
    return max(1, min(MAX_CLUSTERS, max(int(items / size), min(items // MIN_SIZE, FIRST_CLUSTERS))))


def cluster(items: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """The cluster of every item, int64 (N,) in [0, count), of pictures uint8 (N, H, W, C) or vectors float32 (N, D).

    count <= N. Clusters are of different sizes, and one may come out empty. Several threads round sums differently, so
    that a few items would change their cluster with the number of threads: one thread is used.
    """
    with threadpool_limits(1, "blas"):
        points = project(items, *principal_axes(items, seed))
        labels = halve(points, count)
        means = points[:count].copy()
        for _ in range(LLOYD):
            means = cluster_means(points, labels, means)
            before, labels = labels, nearest_mean(points, means)
            if np.array_equal(before, labels):
                break
        return labels


def assign(known: np.ndarray, labels: np.ndarray, items: np.ndarray, seed: int = 0) -> np.ndarray:
    """The cluster of every item, int64 (N,): that of the nearest mean of known items (M, ...) with their clusters (M,)."""
    with threadpool_limits(1, "blas"):
        model = principal_axes(known, seed)
        points = project(known, *model)
        means = cluster_means(points, labels, np.zeros((int(labels.max()) + 1, points.shape[1]), np.float32))
        return nearest_mean(project(items, *model), means)


def halve(points: np.ndarray, count: int) -> np.ndarray:
    """The cluster of every point (N, p), int64 (N,): `count` clusters of one size, give or take one item a cut."""
    labels = np.empty(len(points), np.int64)
    uncut = [(np.arange(len(points)), 0, count)]  # rows, their first cluster, how many clusters
    while uncut:
        rows, first, clusters = uncut.pop()
        if clusters == 1:
            labels[rows] = first
            continue
        half = clusters // 2
        place = len(rows) * half // clusters
        order = cut(points[rows], place)
        uncut += [(rows[order[:place]], first, half), (rows[order[place:]], first + half, clusters - half)]
    return labels


def cut(points: np.ndarray, place: int) -> np.ndarray:
    """An order of points (n, p) whose first `place` are one part and the others the other; 0 < place < n."""
    centred = points - points.mean(0)
    direction = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    order = np.argpartition(points @ direction, place)
    for _ in range(ROUNDS):
        direction = points[order[place:]].mean(0) - points[order[:place]].mean(0)
        before, order = order, np.argpartition(points @ direction, place)
        if np.array_equal(np.sort(before[:place]), np.sort(order[:place])):
            break
    return order


def cluster_means(points: np.ndarray, labels: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The means float32 (clusters, p) of clusters of points (N, p); an empty one keeps its mean in `before`."""
    sizes = np.bincount(labels, minlength=len(before))[:, None]
    sums = np.stack([np.bincount(labels, axis, len(before)) for axis in points.T], axis=1)
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), before).astype(np.float32)


def nearest_mean(points: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The index of the nearest of means (clusters, p) for every point (N, p), int64 (N,)."""
    halves = np.square(means).sum(1) / 2
    step = max(1, BLOCK // len(means))
    return np.concatenate([(points[i : i + step] @ means.T - halves).argmax(1) for i in range(0, len(points), step)])


def principal_axes(items: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean (d,) and the principal axes (d, AXES or fewer) of MODELLED of the items, as rows of d numbers."""
    chosen = streams.generator(seed, "groups").permutation(len(items))[: min(MODELLED, block_length(items))]
    rows = as_rows(items[np.sort(chosen)])
    mean = rows.mean(0)
    rows -= mean
    values, vectors = np.linalg.eigh(rows @ rows.T)
    if not values[-1] > 0:  # all items are the same
        return mean, np.zeros((rows.shape[1], 1), np.float32)
    kept = np.flatnonzero(values > values[-1] * 1e-6)[::-1][:AXES]
    return mean, (rows.T @ vectors[:, kept]) / np.sqrt(values[kept])


def project(items: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Items as coordinates float32 (N, p), read block by block."""
    parts: list[np.ndarray] = []
    step = block_length(items)
    for start in range(0, len(items), step):
        parts.append((as_rows(items[start : start + step]) - mean) @ axes)
        free_pages(items)
    return np.concatenate(parts)


def block_length(items: np.ndarray) -> int:
    """How many items have BLOCK numbers."""
    return max(2, BLOCK // max(1, items[:1].size))


def as_rows(items: np.ndarray) -> np.ndarray:
    """Items as rows of numbers float32 (N, d)."""
    return np.asarray(items).reshape(len(items), -1).astype(np.float32)
