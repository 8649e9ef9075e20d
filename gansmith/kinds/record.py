"""The record of a kind of data: all that other rooms ask about it.

Items have three forms. *Stored* is what the store holds and the networks eat: pictures uint8 (N, H, W, C), all others float32,
(N, D) or (N, 1, L, C). *Raw* is what a generator gives, float32 of the same shape. *In units* is what people have: pixels,
numbers in the units of their source, rows of a table, sounds, lines of text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings, Recipe

Units = Mapping[str, Any]
"""What leads from stored items back to people's units, as JSON can hold it. {}: the items are in their units already."""


@dataclass(frozen=True)
class Prepared:
    """A source as a kind prepared it."""

    items: np.ndarray  # as stored
    units: dict[str, Any] = field(default_factory=dict)  # `Units`, written by the kind
    labels: np.ndarray | None = None  # int64 (N,)
    class_names: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()  # of the source: "train", "test"
    parts: tuple[tuple[str, int], ...] = ()  # the splits that were read, in order, and how many items of each
    skipped: tuple[tuple[str, str], ...] = ()  # files that could not be used: name, reason
    left_out: tuple[str, ...] = ()  # a line for each kind of what was left out
    remarks: tuple[str, ...] = ()  # lines on how the source was understood
    kept: np.ndarray | None = None  # of an array: which rows these are, int64 (N,); None = all


class Row(NamedTuple):
    """A figure of `gansmith evaluate` that only this kind of data has."""

    key: str
    name: str
    value: float
    floor: float | None  # of real items against real items
    better: Literal["lower", "higher", "as real"]
    meaning: str


Measure = Callable[[np.ndarray], np.ndarray]
"""Stored items (N, ...) -> a trait float (N,)."""


@dataclass(frozen=True)
class Traits:
    """Traits: a number each, measured on an item. A generator is steered by them."""

    measures: Mapping[str, Measure]
    suited: Callable[[np.ndarray], tuple[str, ...]]
    """Stored items -> the traits that make styles of them by default, the best known first."""
    shaken: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    """Stored items with as much noise as rounding makes: a trait that varies no more than by this does not vary."""
    rows: Callable[[np.ndarray], np.ndarray]
    """Stored items -> float32 (N, D), on which traits are learned from examples."""
    words: Mapping[str, tuple[str, str]]
    """Names for little and for much of a trait."""


NO_TRAITS = Traits({}, lambda items: (), lambda items, rng: items, lambda items: items.reshape(len(items), -1), {})


class Shown(NamedTuple):
    """How a sheet is laid out."""

    columns: int | None = None  # of a grid; None = about square
    side: int = 64  # about how high an item is drawn, in pixels of the sheet
    real: np.ndarray | None = None  # stored real items that a plot shows behind the others


def never(path: Path) -> bool:
    """Claims no path."""
    return False


def only(path: Path) -> list[Path]:
    """The path itself."""
    return [path]


def no_lines(items: np.ndarray, units: Units) -> list[str]:
    """Nothing to say."""
    return []


def as_it_is(recipe: Recipe, units: Units) -> Recipe:
    """The recipe."""
    return recipe


def no_units(units: Units) -> tuple[np.ndarray, np.ndarray] | None:
    """None: raw numbers are what programs get."""
    return None


def no_warning(items: np.ndarray, units: Units) -> str | None:
    """Nothing to warn of."""
    return None


def no_traits(units: Units) -> Traits:
    """Nothing is measured."""
    return NO_TRAITS


def no_text(items: np.ndarray, units: Units, most: int) -> list[str] | None:
    """None: the items are shown in a terminal by their sheet."""
    return None


def no_sound(items: np.ndarray, units: Units) -> bytes | None:
    """None: nothing is heard."""
    return None


def not_read(path: Path, settings: DataSettings) -> Prepared:
    """Raises DataError: files are read by the data room, which gives their arrays."""
    raise DataError(
        f"data.kind = {settings.kind!r} reads arrays, and {path.name} holds none: give a .npy or .npz file, or leave data.kind out"
    )


