"""Which features measure a set, and who judges its classes: chosen, and loaded or trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from gansmith.ground.errors import DataError, nearest
from gansmith.metrics.feature_networks import classifier, inception, network, self_supervised
from gansmith.metrics.feature_networks.features import Extractor, FeatureName, Pixels, Progress
from gansmith.metrics.real import RealItems


@dataclass(frozen=True)
class FeatureSettings:
    """What items are to be described by."""

    name: FeatureName = "auto"  # a classifier for labelled pictures, self-supervised for others, points for vectors
    inception_file: Path | None = None  # the standard weights as .safetensors, for "inception"
    train: bool = True  # False: networks that are not in the cache are not trained; pixels stand in, and a note says so
    device: str = "cpu"  # where pictures are read; training is always on the CPU, so that hashes agree


@dataclass(frozen=True)
class Yardstick:
    """The features' extractor, the classes' judge, and what had to be left out."""

    extractor: Extractor
    judge: Extractor | None
    notes: tuple[str, ...]


def yardstick(real: RealItems, cache: Path, settings: FeatureSettings, progress: Progress) -> Yardstick:
    """Choose, and load or train. Raises DataError for features that the items do not allow."""
    chosen = resolve(real, settings.name)
    extractor: Extractor | None = None
    if chosen == "inception":  # first: what is refused should be refused before minutes of training
        if not network.can_be_read():
            raise DataError("FID is measured by a network, and networks are read by PyTorch, which is not here")
        if settings.inception_file is None:
            raise DataError(
                "FID needs the standard Inception weights: name their .safetensors file (docs/guide/measure.md)"
            )
        extractor = inception.load(settings.inception_file, settings.device)
    elif chosen == "pixels":
        extractor = Pixels(real.items.shape[1:])

    notes: list[str] = []
    why = (
        "not in the cache and may not be trained now" if network.can_be_read() else "read by PyTorch, which is not here"
    )
    judge = _judge(real, cache, settings, progress) if real.labelled_pictures() else None
    if judge is None and real.labelled_pictures():
        notes.append(f"classifiers are {why}: classes are not judged")
    if chosen == "classifier":
        extractor = judge
    elif chosen == "self-supervised":
        extractor = _self_supervised(real, cache, settings, progress)
    if extractor is None:
        extractor = Pixels(real.items.shape[1:])
        notes.append(f"{chosen} features are {why}: pixels instead")
    return Yardstick(extractor, judge, tuple(notes))


def resolve(real: RealItems, features: FeatureName) -> FeatureName:
    """What "auto" means here. Raises DataError for an unknown name, and for a choice that the items do not allow."""
    if features not in get_args(FeatureName):
        raise DataError(f"no features are called {features!r}{nearest(features, get_args(FeatureName))}")
    vectors, labelled = real.items.ndim == 2, real.labelled_pictures()
    if features == "auto":
        return "pixels" if vectors else "classifier" if labelled else "self-supervised"
    if vectors and features != "pixels":
        raise DataError(f"{real.name} holds vectors: only features = 'pixels' (the points themselves) has a meaning")
    if features == "classifier" and not labelled:
        raise DataError(f"{real.name} has no two classes to train a classifier on: use 'self-supervised'")
    return features


def _judge(real: RealItems, cache: Path, settings: FeatureSettings, progress: Progress) -> Extractor | None:
    """Who judges the set's classes; None where it is not in the cache and may not be trained, or cannot be read."""
    known = _classifier(real if real.single is None else real.single, cache, settings, progress)
    return classifier.StackedClassifier(known) if known and real.stacked else known


def _classifier(real: RealItems, cache: Path, settings: FeatureSettings, progress: Progress) -> network.Network | None:
    if not network.can_be_read():
        return None
    known = classifier.cached(cache, real.fingerprint, real.name)
    if known is None and settings.train:
        assert real.labels is not None
        known = classifier.trained(cache, real.fingerprint, real.name, real.items, real.labels, progress)
    return None if known is None else replace(known, device=settings.device)


def _self_supervised(
    real: RealItems, cache: Path, settings: FeatureSettings, progress: Progress
) -> network.Network | None:
    if not network.can_be_read():
        return None
    known = self_supervised.cached(cache, real.fingerprint, real.name)
    if known is None and settings.train:
        known = self_supervised.trained(cache, real.fingerprint, real.name, real.items, progress)
    return None if known is None else replace(known, device=settings.device)
