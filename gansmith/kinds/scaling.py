"""Columns of numbers to mean 0 and deviation 1, and back to the units of their source.

Networks begin with weights for numbers of about 1. A column of incomes beside one of shares would be all that they see.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError

BLOCK = 65_536  # rows looked at a time
LONG = 16  # numbers: so long a vector may be a signal or a flat picture, whose numbers share one unit
ALIKE = 10.0  # as long as the widest number deviates no more than so many times as much as the middle one
LARGEST = 1e100  # beyond it squares are infinite
NARROW = 1e37  # beyond it float32 ends
COARSE = 2.0**16  # means of so many deviations leave float32 fewer than 256 steps a deviation
TAILS = 20.0  # deviations from the mean: 99.9% of a normal column lies within 3.3
UNLIKE = 30.0  # deviations that differ by so much, or that are so far from 1, hinder a training
SHOWN = 8  # columns that a line names


@dataclass(frozen=True)
class Scale:
    """Where columns lie."""

    means: np.ndarray  # float64 (D,)
    deviations: np.ndarray  # float64 (D,); 0 = the column is constant
    whole: bool = False  # one mean and one deviation for all columns
    wide: bool = False  # float32 is too coarse for what comes back

    def centre(self) -> np.ndarray:
        """The means (D,)."""
        return self.means

    def spread(self) -> np.ndarray:
        """What one stored unit is in the source's units (D,)."""
        return self.deviations


@dataclass(frozen=True)
class Columns:
    """What columns of numbers hold, (D,) each, over the finite values."""

    low: np.ndarray
    high: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        """Which have a single value."""
        return self.low == self.high

    @property
    def tails(self) -> np.ndarray:
        """How many deviations the farthest value lies from the mean."""
        reach = np.maximum(self.high - self.means, self.means - self.low)
        return np.where(self.constant, 0.0, reach / np.where(self.deviations > 0, self.deviations, 1.0))


def found(rows: np.ndarray, how: str, title: str) -> Scale | None:
    """The scale of rows (N, D) for data.scale = `how`; None for "none". Raises DataError for NaN, infinity and 1e300."""
    _refuse_gaps(rows, title)
    columns = _columns(rows)
    largest = np.maximum(np.abs(columns.low), np.abs(columns.high))
    if largest.max() > LARGEST or (how == "none" and largest.max() > NARROW):
        which = _named(np.flatnonzero(largest == largest.max()))
        raise DataError(f"{which} of {title} reaches {largest.max():.3g}: divide it, or take its logarithm, before")
    if how == "none":
        return None
    if how == "whole" or (how == "auto" and _share_a_unit(columns)):
        mean = float(columns.means.mean())
        spread = float(np.sqrt((columns.deviations**2).mean() + columns.means.var()))
        means, deviations = np.full(rows.shape[1], mean), np.full(rows.shape[1], spread)
        whole = True
    else:
        means, deviations, whole = columns.means, np.where(columns.constant, 0.0, columns.deviations), False
        means = np.where(columns.constant, columns.low, means)
    coarse = (np.abs(means) > COARSE * deviations) & (means.astype(np.float32) != means)
    return Scale(means, deviations, whole, bool(coarse.any() or largest.max() > NARROW))


def _share_a_unit(columns: Columns) -> bool:
    """Whether columns look like the places of one signal or flat picture."""
    deviations = columns.deviations[~columns.constant]
    if len(columns.means) < LONG or not len(deviations):
        return False
    middle = np.median(deviations)
    offsets = np.abs(columns.means - columns.means.mean()).max()
    return bool(deviations.max() <= ALIKE * middle and offsets <= ALIKE * deviations.max())


def scaled(rows: np.ndarray, scale: Scale | None) -> np.ndarray:
    """Rows (N, D) in the source's units as float32 to train on; None: as they are."""
    result = np.empty(rows.shape, np.float32)
    for part in _blocks(rows):
        values = rows[part]
        if scale is not None:
            values = (values.astype(np.float64) - scale.means) / np.where(scale.deviations > 0, scale.deviations, 1.0)
        result[part] = values
    return result


