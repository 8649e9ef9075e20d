"""Pictures as rows of numbers in CSV, as Kaggle has MNIST: `label,pixel0,pixel1,...`, with or without label and heading."""

from __future__ import annotations

import warnings
from itertools import islice
from math import isqrt
from pathlib import Path

import numpy as np

from gansmith.data.formats.listing import Listing, chosen_splits, decoded
from gansmith.data.formats.tables.list_contents import CLASS_COLUMNS
from gansmith.ground.errors import DataError, counted

SPLITS = {"train": "train", "test": "test", "validation": "validation", "valid": "validation", "val": "validation"}
SMALLEST = 16  # numbers of a picture, at least


def in_folder(names: list[str]) -> dict[str, str]:
    """Split -> the CSV of it, of the files of a folder: those with a split in their name, or "" -> the only one."""
    tables = [name for name in names if name.lower().endswith(".csv")]
    found = {split: name for name in tables for word, split in SPLITS.items() if word in name.lower()}
    return found or ({"": tables[0]} if len(tables) == 1 else {})


def is_table(path: Path) -> bool:
    """Whether a CSV holds pictures: rows of many whole numbers."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = [line.strip().split(",") for line in islice(file, 2)]
    except OSError:
        return False
    row = lines[-1] if lines else []
    return _side(row) is not None and all(cell.strip().isdecimal() for cell in row)


def listing(tables: dict[str, Path], title: str, split: str) -> Listing:
    """The pictures uint8 (N, side, side, 1) and labels of a split. Raises DataError."""
    wanted = chosen_splits(title, tuple(tables), split)
    read = {part: _read(tables[part]) for part in wanted}
    items = {part: pictures for part, (pictures, _) in read.items()}
    return decoded(title, items, {part: read[part][1] if part in read else None for part in tables})


def _side(row: list[str]) -> tuple[int, bool] | None:
    """The side of the pictures and whether there is a label too, by the number of cells; None for no pictures."""
    for labelled in (False, True):
        numbers = len(row) - labelled
        if numbers >= SMALLEST and isqrt(numbers) ** 2 == numbers:
            return isqrt(numbers), labelled
    return None


def _read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            heading = [cell.strip().strip('"').lower() for cell in file.readline().split(",")]
        found = _side(heading)
        if found is None:
            raise DataError(
                f"{path} has {counted(len(heading), 'column')}, and no square pictures fit in them: if it lists names "
                "and classes, give the "
                "folder of the pictures with it inside"
            )
        plain = all(cell.isdecimal() for cell in heading)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a table without numbers, which is refused below
            skip = 0 if plain else 1
            values = np.loadtxt(path, np.int32, delimiter=",", skiprows=skip, ndmin=2, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is no table of whole numbers: {' '.join(str(error).split())[:200]}") from None
    if not len(values):
        raise DataError(f"{path} has no line of numbers: give a table with a line for each picture")
    if values.shape[1] != len(heading):
        raise DataError(
            f"{path} has {counted(len(heading), 'column')} in its first line and {counted(values.shape[1], 'number')} "
            "in the others: give each a number"
        )
    side, labelled = found
    at = next((index for index, name in enumerate(heading) if name in CLASS_COLUMNS), 0)
    pixels = np.delete(values, at, axis=1) if labelled else values
    if pixels.min() < 0 or pixels.max() > 255:
        raise DataError(f"{path} holds {pixels.min()} .. {pixels.max()}: pixels must be whole numbers from 0 to 255")
    return pixels.astype(np.uint8).reshape(-1, side, side, 1), values[:, at].astype(np.int64) if labelled else None
