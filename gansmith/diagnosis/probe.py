"""A probe: numbers of a generator's samples from fixed latents, and of the discriminator's outputs, at one update."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith.diagnosis.reference import DIRECTIONS, NUMBERS, SAMPLES, SCORED, Items, Reference
from gansmith.diagnosis.signals import copies, samples, spectrum
from gansmith.diagnosis.signals.classes import Classes
from gansmith.ground import pixels, streams
from gansmith.ground.game import Game
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.settings import Recipe
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.diversity import pairwise_diversity
from gansmith.metrics.measures.wasserstein import sliced

GREY = 0.01  # of the range: real pictures with less colour have none
FAINT = 0.1  # of the classes' usual spread: a class whose real items differ less is blank, and is not judged by it
LEAST_OF_A_CLASS = 5  # samples of a label: with fewer, their spread says nothing

PROBED: dict[str, str] = {
    "finite": "share of the samples' numbers that are finite",
    "spread": "standard deviation over z, as a share of the real items' over items; labelled: within classes, both",
    "diversity": "mean distance between samples, as a share of the real items'",
    "contrast": "standard deviation over a sample's own pixels, as a share of the real items'",
    "quality": "sliced Wasserstein distance to real items, as a share of the real items' spread (no network needed)",
    "kinds": "effective number of the data's prototypes that are drawn (exp of entropy), as a share of the data's",
    "overlap": "common part of the samples' and the data's shares of prototypes",
    "precision": "share of samples inside a real item's neighbourhood",
    "coverage": "share of real items with a sample in their neighbourhood",
    "class variety": "effective number of classes drawn (exp of entropy), as a share of a faithful generator's",
    "agreement": "labelled: share of samples whose nearest real items are of the requested class",
    "faithful agreement": "labelled: the same of real items",
    "label effect": "labelled: how far another label moves a sample, as a share of how far other latents do",
    "outside": "share of raw pixels outside the pixels' range, by more than 2% of it",
    "darkest": "1st percentile of the raw samples, on the pixels' scale of 0..1",
    "brightest": "99th percentile of the same",
    "copies": "share of samples that are as near to a training item as 1 in 100 real items, moved by a pixel or not",
    "nearness": "median distance to the nearest training item, moved by a pixel or not, as a share of unseen items'",
    "stamp": "largest correlation of the mean sample with a training item",
    "mean likeness": "correlation of the mean sample with the mean item",
    "pattern": "how far the frequency that stands out most does so above its neighbours, over the real items'",
    "pattern share": "share of variance that it holds, more than of the real items'",
    "pattern period": "its period in pixels",
    "grain": "share of variance in the upper half of the frequencies, more than of the real items'",
    "sharpness": "that share, over the real items'",
    "colour": "mean distance of a pixel from its own grey, as a share of the real items'",
    "moved": "distance that samples of the same latents moved since the probe before, as a share of diversity",
    "skill": "probability that the discriminator ranks a training item above a sample",
    "favour": "probability that it ranks a training item above an unseen one: .5 = it sees no difference",
}
"""The numbers of a probe. Those that cannot be measured are left out."""


@dataclass
class Probe:
    """The numbers of PROBED, and counts."""

    update: int
    images_seen: int
    numbers: dict[str, float]
    shares: dict[str, list[float]] = field(default_factory=dict)
    """Samples of each prototype ("prototypes") and class ("classes"), how many are due to it ("asked"), and how surely it has
    less than half of that ("lacks", see `Classes.counts`). Of labelled players: the spread within each class as a share of its
    real items', -1 where it cannot be measured ("spread by label")."""

    def as_row(self) -> dict[str, Any]:
        """The row of probes.jsonl."""
        numbers = {name: round(value, 6) if abs(value) >= 1e-3 else value for name, value in self.numbers.items()}
        return {"update": self.update, "images_seen": self.images_seen, "numbers": numbers, "shares": self.shares}

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Probe | None:
        """The probe of a row; None where the row is not one."""
        try:
            numbers = {str(name): float(value) for name, value in row["numbers"].items()}
            shares = {str(name): [float(n) for n in counts] for name, counts in row.get("shares", {}).items()}
            return cls(int(row["update"]), int(row.get("images_seen", 0)), numbers, shares)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


@dataclass
class Samples:
    """Samples in the forms that the signals need."""

    items: np.ndarray  # bytes or vectors
    rows: np.ndarray
    points: np.ndarray
    labels: np.ndarray | None
    raw: np.ndarray  # pixels in 0..1, not clipped