@dataclass(frozen=True)
class Kind:
    """A kind of data."""

    name: str  # of data.kind
    one: str  # words for people: "picture"
    many: str  # "pictures"
    array: str  # the name of samples in an .npz: "images"
    recipe: str  # the recipe that suits its sources
    ending: str  # of the file of samples, where none is named: ".png"
    pixels: bool = field(default=False, kw_only=True)
    """Bytes of pixels: what can be cut, resized and mirrored, and has colours."""

    plotted: str = field(default="", kw_only=True)
    """What its sheets show, in words, where they have the real items behind the samples: a report needs no sheet of real ones beside
    them. "": they do not."""

    natural: bool = field(default=False, kw_only=True)
    """Its labels are conditions: samples have them in the shares of the data, where none is asked for; not in equal shares."""

    in_grid: bool = field(default=True, kw_only=True)
    """Its sheet shows each item in a place of its own, in rows; else all together, as in a plot."""

    # ---- from a source to stored items
    prepare: Callable[[np.ndarray, DataSettings, str], Prepared] | None
    """(an array of numbers (N, ...) as it was found, settings, its title) -> as stored. None: pictures, which the data room
    decodes and resizes."""
    describe: Callable[[np.ndarray, Units], str]
    """(items, units) -> the words of the store's line: "4,000 vectors of 4"."""
    claims: Callable[[Path], bool] = never
    """Whether a file or folder, in which no pictures and no arrays are seen, is of this kind. It is asked in the order of KINDS."""
    read: Callable[[Path, DataSettings], Prepared] = not_read
    """(a path that it claims, or that data.kind names, settings) -> as stored. Raises DataError."""
    files: Callable[[Path], list[Path]] = only
    """The files that are read at a path: where one of them changes, the store is made again."""
    shaped_by: tuple[str, ...] = ()
    """Fields of [data] that change what is stored, beside those of all kinds."""
    suits: tuple[tuple[str, Any, str], ...] | None = None
    """Settings that a recipe for any data takes for this kind: key, value, reason. None: it has a recipe of its own."""
    suited: Callable[[Recipe, Units], Recipe] = as_it_is
    """(recipe, units) -> the recipe with what the units ask of its networks, for every run on such data; again, it changes
    nothing."""
    warning: Callable[[np.ndarray, Units], str | None] = no_warning
    """(items, units) -> a line where they hinder a training."""
    facts: Callable[[np.ndarray, Units], list[str]] = no_lines
    """Lines of `gansmith data info`: ranges, constants, what is odd."""

    # ---- from a network's output back to people
    items_of: Callable[[np.ndarray, DataSettings, Units], np.ndarray] = field(kw_only=True)
    """(raw, settings, units) -> as stored."""
    in_units: Callable[[np.ndarray, Units], Any] = field(kw_only=True)
    """(items, units) -> what people have, a sequence of N: an array, or a list of strings."""
    affine: Callable[[Units], tuple[np.ndarray, np.ndarray] | None] = field(default=no_units, kw_only=True)
    """(units) -> offset and factor, float64 (D,), where raw numbers x factor + offset are in units, and are not so already: what
    programs without Gansmith get with the network. None: they get raw numbers."""
    rescaled: Callable[[np.ndarray, Units, Units], np.ndarray] = field(kw_only=True)
    """(items, their units, other units) -> the same items as a store of the other units holds them, to be compared with its items.
    Raises DataError where they have nothing in common."""

    # ---- for figures and for the eye
    flat: Callable[[np.ndarray, int], np.ndarray] = field(kw_only=True)
    """(items, most numbers) -> float32 (N, D): features without a network."""
    flat_name: Callable[[tuple[int, ...], int], str] = field(kw_only=True)
    """(the shape of a stored item, most numbers) -> the name of these features: "pixels-28x28x1", "points"."""
    noise: Callable[[np.ndarray, int, np.random.Generator], np.ndarray] = field(kw_only=True)
    """(real items, count, random numbers) -> random items, the worst that a figure is compared with."""
    sheet: Callable[[np.ndarray, Units, Shown], np.ndarray] = field(kw_only=True)
    """(items, units, how) -> one picture uint8 (H, W, 3)."""
    lines: Callable[[np.ndarray, Units, int], list[str] | None] = no_text
    """(items, units, most) -> lines for a terminal; None: its sheet is shown."""
    sound: Callable[[np.ndarray, Units], bytes | None] = no_sound
    """(items, units) -> a .wav of them, one after the other; None where nothing is heard."""
    traits: Callable[[Units], Traits] = no_traits
    """(units) -> what `gansmith explore` sorts and steers by, in people's units."""
    endings: tuple[str, ...] = ()
    """Of files that `write` can make, beside .png (a sheet) and .npz (an array), which all kinds have; "" is a folder."""
    write: Callable[[Path, np.ndarray, Units, Sequence[Any] | None, Sequence[str]], None] | None = None
    """(path, items, units, the names of their classes or None, a name of each or ()). Raises OSError, DataError."""
    named_by: Callable[[Units], str] | None = None
    """(units) -> the ending of a file of samples, where the units decide on it; None: `ending`."""
    wanted: (
        tuple[Callable[[np.ndarray, Units, str], np.ndarray], Callable[[Units, str, Sequence[str]], str | None]] | None
    ) = None
    """What `gansmith sample --where` needs: (items, units, the condition as typed) -> bool (N,), which items fulfil it; and (units,
    the condition, names of classes) -> the class to draw from, or None. Both raise DataError for what is no condition."""
    measures: Callable[[np.ndarray, np.ndarray, Units, np.ndarray], list[Row]] | None = None
    """(real training items, generated ones, units, held-out real ones), all as stored -> figures of this kind alone."""

    def usual_ending(self, units: Units) -> str:
        """The ending of a file of samples, where none is named."""
        return self.ending if self.named_by is None else self.named_by(units)

    @property
    def reads(self) -> bool:
        """Whether it reads files by itself."""
        return self.read is not not_read
