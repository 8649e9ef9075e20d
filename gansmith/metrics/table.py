"""METRICS: every metric as one function of (generated items, real items), and the words in which it is told.

The same function measures generated items, real ones (the floor: what a perfect generator would show) and noise.
A new metric is a file with its formula, a function here, and a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gansmith.metrics import intervals, pictures
from gansmith.metrics.intervals import Interval
from gansmith.metrics.measures import agreement, confidence, diversity, kid, manifold, memorisation, modes, wasserstein
from gansmith.metrics.measures.frechet import Gaussian, distance
from gansmith.metrics.reference import COPIES_LOOKED_AT, Reference, View

Needs = Literal["items", "pictures", "classes", "labels", "centres", "many"]
Better = Literal["lower", "higher", "as real"]
JACKKNIFE_MOST = 512  # features; an interval of more costs more than the figure
MANIFOLD_MOST = 5000  # items of a side


@dataclass(frozen=True)
class Number:
    """One measured value."""

    value: float
    count: int  # generated items that it rests on
    interval: Interval | None = None  # 95%, over generated items


@dataclass(frozen=True)
class Words:
    """How a figure is told."""

    label: str  # "FD"; with `of`, the features' name follows in brackets
    better: Better
    meaning: str
    of: Literal["", "features", "judge", "thumbnails", "points"] = ""


@dataclass(frozen=True)
class Metric:
    """A row of METRICS."""

    measure: Callable[[View, Reference], dict[str, Number]]
    figures: dict[str, Words]  # key -> words; a metric may leave a figure out
    needs: Needs
    floor: Literal["training", "heldout"]  # which real items show the floor


def frechet_distance(made: View, reference: Reference) -> dict[str, Number]:
    """Frechet distance to the held-out items."""
    made, real = made.first(len(reference.training_rows)), reference.gaussian

    def statistic(rows: np.ndarray) -> float:
        return distance(Gaussian.of(rows), real)

    value = statistic(made.features)
    spread = None
    if made.features.shape[1] <= JACKKNIFE_MOST and len(made) >= 100:
        spread = intervals.jackknife(statistic, made.features, value)
    return {"fd": Number(value, len(made), spread)}


def kernel_distance(made: View, reference: Reference) -> dict[str, Number]:
    """KID to the held-out items."""
    made = made.first(len(reference.training_rows))
    found = kid.kid(made.features, reference.heldout.features, subsets=50)
    return {"kid": Number(found.value, len(made), found.interval(len(made)) if found.subsets > 1 else None)}


def neighbourhoods(made: View, reference: Reference) -> dict[str, Number]:
    """Precision, recall, density and coverage, of equally many items on both sides."""
    count = min(len(made), len(reference.heldout), len(reference.training_rows), MANIFOLD_MOST)
    sides = (view.first(count).features for view in (made, reference.heldout))
    found = manifold.manifold(*sides)
    return {
        "precision": Number(found.precision, count, intervals.share(found.precision * count, count)),
        "recall": Number(found.recall, count, intervals.share(found.recall * count, count)),
        "density": Number(found.density, count),
        "coverage": Number(found.coverage, count, intervals.share(found.coverage * count, count)),
    }


def patches(made: View, reference: Reference) -> dict[str, Number]:
    """Sliced Wasserstein distance of pyramids' patches, or of points."""
    count = min(len(made), len(reference.heldout), wasserstein.PICTURES)
    a, b = made.items[:count], reference.heldout.items[:count]
    value = wasserstein.sliced(a, b) if a.ndim == 2 else float(np.mean(wasserstein.laplacian(a, b)))
    return {"swd": Number(value, count)}


def modes_of_centres(made: View, reference: Reference) -> dict[str, Number]:
    """Modes known by their centres."""
    assert reference.real.centres is not None
    due = reference.due if reference.classes == len(reference.real.centres) else None
    found = modes.exact(made.items, reference.real.centres, reference.real.std, due)
    return {
        "modes": Number(found.covered, len(made)),
        "good": Number(found.good, len(made), intervals.share(found.good * len(made), len(made))),
        "class_kl": Number(found.kl, len(made)),
    }


def modes_of_classes(made: View, reference: Reference) -> dict[str, Number]:
    """Classes that the judge sees; of stacked digits, each is covered by one picture, as published."""
    found = modes.of_classes(made.answers, reference.due, 0.0 if reference.real.stacked else modes.LEAST)
    return {"modes": Number(found.covered, len(made)), "class_kl": Number(found.kl, len(made))}


