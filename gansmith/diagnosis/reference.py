"""What the doctor knows of the real items, measured once, before training."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gansmith import kinds
from gansmith.diagnosis.signals import copies, samples, spectrum
from gansmith.diagnosis.signals.classes import CLASSES_MOST, Classes
from gansmith.ground import pixels, streams
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import Kind, Units
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.diversity import pairwise_diversity

NUMBERS = 256  # values in a row
ROWS = 10_000  # training items used
AXES = 48  # principal axes in which distances are measured
MODELLED = 2000  # items from which axes and prototypes are computed
PROTOTYPES = 20
NEIGHBOURHOODS = 512  # real items with a neighbourhood
NEIGHBOUR = 5  # a neighbourhood reaches to this neighbour
SCORED = 128  # items of each kind that the discriminator scores
SAMPLES = 256  # of a probe
DIRECTIONS = 64  # of the sliced distance to the real items
CHUNK = 256  # pictures converted at a time


@dataclass(frozen=True)
class Items:
    """Items with labels, or None."""

    items: np.ndarray
    labels: np.ndarray | None

    def take(self, where: np.ndarray) -> Items:
        """The items at indices `where` (n,)."""
        return Items(np.asarray(self.items[where]), None if self.labels is None else np.asarray(self.labels)[where])

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Space:
    """Principal axes: a row (d,) becomes coordinates (p,), largest variance first.

    In float64 for few numbers: clusters in the plane may be far narrower than the distances between them.
    """

    mean: np.ndarray
    axes: np.ndarray  # (d, p)

    @classmethod
    def of(cls, rows: np.ndarray) -> Space:
        """The axes of rows float32 (N, d)."""
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
    """Real items for the doctor: rows of pixels in 0..1, and points on their principal axes."""

    source: np.ndarray  # all training items; not copied
    kind: Kind
    units: Units  # of the items
    settings: DataSettings  # of the run
    where: np.ndarray  # int64 (n,): indices of the items used, at most ROWS, in random order
    rows: np.ndarray  # their rows (n, d)
    space: Space
    points: np.ndarray  # their points (n, p)
    classed: Classes | None  # None: no labels, or more than CLASSES_MOST classes
    class_names: tuple[str, ...]
    prototypes: np.ndarray  # (K, p)
    shares: np.ndarray  # the prototypes' shares of the real items, (K,)
    radii: np.ndarray  # squared radii of the first points' neighbourhoods, (NEIGHBOURHOODS,)
    profile: tuple[np.ndarray, ...]  # the real pictures' spectrum, see `spectrum.profiles`; () for vectors
    training: Items  # training items that the discriminator scores
    heldout: Items | None  # unseen items that it scores
    real: dict[str, float] = field(default_factory=dict)  # numbers of real items, as `_floors` measures them

    @property
    def count(self) -> int:
        """Number of all training items."""
        return len(self.source)

    @property
    def is_pictures(self) -> bool:
        """Whether the items have pixels, whose range, moves and frequencies mean something."""
        return self.kind.pixels

    @property
    def classes(self) -> int:
        """How many classes are told apart; 0 = none are."""
        return 0 if self.classed is None else len(self.classed.shares)


def reference(
    items: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    heldout: np.ndarray | None = None,
    heldout_labels: np.ndarray | None = None,
    settings: DataSettings | None = None,
    kind: Kind | None = None,
    units: Units | None = None,
    classes: int = 0,
    class_names: tuple[str, ...] = (),
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Reference:
    """Measure real items as they are stored, N >= 1; labels int64 (N,). settings: of [data], None: the usual ones. kind: None =
    what the items' shape says.

    classes: how many there are, where some have no items. heldout: items of the same kind that the players never see, if
    there are any. groups int64 (N,): the players' labels where they are not classes; a held-out item is in the group of its
    nearest training item.
    """
    where = streams.generator(seed, "diagnosis", 0, 1).permutation(len(items))[:ROWS]
    classes = max(classes, int(labels.max()) + 1) if labels is not None and len(labels) else 0
    if classes > CLASSES_MOST:
        classes = 0
    kind = kind or kinds.of_shape(items.shape[1:])
    rows = real_rows(kind, items, where)
    space = Space.of(rows[:MODELLED])
    points = space.points(rows)
    prototypes = samples.k_means(points[:MODELLED], PROTOTYPES, streams.generator(seed, "diagnosis", 0, 2))
    shares = np.bincount(samples.nearest_of(points, prototypes), minlength=len(prototypes)) / len(points)
    unseen = _unseen(heldout, heldout_labels, seed)
    player_labels = labels if groups is None else np.asarray(groups)
    if groups is not None and unseen is not None:
        theirs = space.points(real_rows(kind, unseen.items, np.arange(len(unseen))))
        unseen = _grouped(unseen, theirs, points, np.asarray(groups)[where])
    found = Reference(
        source=items,
        kind=kind,
        units=units or {},
        settings=settings or DataSettings(),
        where=where,
        rows=rows,
        space=space,
        points=points,
        classed=_classed(points, rows, None if labels is None else np.asarray(labels)[where], classes),
        class_names=class_names,
        prototypes=prototypes,
        shares=shares,
        radii=_radii(points[:NEIGHBOURHOODS]),
        profile=spectrum.profiles(real_unit(kind, items, where[: 2 * CHUNK])) if kind.pixels else (),
        training=Items(items, player_labels).take(where[:SCORED]),
        heldout=unseen,
    )
    found.real.update(_floors(found))
    return found


def _radii(points: np.ndarray) -> np.ndarray:
    """The squared radii of the neighbourhoods of points (n, p)."""
    return distances.kth_nearest(points, min(NEIGHBOUR, len(points) - 1)) if len(points) > 1 else np.zeros(1)


def _classed(points: np.ndarray, rows: np.ndarray, labels: np.ndarray | None, classes: int) -> Classes | None:
    """The classes, where there are any."""
    return Classes.of(points, rows, labels, classes) if labels is not None and classes else None


def _grouped(unseen: Items, theirs: np.ndarray, points: np.ndarray, groups: np.ndarray) -> Items:
    """Unseen items, each in the group of its nearest training item. theirs (m, p), points (n, p), groups (n,)."""
    return Items(unseen.items, groups[samples.nearest_of(theirs, points)])


def _unseen(heldout: np.ndarray | None, labels: np.ndarray | None, seed: int) -> Items | None:
    """Some of the items that the players never see; None where there are none."""
    if heldout is None or not len(heldout):
        return None
    order = streams.generator(seed, "diagnosis", 0, 3).permutation(len(heldout))
    return Items(heldout, labels).take(order[: 2 * SCORED])


def real_rows(kind: Kind, items: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Rows float32 (n, d) of the items at `where`; few of them are in memory at a time."""
    parts = [where[start : start + CHUNK] for start in range(0, len(where), CHUNK)]
    return np.concatenate([kind.flat(real_unit(kind, items, part), NUMBERS) for part in parts])


