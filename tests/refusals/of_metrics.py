"""What the room of metrics refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from example import Example, after, call, full_disk, text, thing, where
from safetensors.numpy import save_file

from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import KINDS
from gansmith.metrics.evaluation import evaluate, per_class
from gansmith.metrics.feature_networks import classifier, imagenet, inception, likeness, network, self_supervised
from gansmith.metrics.feature_networks.choice import FeatureSettings, choose, resolve
from gansmith.metrics.feature_networks.features import Pixels, silent
from gansmith.metrics.measures import agreement, diversity, frechet, kid, manifold, memorisation, modes, wasserstein
from gansmith.metrics.real import RealItems, check
from gansmith.metrics.reference import Reference, View
from gansmith.metrics.table import with_own
from gansmith.parts import Metric

POINTS, PICTURES = np.zeros((40, 2), np.float32), np.zeros((40, 8, 8, 1), np.uint8)
LABELS = np.arange(40) % 2
VECTORS = RealItems("points", "points", POINTS, LABELS)
PLAIN = RealItems("pictures", "pictures", PICTURES)
REFERENCE = Reference(VECTORS, Pixels((2,), KINDS["vector"]), None, Path("cache"), np.arange(30), np.arange(30, 40))
NETWORK = network.Network("classifier", {}, (8, 8, 1))
KEPT = network.CachedNetwork(Path("cache"), "classifier", 1, "points", "points")


def measures(items: np.ndarray, labels: np.ndarray | None = None, *metrics: str) -> Example:
    """Items measured against the points."""
    return call(evaluate, items, labels, REFERENCE, metrics=metrics or None)


def chooses(**settings: object) -> Example:
    """Features chosen for pictures."""
    return call(choose, PLAIN, Path("cache"), FeatureSettings(**settings), silent)  # pyright: ignore[reportArgumentType]


def own_metric(name: str) -> Example:
    """A metric of the user's, which divides by zero."""
    view = View(np.zeros((3, 2), np.float32), None, np.zeros((3, 2), np.float32), None)
    known = thing(heldout=view, training_rows=range(3))
    return lambda folder, patch: with_own([Metric(name, lambda a, b: 1 // 0)])[name].measure(view, known)


EXAMPLES: tuple[Example, ...] = (
    own_metric("fd"),
    own_metric("mine"),
    call(per_class, POINTS, None, REFERENCE),
    measures(POINTS, None, "fdi"),
    measures(PICTURES),
    measures(POINTS, LABELS[:3]),
    measures(POINTS, LABELS + 1),
    measures(POINTS[:4]),
    call(resolve, PLAIN, "inceptoin"),
    call(resolve, VECTORS, "classifier"),
    call(resolve, PLAIN, "classifier"),
    chooses(name="inception"),
    call(imagenet.Imagenet().read, POINTS),
    call(likeness.chosen, DataSettings(clusters_by="imagenet"), thing(kind=KINDS["vector"])),
    where({"gansmith.metrics.feature_networks.network.can_be_read": lambda: False}, chooses(name="inception")),
    call(classifier.fit, PICTURES, np.zeros(40, np.int64), 1),
    call(self_supervised.fit, PICTURES[:1], 1),
    call(inception.Inception("inception", {}).read, POINTS),
    call(inception.load, Path("none.safetensors")),
    after(text("x.safetensors", "no"), call(inception.load, Path("x.safetensors"))),
    after(
        lambda: save_file({"a": POINTS}, "x.safetensors"),
        call(inception.load, Path("x.safetensors")),
    ),
    call(NETWORK.read, PICTURES[:, :4]),
    where(
        {"gansmith.metrics.feature_networks.network.write": lambda *_: None}, call(KEPT.load_or_train, PICTURES, dict)
    ),
    where(
        {"gansmith.metrics.feature_networks.network.os": thing(replace=full_disk)},
        call(network.write, Path("cache/x.safetensors"), {"a": POINTS}, {}),
    ),
    call(agreement.agreement, LABELS, LABELS[:3], 2),
    call(agreement.agreement, LABELS, LABELS + 7, 2),
    call(diversity.latent_sensitivity, PICTURES[:0]),
    call(diversity.pairwise_diversity, POINTS[:1]),
    call(frechet.frechet, POINTS[:1], POINTS),
    call(frechet.frechet, POINTS, np.zeros((40, 3))),
    call(kid.kid, POINTS[:1], POINTS),
    call(manifold.manifold, POINTS[:3], POINTS),
    call(memorisation.nearness, POINTS, POINTS[:1]),
    call(modes.exact, POINTS, np.zeros((8, 3)), 0.1),
    call(wasserstein.sliced, POINTS, POINTS[:3]),
    call(wasserstein.laplacian, PICTURES, PICTURES[:, :4]),
    call(check, RealItems("few", "few", POINTS[:3])),
    call(check, RealItems("mine", "mine", POINTS, LABELS[:3])),
    call(check, RealItems("mine", "mine", PICTURES, heldout_items=PICTURES[:, :4])),
)
