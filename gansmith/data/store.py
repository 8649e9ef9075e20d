"""The door of the data room: what data settings ask for becomes a store, prepared once and mapped for ever."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from gansmith.data import cache, sources, stored
from gansmith.data.preparation import build
from gansmith.data.preparation.resize import parse_background, parse_size
from gansmith.data.sources import Found
from gansmith.data.stored import Store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

Progress = Callable[[int, int], None]

__all__ = ["Store", "alike", "open_store", "prepare_store"]


def open_store(settings: DataSettings, seed: int = 0, progress: Progress | None = None, *, workers: int = 0) -> Store:
    """The store of data settings: prepared into the cache on first use, mapped from there afterwards.

    A source is known by its path and its files' names, sizes and times; change one, and the store is made afresh, from
    what the last one holds and what is new. A source that is a prepared store is mapped where it is, unless other
    pixels are asked for. `progress` hears of items: done, of all. `seed` matters to synthetic sources only. `workers`
    processes prepare pictures at most, 0 = as many as there are cores; the bytes do not depend on it. Raises DataError.
    """
    _check(settings)
    found = sources.recognise(settings, seed)
    store = stored.reopened(found.store, settings) if found.store else None
    if store is None:
        store = _cached(found, settings, progress, workers)
    store = windowed(store.labelled_by(settings.attribute), settings)
    if settings.labels == "classes" and store.labels is None:
        raise DataError(
            f"data.labels = 'classes' but {found.title} has no labels: put the pictures of each class into a folder of "
            "its own, or set data.labels=none"
        )
    return store


def prepare_store(
    settings: DataSettings, folder: Path, seed: int = 0, progress: Progress | None = None, *, workers: int = 0
) -> Store:
    """Prepare a store in a folder of the user's, for `data.source` to name; again, and only what is new is prepared.

    Raises DataError, also where the folder holds anything but a store.
    """
    _check(settings)
    found = sources.recognise(settings, seed)
    folder = folder.expanduser().absolute()
    part, old = (folder.with_name(f"{folder.name}.{ending}") for ending in ("part", "old"))
    if old.exists() and not folder.exists():  # an earlier attempt was killed while it exchanged them
        old.rename(folder)
    if folder.exists() and not stored.is_store(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} is in the way and no store: name a folder that does not exist yet")
    if found.store and found.store.absolute() == folder:
        raise DataError(f"{folder} cannot be prepared from itself: name another folder")
    name = key(found, settings)
    try:
        cache.make(folder.parent)
        cache.make(cache.stores())
        lock = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        with cache.claim(cache.stores() / f"{lock}.lock"):
            if _name_of(folder) != name or stored.load(folder) is None:
                _begin(part, name)
                build.build(found, settings, part, (folder, *_shelf()), progress, workers)
                _exchange(part, folder, old)
    except OSError as error:
        raise DataError(
            f"cannot prepare {found.title} in {folder} ({error.strerror or error}): free some room there, see whether "
            "another program uses it, or name another folder"
        ) from None
    store = stored.load(folder)
    if store is None:
        raise DataError(f"the store just prepared in {folder} cannot be read: does another program write there?")
    return store


def windowed(store: Store, settings: DataSettings) -> Store:
    """The store as settings with a window show it: by the windows in the middle, with the whole pictures around them.

    Raises DataError where no such window lies within the pictures.
    """
    if not settings.window:
        return store
    size = parse_size(settings.window)
    if size is None:
        raise DataError(f'data.window = {settings.window!r} is no size: write "64" or "48x64" (width x height)')
    if store.kind != "pictures":
        raise DataError(f"data.window = {settings.window!r} cuts pictures, and these are vectors: leave it out")
    height, width = store.items.shape[1:3]
    if size[0] > height or size[1] > width:
        raise DataError(
            f"data.window = {settings.window!r} is larger than the {width}x{height} pictures: set data.size to more, "
            "or data.window to less"
        )
    return store.seen_through(*size)


def alike(settings: DataSettings, item_shape: tuple[int, ...]) -> DataSettings:
    """Settings under which other items of a source have the same shape (C, H, W) or (D,): those of another split, say,
    or of another source."""
    if len(item_shape) != 3 or settings.window:
        return settings
    return dataclasses.replace(settings, size=f"{item_shape[2]}x{item_shape[1]}", channels=item_shape[0])


NAME = "key.txt"  # of a user's folder: which source and settings it was prepared from


def _name_of(folder: Path) -> str:
    try:
        return (folder / NAME).read_text(encoding="utf-8")
    except OSError:
        return ""


def _begin(part: Path, name: str) -> None:
    """An empty folder under work, or that of an earlier attempt at the very same."""
    if part.exists() and _name_of(part) != name:
        shutil.rmtree(part)
    part.mkdir(exist_ok=True)
    (part / NAME).write_text(name, encoding="utf-8")


def _exchange(part: Path, folder: Path, old: Path) -> None:
    """Put a folder in another one's place; at every moment one of them is whole."""
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _check(settings: DataSettings) -> None:
    if settings.first < 0:
        raise DataError(f"data.first = {settings.first}: it counts items, 0 = all")


def _cached(found: Found, settings: DataSettings, progress: Progress | None, workers: int) -> Store:
    """The store of a source in the cache. Raises DataError."""
    name = key(found, settings)
    ready = cache.stores() / name
    store = stored.load(ready)
    if store is None:
        cache.make(cache.stores())
        cache.sweep()
        try:
            with cache.claim(cache.stores() / f"{name}.lock") as alone:
                store = stored.load(ready)  # by whoever held the lock before
                if store is None:
                    shutil.rmtree(ready, ignore_errors=True)
                    mark = "" if alone else f".{os.getpid()}.{secrets.token_hex(4)}"
                    part = cache.stores() / f"{name}{mark}.part"
                    build.build(found, settings, part, _shelf(), progress, workers)
                    build.appear(part, ready)
                    store = stored.load(ready)
        except OSError as error:
            raise DataError(
                f"cannot prepare {found.title} in {cache.stores()} ({error.strerror or error}): free some room there, "
                "or set GANSMITH_CACHE to another folder"
            ) from None
    if store is None:
        raise DataError(f"the store just prepared in {ready} cannot be read: is another program clearing the cache?")
    return store


def _shelf() -> list[Path]:
    """The stores in the cache."""
    return [path.parent for path in sorted(cache.stores().glob(f"*/{stored.MANIFEST}"))]


def key(found: Found, settings: DataSettings) -> str:
    """The store's name in the cache: a hash of the source's identity and of the settings that shape the bytes."""
    shaping = [
        settings.size.lower().strip(),
        settings.channels,
        settings.crop,
        settings.fit,
        parse_background(settings.background),
        settings.split,
        settings.first,
    ]
    text = "\n".join([json.dumps([stored.FORMAT, *shaping]), *found.identity])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
