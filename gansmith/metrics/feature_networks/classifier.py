"""A small classifier, trained once on a labelled set and cached under the set's fingerprint.

1,400 updates of 128 pictures, shifted by up to two pixels. On MNIST that is three epochs, and the test accuracy is above
99%. Training depends on the set alone: all random numbers come from the stream "features".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.data.toys.stacked import STACK
from gansmith.ground import streams
from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import network
from gansmith.metrics.feature_networks.features import Extracted, Progress, silent

if TYPE_CHECKING:
    import torch

UPDATES = 1400
BATCH = 128
WEIGHT_DECAY = 1e-2
SHIFT = 2  # pixels


def cached(folder: Path, fingerprint: str, name: str) -> network.CachedNetwork:
    """The classifier of a set in the cache; `name` is the set's, as in "mnist"."""
    return network.CachedNetwork(folder, "classifier", UPDATES, fingerprint, name)


def trained(
    folder: Path, fingerprint: str, name: str, items: np.ndarray, labels: np.ndarray, progress: Progress = silent
) -> network.Network:
    """The classifier of a set, from the cache or trained now on pictures uint8 (N, H, W, C) with labels int64 (N,).

    Raises DataError for a set with fewer than two classes.
    """
    return cached(folder, fingerprint, name).load_or_train(items, lambda: fit(items, labels, UPDATES, progress))


def fit(items: np.ndarray, labels: np.ndarray, updates: int, progress: Progress = silent) -> network.Weights:
    """Weights of a classifier of pictures uint8 (N, H, W, C) with labels int64 (N,) in [0, classes)."""
    import torch
    from torch.nn import functional as F

    classes = int(labels.max()) + 1
    if classes < 2:
        raise DataError("a classifier needs two classes or more: use --features self-supervised")

    def loss(weights: dict[str, torch.Tensor], update: int) -> torch.Tensor:
        chosen = network.draw(len(items), BATCH, update)
        batch = torch.from_numpy(shifted(network.inputs(items[chosen]), update)).permute(0, 3, 1, 2)
        logits = network.head_of(weights, network.features_of(weights, batch))
        return F.cross_entropy(logits, torch.from_numpy(labels[chosen]))

    return network.fit(network.initial_weights(items.shape[3], classes), updates, WEIGHT_DECAY, loss, progress)


def shifted(batch: np.ndarray, update: int) -> np.ndarray:
    """Every picture of (B, H, W, C) moved by up to SHIFT pixels each way; its border is repeated."""
    count, height, width, _ = batch.shape
    rng = streams.generator(0, "features", update, 6)
    down, right = rng.integers(-SHIFT, SHIFT + 1, (2, count, 1))
    rows = np.clip(np.arange(height) + down, 0, height - 1)
    columns = np.clip(np.arange(width) + right, 0, width - 1)
    return batch[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


@dataclass(frozen=True)
class StackedClassifier:
    """A digit classifier that reads each channel of a stacked picture: 1,000 classes out of 3 x 10."""

    digits: network.Network

    @property
    def name(self) -> str:
        """The digit classifier's name with "stacked-" before it."""
        return f"stacked-{self.digits.name}"

    def read(self, items: np.ndarray) -> Extracted:
        """Features (N, 3 d) and probabilities (N, classes^3) of stacked pictures uint8 (N, H, W, 3)."""
        parts = [self.digits.read(np.ascontiguousarray(items[..., c : c + 1])) for c in range(STACK)]
        joint = np.ones((len(items), 1), np.float32)
        for part in parts:
            assert part.probabilities is not None
            joint = (joint[:, :, None] * part.probabilities[:, None, :]).reshape(len(items), -1)
        return Extracted(np.concatenate([part.features for part in parts], axis=1), joint)
