"""Opens the store of data settings: prepared once, then mapped from the cache or from a folder of the user's."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from gansmith.data import cache, reopening, sources, store_files
from gansmith.data.preparation import build
from gansmith.data.preparation.ranges import Range, written
from gansmith.data.preparation.resize import parse_background, parse_size
from gansmith.data.sources.source import Source
from gansmith.data.store_files import Store
from gansmith.ground.errors import DataError, as_typed, brief, typed
from gansmith.ground.progress import Progress
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import KINDS

__all__ = ["Store", "open_store", "prepare_store", "with_shape"]


def open_store(settings: DataSettings, seed: int = 0, progress: Progress | None = None, *, workers: int = 0) -> Store:
    """The store of data settings: prepared in the cache on first use, mapped from there afterwards.

    A source is known by its path and its files' names, sizes and times. If one changes, a new store is made from the
    last one and what is new. A prepared store is mapped where it is, unless its pixels must change. `progress` counts
    items. `seed` matters to synthetic sources only. `workers`: how many processes prepare pictures at most, 0 = one for
    each core; the bytes are the same. Raises DataError.
    """
    _check(settings)
    source = sources.find(settings, seed)
    store = reopening.reopen(source.store, settings) if source.store else None
    if store is None:
        store = _cached(source, settings, progress, workers)
    store = windowed(store.labelled_by(settings.attribute), settings)
    if settings.labels == "classes" and store.labels is None:
        if not store.kind.pixels:
            raise DataError(
                f"data.labels = 'classes' but {source.title} holds {store.kind.many} without labels: set data.labels=none, or train "
                f"the recipe for {store.kind.many}, `{typed('train', store.kind.recipe, '--data', as_typed(settings.source))}`"
            )
        why = f" ({store.unlabelled})" if store.unlabelled else ""
        raise DataError(
            f"data.labels = 'classes' but {source.title} has no labels{why}: put the pictures of each class into a folder "
            "of its own, or a CSV with the columns file_name and label beside them, or set data.labels=none"
        )
    store = dataclasses.replace(store, remarks=(*store.remarks, *_without_use(settings, store)))
    return store if source.left_out is None else dataclasses.replace(store, left_out=source.left_out)


def _without_use(settings: DataSettings, store: Store) -> list[str]:
    """A line on settings of pictures that were given for other data."""
    if store.kind.pixels:
        return []
    given = [name for name in OF_PICTURES if getattr(settings, name) != getattr(USUAL, name)]
    words = ", ".join(f"data.{name} = {getattr(settings, name)}" for name in given)
    return [f"{words}: for pictures alone, so nothing changes for {store.kind.many}"] if given else []


def prepare_store(
    settings: DataSettings, folder: Path, seed: int = 0, progress: Progress | None = None, *, workers: int = 0
) -> Store:
    """Prepare a store in a folder of the user's; if it is a store already, only new pictures are prepared.

    Raises DataError, also where the folder holds anything but a store.
    """
    _check(settings)
    source = sources.find(settings, seed)
    folder = folder.expanduser().absolute()
    part, old = (folder.with_name(f"{folder.name}.{ending}") for ending in ("part", "old"))
    if old.exists() and not folder.exists():  # an earlier attempt was killed while it swapped them
        old.rename(folder)
    if folder.exists() and not store_files.is_store(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} exists and is no store: name a folder that does not exist yet")
    if source.store and source.store.absolute() == folder:
        raise DataError(f"{folder} cannot be prepared from itself: name another folder")
    name = key(source, settings)
    with _errors_of(source, folder, "see whether another program uses it, or name another folder"):
        cache.make(folder.parent)
        cache.make(cache.stores())
        with cache.claim(cache.stores() / f"{_hash(str(folder))}.lock"):
            if _key_in(folder) != name or store_files.load(folder) is None:
                if _key_in(part) != name:  # else it is from an earlier attempt
                    shutil.rmtree(part, ignore_errors=True)
                part.mkdir(exist_ok=True)
                (part / KEY).write_text(name, encoding="utf-8")
                build.build(source, settings, part, (folder, *_cached_stores()), progress, workers)
                _swap(part, folder, old)
    made = _prepared(folder)
    return dataclasses.replace(made, remarks=(*made.remarks, *_without_use(settings, made)))


def with_fingerprint(fingerprint: str, settings: DataSettings) -> Store | None:
    """The store in the cache whose items these settings gave this fingerprint; None if it is there no longer."""
    for path in _cached_stores():
        with suppress(DataError):
            store = store_files.load(path)
            store = store and windowed(store.labelled_by(settings.attribute), settings)
            if store is not None and store.fingerprint == fingerprint:
                return store
    return None


def windowed(store: Store, settings: DataSettings) -> Store:
    """The store with data.window: centre windows, with the whole pictures around them. Raises DataError."""
    if not settings.window:
        return store
    size = parse_size(settings.window)
    if size is None:
        raise DataError(f'data.window = {settings.window!r} is no size: write "64" or "48x64" (width x height)')
    if not store.kind.pixels:
        raise DataError(
            f"data.window = {settings.window!r} cuts pictures, and these are {store.kind.many}: leave it out"
        )
    height, width = store.items.shape[1:3]
    if size[0] > height or size[1] > width:
        raise DataError(
            f"data.window = {settings.window!r} is larger than the {width}x{height} pictures: set data.size to more, "
            "or data.window to less"
        )
    return store.windowed(*size)


def with_shape(
    settings: DataSettings, item_shape: tuple[int, ...], ranges: Mapping[str, Range] | None = None
) -> DataSettings:
    """Settings that give pictures of another split or source the shape (C, H, W). Other items and windows keep theirs.

    ranges: of a store; values in more than 8 bits are mapped from the same range, where the store has one.
    """
    if ranges and len(ranges) == 1:
        settings = dataclasses.replace(settings, range=written(next(iter(ranges.values()))))
    if len(item_shape) != 3 or settings.window:
        return settings
    return dataclasses.replace(settings, size=f"{item_shape[2]}x{item_shape[1]}", channels=item_shape[0])


USUAL = DataSettings()
OF_PICTURES = ("size", "crop", "fit", "channels", "background", "range")  # settings that nothing else has
READING = 5  # raised when sources are understood differently: their stores are made again, from the last ones
KEY = "key.txt"  # in a user's folder: the key of the source and settings that it was prepared from


def _key_in(folder: Path) -> str:
    try:
        return (folder / KEY).read_text(encoding="utf-8")
    except OSError:
        return ""


@contextmanager
def _errors_of(source: Source, folder: Path, advice: str) -> Iterator[None]:
    """OSErrors while a source is prepared in a folder, as DataError with advice."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or brief(error)
        raise DataError(
            f"cannot prepare {source.title} in {folder} ({reason}): free some room there, {advice}"
        ) from None


