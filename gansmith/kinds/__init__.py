"""Kinds of data: what each does with its sources, its items, its samples. A kind is a file with a record, and a row here.

Importing this room imports neither torch nor Pillow nor SciPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError, nearest
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import picture, vector
from gansmith.kinds.record import Kind, Prepared, Row, Shown, Traits, Units
from gansmith.kinds.signal import kind as signal
from gansmith.kinds.table import kind as table
from gansmith.kinds.text import kind as text

__all__ = [
    "KINDS",
    "Kind",
    "Prepared",
    "Row",
    "Shown",
    "ToItems",
    "Traits",
    "Units",
    "claiming",
    "made_file",
    "named",
    "of_data",
    "of_shape",
]

KINDS: dict[str, Kind] = {
    "picture": picture.KIND,
    "vector": vector.KIND,
    "table": table.KIND,
    "signal": signal.KIND,
    "text": text.KIND,
}
"""By the names of data.kind. Paths are offered to them in this order."""

EARLIER = {"pictures": "picture", "vectors": "vector"}  # as stores and runs of earlier versions call them


def named(name: str) -> Kind:
    """The kind of this name. Raises DataError."""
    found = KINDS.get(EARLIER.get(name, name))
    if found is None:
        raise DataError(f"data.kind = {name!r} is no kind of data{nearest(name, KINDS)}")
    return found


def of_shape(shape: tuple[int, ...]) -> Kind:
    """The kind of one item of this shape, where nothing else tells it: (C, H, W) or (H, W, C) a picture, (D,) a vector."""
    return KINDS["picture" if len(shape) == 3 else "vector"]


def of_data(data: Mapping[str, Any]) -> Kind | None:
    """The kind that a run's data.json tells, by its name, else by the shape of an item; None where it is not known here."""
    if "kind" in data:
        name = str(data["kind"])
        return KINDS.get(EARLIER.get(name, name))
    shape = data.get("item_shape")
    return of_shape(tuple(shape)) if isinstance(shape, list) else None


def made_file(data: Mapping[str, Any]) -> str:
    """A name for a file of samples of a run with this data.json: "made.csv"; "sheet.png" where they are shown by a picture."""
    kind = of_data(data)
    ending = ".png" if kind is None else kind.usual_ending(data.get("units", {}))
    return "sheet.png" if ending == ".png" else f"made{ending}"


def claiming(path: Path) -> Kind | None:
    """The first kind that claims a file or folder in which no pictures and no arrays are seen."""
    return next((kind for kind in KINDS.values() if kind.claims(path)), None)


@dataclass(frozen=True)
class ToItems:
    """What turns raw output into items as they are stored."""

    kind: Kind
    settings: DataSettings
    units: Units

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        return self.kind.items_of(raw, self.settings, self.units)
