"""A data set for the metrics: plain arrays, a name, a fingerprint, and the held-out part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith import kinds
from gansmith.ground import streams
from gansmith.ground.errors import DataError, counted
from gansmith.kinds import Kind

LEAST = 16  # items of a set: fewer cannot be split in two parts with neighbours in both
HELDOUT_LEAST, HELDOUT_MOST = 2000, 10_000  # items held out here: a sixth, within these limits, at most half


@dataclass(frozen=True)
class RealItems:
    """A data set as plain arrays: items as they are stored, labels int64 (N,) or None."""

    name: str  # short, such as "mnist"; feature networks are named after it
    fingerprint: str  # the same only for the same items and labels
    items: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    heldout_items: np.ndarray | None = None  # the test split; None = there is none
    heldout_labels: np.ndarray | None = None
    centres: np.ndarray | None = None  # float32 (K, D), where the modes are known exactly
    std: float = 0.0  # of each coordinate around a centre
    single: RealItems | None = None  # of stacked pictures: the grey pictures in them; labels are 100 r + 10 g + b
    shown: np.ndarray | None = None  # the items that the generator was trained on, where they are not `items`
    shown_fingerprint: str = ""
    kind_name: str = ""  # "": what the items' shape says
    units: Mapping[str, Any] = field(default_factory=dict)  # of the items

    @property
    def kind(self) -> Kind:
        """What the items are."""
        return kinds.named(self.kind_name) if self.kind_name else kinds.of_shape(self.items.shape[1:])

    @property
    def stacked(self) -> bool:
        """Whether every channel is a separate picture."""
        return self.single is not None

    def labelled_pictures(self) -> bool:
        """Whether a classifier can be trained on it: pictures of two classes or more."""
        return self.kind.pixels and self.labels is not None and int(self.labels.max(initial=0)) > 0


def as_size(shape: tuple[int, ...]) -> str:
    """ "28x28x1" (width x height x channels), or "2 numbers"."""
    return f"{shape[1]}x{shape[0]}x{shape[2]}" if len(shape) == 3 else f"{counted(shape[0], 'number')}"


def check(real: RealItems) -> None:
    """Raise DataError for arrays that are not a data set."""
    if real.items.ndim not in (2, 4) or len(real.items) < LEAST:
        raise DataError(f"{real.name}: an array {real.items.shape} is no set of at least {LEAST} pictures or vectors")
    if real.labels is not None and len(real.labels) != len(real.items):
        raise DataError(f"{real.name}: {counted(len(real.labels), 'label')} for {counted(len(real.items), 'item')}")
    if real.heldout_items is not None and real.heldout_items.shape[1:] != real.items.shape[1:]:
        raise DataError(
            f"{real.name}: test items are {as_size(real.heldout_items.shape[1:])}, training items "
            f"{as_size(real.items.shape[1:])}: prepare both at one size"
        )


def split(real: RealItems) -> tuple[np.ndarray, np.ndarray | None]:
    """Training indices, and held-out indices where the set has no test split; both in random order."""
    order = streams.generator(0, "features", 0, 10).permutation(len(real.items))
    if real.heldout_items is not None:
        return order, None
    heldout = min(HELDOUT_MOST, max(len(order) // 6, min(len(order) // 2, HELDOUT_LEAST)))
    return order[heldout:], order[:heldout]


def take(items: np.ndarray, labels: np.ndarray | None, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The items and labels at these indices."""
    return items[rows], None if labels is None else labels[rows]
