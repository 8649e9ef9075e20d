"""Evaluate items by every metric that applies to them. Each figure stands beside that of real items (the floor) and noise.

    relative = (value - floor) / (noise - floor)        0 as good as real, 1 as bad as noise

A floor is measured on as many real items as there are generated ones, because a Frechet distance depends on the count.
If the set has fewer training items, only so many generated ones are compared. Noise figures rest on at most 1,000 items.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import DataError, nearest
from gansmith.metrics import pictures, table
from gansmith.metrics.feature_networks.features import Progress, silent
from gansmith.metrics.feature_networks.inception import Inception
from gansmith.metrics.intervals import Interval
from gansmith.metrics.measures import agreement, memorisation
from gansmith.metrics.reference import Reference, View
from gansmith.metrics.table import METRICS, Better, Metric, Words

LEAST = 8  # items: fewer have too few neighbours
FEW = 1000  # items: with fewer, a note says that distances are rough
NOISE_MOST = 1000
COPIES_SHOWN = 8


@dataclass(frozen=True)
class Figure:
    """One number, and what is needed to understand it."""

    key: str  # "fd": for programs
    name: str  # "FD(mnist-classifier@3fa2)": for people
    value: float
    floor: float | None  # of real items
    noise: float | None
    count: int  # generated items
    interval: Interval | None  # 95%
    features: str | None  # the name of the features it was measured in
    better: Better
    meaning: str

    @property
    def relative(self) -> float | None:
        """0 as real, 1 as noise; None unless lower is better and the noise lies above the floor."""
        if self.better != "lower" or self.floor is None or self.noise is None or not self.noise > self.floor:
            return None
        return (self.value - self.floor) / (self.noise - self.floor)


@dataclass(frozen=True)
class ClassShare:
    """One class or mode among generated items."""

    name: str
    count: int
    share: float
    due: float  # its share of the data
    agreement: float | None  # of the items requested of this class, the share predicted as it


@dataclass(frozen=True)
class Copy:
    """A generated item and its nearest training item."""

    item: int  # row of the evaluated items
    training: int  # row of the data set's items
    distance: float  # between rows in 0..1
    ratio: float  # 0 = exact copy, about 1 = new


@dataclass(frozen=True)
class Evaluation:
    """The figures of one set of items."""

    data: str
    count: int
    features: str
    figures: tuple[Figure, ...]
    classes: tuple[ClassShare, ...]
    copies: tuple[Copy, ...]  # the items most like training items
    notes: tuple[str, ...]
    seconds: float

    def __contains__(self, key: str) -> bool:
        """Whether a figure was measured."""
        return any(figure.key == key for figure in self.figures)

    def __getitem__(self, key: str) -> Figure:
        """A figure by its key. Raises KeyError where it was not measured."""
        return {figure.key: figure for figure in self.figures}[key]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: numbers that are not finite are None."""
        figures = [asdict(figure) | {"relative": figure.relative} for figure in self.figures]
        return _finite(asdict(self) | {"figures": figures})

    def rows(self) -> list[tuple[str, ...]]:
        """A table of the figures as text; the first row is the heading."""
        rows: list[tuple[str, ...]] = [("figure", "value", "95%", "real", "noise", "relative", "items", "meaning")]
        for each in self.figures:
            interval = "" if each.interval is None else " .. ".join(map(_text, each.interval))
            compared = (_text(value) for value in (each.floor, each.noise, each.relative))
            rows.append((each.name, _text(each.value), interval, *compared, f"{each.count:,}", each.meaning))
        return rows


def evaluate(
    items: np.ndarray,
    labels: np.ndarray | None,
    reference: Reference,
    *,
    metrics: Collection[str] | None = None,
    floors: bool = True,
    progress: Progress = silent,
) -> Evaluation:
    """Measure generated items: pictures uint8 (N, H, W, C) or vectors float32 (N, D), N >= 8, of the reference's shape.

    labels int64 (N,): the requested classes, None when unlabelled. metrics: names of METRICS, None = all. With
    floors = False, only floors and noise figures from the cache are given. Raises DataError.
    """
    start = time.perf_counter()
    chosen = {name: METRICS[name] for name in _named(metrics)}
    items, labels, rows, notes = _accepted(items, labels, reference)
    progress("reading the items", 0.0)
    made = reference.read(items, labels)
    if "memorisation" in chosen and applies(METRICS["memorisation"], made, reference):
        made = replace(made, nearness=table.nearness_of(made, reference))
    figures: list[Figure] = []
    for index, (name, metric) in enumerate(chosen.items()):
        progress(name, index / len(chosen))
        if applies(metric, made, reference):
            figures += _figures(metric, made, reference, floors)
    return Evaluation(
        data=reference.real.name,
        count=len(made),
        features=reference.features_name,
        figures=tuple(figures),
        classes=_classes(made, reference),
        copies=_copies(made, rows),
        notes=(*reference.notes, *notes),
        seconds=time.perf_counter() - start,
    )


def applies(metric: Metric, made: View, reference: Reference) -> bool:
    """Whether a metric can be measured on these items."""
    centres = reference.real.centres is not None
    classified = reference.classifier is not None and not centres
    match metric.needs:
        case "centres":
            return centres
        case "classes":
            return classified
        case "labels":
            return classified and made.labels is not None and reference.heldout.labels is not None
        case "pictures":
            return made.items.ndim == 4
        case _:
            return True


