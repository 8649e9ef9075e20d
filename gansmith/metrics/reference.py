"""Real items to compare generated items with, and everything that is measured of them once.

Without a test split, a part of the items is held out here, always the same. The held-out items' features and every
floor are cached under the set's fingerprint and the features' name.
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
from gansmith.metrics.feature_networks import network
from gansmith.metrics.feature_networks.choice import FeatureSettings, choose
from gansmith.metrics.feature_networks.features import Extractor, Progress, silent
from gansmith.metrics.feature_networks.imagenet import Imagenet
from gansmith.metrics.measures import kid, memorisation
from gansmith.metrics.measures.frechet import Gaussian
from gansmith.metrics.real import HELDOUT_MOST, RealItems, check, split, take

COPIES_LOOKED_AT = 2000  # held-out and generated items whose nearest training item is searched
LIKENESS_MOST = 20_000  # training items of which features are read to find copies: two minutes of one core
AUTO = FeatureSettings()
PROTOCOL = "2"  # change it when a figure's definition changes: then floors are measured again


@dataclass(frozen=True)
class View:
    """Items with their features."""

    items: np.ndarray
    labels: np.ndarray | None  # of generated items: the requested labels
    features: np.ndarray  # float32 (N, d)
    probabilities: np.ndarray | None  # float32 (N, classes), where the set has a classifier
    nearness: memorisation.Nearness | None = None  # of the first COPIES_LOOKED_AT, where it was measured

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The classes that the classifier predicts, int64 (N,). Only where there is a classifier."""
        assert self.probabilities is not None
        return self.probabilities.argmax(axis=1)

    def first(self, count: int) -> View:
        """The first `count` items; the view itself if it has no more."""
        if count >= len(self):
            return self
        labels, probabilities = (
            None if array is None else array[:count] for array in (self.labels, self.probabilities)
        )
        return View(self.items[:count], labels, self.features[:count], probabilities)


