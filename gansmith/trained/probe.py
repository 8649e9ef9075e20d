"""A linear probe: does a run's discriminator know the classes of its data? (Radford et al. 2016, section 5)

A linear classifier is trained on features of labelled items and tried on held-out ones. The discriminator's features stand
beside the items' own numbers, the same discriminator before it was trained, and the classifier that the metrics use, which
was trained on the classes: the most that can be hoped for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gansmith.ground.errors import DataError, RunError, counted
from gansmith.ground.files.runfolder import RunFolder
from gansmith.metrics import intervals
from gansmith.metrics.feature_networks.features import PIXEL_NUMBERS, Progress, silent
from gansmith.metrics.figures import ProbedFeatures
from gansmith.metrics.linear_probe import Probed, linear_probe
from gansmith.metrics.real import take
from gansmith.metrics.reference import Reference
from gansmith.nets.build import build_players
from gansmith.nets.network import Network
from gansmith.trained.discriminator import load_discriminator
from gansmith.trained.generator import Generator
from gansmith.trained.layer_features import (
    LABELS_MOST,
    NUMBERS_MOST,
    PLACES,
    label_enters_early,
    layer_features,
    measure_statistics,
    places_of,
)

TRAINING_MOST = 10_000  # items that the linear classifier is trained on
CLASSES_MOST = 100
STATISTICS = 1000  # items for the batch norms of the untrained discriminator

Rows = tuple[ProbedFeatures, ...]
Features = tuple[str, Callable[[np.ndarray], np.ndarray]]
"""A name for people, and what makes rows float32 (N, F) of items."""


def probe(
    folder: RunFolder, generator: Generator, reference: Reference, progress: Progress = silent
) -> tuple[Rows, tuple[str, ...]]:
    """The accuracies of all features, the discriminator's first, and notes on what they rest on.

    reference: labelled items, of the run's shape. Raises DataError for items without two classes, RunError for networks of
    your own and for runs without a discriminator.
    """
    _check(reference)
    rows, labels = take(reference.real.items, reference.real.labels, reference.training_rows[:TRAINING_MOST])
    held = reference.heldout
    if labels is None or held.labels is None:
        raise DataError(f"the held-out items of {reference.real.name} have no classes to be told: leave --probe out")
    trained = load_discriminator(folder, generator)
    if trained.plan is None:
        raise RunError("the layers of networks of your own are not known here: leave --probe out")
    found: dict[str, Probed] = {}
    features = _features(trained, generator, reference)
    for index, (key, (_, read)) in enumerate(features.items()):
        progress(f"linear probe: {key}", index / len(features))
        found[key] = linear_probe(read(rows), labels, read(held.items), held.labels)
    shown = tuple(_row(key, features[key][0], each, found["discriminator"]) for key, each in found.items())
    return shown, (*_notes_on_items(generator, reference, len(rows)), *_notes_on_features(trained, generator, rows))


def _check(reference: Reference) -> None:
    name, classes = reference.real.name, reference.classes
    if classes < 2:
        raise DataError(
            f"{name} has no two classes for the probe to tell apart: give labelled items with --data, or leave --probe out"
        )
    if classes > CLASSES_MOST:
        raise DataError(
            f"{name} has {counted(classes, 'class', 'classes')}, and the probe tells at most {CLASSES_MOST} apart: "
            "give items of fewer classes "
            "with --data, or leave --probe out"
        )


def _features(trained: Network, generator: Generator, reference: Reference) -> dict[str, Features]:
    """What is compared, by key."""
    untrained = load_untrained(generator, reference)
    pixel_range, known = generator.recipe.data.pixels, reference.classifier
    kind = generator.kind
    made: dict[str, Features] = {
        "discriminator": ("discriminator", lambda items: layer_features(trained, items, pixel_range)),
        "pixels": (
            kind.flat_name(reference.real.items.shape[1:], PIXEL_NUMBERS),
            lambda items: kind.flat(items, PIXEL_NUMBERS),
        ),
        "untrained": ("untrained discriminator", lambda items: layer_features(untrained, items, pixel_range)),
    }
    if known is not None:
        made["classifier"] = (known.name, lambda items: known.read(items).features)
    return made


def load_untrained(generator: Generator, reference: Reference) -> Network:
    """The run's discriminator with the weights that it began with; its batch norms know the data's statistics."""
    recipe, items = generator.recipe, reference.real.items
    _, network, _ = build_players(recipe, generator.item_shape, generator.classes, None)
    if network.plan.has_batch_norm:
        measure_statistics(network, items[reference.training_rows[:STATISTICS]], recipe.data.pixels)
    return network.requires_grad_(False)


def _row(key: str, name: str, found: Probed, ours: Probed) -> ProbedFeatures:
    difference = ours.right.astype(np.float64) - found.right
    count = len(found.right)
    interval = intervals.share(float(found.right.sum()), count)
    above = float(difference.mean())
    return ProbedFeatures(key, name, found.accuracy, interval, found.numbers, above, intervals.mean(difference), count)


def _notes_on_items(generator: Generator, reference: Reference, trained_on: int) -> tuple[str, ...]:
    """What the accuracies rest on."""
    assert reference.heldout.labels is not None
    largest = np.bincount(reference.heldout.labels).max() / len(reference.heldout)
    notes = [
        f"probe: logistic regression on {counted(trained_on, 'item')}, tried on {len(reference.heldout):,} held-out ones; always "
        f"naming the commonest class would be right for {largest:.4f}"
    ]
    if generator.recipe.data.labels == "classes":
        notes.append(
            "probe: this discriminator was given the class of every item in training; for features that nobody labelled, "
            "train with --set data.labels=none"
        )
    if reference.heldout_rows is not None:
        notes.append(
            f"probe: {reference.real.name} has no test split, so the discriminator and the classifier of the metrics were "
            "trained on the held-out items too; the linear classifier was not"
        )
    return tuple(notes)


def _notes_on_features(network: Network, generator: Generator, rows: np.ndarray) -> tuple[str, ...]:
    """Where features are not as the rule has them."""
    notes = []
    if (places := places_of(network, rows, generator.recipe.data.pixels)) < PLACES:
        notes.append(
            f"probe: layers are pooled to {places}x{counted(places, 'place')}, as {PLACES}x{PLACES} would give more than "
            f"{NUMBERS_MOST:,} numbers"
        )
    if label_enters_early(network.plan):
        notes.append(
            f"probe: a label enters this discriminator's first layers, so its features are the mean over {LABELS_MOST} labels "
            "at most, the same for every item"
        )
    return tuple(notes)