def real_unit(kind: Kind, items: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The items at `where`, pictures as floats in 0..1."""
    some = np.asarray(items[where])
    return pixels.to_float(some, "unit") if kind.pixels else some


def _scale(rows: np.ndarray) -> dict[str, float]:
    """How far the columns of rows (n, d) deviate, and the largest mean: of data that is not scaled."""
    deviations = rows.std(axis=0, dtype=np.float64)
    lively = deviations[deviations > 0]
    return {
        "widest": float(lively.max()),
        "narrowest": float(lively.min()),
        "offset": float(np.abs(rows.mean(axis=0, dtype=np.float64)).max()),
    }


def _floors(known: Reference) -> dict[str, float]:
    """The numbers of a probe, measured on real items."""
    rows = known.rows[:MODELLED]
    real = {
        "spread": samples.spread(rows),
        "contrast": samples.contrast(rows),
        "diversity": pairwise_diversity(rows) if len(rows) > 1 else 0.0,
        "kinds": samples.effective_number(known.shares),
        "repeats": samples.repeats(rows),
    }
    if known.is_pictures:
        some = real_unit(known.kind, known.source, known.where[:CHUNK])
        real["colour"] = samples.colour(some)
        real["darkest"], real["brightest"] = (float(value) for value in np.percentile(some, [1, 99]))
    if known.kind.warning(np.asarray(known.source[known.where[:MODELLED]]), known.units):
        real |= _scale(known.rows[:MODELLED])
    if known.profile:
        real["upper"] = spectrum.upper(known.profile)
    unseen, own = known.training.items, np.arange(len(known.training))
    if known.heldout is not None:
        unseen, own = known.heldout.items, None
    unit = real_unit(known.kind, unseen, np.arange(len(unseen)))
    near = copies.near(
        known.kind,
        unit,
        known.space.points(known.kind.flat(unit, NUMBERS)),
        known.rows,
        known.points,
        numbers=NUMBERS,
        own=own,
    )
    real["copy limit"] = float(np.percentile(near.ratio, 1))
    real["distance"] = float(np.median(near.distance))
    if known.classed is not None:
        real["spread in class"] = float(np.nanmean(known.classed.spreads)) if len(rows) > known.classes else 0.0
    return real