class Prober:
    """Takes probes of games. It keeps the newest samples to measure how far the next ones moved."""

    def __init__(self, recipe: Recipe, known: Reference, labelling: Labelling, samples: int = SAMPLES) -> None:
        """labelling: the players' labels. samples: how many are drawn for each probe."""
        self.known, self.samples = known, samples
        self.mirrors = "mirror" in recipe.augment.name
        rng = streams.generator(recipe.seed, "diagnosis")
        self.latents = streams.latents(rng, recipe.latent.law, (samples, recipe.latent.dim))
        # in random order: `pairwise_diversity` must not compare the same classes in every pair
        self.labels = labelling.as_in_data(samples, streams.generator(recipe.seed, "diagnosis", 0, 4))
        self.even = labelling.shuffled(samples, streams.generator(recipe.seed, "diagnosis", 0, 4))
        if self.labels is not None and _alike(self.labels, self.even):
            self.labels = self.even  # classes are even: one set of samples serves both purposes
        self.classes = 0 if labelling.counts else labelling.classes  # groups are too small to be measured one by one
        self.newest: Samples | None = None

    def probe(self, game: Game, update: int, images_seen: int) -> Probe:
        """Measure a game as it is now."""
        raw = game.make(self.latents, self.labels)
        probe = Probe(update, images_seen, {"finite": float(np.isfinite(raw).mean())})
        if probe.numbers["finite"] < 1:
            return probe
        known, drawn = self.known, self._as_samples(raw, self.labels)
        asked = drawn if self.labels is self.even else self._as_samples(game.make(self.latents, self.even), self.even)
        numbers, probe.shares = _variety(drawn, known)
        numbers |= probe.numbers | _likeness(drawn, known) | _copies(drawn, known, mirrors=self.mirrors)
        if known.is_pictures:
            numbers |= _pixels(drawn, known)
        if known.classed is not None:
            _add(numbers, probe.shares, _classes(asked, known.classed, labelled=self.classes > 0))
        if known.classed is not None and self.classes:
            numbers |= self._label_effect(asked, game)
            _add(numbers, probe.shares, _spread_in_class(asked, known.classed, known.real["spread in class"]))
        if self.newest is not None:
            moved = np.linalg.norm(drawn.rows - self.newest.rows, axis=1).mean()
            numbers["moved"] = _ratio(moved, known.real["diversity"])
        self.newest = drawn
        numbers |= _discriminator(drawn, known, game)
        probe.numbers = {name: value for name, value in numbers.items() if math.isfinite(value)}
        return probe

    def _as_samples(self, raw: np.ndarray, labels: np.ndarray | None) -> Samples:
        known = self.known
        items = known.kind.items_of(raw, known.settings, known.units)
        scaled = pixels.to_unit(raw, known.settings.pixels) if known.is_pictures else items
        rows = known.kind.flat(scaled, NUMBERS)
        return Samples(items, rows, self.known.space.points(rows), labels, scaled)

    def _label_effect(self, asked: Samples, game: Game) -> dict[str, float]:
        assert asked.labels is not None
        some = self.samples // 4
        labels = (asked.labels[:some] + 1) % self.classes
        other = self._as_samples(game.make(self.latents[:some], labels), labels)
        by_label = np.linalg.norm(other.rows - asked.rows[:some], axis=1).mean()
        same = [asked.rows[asked.labels == label] for label in range(self.classes)]
        by_latents = float(np.mean([pairwise_diversity(rows) for rows in same if len(rows) > 1] or [0.0]))
        return {"label effect": _ratio(by_label, by_latents)}


Found = tuple[dict[str, float], dict[str, list[float]]]
"""Numbers of PROBED, and lists of `Probe.shares`."""


def _add(numbers: dict[str, float], shares: dict[str, list[float]], found: Found) -> None:
    numbers |= found[0]
    shares |= found[1]


def _alike(labels: np.ndarray, even: np.ndarray | None) -> bool:
    """Whether labels are nearly as often as where all classes are alike."""
    if even is None:
        return False
    length = int(max(labels.max(), even.max())) + 1
    counts, due = (np.bincount(each, minlength=length) for each in (labels, even))
    return bool(np.abs(counts - due).max() <= 0.25 * due.max() + 1)


def _ratio(value: float | np.floating, real: float) -> float:
    return float(value / max(real, samples.EPSILON))


def _variety(drawn: Samples, known: Reference) -> Found:
    """How different samples are from one another, over how different real items are; and the counts of prototypes."""
    counts = np.bincount(samples.nearest_of(drawn.points, known.prototypes), minlength=len(known.prototypes))
    numbers = {
        "spread": _ratio(samples.spread(drawn.rows), known.real["spread"]),
        "diversity": _ratio(pairwise_diversity(drawn.rows), known.real["diversity"]),
        "kinds": _ratio(samples.effective_number(counts), known.real["kinds"]),
        "overlap": samples.overlap(counts, known.shares),
    }
    return numbers, {"prototypes": counts.tolist()}


