"""A look at a generator and a discriminator at one moment: samples from fixed latents, and verdicts on known items."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.reference import JUDGED, NEXT, NUMBERS, Items, Reference
from gansmith.ground import pixels, streams
from gansmith.ground.game import Game
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.settings import Recipe
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.diversity import pairwise_diversity
from gansmith.metrics.measures.wasserstein import sliced

SAMPLES = 256
DIRECTIONS = 64

PROBED: dict[str, str] = {
    "finite": "share of the samples' numbers that are numbers",
    "spread": "standard deviation over z, as a share of the real items' over items; labelled: within classes, both",
    "diversity": "mean distance between samples, as a share of the real items'",
    "contrast": "standard deviation over a sample's own pixels, as a share of the real items'",
    "quality": "sliced Wasserstein distance to real items, as a share of the real items' spread (no network needed)",
    "kinds": "how many of the data's prototypes are drawn, by their shares (exp of entropy), as a share of the data's",
    "overlap": "common part of the samples' and the data's shares of prototypes",
    "precision": "share of samples inside a real item's neighbourhood",
    "coverage": "share of real items with a sample in their neighbourhood",
    "classes drawn": "how many classes are drawn, by their shares (exp of entropy)",
    "agreement": "labelled: share of samples whose nearest real items are of the class asked for",
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
    "favour": "probability that it ranks a training item above an unseen one: .5 = it tells no difference",
}
"""The numbers of a probe. Those that cannot be had are left out."""


@dataclass
class Probe:
    """One look: `numbers` as PROBED lists them, `shares` as counts."""

    update: int
    images_seen: int
    numbers: dict[str, float]
    shares: dict[str, list[int]] = field(default_factory=dict)
    """Samples of each prototype ("prototypes") and class ("classes"); spread within each label, in thousandths of the
    real items' ("spread by label")."""

    def as_row(self) -> dict[str, Any]:
        """A JSON-able row."""
        numbers = {name: round(value, 6) if abs(value) >= 1e-3 else value for name, value in self.numbers.items()}
        return {"update": self.update, "images_seen": self.images_seen, "numbers": numbers, "shares": self.shares}

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Probe | None:
        """A row of a file back, or None where it is none."""
        try:
            numbers = {str(name): float(value) for name, value in row["numbers"].items()}
            shares = {str(name): [int(n) for n in counts] for name, counts in row.get("shares", {}).items()}
            return cls(int(row["update"]), int(row.get("images_seen", 0)), numbers, shares)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


@dataclass
class Look:
    """Samples as the signals want them."""

    items: np.ndarray  # bytes or vectors
    rows: np.ndarray
    points: np.ndarray
    labels: np.ndarray | None
    raw: np.ndarray  # on a scale from 0 to 1


class Prober:
    """Takes probes; remembers the samples of the last one, to see them move."""

    def __init__(self, recipe: Recipe, known: Reference, labelling: Labelling) -> None:
        """labelling: what the players are told of the items."""
        self.recipe, self.known = recipe, known
        rng = streams.generator(recipe.seed, "diagnosis")
        self.latents = streams.latents(rng, recipe.latent.law, (SAMPLES, recipe.latent.dim))
        # in random order: what is measured over pairs must not meet the same classes at every step
        self.labels = labelling.shuffled(SAMPLES, streams.generator(recipe.seed, "diagnosis", 0, 4))
        self.classes = 0 if labelling.counts else labelling.classes  # groups are too small to be looked at one by one
        self.newest: Look | None = None

    def probe(self, game: Game, update: int, images_seen: int, *, judge: bool = True) -> Probe:
        """Look at a game as it is. judge: ask the discriminator too."""
        raw = game.make(self.latents, self.labels)
        probe = Probe(update, images_seen, {"finite": float(np.isfinite(raw).mean())})
        if probe.numbers["finite"] < 1:
            return probe
        look = self._look(raw)
        _variety(probe, look, self.known, look.labels if self.classes else None)
        _likeness(probe, look, self.known)
        _copies(probe, look, self.known)
        if self.known.is_pictures:
            _pixels(probe, look, self.known)
        if self.classes and self.known.labels is not None:
            self._obedience(probe, look, game)
        if self.newest is not None:
            gone = np.linalg.norm(look.rows - self.newest.rows, axis=1).mean()
            probe.numbers["moved"] = float(gone / max(self.known.real["diversity"], signals.EPSILON))
        self.newest = look
        if judge:
            _verdicts(probe, look, self.known, game)
        probe.numbers = {name: value for name, value in probe.numbers.items() if math.isfinite(value)}
        return probe

    def _look(self, raw: np.ndarray) -> Look:
        scaled = signals.unit(raw, self.known.pixel_range) if raw.ndim == 4 else raw
        items = pixels.to_bytes(raw, self.known.pixel_range) if raw.ndim == 4 else raw
        rows = signals.rows(scaled, NUMBERS)
        return Look(items, rows, self.known.space.points(rows), self.labels, scaled)

    def _obedience(self, probe: Probe, look: Look, game: Game) -> None:
        assert look.labels is not None
        probe.numbers["agreement"] = float((self.known.class_of(look.points) == look.labels).mean())
        half = SAMPLES // 4
        other = game.make(self.latents[:half], (look.labels[:half] + 1) % self.classes)
        moved = self._look(other).rows - look.rows[:half]
        same = [look.rows[look.labels == label] for label in range(self.classes)]
        by_latents = np.mean([pairwise_diversity(group) for group in same if len(group) > 1] or [0.0])
        by_label = np.linalg.norm(moved, axis=1).mean()
        probe.numbers["label effect"] = float(by_label / max(float(by_latents), signals.EPSILON))


