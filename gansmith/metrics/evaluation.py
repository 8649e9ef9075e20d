"""Evaluate items by every metric that applies to them. Each figure stands beside that of real items (the floor) and noise.

    relative = (value - floor) / (noise - floor)        0 as good as real, 1 as bad as noise

A floor is measured on as many real items as there are generated ones, because a Frechet distance depends on the count.
If the set has fewer training items, only so many generated ones are compared. Noise figures rest on at most 1,000 items.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gansmith.ground.errors import DataError, counted, nearest
from gansmith.metrics import table
from gansmith.metrics.feature_networks.features import Progress, silent
from gansmith.metrics.feature_networks.inception import Inception
from gansmith.metrics.figures import ClassDistance, ClassShare, Copy, Evaluation, Figure
from gansmith.metrics.measures import agreement, frechet, memorisation, modes
from gansmith.metrics.order import own_order
from gansmith.metrics.real import take
from gansmith.metrics.reference import Reference, View
from gansmith.metrics.table import Metric, Words
from gansmith.metrics.verdict import verdict
from gansmith.parts import record as own_parts

LEAST = 8  # items: fewer have too few neighbours
FEW = 1000  # items: with fewer, a note says that distances are rough
NOISE_MOST = 1000
COPIES_SHOWN = 8
MIXED_ALIKE = 0.05  # of the items may be of other classes than in the data before a note says so


def evaluate(
    items: np.ndarray,
    labels: np.ndarray | None,
    reference: Reference,
    *,
    metrics: Collection[str] | None = None,
    floors: bool = True,
    own: Sequence[own_parts.Metric] = (),
    progress: Progress = silent,
) -> Evaluation:
    """Measure generated items, as the reference's store would hold them, N >= 8.

    labels int64 (N,): the requested classes, None when unlabelled. metrics: names of METRICS, None = all. With
    floors = False, only floors and noise figures from the cache are given. own: metrics of the user's. Raises DataError.
    """
    start = time.perf_counter()
    known = table.with_own(own)
    chosen = {name: known[name] for name in _named(metrics, known)}
    items, labels, rows, notes = _accepted(items, labels, reference)
    progress("reading the items", 0.0)
    made = reference.read(items, labels)
    if "memorisation" in chosen and applies(chosen["memorisation"], made, reference):
        made = replace(made, nearness=table.nearness_of(made, reference))
    figures: list[Figure] = []
    for index, (name, metric) in enumerate(chosen.items()):
        progress(name, index / len(chosen))
        if applies(metric, made, reference):
            figures += _figures(metric, made, reference, floors)
    if metrics is None:
        figures += _of_kind(made, reference)
    found = Evaluation(
        data=reference.real.name,
        count=len(made),
        features=reference.features_name,
        figures=tuple(figures),
        classes=_classes(made, reference),
        copies=_copies(made, rows),
        notes=(*reference.notes, *notes),
        seconds=time.perf_counter() - start,
    )
    return replace(found, verdict=verdict(found))


def per_class(items: np.ndarray, labels: np.ndarray | None, reference: Reference) -> tuple[ClassDistance, ...]:
    """The Frechet distance of each class, and its floor of as many training items.

    labels int64 (N,): what was asked for; None = the classes that the classifier predicts. Classes with fewer than LEAST
    generated, training or held-out items are left out. Raises DataError for a set whose classes are not known.
    """
    items, labels, *_ = _accepted(items, labels, reference)
    real, known, train = reference.real, reference.heldout, reference.training_rows
    if real.labels is None or known.labels is None or (labels is None and reference.classifier is None):
        raise DataError(f"the classes of {real.name} are not known, to measure one by one: leave --per-class out")
    made = reference.read(items, labels)
    shown = made.predicted if labels is None else labels
    found: list[ClassDistance] = []
    for label, name in enumerate(reference.class_names):
        own = train[real.labels[train] == label]
        ours, theirs = made.features[shown == label], known.features[known.labels == label]
        count = min(len(ours), len(own))
        if min(count, len(theirs)) < LEAST:
            continue
        floor = reference.read(*take(real.items, real.labels, own[:count])).features
        distances = (frechet.frechet(features, theirs) for features in (ours[:count], floor))
        found.append(ClassDistance(name, count, len(theirs), *distances))
    return tuple(found)


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
            return reference.real.kind.pixels
        case "likeness":
            return reference.real.kind.pixels and reference.knows_likeness
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


def _of_kind(made: View, reference: Reference) -> list[Figure]:
    """The figures that only this kind of data has."""
    kind, real = reference.real.kind, reference.real
    if kind.measures is None:
        return []
    training = real.items[np.sort(reference.training_rows)]
    rows = kind.measures(training, made.items, real.units, reference.heldout.items)
    return [
        Figure(row.key, row.name, row.value, row.floor, None, len(made), None, None, row.better, row.meaning)
        for row in rows
    ]


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
    if metric.cached and (known or not measure):
        return known
    if not measure:
        return {}
    view = view_of(count)
    if made.labels is None:
        view = replace(view, labels=None)
    values = {key: number.value for key, number in metric.measure(view, reference).items()}
    if metric.cached:
        reference.store_floors({keys[key]: value for key, value in values.items() if math.isfinite(value)})
    return values


def _named_after(words: Words, reference: Reference) -> tuple[str, str | None]:
    """The figure's name, and its features': FID only where they are the standard Inception's."""
    kind, shape = reference.real.kind, reference.real.items.shape[1:]
    match words.of:
        case "features":
            features = reference.features_name
            if isinstance(reference.extractor, Inception) and reference.extractor.standard:
                return ("FID" if words.label == "FD" else words.label), features
        case "classifier":
            features = reference.classifier.name if reference.classifier else None
        case "thumbnails":
            features = kind.flat_name(shape, memorisation.NUMBERS)
        case "points":
            features = None if kind.pixels else kind.flat_name(shape, memorisation.NUMBERS)
        case _:
            features = None
    return (f"{words.label}({features})" if features else words.label), features


