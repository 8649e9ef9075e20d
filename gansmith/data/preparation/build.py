"""Preparing a store: the pictures or vectors of a source to a folder that is complete, or not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.data import stored
from gansmith.data.formats.listing import Listing, cut_parts
from gansmith.data.preparation import parallel, prepare, reuse
from gansmith.data.sources import Found
from gansmith.ground.recipes.settings import DataSettings

Progress = Callable[[int, int], None]


def build(
    found: Found,
    settings: DataSettings,
    part: Path,
    earlier: Iterable[Path] = (),
    progress: Progress | None = None,
    workers: int = 0,
) -> None:
    """Prepare a source in the folder `part`, taking up what an earlier attempt left there.

    Pictures that a store in one of the folders `earlier` already holds are copied from it. `workers` processes prepare
    pictures at most, 0 = as many as there are cores. Raises DataError, OSError.
    """
    listing = found.read().cut(settings.first)
    part.mkdir(exist_ok=True)
    if listing.items is not None and listing.items.ndim == 2:
        items, kept, job, chunks = part / stored.ITEMS, np.arange(len(listing)), None, []
        np.save(items, np.ascontiguousarray(listing.items, np.float32))
    else:
        job = prepare.resumed(part) or prepare.plan(listing, settings, progress)
        known = reuse.earlier(listing, job.frame, earlier)
        chunks = parallel.pictures(listing, job, part, progress, workers, known)
        items, kept = prepare.join_chunks(part, job, chunks)
    _write(listing, part, items, kept, job, chunks)
    if items != part / stored.ITEMS:
        items.replace(part / stored.ITEMS)
    for name in (prepare.SLOTS, prepare.DONE, prepare.FRAME):
        (part / name).unlink(missing_ok=True)


def appear(part: Path, ready: Path) -> None:
    """Let a folder that `build` has filled appear as `ready`, whole. Raises OSError."""
    try:
        part.rename(ready)
    except OSError:
        if stored.load(ready) is None:  # else another process was faster, where nobody can hold a lock
            raise
        shutil.rmtree(part, ignore_errors=True)


def _write(
    listing: Listing, part: Path, items: Path, kept: np.ndarray, job: prepare.Job | None, chunks: list[prepare.Chunk]
) -> None:
    """Everything of a store but its items: labels, attributes, marks, and last of all the manifest."""
    labels = None if listing.labels is None else listing.labels[kept]
    if labels is not None:
        np.save(part / stored.LABELS, labels)
    if listing.attributes is not None:
        np.save(part / stored.ATTRIBUTES, listing.attributes.rows(kept).values)
    if listing.marks is not None:
        marks = reuse.hashed(listing.marks)
        lost = np.array([slot for chunk in chunks for slot, _, _ in chunk.skipped], np.int64)
        np.save(part / stored.MARKS, np.concatenate([marks[kept], marks[lost]]))
    array = np.load(items, mmap_mode="r")
    skipped = [*listing.skipped, *((name, reason) for chunk in chunks for _, name, reason in chunk.skipped)]
    manifest = {
        "format": stored.FORMAT,
        "source": listing.title,
        "shape": list(array.shape),
        "labelled": labels is not None,
        "class_names": list(listing.class_names),
        "attributes": list(listing.attributes.questions) if listing.attributes else [],
        "splits": list(listing.splits),
        "parts": cut_parts(listing.parts, kept),
        "fingerprint": stored.fingerprint(array, labels),
        "description": describe(listing, array, labels, job, len(skipped)),
        "skipped": skipped,
        "origin": reuse.origin(listing),
        "frame": asdict(job.frame) if job else None,
    }
    _write_whole(part / stored.MANIFEST, manifest)


def describe(
    listing: Listing, items: np.ndarray, labels: np.ndarray | None, job: prepare.Job | None, skipped: int
) -> str:
    """One line: what, how many, which size and why."""
    count = f"{len(items):,}"
    if job is None:
        parts = [f"{count} vectors of {items.shape[1]}"]
    else:
        height, width, channels = items.shape[1:]
        crop = f"centre {job.frame.crop} cut out, " if job.frame.crop else ""
        parts = [f"{count} {'grey' if channels == 1 else 'colour'} pictures, {crop}{width}x{height} ({job.reason})"]
    if labels is not None:
        parts.append(f"{len(listing.class_names)} classes")
    if listing.attributes:
        parts.append(f"{len(listing.attributes.questions)} attributes")
    parts += listing.notes
    if skipped:
        parts.append(f"{skipped} skipped")
    return f"{listing.title}: " + ", ".join(parts)


def _write_whole(path: Path, manifest: dict[str, Any]) -> None:
    """Write a manifest and see it to the disk."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
