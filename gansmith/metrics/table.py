"""METRICS: every metric as one function of (generated items, real items), with the names of its figures.

The same function measures generated items, real items (the floor: what a perfect generator would get) and noise.
A new metric is a file with its formula, a function here, and a row of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gansmith.ground.errors import DataError, brief
from gansmith.metrics import intervals
from gansmith.metrics.intervals import Interval
from gansmith.metrics.measures import agreement, diversity, grain, grid, kid, manifold, memorisation, modes, wasserstein
from gansmith.metrics.measures.frechet import Gaussian, distance
from gansmith.metrics.reference import COPIES_LOOKED_AT, Reference, View
from gansmith.parts import record as parts

Needs = Literal["items", "pictures", "likeness", "classes", "labels", "centres"]
Better = Literal["lower", "higher", "as real"]
JACKKNIFE_MOST = 512  # features: with more, the interval costs more than the figure
MANIFOLD_MOST = 5000  # items of each side
KERNEL_MOST = 10_000  # generated items
CONFIDENT = 0.9  # probability above which an item counts as recognised


@dataclass(frozen=True)
class Number:
    """One measured value."""

    value: float
    count: int  # generated items that it rests on
    interval: Interval | None = None  # 95%, over generated items


@dataclass(frozen=True)
class Words:
    """The name and meaning of a figure."""

    label: str  # "FD"; with `of`, the features' name follows in brackets
    better: Better
    meaning: str
    of: Literal["", "features", "classifier", "thumbnails", "points"] = ""


@dataclass(frozen=True)
class Metric:
    """A row of METRICS."""

    measure: Callable[[View, Reference], dict[str, Number]]
    figures: dict[str, Words]  # by key; a metric may leave a figure out
    needs: Needs = "items"
    floor: Literal["training", "heldout"] = "training"  # which real items show the floor
    cached: bool = True  # whether floors are kept from one evaluation to the next


def share(value: float, count: int) -> Number:
    """A share of `count` items, with its interval."""
    return Number(value, count, intervals.share(value * count, count))


def frechet_distance(made: View, reference: Reference) -> dict[str, Number]:
    """Frechet distance to the held-out items."""
    made, real = made.first(len(reference.training_rows)), reference.gaussian

    def statistic(rows: np.ndarray) -> float:
        return distance(Gaussian.of(rows), real)

    value = statistic(made.features)
    interval = None
    if made.features.shape[1] <= JACKKNIFE_MOST and len(made) >= 100:
        low, high = intervals.jackknife(statistic, made.features, value)
        interval = max(0.0, low), high  # no distance is below 0
    return {"fd": Number(value, len(made), interval)}


def kernel_distance(made: View, reference: Reference) -> dict[str, Number]:
    """KID to the held-out items."""
    made = made.first(min(KERNEL_MOST, len(reference.training_rows)))
    found = kid.kid(made.features, reference.heldout.features, reference.kernel)
    return {"kid": Number(found.value, len(made), found.interval)}


def neighbourhoods(made: View, reference: Reference) -> dict[str, Number]:
    """Precision, recall, density and coverage, with the same number of items on both sides."""
    count = min(len(made), len(reference.heldout), len(reference.training_rows), MANIFOLD_MOST)
    found = manifold.manifold(made.first(count).features, reference.heldout.first(count).features)
    return {
        "precision": share(found.precision, count),
        "recall": share(found.recall, count),
        "density": Number(found.density, count),
        "coverage": share(found.coverage, count),
    }


def patches(made: View, reference: Reference) -> dict[str, Number]:
    """Sliced Wasserstein distance between patches of pictures, or between the features of other items."""
    count = min(len(made), len(reference.heldout), wasserstein.PICTURES)
    a, b = made.items[:count], reference.heldout.items[:count]
    kind = reference.real.kind
    if kind.pixels:
        value = float(np.mean(wasserstein.laplacian(a, b)))
    else:
        value = wasserstein.sliced(*(kind.flat(items, memorisation.NUMBERS) for items in (a, b)))
    return {"swd": Number(value, count)}


def modes_of_centres(made: View, reference: Reference) -> dict[str, Number]:
    """Modes known by their centres."""
    assert reference.real.centres is not None
    expected = reference.class_counts if reference.classes == len(reference.real.centres) else None
    found = modes.exact(made.items, reference.real.centres, reference.real.std, expected)
    return {
        "modes": Number(found.covered, len(made)),
        "good": share(found.good, len(made)),
        "class_kl": Number(found.kl, len(made)),
    }


def modes_of_classes(made: View, reference: Reference) -> dict[str, Number]:
    """Classes that the classifier predicts; of stacked digits, one picture covers a class, as published."""
    least = 0.0 if reference.real.stacked else modes.LEAST
    found = modes.of_classes(made.predicted, reference.class_counts, least, made.labels)
    return {"modes": Number(found.covered, len(made)), "class_kl": Number(found.kl, len(made))}


def confidence(made: View, reference: Reference) -> dict[str, Number]:
    """How confident the classifier is: pictures of no class get no high probability."""
    assert made.probabilities is not None
    largest = made.probabilities.max(axis=1)
    mean = float(largest.mean(dtype=np.float64))
    return {
        "confidence": Number(mean, len(made), intervals.mean(largest)),
        "confident": share(float((largest > CONFIDENT).mean()), len(made)),
    }


def label_agreement(made: View, reference: Reference) -> dict[str, Number]:
    """Whether the classifier predicts the requested class."""
    assert made.labels is not None
    found = agreement.agreement(made.labels, made.predicted, reference.classes)
    worst, every = found.per_class[found.worst] or 0.0, found.weight
    return {
        "agreement": Number(found.overall, len(made), intervals.share(found.overall * every, every)),
        "agreement_worst": share(worst, found.counts[found.worst]),
    }


def differences(made: View, reference: Reference) -> dict[str, Number]:
    """How different items are from one another."""
    return {
        "sensitivity": Number(diversity.latent_sensitivity(made.items, made.labels), len(made)),
        "diversity": Number(diversity.pairwise_diversity(made.features), len(made)),
    }


def fine_noise(made: View, reference: Reference) -> dict[str, Number]:
    """Noise from pixel to pixel; none is measured in pictures of fewer than 3 x 3 pixels."""
    if min(made.items.shape[1:3]) < 3:
        return {}
    found = grain.grain(made.items)
    return {"grain": Number(float(found.mean()), len(made), intervals.mean(found))}


def two_pixels(made: View, reference: Reference) -> dict[str, Number]:
    """What repeats every two pixels; nothing is measured in pictures so small that it is their content."""
    if min(made.items.shape[1:3]) < grid.LEAST_SIDE:
        return {}
    found = grid.grid(made.items)
    checks, stripes = found.over(grid.grid(reference.heldout.items))
    return {
        "checks": Number(checks, len(made)),
        "stripes": Number(stripes, len(made)),
        "checks_out": Number(found.stands_out, len(made)),
    }


def copies(made: View, reference: Reference) -> dict[str, Number]:
    """Whether items are copies of training items."""
    found = memorisation.memorisation(nearness_of(made, reference), reference.heldout_nearness)
    count = min(len(made), COPIES_LOOKED_AT)
    return {"copies": share(found.copy_rate, count), "nearest": Number(found.distance_ratio, count)}


def likenesses(made: View, reference: Reference) -> dict[str, Number]:
    """Whether items show what a training item shows: a copy that is mirrored, moved or darker is one too."""
    real = reference.heldout_likeness
    found = real
    if made.items is not reference.heldout.items:
        found = memorisation.nearness(made.features[:COPIES_LOOKED_AT], reference.shown_features)
    rate = memorisation.memorisation(found, real).copy_rate
    return {"copies_moved": share(rate, min(len(made), COPIES_LOOKED_AT))}


def nearness_of(made: View, reference: Reference) -> memorisation.Nearness:
    """The nearest of all items that a generator may have been trained on, for the first items."""
    if made.nearness is not None:
        return made.nearness
    if made.items is reference.heldout.items:  # they may be among the items that they are compared with
        return reference.heldout_nearness
    rows = reference.real.kind.flat(made.items[:COPIES_LOOKED_AT], memorisation.NUMBERS)
    return memorisation.nearness(rows, reference.shown)


METRICS: dict[str, Metric] = {
    "frechet": Metric(
        frechet_distance, {"fd": Words("FD", "lower", "Frechet distance to held-out real items", "features")}
    ),
    "kid": Metric(
        kernel_distance,
        {"kid": Words("KID", "lower", "kernel distance to held-out real items; unbiased", "features")},
    ),
    "manifold": Metric(
        neighbourhoods,
        {
            "precision": Words("precision", "higher", "share of generated items that lie among real ones", "features"),
            "recall": Words("recall", "higher", "share of real items that lie among generated ones", "features"),
            "density": Words("density", "higher", "how deep generated items lie among real ones", "features"),
            "coverage": Words("coverage", "higher", "share of real items with a generated one nearby", "features"),
        },
    ),
    "wasserstein": Metric(
        patches, {"swd": Words("SWD", "lower", "sliced Wasserstein distance of details of every size", "points")}
    ),
    "modes": Metric(
        modes_of_centres,
        {
            "modes": Words("modes covered", "higher", "modes with at least one good sample"),
            "good": Words("good samples", "higher", "share of samples within 3 standard deviations of a mode"),
            "class_kl": Words("KL of shares", "lower", "KL from the modes' shares to the data's, nats"),
        },
        needs="centres",
        floor="heldout",
    ),
    "classes": Metric(
        modes_of_classes,
        {
            "modes": Words("modes covered", "higher", "classes with enough samples", "classifier"),
            "class_kl": Words("KL of shares", "lower", "KL from the classes' shares to the data's, nats", "classifier"),
        },
        needs="classes",
    ),
    "confidence": Metric(
        confidence,
        {
            "confidence": Words("confidence", "as real", "mean of the classifier's largest probability", "classifier"),
            "confident": Words("recognised", "higher", "share of items with a class above 0.9", "classifier"),
        },
        needs="classes",
        floor="heldout",
    ),
    "agreement": Metric(
        label_agreement,
        {
            "agreement": Words(
                "agreement", "higher", "share of items of the class that was asked for, mean over classes", "classifier"
            ),
            "agreement_worst": Words("worst class", "higher", "agreement of the class that fares worst", "classifier"),
        },
        needs="labels",
        floor="heldout",
    ),
    "diversity": Metric(
        differences,
        {
            "sensitivity": Words("sensitivity", "as real", "standard deviation over items, mean over their numbers"),
            "diversity": Words("diversity", "as real", "mean distance between two items", "features"),
        },
        floor="heldout",
    ),
    "grain": Metric(
        fine_noise,
        {"grain": Words("grain", "as real", "noise from pixel to pixel in flat places, in grey levels of 0..255")},
        needs="pictures",
        floor="heldout",
    ),
    "grid": Metric(
        two_pixels,
        {
            "checks": Words("checks", "as real", "energy at a chequerboard of two pixels, over held-out real items'"),
            "checks_out": Words(
                "checks stand out", "as real", "that energy over what is at the next lower frequencies"
            ),
            "stripes": Words("stripes", "as real", "energy at stripes of two pixels, over held-out real items'"),
        },
        needs="pictures",
    ),
    "memorisation": Metric(
        copies,
        {
            "copies": Words(
                "copy rate", "as real", "share of items as near to a training item as 1% of real ones", "thumbnails"
            ),
            "nearest": Words(
                "nearest", "as real", "distance to the nearest training item, over a real item's", "thumbnails"
            ),
        },
        needs="pictures",
        floor="heldout",
    ),
    "likeness": Metric(
        likenesses,
        {
            "copies_moved": Words(
                "copy rate", "as real", "the same by what items show: mirrored, moved and darker copies too", "features"
            )
        },
        needs="likeness",
        floor="heldout",
    ),
}


def with_own(own: Sequence[parts.Metric]) -> dict[str, Metric]:
    """METRICS and those of the user's, whose floors are measured each time: they may have changed. Raises DataError for a
    name that a built-in metric or figure has."""
    taken = {*METRICS, *(key for metric in METRICS.values() for key in metric.figures)}
    for each in own:
        if each.name in taken:
            raise DataError(f"metric {each.name!r} of yours has the name of another figure: give it a name of its own")
        taken.add(each.name)
    return METRICS | {each.name: _own(each) for each in own}


def _own(metric: parts.Metric) -> Metric:
    """A metric of the user's as a row of the table."""
    features = metric.of == "features"

    def measure(made: View, reference: Reference) -> dict[str, Number]:
        count = min(len(made), len(reference.heldout), len(reference.training_rows))
        sides = (made.first(count), reference.heldout.first(count))
        try:
            value = float(metric.measure(*((side.features if features else side.items) for side in sides)))
        except Exception as error:  # it is the user's code: it may raise anything
            raise DataError(
                f"metric {metric.name}, given two arrays of {count} {metric.of}, raised {brief(error)}: return one number"
            ) from error
        return {metric.name: Number(value, count)}

    words = Words(metric.name, metric.better, metric.meaning or "a metric of yours", "features" if features else "")
    return Metric(measure, {metric.name: words}, cached=False)