@dataclass(frozen=True)
class Reference:
    """A data set ready for comparison."""

    real: RealItems
    extractor: Extractor
    classifier: Extractor | None  # of the set's classes
    cache: Path
    training_rows: np.ndarray  # int64: indices of real.items that are not held out, in random order
    heldout_rows: np.ndarray | None  # indices held out here; None where the set has its own test split
    notes: tuple[str, ...] = ()
    floors: dict[str, float] = field(default_factory=dict)
    """Value by "<figure>/<real or noise>/<plain or labelled>/<count>"."""
    views: dict[str, View] = field(default_factory=dict, repr=False)  # real items and noise with features so far

    @property
    def features_name(self) -> str:
        """The extractor's name."""
        return self.extractor.name

    @property
    def classes(self) -> int:
        """Classes of the set; 0 without labels."""
        return 0 if self.real.labels is None else max(int(self.real.labels.max()) + 1, len(self.real.class_names))

    @property
    def class_names(self) -> tuple[str, ...]:
        """A name for each class: its own, or its number."""
        own = self.real.class_names
        return own + tuple(str(index) for index in range(len(own), self.classes))

    @cached_property
    def class_counts(self) -> np.ndarray:
        """Items per class in the whole set, int64 (classes,); 1 for each class of stacked digits, which are even."""
        assert self.real.labels is not None
        if self.real.stacked:
            return np.ones(self.classes, np.int64)
        return np.bincount(self.real.labels, minlength=self.classes)

    def read(self, items: np.ndarray, labels: np.ndarray | None) -> View:
        """Items with their features and, where there is a classifier, its probabilities."""
        found = self.extractor.read(items)
        if self.classifier is None:
            return View(items, labels, found.features, None)
        by_class = found if self.classifier is self.extractor else self.classifier.read(items)
        return View(items, labels, found.features, by_class.probabilities)

    @cached_property
    def heldout(self) -> View:
        """The held-out real items, in random order."""
        if self.heldout_rows is not None:
            items, labels = take(self.real.items, self.real.labels, self.heldout_rows)
        else:
            assert self.real.heldout_items is not None
            order = streams.generator(0, "features", 0, 9).permutation(len(self.real.heldout_items))
            items, labels = take(self.real.heldout_items, self.real.heldout_labels, order[:HELDOUT_MOST])
        path = self._cached("heldout", "safetensors")
        arrays, _ = network.read(path) or ({}, {})
        if len(arrays.get("features", ())) == len(items):
            return View(items, labels, arrays["features"], arrays.get("probabilities"))
        view = self.read(items, labels)
        arrays = {"features": view.features, "probabilities": view.probabilities}
        network.write(path, {name: array for name, array in arrays.items() if array is not None}, {})
        return view

    def training(self, count: int) -> View:
        """`count` training items, or all, in random order."""
        found = self.views.get("training")
        if found is None or len(found) < min(count, len(self.training_rows)):
            found = self.read(*take(self.real.items, self.real.labels, self.training_rows[:count]))
            self.views["training"] = found
        return found.first(count)

    def noise(self, count: int) -> View:
        """Random items; their labels are all classes in turn."""
        found = self.views.get("noise")
        if found is None or len(found) < count:
            labels = np.arange(count) % self.classes if self.classes else None
            found = self.read(self._noise(count), labels)
            self.views["noise"] = found
        return found.first(count)

    def _noise(self, count: int) -> np.ndarray:
        return self.real.kind.noise(self.real.items[:1000], count, streams.generator(0, "features", 0, 1))

    @cached_property
    def gaussian(self) -> Gaussian:
        """The Gaussian of the held-out items' features."""
        return Gaussian.of(self.heldout.features)

    @cached_property
    def kernel(self) -> float:
        """The mean kernel of two held-out items' features."""
        return kid.within(self.heldout.features)

    @cached_property
    def shown(self) -> np.ndarray:
        """All items that a generator may have been trained on, as rows float32 (N, d), to find copies of them.

        These include the items that are held out here: they were not held out from the generator.
        """
        return self.real.kind.flat(self._all_shown, memorisation.NUMBERS)

    @cached_property
    def heldout_nearness(self) -> memorisation.Nearness:
        """The nearest of `shown` for held-out real items."""
        path = self._cached("nearness", "safetensors")
        arrays, _ = network.read(path) or ({}, {})
        if arrays.keys() == {"nearest", "distance", "ratio"}:
            return memorisation.Nearness(**arrays)
        rows = self.real.kind.flat(self.heldout.items[:COPIES_LOOKED_AT], memorisation.NUMBERS)
        found = memorisation.nearness(rows, self.shown, self._own_rows)
        network.write(path, vars(found), {})
        return found

    @cached_property
    def knows_likeness(self) -> bool:
        """Whether copies are also searched in the features: they tell what a picture shows, and reading all is no long work."""
        return isinstance(self.extractor, Imagenet) and len(self._all_shown) <= LIKENESS_MOST

    @property
    def _all_shown(self) -> np.ndarray:
        return self.real.items if self.real.shown is None else self.real.shown

    @cached_property
    def shown_features(self) -> np.ndarray:
        """The features of `shown`, float32 (N, d)."""
        path = self._cached("shown", "safetensors")
        arrays, _ = network.read(path) or ({}, {})
        if len(arrays.get("features", ())) != len(self._all_shown):
            arrays = {"features": self.extractor.read(self._all_shown).features}
            network.write(path, arrays, {})
        return arrays["features"]

    @cached_property
    def heldout_likeness(self) -> memorisation.Nearness:
        """The nearest of `shown` for held-out real items, in the features."""
        return memorisation.nearness(self.heldout.features[:COPIES_LOOKED_AT], self.shown_features, self._own_rows)

    @property
    def _own_rows(self) -> np.ndarray | None:
        """Where held-out items stand among `shown`; None where they do not."""
        if self.heldout_rows is None or self.real.shown is not None:
            return None
        return self.heldout_rows[:COPIES_LOOKED_AT]

    def store_floors(self, values: dict[str, float]) -> None:
        """Add floors, and write all of them to the cache, with those that other processes wrote meanwhile."""
        path = self._cached("floors", "json")
        folders.make(path.parent)
        with folders.claim(path.with_suffix(".lock")):
            self.load_floors()
            self.floors.update(values)
            runfolder.write_json(path, self.floors)

    def load_floors(self) -> None:
        """Add the floors that the cache holds."""
        try:
            values = json.loads(self._cached("floors", "json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if isinstance(values, dict):
            self.floors.update({key: float(value) for key, value in values.items() if isinstance(value, int | float)})

    def _cached(self, what: str, ending: str) -> Path:
        classifier = self.classifier.name if self.classifier else ""
        words = [PROTOCOL, self.real.fingerprint, self.extractor.name, classifier, str(len(self.training_rows))]
        if self.real.shown is not None:
            words.append(self.real.shown_fingerprint)
        digest = hashlib.sha256("/".join(words).encode()).hexdigest()[:16]
        return self.cache / "features" / f"{what}-{digest}.{ending}"


def reference(real: RealItems, cache: Path, settings: FeatureSettings = AUTO, progress: Progress = silent) -> Reference:
    """Make a set ready for comparison; feature networks that are not in the cache are trained now.

    Raises DataError for arrays that are not a data set, and for features that they do not allow.
    """
    check(real)
    chosen = choose(real, cache, settings, progress)
    found = Reference(real, chosen.extractor, chosen.classifier, cache, *split(real), chosen.notes)
    found.load_floors()
    return found
