"""A probe: numbers of a generator's samples from fixed latents, and of the discriminator's outputs, at one update."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.reference import NEXT, NUMBERS, SCORED, Items, Reference
from gansmith.ground import pixels, streams
from gansmith.ground.game import Game
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.settings import Recipe
from gansmith.metrics import pictures
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.diversity import pairwise_diversity
from gansmith.metrics.measures.wasserstein import sliced

SAMPLES = 256
DIRECTIONS = 64

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
    "classes drawn": "effective number of classes that are drawn (exp of entropy)",
    "agreement": "labelled: share of samples whose nearest real items are of the requested class",
    "label effect": "labelled: how far another label moves a sample, as a share of how far other latents do",
    "outside": "share of raw pixels outside the pixels' range, by more than 2% of it",
    "darkest": "1st percentile of the raw samples, on the pixels' scale of 0..1",
    "brightest": "99th percentile of the same",
    "copies": "share of samples that are as near to a training item as 1 in 100 real items",
    "nearness": "median distance to the nearest training item, as a share of unseen items'",
    "stamp": "largest correlation of the mean sample with a training item",
    "mean likeness": "correlation of the mean sample with the mean item",
    "finest": "share of variance in stripes and checks of two pixels",
    "peak": "how far that frequency stands out above its neighbours, over the real items'",
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
    shares: dict[str, list[int]] = field(default_factory=dict)
    """Samples of each prototype ("prototypes") and class ("classes"); spread within each label, in thousandths of the
    real items' ("spread by label")."""

    def as_row(self) -> dict[str, Any]:
        """The row of probes.jsonl."""
        numbers = {name: round(value, 6) if abs(value) >= 1e-3 else value for name, value in self.numbers.items()}
        return {"update": self.update, "images_seen": self.images_seen, "numbers": numbers, "shares": self.shares}

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Probe | None:
        """The probe of a row; None where the row is not one."""
        try:
            numbers = {str(name): float(value) for name, value in row["numbers"].items()}
            shares = {str(name): [int(n) for n in counts] for name, counts in row.get("shares", {}).items()}
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

    def __init__(self, recipe: Recipe, known: Reference, labelling: Labelling) -> None:
        """labelling: the players' labels."""
        self.known = known
        rng = streams.generator(recipe.seed, "diagnosis")
        self.latents = streams.latents(rng, recipe.latent.law, (SAMPLES, recipe.latent.dim))
        # in random order: `pairwise_diversity` must not compare the same classes in every pair
        self.labels = labelling.shuffled(SAMPLES, streams.generator(recipe.seed, "diagnosis", 0, 4))
        self.classes = 0 if labelling.counts else labelling.classes  # groups are too small to be measured one by one
        self.newest: Samples | None = None

    def probe(self, game: Game, update: int, images_seen: int) -> Probe:
        """Measure a game as it is now."""
        raw = game.make(self.latents, self.labels)
        probe = Probe(update, images_seen, {"finite": float(np.isfinite(raw).mean())})
        if probe.numbers["finite"] < 1:
            return probe
        drawn = self._samples(raw)
        numbers, probe.shares = _variety(drawn, self.known, labelled=self.classes > 0)
        numbers |= probe.numbers | _likeness(drawn, self.known) | _copies(drawn, self.known)
        if self.known.is_pictures:
            numbers |= _pixels(drawn, self.known)
        if self.classes and self.known.labels is not None:
            numbers |= self._label_agreement(drawn, game)
        if self.newest is not None:
            moved = np.linalg.norm(drawn.rows - self.newest.rows, axis=1).mean()
            numbers["moved"] = _ratio(moved, self.known.real["diversity"])
        self.newest = drawn
        numbers |= _discriminator(drawn, self.known, game)
        probe.numbers = {name: value for name, value in numbers.items() if math.isfinite(value)}
        return probe

    def _samples(self, raw: np.ndarray) -> Samples:
        items, scaled = raw, raw
        if raw.ndim == 4:
            items = pixels.to_bytes(raw, self.known.pixel_range)
            scaled = pixels.to_unit(raw, self.known.pixel_range)
        rows = pictures.flat(scaled, NUMBERS)
        return Samples(items, rows, self.known.space.points(rows), self.labels, scaled)

    def _label_agreement(self, drawn: Samples, game: Game) -> dict[str, float]:
        assert drawn.labels is not None
        agreement = float((self.known.class_of(drawn.points) == drawn.labels).mean())
        some = SAMPLES // 4
        other = game.make(self.latents[:some], (drawn.labels[:some] + 1) % self.classes)
        by_label = np.linalg.norm(self._samples(other).rows - drawn.rows[:some], axis=1).mean()
        same = [drawn.rows[drawn.labels == label] for label in range(self.classes)]
        by_latents = float(np.mean([pairwise_diversity(rows) for rows in same if len(rows) > 1] or [0.0]))
        return {"agreement": agreement, "label effect": _ratio(by_label, by_latents)}


