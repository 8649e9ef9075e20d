"""Figures of tables, each beside its floor: the same figure of held-out real rows against the training rows."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from gansmith.kinds.record import Row, Units
from gansmith.kinds.table import copies, usefulness
from gansmith.kinds.table.columns import of_units
from gansmith.kinds.table.encoding import Values, decode

MOST_PAIRS = 40  # columns whose pairs are compared


def measures(training: np.ndarray, made: np.ndarray, units: Units, held_out: np.ndarray) -> list[Row]:
    """The figures of generated rows, all arrays as stored (N, D). Raises nothing: what cannot be computed is left out."""
    columns = of_units(units)
    real, fake, held = (decode(columns, np.asarray(items)) for items in (training, made, held_out))
    rows = [*_of_columns(real, fake, held), *_of_pairs(real, fake, held)]
    for name, compute in (("detection", _of_detection), ("usefulness", _of_usefulness), ("copies", _of_copies)):
        if min(real.rows, fake.rows, held.rows) >= FEWEST[name]:
            rows += compute(real, fake, held)
    return rows


FEWEST = {"detection": 50, "usefulness": 50, "copies": 2}  # rows


def _of_columns(real: Values, fake: Values, held: Values) -> list[Row]:
    """Mean and worst distance of single columns."""
    far, floor = column_distances(real, fake), column_distances(real, held)
    rows: list[Row] = []
    for numbers, key, name, meaning in (
        (
            True,
            "ks",
            "mean KS",
            "numbers: the largest gap between the distributions of a column, averaged over columns",
        ),
        (False, "tv", "mean TV", "categories: half the sum of differences of shares, averaged over columns"),
    ):
        which = [index for index, column in enumerate(real.columns) if column.is_number == numbers]
        if which:
            worst = max(which, key=lambda index: far[index])
            rows.append(
                Row(key, name, float(np.mean(far[which])), float(np.mean(floor[which])), "lower",
                    f"{meaning}; the worst is {real.columns[worst].name} with {far[worst]:.3f}")
            )  # fmt: skip
    return rows


def column_distances(real: Values, other: Values) -> np.ndarray:
    """For each column a distance in [0, 1]: of numbers KS, of categories the total variation. The share of missing numbers counts
    too: the larger of both."""
    return np.array([distance(column.is_number, len(column.categories), a, b)
                     for column, a, b in zip(real.columns, real.values, other.values, strict=True)])  # fmt: skip


def distance(is_number: bool, categories: int, a: np.ndarray, b: np.ndarray) -> float:
    """Of two samples of a column, NaN where missing."""
    if not is_number:
        shares = [np.bincount(each, minlength=categories) / len(each) for each in (a, b)]
        return float(np.abs(shares[0] - shares[1]).sum() / 2)
    there = [np.sort(each[~np.isnan(each)]) for each in (a, b)]
    gone = abs(len(there[0]) / len(a) - len(there[1]) / len(b))
    if not (len(there[0]) and len(there[1])):
        return max(gone, float(len(there[0]) != len(there[1])))
    every = np.concatenate(there)
    ranks = [np.searchsorted(each, every, side="right") / len(each) for each in there]
    return max(gone, float(np.abs(ranks[0] - ranks[1]).max()))


def _of_pairs(real: Values, fake: Values, held: Values) -> list[Row]:
    pairs = list(combinations(range(min(len(real.columns), MOST_PAIRS)), 2))
    found = {"correlation": [], "association": []}
    for a, b in pairs:
        both = real.columns[a].is_number and real.columns[b].is_number
        values = [association(table, a, b) for table in (real, fake, held)]
        if np.isfinite(values).all():
            found["correlation" if both else "association"].append(
                (abs(values[1] - values[0]), abs(values[2] - values[0]))
            )
    rows: list[Row] = []
    for key, name, meaning in (
        ("correlation", "correlations", "mean difference of the correlations of two numbers"),
        (
            "association",
            "associations",
            "the same of other pairs: Cramer's V of two categories, correlation ratio of one and a number",
        ),
    ):
        if found[key]:
            value, floor = np.mean(found[key], axis=0)
            rows.append(Row(key, name, float(value), float(floor), "lower", meaning))
    return rows


def association(table: Values, a: int, b: int) -> float:
    """How two columns go together, NaN where one does not vary: Pearson's correlation in [-1, 1] of two numbers, Cramer's V in
    [0, 1] of two categories, the correlation ratio in [0, 1] of a category and a number."""
    first, second = table.columns[a], table.columns[b]
    x, y = table.values[a], table.values[b]
    if first.is_number and second.is_number:
        there = ~(np.isnan(x) | np.isnan(y))
        x, y = x[there] / first.size, y[there] / second.size
        return float(np.corrcoef(x, y)[0, 1]) if len(x) > 1 and np.ptp(x) and np.ptp(y) else np.nan
    if first.is_number or second.is_number:
        groups, numbers = (y, x) if first.is_number else (x, y)
        there = ~np.isnan(numbers)
        return correlation_ratio(groups[there], numbers[there] / (first if first.is_number else second).size)
    counts = np.zeros((len(first.categories), len(second.categories)))
    np.add.at(counts, (x, y), 1)
    return cramers_v(counts)


def correlation_ratio(groups: np.ndarray, numbers: np.ndarray) -> float:
    """The deviation of the groups' means over that of the numbers; NaN for equal numbers."""
    if len(numbers) < 2 or not np.ptp(numbers):
        return np.nan
    counts = np.bincount(groups)
    means = np.bincount(groups, numbers) / np.maximum(counts, 1)
    between = (counts * (means - numbers.mean()) ** 2).sum()
    return float(np.sqrt(between / ((numbers - numbers.mean()) ** 2).sum()))


def cramers_v(counts: np.ndarray) -> float:
    """Of a table of counts; NaN where a column or row has all."""
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    if min(counts.shape) < 2:
        return np.nan
    due = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    return float(np.sqrt(((counts - due) ** 2 / due).sum() / counts.sum() / (min(counts.shape) - 1)))


def _of_detection(real: Values, fake: Values, held: Values) -> list[Row]:
    meaning = "AUC of a classifier that is to tell generated rows from training rows: .5 = it cannot"
    return [
        Row(
            "detection",
            "real or not",
            usefulness.detection(real, fake),
            usefulness.detection(real, held),
            "lower",
            meaning,
        )
    ]


def _of_usefulness(real: Values, fake: Values, held: Values) -> list[Row]:
    found = usefulness.usefulness(real, fake, held)
    if found is None:
        return []
    trained, best, targets = found
    meaning = (
        "score on held-out rows of models trained on generated rows; floor: of those trained on training rows. "
        f"Mean of {targets} columns as targets: R2 of numbers, balanced accuracy of categories"
    )
    return [Row("tstr", "usefulness", trained, best, "higher", meaning)]


def _of_copies(real: Values, fake: Values, held: Values) -> list[Row]:
    share, floor = copies.copied(real, fake), copies.copied(real, held)
    near, near_floor = copies.nearer(real, fake, held)
    nearest = "share of rows that lie nearer to a training row than 99% of training rows do; floor: of held-out rows"
    heart = "share of rows that are nearer to a training row than to a held-out one; .5 = nothing is learned by heart"
    return [
        Row("copies", "copies", share, floor, "lower", nearest),
        Row("nearer", "nearer to training", near, near_floor, "lower", heart),
    ]