def unscaled(items: np.ndarray, scale: Scale, dtype: Any = None) -> np.ndarray:
    """The inverse of `scaled`; constant columns have their value. float32, or float64 where float32 is too coarse."""
    result = np.empty(items.shape, dtype or (np.float64 if scale.wide else np.float32))
    with np.errstate(over="ignore", invalid="ignore"):  # of a generator that ran away
        for part in _blocks(items):
            values = np.asarray(items[part], np.float64) * scale.deviations + scale.means
            result[part] = np.where(scale.deviations > 0, values, scale.means)
    return result


def as_units(scale: Scale | None) -> dict[str, Any]:
    """What JSON holds of a scale."""
    if scale is None:
        return {}
    wide = {"wide": True} if scale.wide else {}
    if scale.whole:
        one = {"mean": float(scale.means[0]), "deviation": float(scale.deviations[0])}
        return one | {"numbers": len(scale.means)} | wide
    return {"means": scale.means.tolist(), "deviations": scale.deviations.tolist()} | wide


def of_units(units: Mapping[str, Any]) -> Scale | None:
    """The scale of a store's units; None where it has none."""
    wide = bool(units.get("wide"))
    if "mean" in units:
        count = int(units["numbers"])
        return Scale(np.full(count, float(units["mean"])), np.full(count, float(units["deviation"])), True, wide)
    if "means" not in units:
        return None
    return Scale(np.array(units["means"], np.float64), np.array(units["deviations"], np.float64), False, wide)


def remarks(rows: np.ndarray, scale: Scale | None, title: str) -> tuple[str, ...]:
    """Lines on how the columns were scaled, and on what is odd in them."""
    columns = _columns(rows)
    lines: list[str] = []
    lively = columns.deviations[~columns.constant]
    if (
        scale is not None
        and len(lively)
        and not np.allclose([np.abs(columns.means).max(), lively.min(), lively.max()], [0, 1, 1], atol=0.3)
    ):
        what = "all numbers together are" if scale.whole else "each column is"
        lines.append(
            f"{title}: {what} scaled to mean 0 and deviation 1 for the training (found: {_extent(lively)}), and samples come "
            "back in these units; data.scale=none leaves it out"
        )
    if columns.constant.any():
        where = np.flatnonzero(columns.constant)
        lines.append(f"{_named(where)} of {title} always the same: {_values(columns.low[where])}")
    tails = np.flatnonzero(columns.tails > TAILS)
    if len(tails):
        lines.append(
            f"{_named(tails)} of {title} with heavy tails: values up to {columns.tails.max():.0f} deviations from the mean; "
            "take their logarithm or their rank before, else few values decide on the scale"
        )
    return tuple(lines)


def unscaled_warning(items: np.ndarray) -> str | None:
    """A line where items (N, D) are too far from mean 0 and deviation 1 to train on."""
    columns = _columns(items)
    if not is_unscaled(columns.means, columns.deviations):
        return None
    lively = columns.deviations[~columns.constant]
    return (
        f"WARNING: data not scaled: its columns have deviations of {_extent(lively)} and means up to "
        f"{np.abs(columns.means).max():.3g}, and networks see little but the widest; leave data.scale out"
    )


def is_unscaled(means: np.ndarray, deviations: np.ndarray) -> bool:
    """Whether columns of these means and deviations (D,) are too unlike one another, or too far from 1, to train on."""
    lively = deviations[deviations > 0]
    if not len(lively):
        return False
    offset = float((np.abs(means[deviations > 0]) / np.maximum(lively, 1.0)).max())
    return bool(
        lively.max() > UNLIKE or lively.max() < 1 / UNLIKE or offset > UNLIKE or lively.max() > UNLIKE**2 * lively.min()
    )


