"""A prepared source: one memory-mapped array, its labels and its manifest. Prepared once, mapped for ever."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.data import cache, parallel, prepare, sources
from gansmith.data.listing import Listing
from gansmith.data.sources import Found
from gansmith.ground.errors import DataError
from gansmith.ground.settings import DataSettings

FORMAT = 1  # of the cache: raised whenever the same source would give other bytes
MANIFEST = "manifest.json"
LABELS = "labels.npy"
BLOCK = 2**24  # bytes hashed or copied at once
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Store:
    """Items in their order, ready to be learned from."""

    items: np.ndarray  # memory-mapped: pictures uint8 (N, H, W, C) or vectors float32 (N, D)
    labels: np.ndarray | None  # int64 (N,) in [0, classes)
    class_names: tuple[str, ...]
    fingerprint: str  # hex SHA-256 of the items and the labels: equal stores train equally
    description: str  # one line for people
    skipped: tuple[tuple[str, str], ...]  # pictures that could not be used: name, reason
    splits: tuple[str, ...] = ()  # that the source has: "train", "validation", "test"

    @property
    def count(self) -> int:
        """How many items."""
        return len(self.items)

    @property
    def kind(self) -> str:
        """ "pictures" or "vectors"."""
        return "pictures" if self.items.ndim == 4 else "vectors"

    @property
    def item_shape(self) -> tuple[int, ...]:
        """One item as a network sees it: (C, H, W) or (D,)."""
        if self.items.ndim == 4:
            height, width, channels = self.items.shape[1:]
            return channels, height, width
        return self.items.shape[1:]

    @property
    def classes(self) -> int:
        """How many classes; 0 without labels."""
        return len(self.class_names) if self.labels is not None else 0


def open_store(settings: DataSettings, seed: int = 0, progress: Progress | None = None, *, workers: int = 0) -> Store:
    """The store of data settings: prepared into the cache on first use, mapped from there afterwards.

    A source is known by its path and its files' names, sizes and times; change one, and it is prepared afresh.
    `progress` hears of items: done, of all. `seed` matters to synthetic sources only. `workers` processes prepare
    pictures at most, 0 = as many as there are cores; the bytes do not depend on it. Raises DataError.
    """
    if settings.first < 0:
        raise DataError(f"data.first = {settings.first}: it counts items, 0 = all")
    found = sources.find(settings, seed)
    name = key(found, settings)
    ready = cache.stores() / name
    store = load(ready)
    if store is None:
        cache.make(cache.stores())
        cache.sweep()
        try:
            with cache.claim(cache.stores() / f"{name}.lock") as alone:
                store = load(ready)  # by whoever held the lock before
                if store is None:
                    shutil.rmtree(ready, ignore_errors=True)
                    mark = "" if alone else f".{os.getpid()}.{secrets.token_hex(4)}"
                    build(found, settings, cache.stores() / f"{name}{mark}.part", ready, progress, workers)
                    store = load(ready)
        except OSError as error:
            raise DataError(
                f"cannot prepare {found.title} in {cache.stores()} ({error.strerror or error}): free some room there, "
                "or set GANSMITH_CACHE to another folder"
            ) from None
    if store is None:
        raise DataError(f"the store just prepared in {ready} cannot be read: is another program clearing the cache?")
    if settings.labels == "classes" and store.labels is None:
        raise DataError(
            f"data.labels = 'classes' but {found.title} has no labels: put the pictures of each class into a folder of "
            "its own, or set data.labels=none"
        )
    return store


def key(found: Found, settings: DataSettings) -> str:
    """The store's name in the cache: a hash of the source's identity and of the settings that shape the bytes."""
    shaping = [
        settings.size.lower().strip(),
        settings.channels,
        settings.crop,
        settings.fit,
        settings.split,
        settings.first,
    ]
    text = "\n".join([json.dumps([FORMAT, *shaping]), *found.identity])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def load(folder: Path) -> Store | None:
    """The store in a folder; None where there is none, or where it is not whole."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            return None
        items = np.load(folder / prepare.ITEMS, mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / LABELS, allow_pickle=False) if manifest["labelled"] else None
        if list(items.shape) != manifest["shape"] or (labels is not None and len(labels) != len(items)):
            return None
        return Store(
            items,
            labels,
            tuple(manifest["class_names"]),
            manifest["fingerprint"],
            manifest["description"],
            tuple((name, reason) for name, reason in manifest["skipped"]),
            tuple(manifest["splits"]),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def build(
    found: Found, settings: DataSettings, part: Path, ready: Path, progress: Progress | None, workers: int
) -> None:
    """Prepare a source in the folder `part`, then let it appear as `ready`, whole. Raises DataError, OSError."""
    listing = found.read().cut(settings.first)
    part.mkdir(exist_ok=True)
    if listing.items is not None and listing.items.ndim == 2:
        manifest, items, labels = _vectors(listing, part)
    else:
        job = prepare.resumed(part) or prepare.plan(listing, settings, progress)
        chunks = parallel.pictures(listing, job, part, progress, workers)
        items, kept = prepare.settle(part, job, chunks)
        labels = None if listing.labels is None else listing.labels[kept]
        manifest = _manifest(listing, items, labels, job, chunks)
    if labels is not None:
        np.save(part / LABELS, labels)
    _write_whole(part / MANIFEST, json.dumps(manifest, indent=1))
    if items != part / prepare.ITEMS:
        items.replace(part / prepare.ITEMS)
    for name in (prepare.SLOTS, prepare.DONE, prepare.FRAME):
        (part / name).unlink(missing_ok=True)
    try:
        part.rename(ready)
    except OSError:
        if load(ready) is None:  # else another process was faster, where nobody can hold a lock
            raise
        shutil.rmtree(part, ignore_errors=True)


def _vectors(listing: Listing, part: Path) -> tuple[dict[str, Any], Path, np.ndarray | None]:
    assert listing.items is not None
    path = part / prepare.ITEMS
    np.save(path, np.ascontiguousarray(listing.items, np.float32))
    return _manifest(listing, path, listing.labels, None, []), path, listing.labels


def _manifest(
    listing: Listing, items: Path, labels: np.ndarray | None, job: prepare.Job | None, chunks: list[prepare.Chunk]
) -> dict[str, Any]:
    array = np.load(items, mmap_mode="r")
    skipped = [*listing.skipped, *((name, reason) for chunk in chunks for _, name, reason in chunk.skipped)]
    return {
        "format": FORMAT,
        "source": listing.title,
        "shape": list(array.shape),
        "labelled": labels is not None,
        "class_names": list(listing.class_names),
        "splits": list(listing.splits),
        "fingerprint": fingerprint(array, labels),
        "description": describe(listing, array, labels, job, len(skipped)),
        "skipped": skipped,
    }


def fingerprint(items: np.ndarray, labels: np.ndarray | None) -> str:
    """Hex SHA-256 of the shape, type and bytes of items and labels."""
    digest = hashlib.sha256(f"{items.dtype.str} {items.shape}".encode())
    for block in _blocks(items):
        digest.update(block.data)
    if labels is not None:
        digest.update(b"labels")
        digest.update(np.ascontiguousarray(labels, "<i8").data)
    return digest.hexdigest()


def _blocks(items: np.ndarray) -> Iterator[np.ndarray]:
    rows = max(1, BLOCK // max(1, items[0].nbytes))
    return (np.ascontiguousarray(items[start : start + rows]) for start in range(0, len(items), rows))


def describe(
    listing: Listing, items: np.ndarray, labels: np.ndarray | None, job: prepare.Job | None, skipped: int
) -> str:
    """One line: what, how many, which size and why."""
    count = f"{len(items):,}"
    if items.ndim == 2:
        parts = [f"{count} vectors of {items.shape[1]}"]
    else:
        height, width, channels = items.shape[1:]
        assert job is not None
        crop = f"centre {job.frame.crop} cut out, " if job.frame.crop else ""
        parts = [f"{count} {'grey' if channels == 1 else 'colour'} pictures, {crop}{width}x{height} ({job.reason})"]
    if labels is not None:
        parts.append(f"{len(listing.class_names)} classes")
    parts += listing.notes
    if skipped:
        parts.append(f"{skipped} skipped")
    return f"{listing.title}: " + ", ".join(parts)


def _write_whole(path: Path, text: str) -> None:
    """Write a file and see it to the disk."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
