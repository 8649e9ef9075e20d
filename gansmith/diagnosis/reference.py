"""What the doctor knows of the real items, found out once, before training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.diagnosis import signals
from gansmith.ground import pixels, streams
from gansmith.ground.pixels import PixelRange
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.diversity import pairwise_diversity

NUMBERS = 256  # values a row
ROWS = 10_000  # training items known
AXES = 48  # principal axes in which distances are taken
MODELLED = 2000  # items from which axes and prototypes are fitted
PROTOTYPES = 20
BALLS = 512  # real items with a neighbourhood
NEIGHBOUR = 5  # that bounds a neighbourhood
VOTERS = 2000  # labelled items that vote on a sample's class
CLASSES_MOST = VOTERS // 20  # of more classes too few would vote: samples' classes are not judged
JUDGED = 128  # real items of each kind shown to the discriminator
NEXT = 20  # neighbours after the nearest, for copies
CHUNK = 256  # pictures converted at a time


@dataclass(frozen=True)
class Items:
    """Items with labels, or None."""

    items: np.ndarray
    labels: np.ndarray | None

    def take(self, where: np.ndarray) -> Items:
        """Those at `where` (n,)."""
        return Items(np.asarray(self.items[where]), None if self.labels is None else np.asarray(self.labels)[where])

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Space:
    """Principal axes: a row (d,) is described by its coordinates (p,), most important first.

    In float64 where there are few numbers: points of the plane may lie in clusters far narrower than they are apart.
    """

    mean: np.ndarray
    axes: np.ndarray  # (d, p)

    @classmethod
    def of(cls, rows: np.ndarray) -> Space:
        """Of rows float32 (N, d)."""
        mean = rows.mean(0)
        centred = (rows - mean).astype(np.float64)
        values, vectors = np.linalg.eigh(centred.T @ centred)
        precise = np.float64 if rows.shape[1] < AXES else np.float32
        return cls(mean.astype(precise), vectors[:, np.argsort(values)[::-1][:AXES]].astype(precise))

    def points(self, rows: np.ndarray) -> np.ndarray:
        """Coordinates (N, p)."""
        return (rows - self.mean) @ self.axes


@dataclass(frozen=True)
class Reference:
    """Real items as the doctor needs them: rows on a scale from 0 to 1, points on their principal axes."""

    source: np.ndarray  # all training items; not copied
    pixel_range: PixelRange
    where: np.ndarray  # int64 (n,): which of them are known, at most ROWS, in random order
    rows: np.ndarray  # those (n, d)
    space: Space
    points: np.ndarray  # of the same, (n, p)
    labels: np.ndarray | None  # of the same, (n,)
    classes: int  # 0 = no labels, or more than CLASSES_MOST
    class_names: tuple[str, ...]
    prototypes: np.ndarray  # (K, p)
    shares: np.ndarray  # of the real items, (K,)
    radii: np.ndarray  # squared, (BALLS,), of the first so many points
    training: Items  # shown to the discriminator
    heldout: Items | None  # the same of items it never learned from
    real: dict[str, float]  # what real items show where samples are measured

    @property
    def count(self) -> int:
        """Training items in all."""
        return len(self.source)

    @property
    def is_pictures(self) -> bool:
        """Pictures, not vectors."""
        return self.source.ndim == 4

    def class_of(self, points: np.ndarray) -> np.ndarray:
        """The class int64 (N,) of the nearest labelled items: five vote."""
        assert self.labels is not None
        voters, labels = self.points[:VOTERS], self.labels[:VOTERS]
        count = min(5, len(voters))
        near = np.argpartition(distances.squared(points, voters), count - 1, axis=1)[:, :count]
        votes = np.zeros((len(points), self.classes), np.int64)
        np.add.at(votes, (np.arange(len(points))[:, None], labels[near]), 1)
        return votes.argmax(1)


def reference(
    items: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    heldout: np.ndarray | None = None,
    heldout_labels: np.ndarray | None = None,
    pixel_range: PixelRange = "symmetric",
    class_names: tuple[str, ...] = (),
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Reference:
    """Learn to know real items: pictures uint8 (N, H, W, C) or vectors float32 (N, D), N >= 1; labels int64 (N,).

    heldout: items of the same kind that the players never see, where there are any. groups int64 (N,): what the players
    know of each item instead of its class; a held-out item counts to the group of the training item nearest to it.
    """
    where = streams.generator(seed, "diagnosis", 0, 1).permutation(len(items))[:ROWS]
    classes = int(labels.max()) + 1 if labels is not None and len(labels) else 0
    if classes > CLASSES_MOST:
        classes = 0
    kept = np.asarray(labels)[where] if labels is not None and classes else None
    rows = real_rows(items, where)
    space = Space.of(rows[:MODELLED])
    points = space.points(rows)
    prototypes = signals.k_means(points[:MODELLED], PROTOTYPES, streams.generator(seed, "diagnosis", 0, 2))
    balls = points[:BALLS]
    radii = distances.kth_nearest(balls, min(NEIGHBOUR, len(balls) - 1)) if len(balls) > 1 else np.zeros(1)
    shares = np.bincount(signals.nearest_of(points, prototypes), minlength=len(prototypes)) / len(points)
    unseen = None if heldout is None or not len(heldout) else _some(Items(heldout, heldout_labels), seed)
    if groups is not None:
        labels = np.asarray(groups)
        if unseen is not None:
            near = signals.nearest_of(space.points(real_rows(unseen.items, np.arange(len(unseen)))), points)
            unseen = Items(unseen.items, labels[where[near]])
    found = Reference(
        source=items,
        pixel_range=pixel_range,
        where=where,
        rows=rows,
        space=space,
        points=points,
        labels=kept,
        classes=classes,
        class_names=class_names,
        prototypes=prototypes,
        shares=shares,
        radii=radii,
        training=Items(items, labels).take(where[:JUDGED]),
        heldout=unseen,
        real={},
    )
    found.real.update(_floors(found))
    return found


def real_rows(items: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Rows of the items at `where`: of pictures as bytes, or of vectors. Few are held in memory at a time."""
    if items.ndim == 2:
        return np.asarray(items[where], np.float32)
    parts = [where[start : start + CHUNK] for start in range(0, len(where), CHUNK)]
    return np.concatenate([signals.rows(pixels.to_float(items[part], "unit"), NUMBERS) for part in parts])