def _named(metrics: Collection[str] | None, known: Mapping[str, Metric]) -> list[str]:
    for name in metrics or ():
        if name not in known:
            raise DataError(f"no metric is called {name!r}{nearest(name, known)}")
    return [name for name in known if metrics is None or name in metrics]


def _accepted(
    items: np.ndarray, labels: np.ndarray | None, reference: Reference
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, list[str]]:
    """The items in an order of their own, because folders are sorted; their rows; and notes on what is wrong with them."""
    like, name = reference.real.items, reference.real.name
    if items.shape[1:] != like.shape[1:] or items.dtype != like.dtype:
        raise DataError(
            f"items {items.dtype} {items.shape} cannot be compared with {name}, {like.dtype} {like.shape[1:]} each: "
            "prepare them alike"
        )
    if labels is not None and len(labels) != len(items):
        raise DataError(f"{counted(len(labels), 'label')} for {counted(len(items), 'item')}: give one each")
    if labels is not None and reference.classes and not (labels.min() >= 0 and labels.max() < reference.classes):
        raise DataError(
            f"labels {labels.min()} to {labels.max()}: the classes of {name} are 0 to {reference.classes - 1}"
        )
    notes: list[str] = []
    rows = own_order(items, labels)
    if items.dtype != np.uint8:
        finite = np.isfinite(items[rows]).reshape(len(rows), -1).all(axis=1)
        if not finite.all():
            notes.append(
                f"{int((~finite).sum())} of {len(items)} {reference.real.kind.many} are not finite and were left out"
            )
            rows = rows[finite]
    if len(rows) < LEAST:
        raise DataError(
            f"{counted(len(rows), 'item')} are too few to evaluate: give {LEAST} or more (1,000 for stable figures)"
        )
    fewest = min(len(rows), len(reference.training_rows), len(reference.heldout))
    if fewest < FEW:
        which = f"{fewest} of the {counted(len(rows), 'item')}, as {name} has no more to compare them with"
        which = which if fewest < len(rows) else f"{fewest} items"
        notes.append(f"distances rest on {which}: rough; compare only figures of equal count")
    if reference.heldout_rows is not None and reference.real.shown is None:
        notes.append(
            f"{name} has no test split: a run on it was trained on the items that it is compared with here, so copies of "
            "them score below the floor; the copy rate tells"
        )
    notes += _asked_otherwise(labels, reference)
    return items[rows], None if labels is None else labels[rows], rows, notes


def _asked_otherwise(labels: np.ndarray | None, reference: Reference) -> list[str]:
    """A note where classes were asked for in other shares than the data's."""
    if labels is None or not reference.classes:
        return []
    due = reference.class_counts / reference.class_counts.sum()
    asked = np.bincount(labels, minlength=reference.classes) / len(labels)
    other = float(np.abs(asked - due).sum() / 2)
    worst = int(np.abs(asked - due).argmax())
    if other <= MIXED_ALIKE + 0.5 * float(np.sqrt(due / len(labels)).sum()):  # as much is chance
        return []
    return [
        f"the items' labels are mixed in other shares than the data's ({reference.class_names[worst]}: {asked[worst]:.0%} "
        f"against {due[worst]:.0%}), and distances show that too: draw labels in the data's shares"
    ]


def _classes(made: View, reference: Reference) -> tuple[ClassShare, ...]:
    """Shares of the predicted classes; none for more than 100 classes."""
    if reference.classifier is None or not 2 <= reference.classes <= 100:
        return ()
    counts = np.bincount(made.predicted, minlength=reference.classes)
    expected = modes.due(reference.class_counts, len(made), made.labels) / len(made)
    agreed: list[float | None] = [None] * reference.classes
    if made.labels is not None:
        agreed = agreement.agreement(made.labels, made.predicted, reference.classes).per_class
    return tuple(
        ClassShare(name, int(count), count / len(made), float(due), share)
        for name, count, due, share in zip(reference.class_names, counts, expected, agreed, strict=True)
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