def _classes(asked: Samples, classed: Classes, *, labelled: bool) -> Found:
    """Which classes samples are like. labelled: the players' labels are the classes, and samples were asked by them."""
    taken, labels = classed.class_of(asked.points), asked.labels if labelled else None
    counts, due, sure = classed.counts(taken, labels)
    numbers = {"class variety": _ratio(samples.effective_number(counts), samples.effective_number(due))}
    shares = {"classes": counts, "asked": due, "lacks": sure}
    if labels is not None:
        right = taken == labels
        numbers["agreement"] = float(right.mean())
        numbers["faithful agreement"] = float((due * np.diagonal(classed.confusion)).sum() / len(taken))
    return numbers, {name: np.round(each, 2).tolist() for name, each in shares.items()}


def _spread_in_class(asked: Samples, classed: Classes, usual: float) -> Found:
    """How different samples of one label are, over how different that class's real items are; usual: the classes' mean."""
    assert asked.labels is not None
    shares: list[float] = []
    for label, real in enumerate(classed.spreads):
        rows = asked.rows[asked.labels == label]
        measured = len(rows) >= LEAST_OF_A_CLASS and real > FAINT * usual  # NaN is not greater
        shares.append(round(_ratio(samples.spread(rows), real), 3) if measured else -1.0)
    return {"spread": _ratio(samples.spread(asked.rows, asked.labels), usual)}, {"spread by label": shares}


def _likeness(drawn: Samples, known: Reference) -> dict[str, float]:
    """How similar samples are to real items."""
    count = min(len(drawn.rows), len(known.rows))
    distance = sliced(drawn.rows[:count], known.rows[:count], directions=DIRECTIONS)
    squared = distances.squared(drawn.points, known.points[: len(known.radii)])
    precision, coverage = samples.precision_coverage(squared, known.radii)
    return {"quality": _ratio(distance, known.real["spread"]), "precision": precision, "coverage": coverage}


def _copies(drawn: Samples, known: Reference, *, mirrors: bool) -> dict[str, float]:
    """How near samples are to training items, and what their mean is like. mirrors: mirrored items were trained on too."""
    items = drawn.raw if known.is_pictures else drawn.items
    near = copies.near(known.kind, items, drawn.points, known.rows, known.points, numbers=NUMBERS)
    distance, ratio = near.distance, near.ratio
    if mirrors and known.is_pictures:
        mirrored = items[:, :, ::-1]
        points = known.space.points(known.kind.flat(mirrored, NUMBERS))
        other = copies.near(known.kind, mirrored, points, known.rows, known.points, numbers=NUMBERS)
        distance, ratio = np.minimum(distance, other.distance), np.minimum(ratio, other.ratio)
    numbers = {
        "copies": float((ratio <= known.real["copy limit"]).mean()),
        "nearness": _ratio(float(np.median(distance)), known.real["distance"]),
    }
    if known.is_pictures:
        mean = drawn.rows.mean(0, dtype=np.float64)
        numbers["stamp"] = float(samples.correlations(mean, known.rows).max())
        numbers["mean likeness"] = float(samples.correlations(mean, known.space.mean[None])[0])
    return numbers


def _pixels(drawn: Samples, known: Reference) -> dict[str, float]:
    """The range of the samples' pixels, and their frequencies."""
    raw = drawn.raw
    darkest, brightest = np.percentile(raw, [1, 99])
    numbers = {
        "contrast": _ratio(samples.contrast(drawn.rows), known.real["contrast"]),
        "outside": float(((raw < -0.02) | (raw > 1.02)).mean()),
        "darkest": float(darkest),
        "brightest": float(brightest),
    }
    if known.real.get("colour", 0.0) > GREY:
        numbers["colour"] = _ratio(samples.colour(raw), known.real["colour"])
    if known.profile:
        profile = spectrum.profiles(raw)
        upper = spectrum.upper(profile)
        numbers |= {"grain": upper - known.real["upper"], "sharpness": _ratio(upper, known.real["upper"])}
        if found := spectrum.pattern(profile, known.profile):
            numbers |= {"pattern": found.stands_out, "pattern share": found.share, "pattern period": found.period}
    return numbers


def _discriminator(drawn: Samples, known: Reference, game: Game) -> dict[str, float]:
    """How the discriminator ranks training items, samples and unseen items."""

    def logits(items: Items) -> np.ndarray:
        some = items.take(np.arange(min(SCORED, len(items))))
        return game.discriminate(some.items, None if drawn.labels is None else some.labels).logits

    training = logits(known.training)
    numbers = {"skill": samples.auc(training, logits(Items(drawn.items, drawn.labels)))}
    if known.heldout is not None:
        numbers["favour"] = samples.auc(training, logits(known.heldout))
    return numbers
