"""What an evaluation says: figures beside their floors, shares of classes, copies, and a verdict in words."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from gansmith.metrics.intervals import Interval
from gansmith.metrics.table import Better


@dataclass(frozen=True)
class Figure:
    """One number, and what is needed to understand it."""

    key: str  # "fd": for programs
    name: str  # "FD(mnist-classifier@3fa2)": for people
    value: float
    floor: float | None  # of real items
    noise: float | None
    count: int  # generated items
    interval: Interval | None  # 95%
    features: str | None  # the name of the features it was measured in
    better: Better
    meaning: str

    @property
    def relative(self) -> float | None:
        """0 as real, 1 as noise; None unless lower is better and the noise lies above the floor."""
        if self.better != "lower" or self.floor is None or self.noise is None or not self.noise > self.floor:
            return None
        return (self.value - self.floor) / (self.noise - self.floor)


@dataclass(frozen=True)
class ClassShare:
    """One class or mode among generated items."""

    name: str
    count: int
    share: float
    due: float  # its share of what was asked for, or of the data where nothing of it was asked for
    agreement: float | None  # of the items requested of this class, the share predicted as it


@dataclass(frozen=True)
class ClassDistance:
    """The Frechet distance of one class: generated items of it against held-out real ones of it."""

    name: str
    count: int  # generated items that were compared
    real: int  # held-out items
    fd: float
    floor: float | None  # of as many training items of the class

    def row(self) -> tuple[str, ...]:
        """As text: the class, its distance, its floor, and the two counts."""
        return self.name, _text(self.fd), _text(self.floor), f"{self.count:,}", f"{self.real:,}"


@dataclass(frozen=True)
class ProbedFeatures:
    """How many held-out items a linear classifier names rightly by one kind of features."""

    key: str  # "discriminator", "pixels", "untrained" or "classifier": for programs
    name: str  # for people
    value: float  # accuracy
    interval: Interval  # 95%
    numbers: int  # features an item
    above: float  # the discriminator's accuracy minus this one
    above_interval: Interval  # 95%, by the items that one of both has right and the other wrong
    count: int  # held-out items

    def row(self) -> tuple[str, ...]:
        """As text: name, numbers, accuracy, its interval, and by how much the discriminator is above it."""
        shown = ["" if self.key == "discriminator" else f"{value:+.4f}" for value in (self.above, *self.above_interval)]
        within = f"{shown[1]} .. {shown[2]}" if shown[1] else ""
        interval = " .. ".join(f"{end:.4f}" for end in self.interval)
        return self.name, f"{self.numbers:,}", f"{self.value:.4f}", interval, shown[0], within


@dataclass(frozen=True)
class Verdict:
    """What the figures mean."""

    state: str  # a name of `verdict.RULES`
    text: str  # one sentence or more


@dataclass(frozen=True)
class Copy:
    """A generated item and its nearest training item."""

    item: int  # row of the evaluated items
    training: int  # row of the data set's items
    distance: float  # between rows in 0..1
    ratio: float  # 0 = exact copy, about 1 = new


@dataclass(frozen=True)
class Evaluation:
    """The figures of one set of items."""

    data: str
    count: int
    features: str
    figures: tuple[Figure, ...]
    classes: tuple[ClassShare, ...]
    copies: tuple[Copy, ...]  # the items most like training items
    notes: tuple[str, ...]
    seconds: float
    verdict: Verdict | None = None  # None where too little was measured for one
    per_class: tuple[ClassDistance, ...] = ()  # where it was asked for
    probe: tuple[ProbedFeatures, ...] = ()  # where it was asked for

    def __contains__(self, key: str) -> bool:
        """Whether a figure was measured."""
        return any(figure.key == key for figure in self.figures)

    def __getitem__(self, key: str) -> Figure:
        """A figure by its key. Raises KeyError where it was not measured."""
        return {figure.key: figure for figure in self.figures}[key]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: numbers that are not finite are None."""
        figures = [asdict(figure) | {"relative": figure.relative} for figure in self.figures]
        return _finite(asdict(self) | {"figures": figures})

    def rows(self) -> list[tuple[str, ...]]:
        """A table of the figures as text; the first row is the heading."""
        rows: list[tuple[str, ...]] = [("figure", "value", "95%", "real", "noise", "relative", "items", "meaning")]
        for each in self.figures:
            interval = "" if each.interval is None else " .. ".join(map(_text, each.interval))
            compared = (_text(value) for value in (each.floor, each.noise, each.relative))
            rows.append((each.name, _text(each.value), interval, *compared, f"{each.count:,}", each.meaning))
        return rows


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _finite(value: Any) -> Any:
    """The same with None for every number that JSON cannot hold."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
