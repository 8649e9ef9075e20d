"""Real items, and all that is measured of them once: what generated items are compared with.

Without a test split, part of the items is held out here, the same part every time. What a network reads in the
held-out items, and every floor, is kept in the cache under the set's fingerprint and the features' name.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from gansmith.data import cache as folders
from gansmith.ground import streams
from gansmith.ground.files import runfolder
from gansmith.metrics import pictures
from gansmith.metrics.feature_networks import network
from gansmith.metrics.feature_networks.features import Extractor, Progress, silent
from gansmith.metrics.feature_networks.yardstick import FeatureSettings, yardstick
from gansmith.metrics.measures import memorisation
from gansmith.metrics.measures.frechet import Gaussian
from gansmith.metrics.real import HELDOUT_MOST, RealItems, check, split, take

COPIES_LOOKED_AT = 2000  # held-out and generated items whose nearest training item is sought
AUTO = FeatureSettings()
PROTOCOL = "1"  # rises when a figure's definition changes; floors of another protocol are measured again


@dataclass(frozen=True)
class View:
    """Items as the metrics see them."""

    items: np.ndarray
    labels: np.ndarray | None  # of generated items: the labels asked for
    features: np.ndarray  # float32 (N, d)
    probabilities: np.ndarray | None  # float32 (N, classes), where a classifier judges
    nearness: memorisation.Nearness | None = None  # of the first COPIES_LOOKED_AT, where it was looked for

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def answers(self) -> np.ndarray:
        """The judge's classes int64 (N,). Only where there is a judge."""
        assert self.probabilities is not None
        return self.probabilities.argmax(axis=1)

    def first(self, count: int) -> View:
        """The first `count` of them; itself when there are no more."""
        if count >= len(self):
            return self
        cut = (None if array is None else array[:count] for array in (self.labels, self.probabilities))
        labels, probabilities = cut
        return View(self.items[:count], labels, self.features[:count], probabilities)