def _some(items: Items, seed: int) -> Items:
    """Two batches' worth of held-out items."""
    order = streams.generator(seed, "diagnosis", 0, 3).permutation(len(items))
    return items.take(order[: 2 * JUDGED])


def _floors(known: Reference) -> dict[str, float]:
    """The numbers of a probe, of real items."""
    rows, points = known.rows[:MODELLED], known.points[:MODELLED]
    real = {
        "spread": signals.spread(rows),
        "contrast": signals.contrast(rows),
        "diversity": pairwise_diversity(rows) if len(rows) > 1 else 0.0,
        "kinds": signals.effective(known.shares),
    }
    if known.is_pictures:
        some = pixels.to_float(known.source[known.where[:CHUNK]], "unit")
        real["darkest"], real["brightest"] = (float(value) for value in np.percentile(some, [1, 99]))
        if min(some.shape[1:3]) >= 8:
            real["finest"], real["peak"] = signals.finest(some)
    if known.heldout is not None:
        unseen = known.heldout.items
        other, own = known.space.points(real_rows(unseen, np.arange(len(unseen)))), False
    else:
        other, own = points[: 2 * JUDGED], True
    squared = distances.squared(other, known.points)
    real["copy limit"] = float(np.percentile(signals.copy_ratio(squared, NEXT, skip_self=own), 1))
    nearest = min(int(own), squared.shape[1] - 1)
    real["distance"] = float(np.median(np.sqrt(np.partition(squared, nearest, axis=1)[:, nearest])))
    if known.labels is not None:
        real["spread in class"] = signals.spread(rows, known.labels[: len(rows)])
    return real
