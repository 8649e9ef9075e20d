"""Prepared stores as sources: the part of one that settings name, and how it was made."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gansmith.data.formats.listing import Listing, chosen_splits, cut_parts, dealt
from gansmith.data.preparation.ranges import parse_range, written
from gansmith.data.preparation.resize import Frame, parse_size
from gansmith.data.store_files import Store, load, manifest
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError
from gansmith.ground.files.damaged import DAMAGED
from gansmith.ground.recipes.settings import DataSettings


class _Made(NamedTuple):
    """What a manifest tells of how its store was prepared, beside what the store itself knows."""

    source: str
    parts: tuple[tuple[str, int], ...]  # splits in order, and how many items each has
    frame: Frame | None  # of pictures

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> _Made:
        """Of a manifest. Raises one of DAMAGED."""
        parts = tuple((str(name), int(count)) for name, count in found["parts"])
        return cls(str(found["source"]), parts, Frame(**found["frame"]) if found["frame"] else None)


def _load_whole(folder: Path) -> tuple[_Made, Store]:
    """How the store in a folder was made, and the store. Raises DataError."""
    found, store = manifest(folder), load(folder)
    with contextlib.suppress(*DAMAGED):
        if found is not None and store is not None:
            return _Made.of(found), store
    raise DataError(f"the store {folder} is damaged, or of another version: prepare it again")


def reopen(folder: Path, settings: DataSettings) -> Store | None:
    """The part of a prepared store that the settings name; None where they want another size, other channels, or items
    that do not lie next to one another.

    Raises DataError where the store is damaged, or was cropped differently.
    """
    made, store = _load_whole(folder)
    if made.frame:
        crop = made.frame.crop
        if settings.crop and settings.crop != crop:
            raise DataError(
                f"data.crop = {settings.crop}, but {folder} was prepared with crop {crop}, and what was cut off is "
                "gone: prepare it again, or set data.crop=0"
            )
        asked = parse_range(settings.range)
        if asked and asked not in store.ranges.values():
            had = ", ".join(map(written, store.ranges.values())) or "of 8-bit pictures"
            raise DataError(
                f"data.range = {settings.range}, but {folder} was prepared with the range {had}, and the values are gone: "
                "prepare it again, or leave data.range out"
            )
        if settings.channels == RGBA != store.items.shape[3]:
            raise DataError(
                f"data.channels = 4, but {folder} was prepared without transparency, and what was transparent is gone: "
                "prepare it again with --channels 4, or leave data.channels out"
            )
        size = parse_size(settings.size)
        if size not in (None, store.items.shape[1:3]) or settings.channels not in (0, store.items.shape[3]):
            return None
    rows, what = _rows(folder, made, store.count, settings)
    store = dataclasses.replace(store, splits=tuple(name for name, _ in made.parts))
    if 0 < settings.first < rows.stop - rows.start:
        labels = None if store.labels is None else store.labels[rows]
        if dealt(labels, np.zeros(rows.stop - rows.start, np.int64), settings.first)[-1] != settings.first - 1:
            return None
        rows = slice(rows.start, rows.start + settings.first)
        what = f"rows {rows.start:,} to {rows.stop:,}"
    return store if rows == slice(0, store.count) else store.part(rows, what)


def _rows(folder: Path, made: _Made, count: int, settings: DataSettings) -> tuple[slice, str]:
    """The rows of data.split, and a text that names them. count: of all items. Raises DataError."""
    names, counts = [name for name, _ in made.parts], [number for _, number in made.parts]
    wanted = chosen_splits(str(folder), tuple(names), settings.split)
    start, stop = 0, count
    if len(wanted) == 1 < len(names):
        place = names.index(wanted[0])
        start = sum(counts[:place])
        stop = start + counts[place]
    what = f"rows {start:,} to {stop:,} ({wanted[0]})" if stop - start != count else "all"
    if start == stop:
        raise DataError(f"{folder} holds nothing of the split {settings.split!r}: set data.split=all")
    return slice(start, stop), what


def listing(folder: Path, settings: DataSettings) -> Listing:
    """A prepared store as a source, for settings that want other pixels. Raises DataError."""
    made, store = _load_whole(folder)
    rows, _ = _rows(folder, made, store.count, settings)
    part = store.part(rows, "")
    return Listing(
        made.source,
        items=part.items,
        labels=part.labels,
        class_names=store.class_names,
        splits=store.splits,
        skipped=store.skipped,
        left_out=store.left_out,
        remarks=store.remarks,
        unlabelled=store.unlabelled,
        attributes=part.attributes,
        ranges=store.ranges,
        kind=store.kind.name,
        units=store.units,
        parts=tuple(entry for entry in cut_parts(made.parts, np.arange(rows.start, rows.stop)) if entry[1]),
    )