def _prepared(folder: Path) -> Store:
    """The store that was just prepared. Raises DataError."""
    store = store_files.load(folder)
    if store is None:
        raise DataError(f"the store just prepared in {folder} cannot be read: does another program write there?")
    return store


def _swap(part: Path, folder: Path, old: Path) -> None:
    """Replace `folder` by `part`. At every moment one of them is complete."""
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _check(settings: DataSettings) -> None:
    if settings.first < 0:
        raise DataError(f"data.first = {settings.first}: it counts items, 0 = all")


def _cached(source: Source, settings: DataSettings, progress: Progress | None, workers: int) -> Store:
    """The store of a source in the cache. Raises DataError."""
    name = key(source, settings)
    ready = cache.stores() / name
    store = store_files.load(ready)
    if store is not None and store_files.is_current(ready):
        return store
    cache.make(cache.stores())
    cache.sweep()
    with (
        _errors_of(source, cache.stores(), "or set GANSMITH_CACHE to another folder"),
        cache.claim(cache.stores() / f"{name}.lock") as alone,
    ):
        if not store_files.is_current(ready) or store_files.load(ready) is None:  # else another process has made it
            shutil.rmtree(ready, ignore_errors=True)
            mark = "" if alone else f".{os.getpid()}.{secrets.token_hex(4)}"
            part = cache.stores() / f"{name}{mark}.part"
            build.build(source, settings, part, _cached_stores(), progress, workers)
            build.appear(part, ready)
    return _prepared(ready)


def _cached_stores() -> list[Path]:
    """The stores in the cache."""
    return [path.parent for path in sorted(cache.stores().glob(f"*/{store_files.MANIFEST}"))]


def key(source: Source, settings: DataSettings) -> str:
    """The store's name in the cache: a hash of the source's identity and of the settings that change the bytes."""
    shaping = [
        settings.size.lower().strip(),
        settings.channels,
        settings.crop,
        settings.fit,
        parse_background(settings.background),
        settings.split,
        settings.first,
    ]
    if settings.range.strip().lower() != "auto":
        shaping.append(settings.range.strip())
    fields = sorted({"kind", *(name for kind in KINDS.values() for name in kind.shaped_by)})
    shaping += [
        f"{name} {getattr(settings, name)}" for name in fields if getattr(settings, name) != getattr(USUAL, name)
    ]
    return _hash("\n".join([json.dumps([store_files.FORMAT, READING, *shaping]), *source.identity]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