def _figures(metric: Metric, made: View, reference: Reference, floors: bool) -> list[Figure]:
    numbers = metric.measure(made, reference)
    real = _floor(metric, made, reference, "real", floors)
    noise = _floor(metric, made, reference, "noise", floors)
    result: list[Figure] = []
    for key, number in numbers.items():
        words = metric.figures[key]
        name, features = _named_after(words, reference)
        about = (number.count, number.interval, features, words.better, words.meaning)
        result.append(Figure(key, name, number.value, real.get(key), noise.get(key), *about))
    return result


def _floor(metric: Metric, made: View, reference: Reference, what: str, measure: bool) -> dict[str, float]:
    """The metric's figures of "real" items or "noise": from the cache, or measured now."""
    if what == "noise":
        count, view_of = min(len(made), NOISE_MOST), reference.noise
    elif metric.floor == "training":
        count, view_of = min(len(made), len(reference.training_rows)), reference.training
    else:
        count, view_of = len(reference.heldout), reference.heldout.first
    labelled = "labelled" if made.labels is not None else "plain"
    keys = {key: f"{key}/{what}/{labelled}/{count}" for key in metric.figures}
    known = {key: reference.floors[long] for key, long in keys.items() if long in reference.floors}
    if known or not measure:
        return known
    view = view_of(count)
    if made.labels is None:
        view = replace(view, labels=None)
    values = {key: number.value for key, number in metric.measure(view, reference).items()}
    reference.store_floors({keys[key]: value for key, value in values.items() if math.isfinite(value)})
    return values


def _named_after(words: Words, reference: Reference) -> tuple[str, str | None]:
    """The figure's name, and its features': FID only where the features are Inception's."""
    shape = reference.real.items.shape[1:]
    match words.of:
        case "features":
            features = reference.features_name
            if isinstance(reference.extractor, Inception):
                return ("FID" if words.label == "FD" else words.label), features
        case "classifier":
            features = reference.classifier.name if reference.classifier else None
        case "thumbnails":
            features = pictures.pixels_name(shape, memorisation.NUMBERS)
        case "points":
            features = "points" if len(shape) == 1 else None
        case _:
            features = None
    return (f"{words.label}({features})" if features else words.label), features


def _named(metrics: Collection[str] | None) -> list[str]:
    for name in metrics or ():
        if name not in METRICS:
            raise DataError(f"no metric is called {name!r}{nearest(name, METRICS)}")
    return [name for name in METRICS if metrics is None or name in metrics]


def _accepted(
    items: np.ndarray, labels: np.ndarray | None, reference: Reference
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, list[str]]:
    """The items in random order, because folders are sorted; their rows; and notes on what is wrong with them."""
    like, name = reference.real.items, reference.real.name
    if items.shape[1:] != like.shape[1:] or items.dtype != like.dtype:
        raise DataError(
            f"items {items.dtype} {items.shape} cannot be compared with {name}, {like.dtype} {like.shape[1:]} each: "
            "prepare them alike"
        )
    if labels is not None and len(labels) != len(items):
        raise DataError(f"{len(labels)} labels for {len(items)} items: give one each")
    notes: list[str] = []
    rows = streams.generator(0, "features", 0, 11).permutation(len(items))
    if items.dtype != np.uint8:
        finite = np.isfinite(items[rows]).all(axis=1)
        if not finite.all():
            notes.append(f"{int((~finite).sum())} of {len(items)} vectors are not finite and were left out")
            rows = rows[finite]
    if len(rows) < LEAST:
        raise DataError(f"{len(rows)} items are too few to evaluate: give {LEAST} or more (1,000 for stable figures)")
    fewest = min(len(rows), len(reference.training_rows), len(reference.heldout))
    if fewest < FEW:
        notes.append(f"distances rest on {fewest} items: rough; compare only figures of equal count")
    return items[rows], None if labels is None else labels[rows], rows, notes


def _classes(made: View, reference: Reference) -> tuple[ClassShare, ...]:
    """Shares of the predicted classes; none for more than 100 classes."""
    if reference.classifier is None or not 2 <= reference.classes <= 100:
        return ()
    counts = np.bincount(made.predicted, minlength=reference.classes)
    expected = reference.class_counts / reference.class_counts.sum()
    agreed: list[float | None] = [None] * reference.classes
    if made.labels is not None:
        agreed = agreement.agreement(made.labels, made.predicted, reference.classes).per_class
    names = reference.real.class_names or tuple(str(index) for index in range(reference.classes))
    return tuple(
        ClassShare(name, int(count), count / len(made), float(due), share)
        for name, count, due, share in zip(names, counts, expected, agreed, strict=True)
    )


def _copies(made: View, rows: np.ndarray) -> tuple[Copy, ...]:
    """The items most like training items, where that was measured."""
    near = made.nearness
    if near is None:
        return ()
    return tuple(
        Copy(int(rows[i]), int(near.nearest[i]), float(near.distance[i]), float(near.ratio[i]))
        for i in near.worst(COPIES_SHOWN)
    )


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _finite(value: Any) -> Any:
    """The same with None for every number that JSON cannot hold."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
