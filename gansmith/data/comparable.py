"""Another program's items, read like any source and prepared like the data that they are compared with."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gansmith.data import sources
from gansmith.data import store as stores
from gansmith.data.contents import blank
from gansmith.data.order import Order
from gansmith.data.preparation.ranges import written
from gansmith.data.store import Store
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError, counted
from gansmith.ground.recipes.settings import DataSettings


@dataclass(frozen=True)
class OtherItems:
    """The items that are measured, and how they were made comparable."""

    items: np.ndarray  # as in a store
    labels: np.ndarray | None  # int64 (N,): the data's numbers of the classes
    settings: DataSettings  # of real items of the same shape
    rows: np.ndarray  # int64 (N,): of the file's or folder's items
    notes: tuple[str, ...]


def read_items(path: Path, count: int, settings: DataSettings, seed: int = 0) -> OtherItems:
    """`count` items of a file or folder, chosen by the seed. Raises DataError.

    Where sizes differ, the larger pictures are made as small as the others. Channels and ranges are the data's.
    """
    real = stores.open_store(dataclasses.replace(settings, first=0))
    plain = DataSettings(
        source=sources.absolute(str(path)), split="all", background=settings.background, kind=settings.kind
    )
    if real.kind.pixels and real.item_shape[0] == RGBA:
        plain = dataclasses.replace(plain, channels=RGBA)  # else they would lie on a background
    data, notes = sources.short_name(settings.source), []
    store = _in_range_of(real, plain) if real.kind.pixels else _of_its_kind(real, plain, path, data)
    if store.kind is not real.kind:
        raise DataError(f"{path} holds {store.kind.many}, and {data} {real.kind.many}: they cannot be compared")
    store = store.in_scale_of(real)
    if store.kind.pixels and store.item_shape != real.item_shape:
        store, settings, notes = _alike(store, plain, real, settings, (path.name, data))
    labels, said = _labels(store, real, path.name)
    notes = [*store.remarks, *notes, *said, *filter(None, [blank.warning(real)])]
    rows = np.arange(store.count)
    if count < store.count:
        rows = np.sort(Order(store.count, count, seed).rows(0))
        notes.insert(
            0, f"{count:,} of {counted(store.count, 'item')} were measured, chosen at random (--count measures more)"
        )
    return OtherItems(
        np.asarray(store.items[rows]), None if labels is None else labels[rows], settings, rows, tuple(notes)
    )


def _of_its_kind(real: Store, plain: DataSettings, path: Path, data: str) -> Store:
    """The items as their file shows them, else read as the kind of the data: arrays of series look like vectors, a .csv of vectors
    like a table. Raises DataError."""
    store = None
    with suppress(DataError):
        store = stores.open_store(plain)
    if store is not None and store.kind is real.kind:
        return store
    try:
        return stores.open_store(dataclasses.replace(plain, kind=real.kind.name))
    except DataError as error:
        if store is None:
            raise
        raise DataError(
            f"{path} holds {store.kind.many}, and {data} {real.kind.many}: they cannot be compared ({error})"
        ) from None


def _in_range_of(real: Store, plain: DataSettings) -> Store:
    """The items in the range of the data's values, where both have values of that kind; else in their own."""
    if len(real.ranges) == 1:
        kind, of = next(iter(real.ranges.items()))
        store = stores.open_store(dataclasses.replace(plain, range=written(of)))
        if set(store.ranges) == {kind}:
            return store
    return stores.open_store(plain)


def _alike(
    store: Store, plain: DataSettings, real: Store, settings: DataSettings, names: tuple[str, str]
) -> tuple[Store, DataSettings, list[str]]:
    """The items in a shape that the data has too, the data settings for it, and what was changed."""
    (channels, height, width), (own, tall, wide) = real.item_shape, store.item_shape
    name, data = names
    notes: list[str] = []
    if (height, width) == (tall, wide):
        pass
    elif tall * wide < height * width and not settings.window:
        notes.append(f"{data} was resized from {width}x{height} to {wide}x{tall}, the size of {name}")
        height, width = tall, wide
    else:
        notes.append(f"{name} was resized from {wide}x{tall} to {width}x{height}, the size of {data}")
    if own != channels:
        notes.append(
            f"{name} is in colour, and was made grey as {data} is"
            if channels == 1
            else f"{name} has no colour, and {data} is in colour"
        )
    shape = (channels, height, width)
    if store.ranges and plain.range == "auto":
        plain = stores.with_shape(plain, shape, store.ranges)
    return stores.open_store(stores.with_shape(plain, shape)), stores.with_shape(settings, shape), notes


def _labels(store: Store, real: Store, name: str) -> tuple[np.ndarray | None, list[str]]:
    """The items' labels as numbers of the data's classes, by name, else by number; None where they are no such classes."""
    if store.labels is None or real.labels is None:
        return None, []
    place = {word: number for number, word in enumerate(real.class_names)}
    if not set(store.class_names) <= set(place):
        place = {str(number): number for number in range(real.classes)}
    if not set(store.class_names) <= set(place):
        odd = [word for word in store.class_names if word not in place]
        return None, [f"labels of {name} are left out: {', '.join(odd[:5])} are no classes of the data"]
    return np.array([place[word] for word in store.class_names], np.int64)[store.labels], []