def table(values: np.ndarray) -> list[str]:
    """A line for each of the first columns of values (N, D): range, mean, deviation, and what is odd."""
    columns = _columns(values)
    lines = []
    for index in range(min(SHOWN, values.shape[1])):
        low, high = (_exact(value, columns.deviations[index]) for value in (columns.low[index], columns.high[index]))
        tails = columns.tails[index]
        odd = f", heavy tails ({tails:.0f} deviations)" if tails > TAILS else ""
        about = f"mean {columns.means[index]:.5g}, deviation {columns.deviations[index]:.4g}{odd}"
        text = f"always {low:.6g}" if low == high else f"{low:.5g} .. {high:.5g}, {about}"
        lines.append(f"column {index + 1}: {text}")
    if values.shape[1] > SHOWN:
        rest = slice(SHOWN, None)
        lines.append(
            f"{values.shape[1] - SHOWN} more columns: {columns.low[rest].min():.5g} .. {columns.high[rest].max():.5g}, "
            f"deviations {_extent(columns.deviations[rest])}, {int(columns.constant[rest].sum())} constant, "
            f"{int((columns.tails[rest] > TAILS).sum())} with heavy tails"
        )
    return lines


def _blocks(rows: np.ndarray) -> Iterator[slice]:
    step = max(1, BLOCK * 4 // max(1, rows.shape[1]))
    return (slice(start, start + step) for start in range(0, len(rows), step))


def _columns(rows: np.ndarray) -> Columns:
    """What the columns of finite rows (N, D) hold."""
    parts = [rows[part].astype(np.float64) for part in _blocks(rows)] if len(rows) else []
    low, high = (
        np.min([part.min(axis=0) for part in parts], axis=0),
        np.max([part.max(axis=0) for part in parts], axis=0),
    )
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        first = parts[0][0]  # what all are near to: means far from 0 keep their last digits
        means = first + sum((part - first).sum(axis=0) for part in parts) / len(rows)
        squares = sum(((part - means) ** 2).sum(axis=0) for part in parts)
    return Columns(low, high, np.asarray(means), np.sqrt(np.asarray(squares) / len(rows)))


def _refuse_gaps(rows: np.ndarray, title: str) -> None:
    """Raise DataError for NaN and infinity: in which columns, how many, and where the first."""
    if rows.dtype.kind != "f":
        return
    missing, infinite, first = np.zeros(rows.shape[1], np.int64), np.zeros(rows.shape[1], np.int64), -1
    for part in _blocks(rows):
        bad = ~np.isfinite(rows[part])
        if bad.any():
            first = part.start + int(bad.any(axis=1).argmax()) if first < 0 else first
            missing += np.isnan(rows[part]).sum(axis=0)
            infinite += np.isinf(rows[part]).sum(axis=0)
    if first < 0:
        return
    counts = [(missing, "missing values (NaN)"), (infinite, "infinite values")]
    told = [f"{int(of.sum()):,} {what} in {_named(np.flatnonzero(of))}" for of, what in counts if of.any()]
    raise DataError(
        f"{title} is not finite in row {first} for one: it has {' and '.join(told)}; remove rows with NaN or infinity, or put "
        "a number there"
    )


def _named(columns: np.ndarray) -> str:
    """Columns by their numbers, from 1."""
    numbers = [str(number + 1) for number in columns[:SHOWN].tolist()]
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    joined = ", ".join(numbers) if more or len(numbers) < 2 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"column{'s' if len(columns) > 1 else ''} {joined}{more}"


def _values(values: np.ndarray) -> str:
    return ", ".join(f"{value:.6g}" for value in values[:SHOWN]) + (" ..." if len(values) > SHOWN else "")


def _extent(values: np.ndarray) -> str:
    low, high = f"{values.min():.3g}", f"{values.max():.3g}"
    return low if low == high else f"{low} to {high}"


def _exact(value: float, deviation: float) -> float:
    """A value without what float32 added to 0."""
    return 0.0 if abs(value) < 1e-6 * deviation else value
