"""Vectors: float32 (N, D). In the store every number has mean 0 and deviation 1; samples come back in the source's units."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError, counted
from gansmith.ground.files.whole import replacing
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import scaling
from gansmith.kinds.record import Kind, Prepared, Shown, Units
from gansmith.kinds.scatter import scatter_sheet
from gansmith.kinds.table import notation, reading


def prepare(array: np.ndarray, settings: DataSettings, title: str) -> Prepared:
    """Rows of numbers, scaled as data.scale says. What has more axes is laid flat. Raises DataError."""
    if array.dtype.kind not in "fiub":
        raise DataError(f"{title} holds {array.dtype}, and vectors are of numbers: give floats or integers")
    rows = array.reshape(len(array), -1)
    scale = scaling.found(rows, settings.scale, title)
    return Prepared(scaling.scaled(rows, scale), scaling.as_units(scale), remarks=scaling.remarks(rows, scale, title))


def read(path: Path, settings: DataSettings) -> Prepared:
    """The numbers of a .csv, .tsv or .parquet, without its heading. Raises DataError."""
    if path.suffix.lower() not in reading.ENDINGS:
        raise DataError(
            f"{path.name} holds no vectors: they are arrays (N, D) as .npy or .npz, and tables of numbers as .csv"
        )
    text = reading.read(path)
    columns: list[np.ndarray] = []
    for name, cells in zip(text.names, text.cells, strict=True):
        written, right = notation.numbers(cells)
        if not all(right):
            raise DataError(
                f"column {name!r} of {path.name} holds {cells[right.index(False)][:40]!r}, which is no number: leave data.kind out, "
                "to learn it as a table"
            )
        columns.append(np.array([written.value(cell) for cell in cells]))
    return prepare(np.stack(columns, axis=1), settings, path.name)


def describe(items: np.ndarray, units: Units) -> str:
    """How many, and how long."""
    return f"{counted(len(items), 'vector')} of {items.shape[1]}"


def facts(items: np.ndarray, units: Units) -> list[str]:
    """A line for each column: its range, its mean and deviation."""
    return scaling.table(in_units(items, units))


def warning(items: np.ndarray, units: Units) -> str | None:
    """A line where the numbers that networks get are far from 1, or unlike one another."""
    return scaling.unscaled_warning(items[: scaling.BLOCK])


def items_of(raw: np.ndarray, settings: DataSettings, units: Units) -> np.ndarray:
    """The numbers themselves."""
    return raw


def in_units(items: np.ndarray, units: Units) -> np.ndarray:
    """Vectors (N, D) in the units of their source: float32, or float64 where float32 is too coarse for them."""
    scale = scaling.of_units(units)
    return items if scale is None else scaling.unscaled(items, scale)


def affine(units: Units) -> tuple[np.ndarray, np.ndarray] | None:
    """Means and deviations (D,) of scaled vectors."""
    scale = scaling.of_units(units)
    return None if scale is None else (scale.means, scale.deviations)


def rescaled(items: np.ndarray, units: Units, other: Units) -> np.ndarray:
    """Vectors as a store of other units holds them."""
    if units == other:
        return items
    before, after = scaling.of_units(units), scaling.of_units(other)
    values = np.asarray(items) if before is None else scaling.unscaled(items, before, np.float64)
    return values.astype(np.float32) if after is None else scaling.scaled(values, after)


def flat(items: np.ndarray, numbers: int) -> np.ndarray:
    """The vectors as they are."""
    return np.asarray(items, np.float32)


def flat_name(shape: tuple[int, ...], numbers: int) -> str:
    """ "points"."""
    return "points"


def noise(like: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform in the box that the vectors fill."""
    low, high = like.min(axis=0), like.max(axis=0)
    return (low + (high - low) * rng.random((count, like.shape[1]))).astype(np.float32)


def sheet(items: np.ndarray, units: Units, how: Shown) -> np.ndarray:
    """A scatter plot, with the real items in another colour."""
    scale = scaling.of_units(units)
    real = items[:0] if how.real is None else np.asarray(how.real)
    axes = None if scale is None or items.shape[1] > 2 else (scale.centre(), scale.spread())
    return scatter_sheet(items, real, axes=axes)


def write(path: Path, items: np.ndarray, units: Units, labels: Sequence[Any] | None, names: Sequence[str]) -> None:
    """The numbers in their units: .npy, or .csv with a line each, whose last column is the class. Raises OSError."""
    made = in_units(items, units)
    with replacing(path, lasting=False) as file:
        if path.suffix == ".npy":
            np.save(file, made)
            return
        for row, values in enumerate(made.tolist()):
            cells = [f"{value:.9g}" if made.dtype == np.float32 else repr(value) for value in values]
            label = [] if labels is None else [_cell(str(labels[row]))]
            file.write((",".join([*cells, *label]) + "\n").encode("utf-8"))


def _cell(text: str) -> str:
    """A text as a cell of a .csv."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


SUITS: tuple[tuple[str, Any, str], ...] = (
    ("data.batch", 256, "vectors are cheap, and a large batch shows every mode"),
    ("augment.name", "none", "vectors are not pictures"),
    ("generator.net", "dense", "vectors"),
    ("discriminator.net", "dense", "vectors"),
    ("generator.widths", [128, 128, 128], "vectors"),
    ("discriminator.widths", [128, 128, 128], "vectors"),
    ("generator.output", "linear", "vectors know no range"),
)

KIND = Kind(
    in_grid=False,
    name="vector",
    one="vector",
    many="vectors",
    array="vectors",
    recipe="folder",
    ending=".png",
    prepare=prepare,
    read=read,
    describe=describe,
    shaped_by=("scale",),
    suits=SUITS,
    warning=warning,
    facts=facts,
    items_of=items_of,
    in_units=in_units,
    affine=affine,
    rescaled=rescaled,
    flat=flat,
    flat_name=flat_name,
    noise=noise,
    sheet=sheet,
    endings=(".csv", ".npy"),
    write=write,
)