def sureness(made: View, reference: Reference) -> dict[str, Number]:
    """How sure the judge is."""
    assert made.probabilities is not None
    found = confidence.confidence(made.probabilities)
    hits = found.confident * len(made)
    return {
        "confidence": Number(found.mean, len(made), intervals.mean(made.probabilities.max(axis=1))),
        "confident": Number(found.confident, len(made), intervals.share(hits, len(made))),
    }


def obedience(made: View, reference: Reference) -> dict[str, Number]:
    """Whether the asked class is the one that the judge sees."""
    assert made.labels is not None
    found = agreement.agreement(made.labels, made.answers, reference.classes)
    hits = found.overall * len(made)
    return {
        "agreement": Number(found.overall, len(made), intervals.share(hits, len(made))),
        "agreement_worst": Number(found.worst, len(made)),
    }


def differences(made: View, reference: Reference) -> dict[str, Number]:
    """How differently items come out."""
    return {
        "sensitivity": Number(diversity.latent_sensitivity(made.items, made.labels), len(made)),
        "diversity": Number(diversity.pairwise_diversity(made.features), len(made)),
    }


def copying(made: View, reference: Reference) -> dict[str, Number]:
    """Whether items are copies of training items."""
    found = memorisation.memorisation(nearness_of(made, reference), reference.heldout_nearness)
    count = min(len(made), COPIES_LOOKED_AT)
    return {
        "copies": Number(found.copy_rate, count, intervals.share(found.copy_rate * count, count)),
        "nearest": Number(found.distance_ratio, count),
    }


def nearness_of(made: View, reference: Reference) -> memorisation.Nearness:
    """Of the first items among all that a generator may have been trained on."""
    if made.nearness is not None:
        return made.nearness
    if made.items is reference.heldout.items:  # held out here, they may be in the set themselves
        return reference.heldout_nearness
    rows = pictures.flat(made.items[:COPIES_LOOKED_AT], memorisation.NUMBERS)
    return memorisation.nearness(rows, reference.shown)


METRICS: dict[str, Metric] = {
    "frechet": Metric(
        frechet_distance,
        {"fd": Words("FD", "lower", "Frechet distance to held-out real items", "features")},
        needs="many",
        floor="training",
    ),
    "kid": Metric(
        kernel_distance,
        {"kid": Words("KID", "lower", "kernel distance to held-out real items; unbiased", "features")},
        needs="many",
        floor="training",
    ),
    "manifold": Metric(
        neighbourhoods,
        {
            "precision": Words("precision", "higher", "share of generated items that lie among real ones", "features"),
            "recall": Words("recall", "higher", "share of real items that lie among generated ones", "features"),
            "density": Words("density", "higher", "how deep generated items lie among real ones", "features"),
            "coverage": Words("coverage", "higher", "share of real items with a generated one nearby", "features"),
        },
        needs="many",
        floor="training",
    ),
    "wasserstein": Metric(
        patches,
        {"swd": Words("SWD", "lower", "sliced Wasserstein distance of details of every size", "points")},
        needs="items",
        floor="training",
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
            "modes": Words("modes covered", "higher", "classes with enough samples", "judge"),
            "class_kl": Words("KL of shares", "lower", "KL from the classes' shares to the data's, nats", "judge"),
        },
        needs="classes",
        floor="training",
    ),
    "confidence": Metric(
        sureness,
        {
            "confidence": Words("confidence", "as real", "mean of the classifier's largest probability", "judge"),
            "confident": Words("recognised", "higher", "share of items with a class above 0.9", "judge"),
        },
        needs="classes",
        floor="heldout",
    ),
    "agreement": Metric(
        obedience,
        {
            "agreement": Words("agreement", "higher", "share of items of the class that was asked for", "judge"),
            "agreement_worst": Words("worst class", "higher", "agreement of the class that fares worst", "judge"),
        },
        needs="labels",
        floor="heldout",
    ),
    "diversity": Metric(
        differences,
        {
            "sensitivity": Words("sensitivity", "as real", "standard deviation over items, mean over pixels"),
            "diversity": Words("diversity", "as real", "mean distance between two items", "features"),
        },
        needs="items",
        floor="heldout",
    ),
    "memorisation": Metric(
        copying,
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
}