def _variety(probe: Probe, look: Look, known: Reference, classes: np.ndarray | None) -> None:
    """How differently samples come out, against how differently real items do. classes (N,): that were asked for."""
    numbers, real = probe.numbers, known.real
    in_class = classes is not None and "spread in class" in real
    labels = classes if in_class else None
    due = max(real["spread in class" if in_class else "spread"], signals.EPSILON)
    numbers["spread"] = signals.spread(look.rows, labels) / due
    if labels is not None:
        spreads = [signals.spread(look.rows[labels == each]) / due for each in np.unique(labels)]
        probe.shares["spread by label"] = [round(1000 * each) for each in spreads]
    numbers["diversity"] = pairwise_diversity(look.rows) / max(real["diversity"], signals.EPSILON)
    counts = np.bincount(signals.nearest_of(look.points, known.prototypes), minlength=len(known.prototypes))
    probe.shares["prototypes"] = counts.tolist()
    numbers["kinds"] = signals.effective(counts) / max(real["kinds"], signals.EPSILON)
    numbers["overlap"] = signals.overlap(counts, known.shares)
    if known.labels is not None:
        drawn = np.bincount(known.class_of(look.points), minlength=known.classes)
        probe.shares["classes"] = drawn.tolist()
        numbers["classes drawn"] = signals.effective(drawn)


def _likeness(probe: Probe, look: Look, known: Reference) -> None:
    """How like real items samples are."""
    numbers = probe.numbers
    count = min(len(look.rows), len(known.rows))
    distance = sliced(look.rows[:count], known.rows[:count], directions=DIRECTIONS)
    numbers["quality"] = distance / max(known.real["spread"], signals.EPSILON)
    squared = distances.squared(look.points, known.points[: len(known.radii)])
    numbers["precision"], numbers["coverage"] = signals.precision_coverage(squared, known.radii)


def _copies(probe: Probe, look: Look, known: Reference) -> None:
    """How near samples are to training items, and what they are on the mean."""
    squared = distances.squared(look.points, known.points)
    ratios = signals.copy_ratio(squared, NEXT)
    probe.numbers["copies"] = float((ratios <= known.real["copy limit"]).mean())
    nearest = float(np.median(np.sqrt(squared.min(1))))
    probe.numbers["nearness"] = nearest / max(known.real["distance"], signals.EPSILON)
    mean = look.rows.mean(0, dtype=np.float64)
    if known.is_pictures:
        probe.numbers["stamp"] = float(signals.correlations(mean, known.rows).max())
        probe.numbers["mean likeness"] = float(signals.correlations(mean, known.space.mean[None])[0])


def _pixels(probe: Probe, look: Look, known: Reference) -> None:
    """Where the samples' pixels lie, and their finest pattern."""
    numbers, raw = probe.numbers, look.raw
    numbers["contrast"] = signals.contrast(look.rows) / max(known.real["contrast"], signals.EPSILON)
    numbers["outside"] = float(((raw < -0.02) | (raw > 1.02)).mean())
    numbers["darkest"], numbers["brightest"] = (float(value) for value in np.percentile(raw, [1, 99]))
    if "peak" in known.real:
        numbers["finest"], peak = signals.finest(raw)
        numbers["peak"] = peak / max(known.real["peak"], signals.EPSILON)


def _verdicts(probe: Probe, look: Look, known: Reference, game: Game) -> None:
    """What the discriminator makes of samples, of training items and of items it never learned from."""
    labelled = look.labels is not None

    def judge(items: Items) -> np.ndarray:
        return game.discriminate(items.items, items.labels if labelled else None).logits

    fakes = judge(Items(look.items, look.labels).take(np.arange(JUDGED)))
    training = judge(known.training)
    probe.numbers["skill"] = signals.area(training, fakes)
    if known.heldout is not None:
        probe.numbers["favour"] = signals.area(
            training, judge(known.heldout.take(np.arange(min(JUDGED, len(known.heldout)))))
        )
