"""Groups of like items, for items that nobody has put into classes: `data.labels = "clusters"`.

k-means along the principal axes of the pixels. It begins with equal halves, and halves of halves, each cut between two
means: that places the first means where the items are, so a few rounds of Lloyd's method are enough.
"""

from __future__ import annotations

import numpy as np

from gansmith.data.stored import let_go
from gansmith.ground import streams

AXES = 64  # principal axes in which distances are taken
MODELLED = 1024  # items from which the axes are found, of large ones fewer: BLOCK numbers at most
ROUNDS = 16  # of moving two means apart; most cuts stand still earlier
LLOYD = 8  # rounds of k-means: 60,000 digits are within .5% of where 20 would bring them
BLOCK = 2**24  # numbers looked at at a time: 64 MB
MOST, AT_ONCE = 2048, 64  # groups, where their number is chosen here
FEW, EACH, A_LOOK = 25, 100, 5
"""Items in a group, on average, where their number is chosen here: `A_LOOK` for each time that the run will look at an item,
but from `FEW` to `EACH`; and `FEW` for the first `AT_ONCE` groups.

Large groups say little, small ones that are seen again and again come to be repeated. Of 60,000 digits, with 2 looks at
each, 512 groups were at 3.0 times the floor, 2,048 at 2.1 (4,096, of 15, at 3.0 again); with 4 looks at 2.0 and 1.8; with 21
at 1.5 and 2.0. After 64 looks at 3,781 clothes 151 groups were at 17, with 1.8% copies, 37 at 12, with .2%. But 1,683 emoji,
with 140 looks at each, were at 14 in 17 groups, and at 9 in 67.
"""


def suitable(count: int, looks: float) -> int:
    """How many groups suit `count` items of which each will be looked at so often."""
    each = min(max(A_LOOK * looks, FEW), EACH)
    return max(1, min(MOST, max(int(count / each), min(count // FEW, AT_ONCE))))


def grouped(items: np.ndarray, groups: int, seed: int = 0) -> np.ndarray:
    """The group of every item, int64 (N,) in [0, groups), of pictures uint8 (N, H, W, C) or vectors float32 (N, D).

    groups <= N. Groups are of different sizes, and one may come out empty.
    """
    points = projected(items, *axes_of(items, seed))
    found = halved(points, groups)
    means = points[:groups].copy()
    for _ in range(LLOYD):
        means = means_of(points, found, means)
        before, found = found, nearest_mean(points, means)
        if np.array_equal(before, found):
            break
    return found


def halved(points: np.ndarray, groups: int) -> np.ndarray:
    """The group of every point (N, p), int64 (N,): all groups of one size, give or take one item a cut."""
    found = np.empty(len(points), np.int64)
    uncut = [(np.arange(len(points)), 0, groups)]
    while uncut:
        rows, first, count = uncut.pop()
        if count == 1:
            found[rows] = first
            continue
        half = count // 2
        place = len(rows) * half // count
        order = cut(points[rows], place)
        uncut += [(rows[order[:place]], first, half), (rows[order[place:]], first + half, count - half)]
    return found


def cut(points: np.ndarray, place: int) -> np.ndarray:
    """An order of points (n, p) of which the first `place` are one part and the others the other; 0 < place < n."""
    centred = points - points.mean(0)
    direction = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    order = np.argpartition(points @ direction, place)
    for _ in range(ROUNDS):
        direction = points[order[place:]].mean(0) - points[order[:place]].mean(0)
        before, order = order, np.argpartition(points @ direction, place)
        if np.array_equal(np.sort(before[:place]), np.sort(order[:place])):
            break
    return order


def means_of(points: np.ndarray, found: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """The means float32 (groups, p) of groups of points (N, p); an empty one keeps that of `otherwise`."""
    counts = np.bincount(found, minlength=len(otherwise))
    sums = [np.bincount(found, axis, len(otherwise)) for axis in points.T]
    means = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
    return np.where(counts[:, None] > 0, means, otherwise).astype(np.float32)


def nearest_mean(points: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The index of the nearest of means (groups, p) for every point (N, p), int64 (N,)."""
    halves = np.square(means).sum(1) / 2
    step = max(1, BLOCK // len(means))
    parts = [(points[i : i + step] @ means.T - halves).argmax(1) for i in range(0, len(points), step)]
    return np.concatenate(parts)


def axes_of(items: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean (d,) and the principal axes (d, AXES or fewer) of MODELLED of the items, as rows of d numbers."""
    chosen = streams.generator(seed, "groups").permutation(len(items))[: min(MODELLED, block(items))]
    rows = as_rows(items[np.sort(chosen)])
    mean = rows.mean(0)
    rows -= mean
    values, vectors = np.linalg.eigh(rows @ rows.T)
    if not values[-1] > 0:  # all items are the same
        return mean, np.zeros((rows.shape[1], 1), np.float32)
    kept = np.flatnonzero(values > values[-1] * 1e-6)[::-1][:AXES]
    return mean, (rows.T @ vectors[:, kept]) / np.sqrt(values[kept])


def projected(items: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Items as coordinates float32 (N, p), read block by block."""
    parts: list[np.ndarray] = []
    for start in range(0, len(items), block(items)):
        parts.append((as_rows(items[start : start + block(items)]) - mean) @ axes)
        let_go(items)
    return np.concatenate(parts)


def block(items: np.ndarray) -> int:
    """How many items have BLOCK numbers."""
    return max(2, BLOCK // max(1, items[:1].size))


def as_rows(items: np.ndarray) -> np.ndarray:
    """Items as rows of numbers float32 (N, d)."""
    return np.asarray(items).reshape(len(items), -1).astype(np.float32)
