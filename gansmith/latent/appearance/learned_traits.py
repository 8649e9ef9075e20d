"""Traits from examples: labels, an attribute file, or two folders of liked and disliked pictures.

A trait is learned on pictures with known values and can then be measured on any picture of that size: a ridge
regression (values) or a logistic one (yes and no) on the pictures' principal components.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.latent.appearance.traits import Measure

COMPONENTS = 50  # principal components that a trait is a function of
LEAST = 4  # examples without which nothing can be learned
MOST = 20_000  # examples used


def learn(pictures: np.ndarray, values: np.ndarray) -> Measure:
    """A trait from examples: uint8 (N, H, W, C) and values (N,); bool values make a yes-or-no trait, whose measure is
    the log odds of yes. Raises DataError for fewer than 4 examples, and where all values are alike."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression, Ridge

    if len(pictures) != len(values) or len(pictures) < LEAST:
        raise DataError(
            f"{len(pictures)} pictures with {len(values)} values teach no trait: give {LEAST} or more, one each"
        )
    if len(np.unique(values)) < 2:
        raise DataError("all examples have the same value: a trait needs some that differ")
    pictures, values = pictures[:MOST], values[:MOST]
    rows = _rows(pictures)
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
    slope = (weights / spread) @ space.components_  # one vector does it all
    constant -= float(space.mean_ @ slope)
    shape = pictures.shape[1:]

    def measure(some: np.ndarray) -> np.ndarray:
        if some.shape[1:] != shape:
            raise DataError(f"this trait was learned on pictures of {shape}, not {some.shape[1:]}")
        return _rows(some) @ slope + constant

    return measure


def read_attributes(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """An attribute file: a CSV whose first column names pictures and whose others hold a number each.

    Returns the names and {column: values float64 (N,)}. Raises DataError with the line that is wrong.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as an attribute file: {error}") from None
    if len(lines) < 2 or len(lines[0]) < 2:
        raise DataError(f"{path} needs a first line as in `file,smiling,age` and a line for each picture")
    heading, *rows = lines
    columns: dict[str, list[float]] = {name.strip(): [] for name in heading[1:]}
    for number, row in enumerate(rows, 2):
        if len(row) != len(heading):
            raise DataError(f"{path}, line {number}: {len(row)} columns, the first line has {len(heading)}")
        for name, text in zip(columns, row[1:], strict=True):
            try:
                columns[name].append(float(text))
            except ValueError:
                raise DataError(f"{path}, line {number}: {text!r} in column {name!r} is no number") from None
    return [row[0] for row in rows], {name: np.array(values) for name, values in columns.items()}


def from_attributes(pictures: np.ndarray, columns: Mapping[str, np.ndarray]) -> dict[str, Measure]:
    """A trait for each column; one that only holds two values is a yes-or-no trait."""
    return {name: learn(pictures, _yes_or_no(values)) for name, values in columns.items()}


def from_labels(pictures: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> dict[str, Measure]:
    """A yes-or-no trait for each class: "is it a 3?"."""
    return {f"is-{name}": learn(pictures, labels == index) for index, name in enumerate(names)}


def _yes_or_no(values: np.ndarray) -> np.ndarray:
    known = np.unique(values)
    return values == known[1] if len(known) == 2 else values


def _rows(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1).astype(np.float32) / np.float32(255)
