"""Statistics since the last report, for both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from gansmith.ground.game import Histogram, Report

BINS = 40

Array = TypeVar("Array")
Place = tuple[str, ...]
"""The place of one array: ("mean", name), ("logits", kind), ("last", name) or ("layer", player, layer, name)."""


@dataclass(frozen=True)
class Library(Generic[Array]):
    """What the statistics need of an array library."""

    keep: Callable[[Array], Array]  # an array that can be kept: without its graph, and never changed later
    to_host: Callable[[list[Array]], list[np.ndarray]]  # the numbers as NumPy arrays; may wait for a device


NUMPY: Library[Any] = Library(np.array, list)
"""NumPy's arrays, and plain numbers. Arrays are copied, because the NumPy engine reuses them."""


class RunningStats(Generic[Array]):
    """Lists of arrays on any device. Only `read` waits for the device.

    threshold: an item with a logit above it counts as real; None: a logit above the mean of the other kind of items.
    """

    def __init__(self, threshold: float | None, library: Library[Array] = NUMPY) -> None:
        self.threshold, self.library = threshold, library
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.means: dict[str, list[Array]] = {}
        self.logits: dict[str, list[Array]] = {}
        self.last: dict[str, Array] = {}
        self.layers: dict[str, dict[str, dict[str, Array]]] = {}

    def add(self, name: str, number: Array) -> None:
        """Add a number () to the mean of that name, one of `ground.game.NUMBERS`."""
        self.means.setdefault(name, []).append(self.library.keep(number))

    def add_logits(self, kind: str, logits: Array) -> None:
        """Add logits (B,) on "real" or "fake" items of the discriminator's step."""
        self.logits.setdefault(kind, []).append(self.library.keep(logits))

    def set(self, name: str, number: Array) -> None:
        """Set a number () of `ground.game.NUMBERS` that was measured in one update."""
        self.last[name] = self.library.keep(number)

    def set_layer(self, player: str, layer: str, **numbers: Array) -> None:
        """Set numbers () that were measured at one layer of a player in one update."""
        entry = {name: self.library.keep(number) for name, number in numbers.items()}
        self.layers.setdefault(player, {})[layer] = entry

    def items(self) -> Iterator[tuple[Place, Array]]:
        """Every array with its place."""
        for name, numbers in self.means.items():
            yield from ((("mean", name), number) for number in numbers)
        for kind, parts in self.logits.items():
            yield from ((("logits", kind), part) for part in parts)
        yield from ((("last", name), number) for name, number in self.last.items())
        for player, layers in self.layers.items():
            for layer, entry in layers.items():
                yield from ((("layer", player, layer, name), number) for name, number in entry.items())

    def put(self, path: Place, array: Array) -> None:
        """Add or set one array at its place, without copying it."""
        match path:
            case ("mean", name):
                self.means.setdefault(name, []).append(array)
            case ("logits", kind):
                self.logits.setdefault(kind, []).append(array)
            case ("last", name):
                self.last[name] = array
            case (_, player, layer, name):
                self.layers.setdefault(player, {}).setdefault(layer, {})[name] = array
            case _:
                raise ValueError(f"{path} is no place in the statistics")

    def read(self) -> Report:
        """The report; afterwards the statistics are empty. Means are computed in float64; NaN and infinity stay."""
        paths, arrays = [path for path, _ in self.items()], [array for _, array in self.items()]
        on_host: RunningStats[np.ndarray] = RunningStats(self.threshold)
        for path, array in zip(paths, self.library.to_host(arrays), strict=True):
            on_host.put(path, array)
        self.clear()
        return _report(on_host)


@np.errstate(all="ignore")
def _report(stats: RunningStats[np.ndarray]) -> Report:
    numbers = {name: float(np.mean(values, dtype=np.float64)) for name, values in stats.means.items()}
    logits = {kind: np.concatenate(parts).astype(np.float64) for kind, parts in stats.logits.items()}
    means = {kind: float(values.mean()) for kind, values in logits.items()}
    for kind, values in logits.items():
        other = means.get("fake" if kind == "real" else "real", 0.0)
        threshold = other if stats.threshold is None else stats.threshold
        right = values > threshold if kind == "real" else values < threshold
        numbers[f"verdict.{kind}"] = means[kind]
        numbers[f"probability.{kind}"] = float(np.exp(-np.logaddexp(0, -values)).mean())
        numbers[f"accuracy.{kind}"] = float(right.mean())
    numbers |= {name: float(number) for name, number in stats.last.items()}
    layers = {
        player: {layer: {name: float(number) for name, number in entry.items()} for layer, entry in entries.items()}
        for player, entries in stats.layers.items()
    }
    return Report(numbers, {f"verdict.{kind}": histogram(values) for kind, values in logits.items()}, layers)


def histogram(values: np.ndarray) -> Histogram:
    """A histogram of the finite values."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Histogram([0.0, 1.0], [0])
    counts, edges = np.histogram(finite.astype(np.float64), bins=BINS)
    return Histogram(edges.tolist(), counts.tolist())