@dataclass(frozen=True)
class Reference:
    """A data set ready to be compared with."""

    real: RealItems
    extractor: Extractor
    judge: Extractor | None  # a classifier of the set's classes
    cache: Path
    training_rows: np.ndarray  # int64: rows of real.items that are not held out, in random order
    heldout_rows: np.ndarray | None  # rows held out here; None where the set brings its own test split
    notes: tuple[str, ...] = ()
    floors: dict[str, float] = field(
        default_factory=dict
    )  # "<figure>/<real or noise>/<plain or labelled>/<count>" -> value
    views: dict[str, View] = field(default_factory=dict, repr=False)  # real items and noise that were read already

    @property
    def features_name(self) -> str:
        """The extractor's name."""
        return self.extractor.name

    @property
    def classes(self) -> int:
        """Classes of the set; 0 without labels."""
        return 0 if self.real.labels is None else max(int(self.real.labels.max()) + 1, len(self.real.class_names))

    @cached_property
    def due(self) -> np.ndarray:
        """Items per class in the whole set, int64 (classes,). A stack of digits is even by its making."""
        assert self.real.labels is not None
        if self.real.stacked:
            return np.ones(self.classes, np.int64)
        return np.bincount(self.real.labels, minlength=self.classes)

    def read(self, items: np.ndarray, labels: np.ndarray | None) -> View:
        """Describe items by the extractor, and by the judge where that is another."""
        found = self.extractor.read(items)
        if self.judge is None or self.judge is self.extractor:
            return View(items, labels, found.features, found.probabilities if self.judge else None)
        return View(items, labels, found.features, self.judge.read(items).probabilities)

    @cached_property
    def heldout(self) -> View:
        """The held-out real items, in random order."""
        if self.heldout_rows is not None:
            items, labels = take(self.real.items, self.real.labels, self.heldout_rows)
        else:
            assert self.real.heldout_items is not None
            order = streams.generator(0, "features", 0, 9).permutation(len(self.real.heldout_items))
            items, labels = take(self.real.heldout_items, self.real.heldout_labels, order[:HELDOUT_MOST])
        path = self._cached("heldout").with_suffix(".safetensors")
        known = network.read(path)
        if known is not None and len(known[0].get("features", ())) == len(items):
            return View(items, labels, known[0]["features"], known[0].get("probabilities"))
        view = self.read(items, labels)
        arrays = {"features": view.features}
        if view.probabilities is not None:
            arrays["probabilities"] = view.probabilities
        network.write(path, arrays, {})
        return view

    def training(self, count: int) -> View:
        """`count` training items, or all, in random order."""
        held = self.views.get("training")
        if held is None or len(held) < min(count, len(self.training_rows)):
            held = self.read(*take(self.real.items, self.real.labels, self.training_rows[:count]))
            self.views["training"] = held
        return held.first(count)

    def noise(self, count: int) -> View:
        """Items without meaning, asked for every class in turn."""
        held = self.views.get("noise")
        if held is None or len(held) < count:
            asked = np.arange(count) % self.classes if self.classes else None
            held = self.read(pictures.noise(self.real.items[:1000], count), asked)
            self.views["noise"] = held
        return held.first(count)

    @cached_property
    def gaussian(self) -> Gaussian:
        """Of the held-out items' features."""
        return Gaussian.of(self.heldout.features)

    @cached_property
    def shown(self) -> np.ndarray:
        """Everything that a generator may have been trained on, as rows float32 (N, d) for finding copies.

        Items that are held out here were not held out from the generator, so they are in it.
        """
        shown = self.real.items if self.real.shown is None else self.real.shown
        return pictures.flat(shown, memorisation.NUMBERS)

    @cached_property
    def heldout_nearness(self) -> memorisation.Nearness:
        """Of held-out real items among `shown`."""
        path = self._cached("nearness").with_suffix(".safetensors")
        known = network.read(path)
        if known is not None and known[0].keys() == {"nearest", "distance", "ratio"}:
            return memorisation.Nearness(**known[0])
        rows = pictures.flat(self.heldout.items[:COPIES_LOOKED_AT], memorisation.NUMBERS)
        own = None if self.heldout_rows is None or self.real.shown is not None else self.heldout_rows[:COPIES_LOOKED_AT]
        found = memorisation.nearness(rows, self.shown, own)
        network.write(path, {"nearest": found.nearest, "distance": found.distance, "ratio": found.ratio}, {})
        return found

    def remember(self, values: dict[str, float]) -> None:
        """Keep floors for the next time."""
        self.floors.update(values)
        path = self._cached("floors").with_suffix(".json")
        folders.make(path.parent)
        runfolder.write_json(path, self.floors)

    def recall(self) -> Reference:
        """With the floors that were kept before."""
        path = self._cached("floors").with_suffix(".json")
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return self
        if isinstance(known, dict):
            self.floors.update({key: float(value) for key, value in known.items() if isinstance(value, int | float)})
        return self

    def _cached(self, what: str) -> Path:
        judge = self.judge.name if self.judge else ""
        words = [PROTOCOL, self.real.fingerprint, self.extractor.name, judge, str(len(self.training_rows))]
        if self.real.shown is not None:
            words.append(self.real.shown_fingerprint)
        return self.cache / "features" / f"{what}-{hashlib.sha256('/'.join(words).encode()).hexdigest()[:16]}"


def reference(real: RealItems, cache: Path, settings: FeatureSettings = AUTO, progress: Progress = silent) -> Reference:
    """Make a set ready to be compared with; trains feature networks that are not in the cache yet.

    Raises DataError for arrays that are no data set, and for features that they do not allow.
    """
    check(real)
    chosen = yardstick(real, cache, settings, progress)
    training_rows, heldout_rows = split(real)
    made = Reference(real, chosen.extractor, chosen.judge, cache, training_rows, heldout_rows, chosen.notes)
    return made.recall()
