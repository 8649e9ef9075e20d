"""Pictures: bytes (N, H, W, C). The data room decodes and resizes them; pixels are in the range of data.pixels for networks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground import alpha, pixels
from gansmith.ground.errors import counted
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds.appearance import traits
from gansmith.kinds.areas import flat, flat_name
from gansmith.kinds.record import Kind, Shown, Units

COLOURS: dict[int, tuple[str, ...]] = {  # by channels: one, and many; else colour pictures
    1: ("grey picture",),
    alpha.RGBA: ("colour picture with transparency", "colour pictures with transparency"),
}


def describe(items: np.ndarray, units: Units) -> str:
    """How many, and what they show of colour."""
    return coloured(len(items), items.shape[3])


def coloured(count: int, channels: int) -> str:
    """How many, and what they show of colour: "12 grey pictures"."""
    return counted(count, *COLOURS.get(channels, ("colour picture",)))


def items_of(raw: np.ndarray, settings: DataSettings, units: Units) -> np.ndarray:
    """Raw output (N, H, W, C) as bytes."""
    return pixels.to_bytes(raw, settings.pixels)


def in_units(items: np.ndarray, units: Units) -> np.ndarray:
    """The bytes themselves."""
    return items


def rescaled(items: np.ndarray, units: Units, other: Units) -> np.ndarray:
    """The bytes themselves."""
    return items


def noise(like: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform bytes."""
    return rng.integers(0, 256, (count, *like.shape[1:]), dtype=np.uint8)


def sheet(items: np.ndarray, units: Units, how: Shown) -> np.ndarray:
    """Pictures in a grid, enlarged by a whole factor."""
    return pixels.grid(items, how.columns, zoom=pixels.display_zoom(*items.shape[1:3], target=how.side))


def write(path: Path, items: np.ndarray, units: Units, labels: Sequence[Any] | None, names: Sequence[str]) -> None:
    """A folder with a PNG of each, named after itself (else numbered) and its class. Raises OSError."""
    path.mkdir(exist_ok=True)
    for index, picture in enumerate(items):
        label = "" if labels is None else "-" + re.sub(r"[^\w.-]", "_", str(labels[index]))
        pixels.write_png(path / f"{names[index] if names else f'{index:05d}'}{label}.png", picture)


KIND = Kind(
    name="picture",
    one="picture",
    many="pictures",
    array="images",
    recipe="folder",
    ending=".png",
    pixels=True,
    prepare=None,
    describe=describe,
    items_of=items_of,
    in_units=in_units,
    rescaled=rescaled,
    flat=flat,
    flat_name=flat_name,
    noise=noise,
    sheet=sheet,
    traits=traits,
    endings=("",),
    write=write,
)
