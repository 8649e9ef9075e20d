"""Traits learned from examples: labels, an attribute file, or two folders of liked and disliked pictures.

A trait is learned on items with known values and can then be measured on any item of that size. It is a ridge
regression (values) or a logistic one (yes or no) on the items' principal components.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gansmith.ground.errors import DataError, counted
from gansmith.kinds.appearance import PICTURES
from gansmith.kinds.record import Measure, Traits

COMPONENTS = 50  # principal components used
LEAST = 4  # examples that are needed
MOST = 20_000  # examples used


def learn(pictures: np.ndarray, values: np.ndarray, of: Traits = PICTURES) -> Measure:
    """A trait from examples: stored items, as pictures uint8 (N, H, W, C), and values (N,). of: the traits of their kind.

    Bool values make a yes-or-no trait: it measures the log odds of yes. Raises DataError for fewer than 4 examples, and
    for values that are all equal.
    """
    if len(pictures) != len(values) or len(pictures) < LEAST:
        raise DataError(
            f"{counted(len(pictures), 'picture')} with {counted(len(values), 'value')} are too few, or do not match: "
            f"give {LEAST} or more, one value each"
        )
    if len(np.unique(values)) < 2:
        raise DataError("all examples have the same value: a trait needs some that differ")
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression, Ridge

    pictures, values = pictures[:MOST], values[:MOST]
    rows = of.rows(pictures)
    components = min(COMPONENTS, len(rows) - 1, rows.shape[1])
    space = PCA(components, svd_solver="randomized" if len(rows) > 500 else "full", random_state=0).fit(rows)
    spread = np.sqrt(space.explained_variance_) + 1e-9
    coordinates = space.transform(rows) / spread
    if values.dtype == bool:
        chosen = LogisticRegression(C=0.1, max_iter=500).fit(coordinates, values)
        weights, constant = chosen.coef_[0], float(chosen.intercept_[0])
    else:
        fitted = Ridge(alpha=1.0).fit(coordinates, values.astype(np.float64))
        weights, constant = fitted.coef_, float(fitted.intercept_)
    weights_of_rows = (weights / spread) @ space.components_  # the trait as a linear function of the rows
    constant -= float(space.mean_ @ weights_of_rows)
    shape = pictures.shape[1:]

    def measure(others: np.ndarray) -> np.ndarray:
        if others.shape[1:] != shape:
            raise DataError(
                f"this trait was learned on pictures of {shape}, not {others.shape[1:]}: bring both to one size"
            )
        return of.rows(others) @ weights_of_rows + constant

    return measure


def read_attributes(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """An attribute file: a CSV whose first column names pictures and whose others hold a number each.

    Returns the names and {column: values float64 (N,)}. Raises DataError with the line that is wrong.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read as an attribute file ({reason}): give a CSV") from None
    if len(lines) < 2 or len(lines[0]) < 2:
        raise DataError(f"{path} needs a first line as in `file,smiling,age` and a line for each picture")
    heading, *rows = lines
    columns: dict[str, list[float]] = {name.strip(): [] for name in heading[1:]}
    for number, row in enumerate(rows, 2):
        if len(row) != len(heading):
            raise DataError(
                f"{path}, line {number}: {counted(len(row), 'column')}, and the first line has {len(heading)}: give as many"
            )
        for name, text in zip(columns, row[1:], strict=True):
            try:
                columns[name].append(float(text))
            except ValueError:
                raise DataError(f"{path}, line {number}: {text!r} in column {name!r} is no number: write one") from None
    return [row[0] for row in rows], {name: np.array(values) for name, values in columns.items()}


def from_attributes(pictures: np.ndarray, columns: Mapping[str, np.ndarray]) -> dict[str, Measure]:
    """A trait for each column; one with only two different values is a yes-or-no trait."""
    made: dict[str, Measure] = {}
    for name, values in columns.items():
        different = np.unique(values)
        made[name] = learn(pictures, values == different[1] if len(different) == 2 else values)
    return made


def from_labels(
    items: np.ndarray, labels: np.ndarray, names: tuple[str, ...], of: Traits = PICTURES
) -> dict[str, Measure]:
    """A yes-or-no trait for each class: "is it a 3?"."""
    return {f"is-{name}": learn(items, labels == index, of) for index, name in enumerate(names)}