def _ratio(value: float | np.floating, real: float) -> float:
    return float(value / max(real, signals.EPSILON))


def _variety(drawn: Samples, known: Reference, *, labelled: bool) -> tuple[dict[str, float], dict[str, list[int]]]:
    """How different samples are from one another, over how different real items are; and the counts of `Probe.shares`."""
    real = known.real
    within = labelled and "spread in class" in real
    labels, expected = (drawn.labels, real["spread in class"]) if within else (None, real["spread"])
    counts = np.bincount(signals.nearest_of(drawn.points, known.prototypes), minlength=len(known.prototypes))
    numbers = {
        "spread": _ratio(signals.spread(drawn.rows, labels), expected),
        "diversity": _ratio(pairwise_diversity(drawn.rows), real["diversity"]),
        "kinds": _ratio(signals.effective_number(counts), real["kinds"]),
        "overlap": signals.overlap(counts, known.shares),
    }
    shares: dict[str, list[int]] = {}
    if labels is not None:
        spreads = [_ratio(signals.spread(drawn.rows[labels == label]), expected) for label in np.unique(labels)]
        shares["spread by label"] = [round(1000 * each) for each in spreads]
    shares["prototypes"] = counts.tolist()
    if known.labels is not None:
        classes = np.bincount(known.class_of(drawn.points), minlength=known.classes)
        shares["classes"] = classes.tolist()
        numbers["classes drawn"] = signals.effective_number(classes)
    return numbers, shares


def _likeness(drawn: Samples, known: Reference) -> dict[str, float]:
    """How similar samples are to real items."""
    count = min(len(drawn.rows), len(known.rows))
    distance = sliced(drawn.rows[:count], known.rows[:count], directions=DIRECTIONS)
    squared = distances.squared(drawn.points, known.points[: len(known.radii)])
    precision, coverage = signals.precision_coverage(squared, known.radii)
    return {"quality": _ratio(distance, known.real["spread"]), "precision": precision, "coverage": coverage}


def _copies(drawn: Samples, known: Reference) -> dict[str, float]:
    """How near samples are to training items, and what their mean is like."""
    squared = distances.squared(drawn.points, known.points)
    ratios = signals.copy_ratio(squared, NEXT)
    numbers = {
        "copies": float((ratios <= known.real["copy limit"]).mean()),
        "nearness": _ratio(float(np.median(np.sqrt(squared.min(1)))), known.real["distance"]),
    }
    if known.is_pictures:
        mean = drawn.rows.mean(0, dtype=np.float64)
        numbers["stamp"] = float(signals.correlations(mean, known.rows).max())
        numbers["mean likeness"] = float(signals.correlations(mean, known.space.mean[None])[0])
    return numbers


def _pixels(drawn: Samples, known: Reference) -> dict[str, float]:
    """The range of the samples' pixels, and their finest pattern."""
    raw = drawn.raw
    darkest, brightest = np.percentile(raw, [1, 99])
    numbers = {
        "contrast": _ratio(signals.contrast(drawn.rows), known.real["contrast"]),
        "outside": float(((raw < -0.02) | (raw > 1.02)).mean()),
        "darkest": float(darkest),
        "brightest": float(brightest),
    }
    if "peak" in known.real:
        numbers["finest"], peak = signals.finest(raw)
        numbers["peak"] = _ratio(peak, known.real["peak"])
    return numbers


def _discriminator(drawn: Samples, known: Reference, game: Game) -> dict[str, float]:
    """How the discriminator ranks training items, samples and unseen items."""

    def logits(items: Items) -> np.ndarray:
        some = items.take(np.arange(min(SCORED, len(items))))
        return game.discriminate(some.items, None if drawn.labels is None else some.labels).logits

    training = logits(known.training)
    numbers = {"skill": signals.auc(training, logits(Items(drawn.items, drawn.labels)))}
    if known.heldout is not None:
        numbers["favour"] = signals.auc(training, logits(known.heldout))
    return numbers
