"""The yardstick: a small classifier, trained once on a labelled set and kept in the cache by the set's fingerprint.

1,400 updates of 128 pictures, shifted by up to two pixels; AdamW with a one-cycle rate. On MNIST that is three passes,
and the test accuracy is above 99%. Training is a function of the set alone: every draw comes from the stream
"features".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import network
from gansmith.metrics.feature_networks.features import Progress, Read, hash_of, silent
from gansmith.metrics.measures import modes

UPDATES = 1400
BATCH = 128
RATE = 2e-3  # at its peak, a quarter of the way
WEIGHT_DECAY = 1e-2
SHIFT = 2  # pixels


def cached(folder: Path, fingerprint: str, name: str) -> network.Network | None:
    """The classifier of a set if it was trained before; `name` is the set's, as in "mnist"."""
    found = network.read(network.path_of(folder, "classifier", fingerprint, UPDATES))
    if found is None:
        return None
    weights, facts = found
    kind, classes = f"{name}-classifier@{hash_of(weights)}", len(weights["head.bias"])
    return network.Network(kind, weights, network.shape_of(facts), facts, classes)


def trained(
    folder: Path, fingerprint: str, name: str, items: np.ndarray, labels: np.ndarray, progress: Progress = silent
) -> network.Network:
    """The classifier of a set, from the cache or trained now on pictures uint8 (N, H, W, C) with labels int64 (N,).

    Raises DataError for a set with fewer than two classes.
    """
    path = network.path_of(folder, "classifier", fingerprint, UPDATES)
    return network.trained(
        path, lambda: cached(folder, fingerprint, name), items, lambda: fit(items, labels, UPDATES, progress)
    )


def fit(items: np.ndarray, labels: np.ndarray, updates: int, progress: Progress = silent) -> network.Weights:
    """Weights of a classifier of pictures uint8 (N, H, W, C) with labels int64 (N,) in [0, classes)."""
    import torch
    from torch.nn import functional as F

    classes = int(labels.max()) + 1
    if classes < 2:
        raise DataError("a classifier needs two classes or more: use --features self-supervised")
    weights = network.as_tensors(network.initial_weights(items.shape[3], classes))
    for tensor in weights.values():
        tensor.requires_grad_()
    optimizer = torch.optim.AdamW(weights.values(), lr=RATE, weight_decay=WEIGHT_DECAY, fused=True)
    for update in range(updates):
        for group in optimizer.param_groups:
            group["lr"] = RATE * one_cycle(update / updates)
        chosen = draw(len(items), BATCH, update)
        batch = torch.from_numpy(shifted(network.inputs(items[chosen]), update)).permute(0, 3, 1, 2)
        scores = network.head_of(weights, network.features_of(weights, batch))
        loss = F.cross_entropy(scores, torch.from_numpy(labels[chosen]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if update % 50 == 49 or update == updates - 1:
            progress("training the classifier that measures", (update + 1) / updates)
    return network.as_arrays(weights)


def one_cycle(done: float) -> float:
    """The rate's factor at a share of the training done: up to 1 in the first quarter, then down to 0 (Smith 2017)."""
    return min(done / 0.25, 0.5 * (1 + np.cos(np.pi * max(0.0, done - 0.25) / 0.75))) + 1e-3


def draw(count: int, batch: int, update: int) -> np.ndarray:
    """The items of an update: every item once per pass, in a new order each pass."""
    position = update * batch + np.arange(batch)
    orders = {
        int(p): streams.generator(0, "features", int(p), 5).permutation(count) for p in np.unique(position // count)
    }
    return np.array([orders[int(p // count)][p % count] for p in position])


def shifted(batch: np.ndarray, update: int) -> np.ndarray:
    """Every picture of (B, H, W, C) moved by up to SHIFT pixels each way, its border repeated."""
    count, height, width, _ = batch.shape
    rng = streams.generator(0, "features", update, 6)
    down, right = rng.integers(-SHIFT, SHIFT + 1, (2, count, 1))
    rows = np.clip(np.arange(height) + down, 0, height - 1)
    columns = np.clip(np.arange(width) + right, 0, width - 1)
    return batch[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def accuracy(judge: network.Network, items: np.ndarray, labels: np.ndarray) -> float:
    """Share of pictures whose class is recognised."""
    answers = judge.read(items).probabilities
    assert answers is not None
    return float((answers.argmax(axis=1) == labels).mean())


@dataclass(frozen=True)
class StackedClassifier:
    """A digit classifier that reads each channel of a stacked picture: 1,000 classes out of 3 x 10."""

    digits: network.Network

    @property
    def name(self) -> str:
        """The digit classifier's name, stacked."""
        return f"stacked-{self.digits.name}"

    @property
    def classes(self) -> int:
        """1,000 for ten digits."""
        return self.digits.classes**modes.STACK

    def read(self, items: np.ndarray) -> Read:
        """Features (N, 3 d) and probabilities (N, classes) of stacked pictures uint8 (N, H, W, 3)."""
        parts = [self.digits.read(np.ascontiguousarray(items[..., c : c + 1])) for c in range(modes.STACK)]
        red, green, blue = (part.probabilities for part in parts)
        assert red is not None
        assert green is not None
        assert blue is not None
        joint = red[:, :, None, None] * green[:, None, :, None] * blue[:, None, None, :]
        return Read(np.concatenate([part.features for part in parts], axis=1), joint.reshape(len(items), -1))
