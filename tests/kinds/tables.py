"""Small tables for the tests of this folder."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np


def written(
    path: Path, header: list[str], columns: list[list[str]], separator: str = ",", encoding: str = "utf-8"
) -> Path:
    """A file with these columns."""
    with open(path, "w", newline="", encoding=encoding) as file:
        rows = csv.writer(file, delimiter=separator)
        rows.writerow(header)
        rows.writerows(zip(*columns, strict=True))
    return path


def people(path: Path, count: int = 400, seed: int = 0) -> Path:
    """A table with a column of each kind, of which income depends on sex and age."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, count)
    sex = rng.choice(["F", "M"], count, p=[0.4, 0.6])
    income = np.round(np.exp(rng.normal(7, 0.3, count)) * (1 + (sex == "M") * 0.5) * (age / 40), 2)
    days = np.datetime64("2015-01-01") + rng.integers(0, 2000, count)
    bonus = [f"{value / 50:.1f}" if keep else "NA" for value, keep in zip(age, rng.random(count) < 0.7, strict=True)]
    columns = [
        [f"P{number:05d}" for number in range(count)],
        age.astype(str).tolist(),
        sex.tolist(),
        [f"{value:.2f}" for value in income],
        days.astype(str).tolist(),
        bonus,
        rng.choice(["yes", "no"], count).tolist(),
        ["Utopia"] * count,
        rng.choice(["north", "south", "east", ""], count, p=[0.5, 0.3, 0.19, 0.01]).tolist(),
    ]
    return written(path, ["id", "age", "sex", "income", "hired", "bonus", "smoker", "country", "region"], columns)
