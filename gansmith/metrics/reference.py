"""Real items, and all that is measured of them once: what generated items are compared with.

Without a test split, part of the items is held out here, the same part every time. What a network reads in the
held-out items, and every floor, is kept in the cache under the set's fingerprint and the features' name.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from gansmith.ground import runfolder, streams
from gansmith.ground.errors import DataError
from gansmith.metrics import classifier, inception, memorisation, modes, network, pictures, self_supervised
from gansmith.metrics.features import Extractor, FeatureName, Pixels, Progress, silent
from gansmith.metrics.frechet import Gaussian

HELDOUT_LEAST, HELDOUT_MOST = 2000, 10_000  # of items held out here: a sixth, within these, and at most half
LEAST = 16  # items of a set: fewer cannot be split in two with neighbours on both sides
COPIES_LOOKED_AT = 2000  # held-out and generated items whose nearest training item is sought
PROTOCOL = "1"  # rises when a figure's definition changes; floors of another protocol are measured again


@dataclass(frozen=True)
class RealItems:
    """A data set as plain arrays: pictures uint8 (N, H, W, C) or vectors float32 (N, D), labels int64 (N,) or None."""

    name: str  # short, such as "mnist"; feature networks are named after it
    fingerprint: str  # equal only for equal items and labels
    items: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    heldout_items: np.ndarray | None = None  # the test split; None = there is none
    heldout_labels: np.ndarray | None = None
    centres: np.ndarray | None = None  # float32 (K, D) where modes are known exactly
    std: float = 0.0  # of each coordinate around a centre
    stacked: bool = False  # three grey pictures in three channels, labels 100 r + 10 g + b


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
        return pictures.flat(self.real.items, memorisation.NUMBERS)

    @cached_property
    def heldout_nearness(self) -> memorisation.Nearness:
        """Of held-out real items among `shown`."""
        rows = pictures.flat(self.heldout.items[:COPIES_LOOKED_AT], memorisation.NUMBERS)
        own = None if self.heldout_rows is None else self.heldout_rows[:COPIES_LOOKED_AT]
        return memorisation.nearness(rows, self.shown, own)

    def remember(self, values: dict[str, float]) -> None:
        """Keep floors for the next time."""
        self.floors.update(values)
        path = self._cached("floors").with_suffix(".json")
        path.parent.mkdir(parents=True, exist_ok=True)
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
        words = (PROTOCOL, self.real.fingerprint, self.extractor.name, judge, str(len(self.training_rows)))
        return self.cache / "features" / f"{what}-{hashlib.sha256('/'.join(words).encode()).hexdigest()[:16]}"


def take(items: np.ndarray, labels: np.ndarray | None, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows of items and labels."""
    return items[rows], None if labels is None else labels[rows]


def reference(
    real: RealItems,
    cache: Path,
    features: FeatureName = "auto",
    *,
    inception_file: Path | None = None,
    train: bool = True,
    device: str = "cpu",
    progress: Progress = silent,
) -> Reference:
    """Make a set ready to be compared with; trains feature networks that are not in the cache yet.

    "auto" takes a classifier for labelled pictures, a self-supervised network for others, points for vectors.
    With train = False nothing is trained: what is not in the cache is replaced by pixels, and a note says so.
    Raises DataError for features that the items do not allow.
    """
    check(real)
    chosen = resolve(real, features)
    notes: list[str] = []
    judge = extractor = None
    if real.labels is not None and real.items.ndim == 4:
        judge = _judge(real, cache, train, progress)
        if judge is None and train is False:
            notes.append("no classifier in the cache and none may be trained now: classes are not judged")
    if chosen == "classifier":
        extractor = judge
    elif chosen == "self-supervised":
        extractor = self_supervised.cached(cache, real.fingerprint, real.name)
        if extractor is None and train:
            extractor = self_supervised.trained(cache, real.fingerprint, real.name, real.items, progress)
    elif chosen == "inception":
        if inception_file is None:
            raise DataError("FID needs the standard Inception weights: name their .safetensors file (docs/metrics.md)")
        extractor = inception.load(inception_file)
    if extractor is None:
        extractor = Pixels(real.items.shape[1:])
        if chosen != "pixels":
            notes.append(f"the {chosen} features are not in the cache and none may be trained now: pixels instead")
    training_rows, heldout_rows = split(real)
    on_device = [
        replace(part, device=device) if isinstance(part, network.Network | inception.Inception) else part
        for part in ((judge,) if extractor is judge else (judge, extractor))
    ]
    made = Reference(real, on_device[-1] or extractor, on_device[0], cache, training_rows, heldout_rows, tuple(notes))
    return made.recall()


def check(real: RealItems) -> None:
    """Refuse arrays that are not a data set."""
    if real.items.ndim not in (2, 4) or len(real.items) < LEAST:
        raise DataError(f"{real.name}: an array {real.items.shape} is no set of at least {LEAST} pictures or vectors")
    if real.labels is not None and len(real.labels) != len(real.items):
        raise DataError(f"{real.name}: {len(real.labels)} labels for {len(real.items)} items")
    if real.heldout_items is not None and real.heldout_items.shape[1:] != real.items.shape[1:]:
        raise DataError(
            f"{real.name}: test items are {network.as_size(real.heldout_items.shape[1:])}, training items "
            f"{network.as_size(real.items.shape[1:])}: prepare both at one size"
        )


def resolve(real: RealItems, features: FeatureName) -> FeatureName:
    """What "auto" means here. Raises DataError for a choice that the items do not allow."""
    vectors, labelled = real.items.ndim == 2, real.labels is not None and int(real.labels.max(initial=0)) > 0
    if features == "auto":
        return "pixels" if vectors else "classifier" if labelled else "self-supervised"
    if vectors and features != "pixels":
        raise DataError(f"{real.name} holds vectors: only features = 'pixels' (the points themselves) has a meaning")
    if features == "classifier" and not labelled:
        raise DataError(f"{real.name} has no two classes to train a classifier on: use 'self-supervised'")
    return features


def split(real: RealItems) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows for training, and rows held out here where the set brings no test split; both in random order."""
    order = streams.generator(0, "features", 0, 10).permutation(len(real.items))
    if real.heldout_items is not None:
        return order, None
    count = len(order)
    heldout = min(HELDOUT_MOST, max(count // 6, min(count // 2, HELDOUT_LEAST)))
    return order[heldout:], order[:heldout]


def _judge(real: RealItems, cache: Path, train: bool, progress: Progress) -> Extractor | None:
    """The set's classifier; None where it has one class, or where it is not there and may not be trained."""
    assert real.labels is not None
    if int(real.labels.max(initial=0)) < 1:
        return None
    known = classifier.cached(cache, real.fingerprint, real.name)
    if known is None and train:
        items, labels = modes.unstack(real.items, real.labels) if real.stacked else (real.items, real.labels)
        known = classifier.trained(cache, real.fingerprint, real.name, items, labels, progress)
    return classifier.StackedClassifier(known) if known is not None and real.stacked else known
