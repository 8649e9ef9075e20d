"""Prepares a store: the items of a source in a folder that is complete, or not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from gansmith import kinds
from gansmith.data import store_files
from gansmith.data.formats.listing import Listing, cut_parts, occupied
from gansmith.data.preparation import parallel, prepare, reuse, second_look, wide
from gansmith.data.preparation.resize import Frame, kept, lying
from gansmith.data.sources.source import Source
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError, counted
from gansmith.ground.progress import Progress
from gansmith.ground.recipes.settings import DataSettings

WORTH_SAYING = 0.005  # share of the pictures that is cut off


def build(
    source: Source, settings: DataSettings, part: Path, earlier: Iterable[Path], progress: Progress | None, workers: int
) -> None:
    """Prepare a source in the folder `part`, and use what an earlier attempt left there.

    Pictures that are already in a store in one of the folders `earlier` are copied. At most `workers` processes prepare
    pictures, 0 = one for each core. Raises DataError, OSError.
    """
    whole = as_asked(source.read(), settings)
    listing = whole.cut(settings.first)
    part.mkdir(exist_ok=True)
    kind = listing.kind_of_items
    if kind.prepare is not None:
        listing = as_stored(listing, settings)
        items, kept, job, chunks = part / store_files.ITEMS, np.arange(len(listing)), None, []
        np.save(items, np.ascontiguousarray(listing.items))
    else:
        job = prepare.resumed(part) or prepare.plan(listing, settings, progress, wide.look(whole, settings))
        known = reuse.earlier(listing, job.frame, earlier)
        chunks = parallel.pictures(listing, job, part, progress, workers, known)
        items, kept = prepare.join_chunks(part, job, chunks)
    _write(listing, part, items, kept, job, chunks)
    if items != part / store_files.ITEMS:
        items.replace(part / store_files.ITEMS)
    for name in (prepare.SLOTS, prepare.DONE, prepare.FRAME):
        (part / name).unlink(missing_ok=True)


def as_asked(listing: Listing, settings: DataSettings) -> Listing:
    """The listing as of the kind that data.kind names. Raises DataError where it cannot be of that kind."""
    if settings.kind == "auto" or listing.kind_of_items.name == settings.kind:
        return listing
    kind, found = kinds.named(settings.kind), listing.kind_of_items
    if kind.prepare is None or listing.items is None or listing.units is not None:
        raise DataError(
            f"{listing.title} holds {found.many}, and no {kind.many}: leave data.kind = {settings.kind!r} out"
        )
    return replace(listing, kind=kind.name, computed=False)


def as_stored(listing: Listing, settings: DataSettings) -> Listing:
    """The listing with its items as its kind stores them, and with their units. Raises DataError."""
    kind = listing.kind_of_items
    if kind.prepare is None or listing.units is not None:
        return listing
    assert listing.items is not None, "`as_asked` lets encoded pictures be pictures alone"
    if listing.computed:  # in the units in which its truth is known
        return replace(listing, items=np.asarray(listing.items, np.float32), units={})
    made = kind.prepare(listing.items, settings, listing.title)
    rows = np.arange(len(listing)) if made.kept is None else made.kept
    return replace(
        listing,
        items=made.items,
        labels=made.labels if listing.labels is None else listing.labels[rows],
        class_names=made.class_names if listing.labels is None else listing.class_names,
        parts=cut_parts(listing.parts, rows),
        units=made.units,
        left_out=(*listing.left_out, *made.left_out),
        remarks=(*listing.remarks, *made.remarks),
    )


def appear(part: Path, ready: Path) -> None:
    """Rename a complete folder to `ready`. Raises OSError."""
    try:
        part.rename(ready)
    except OSError:
        if store_files.load(ready) is None:  # else another process was faster, on a file system without locks
            raise
        shutil.rmtree(part, ignore_errors=True)


def _write(
    listing: Listing, part: Path, items: Path, kept: np.ndarray, job: prepare.Job | None, chunks: list[prepare.Chunk]
) -> None:
    """Write all of a store but its items: labels, attributes, marks, and last the manifest."""
    labels, names, empty = None, listing.class_names, ()
    if listing.labels is not None:
        labels = listing.labels[kept]
        labels, names, empty = (labels, names, ()) if listing.computed else occupied(labels, names)
        np.save(part / store_files.LABELS, labels)
    if listing.attributes is not None:
        np.save(part / store_files.ATTRIBUTES, listing.attributes.rows(kept).values)
    if listing.marks is not None:
        marks = reuse.hashed(listing.marks)
        lost = np.array([slot for chunk in chunks for slot, _, _ in chunk.skipped], np.int64)
        np.save(part / store_files.MARKS, np.concatenate([marks[kept], marks[lost]]))
    facts = _save_facts(part, chunks, len(listing), kept)
    array = np.load(items, mmap_mode="r")
    skipped = [*listing.skipped, *((name, reason) for chunk in chunks for _, name, reason in chunk.skipped)]
    manifest = {
        "format": store_files.FORMAT,
        "source": listing.title,
        "shape": list(array.shape),
        "labelled": labels is not None,
        "class_names": list(names),
        "attributes": list(listing.attributes.questions) if listing.attributes else [],
        "splits": list(listing.splits),
        "parts": cut_parts(listing.parts, kept),
        "fingerprint": store_files.fingerprint(array, labels, listing.units),
        "description": _describe(listing, array, job, len(skipped), len(names)),
        "skipped": skipped,
        "remarks": [
            *listing.remarks,
            *second_look.remarks(listing),
            *store_files.without_items(empty),
            *(job.remarks + _losses(facts, job.frame) if job else ()),
        ],
        "left_out": listing.left_out,
        "unlabelled": listing.unlabelled,
        "origin": reuse.origin(listing),
        "frame": asdict(job.frame) if job else None,
        "kind": listing.kind_of_items.name,
        "units": dict(listing.units or {}),
    }
    with open(part / store_files.MANIFEST, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _save_facts(part: Path, chunks: list[prepare.Chunk], count: int, kept: np.ndarray) -> np.ndarray:
    """The facts of the kept items, float32 (N, 2); written where there are any."""
    facts = np.zeros((count, 2), np.float32)
    for chunk in chunks:
        for slot, *shares in chunk.facts:
            facts[slot] = shares
    facts = facts[kept]
    if facts.any():
        np.save(part / store_files.FACTS, facts)
    return facts


def _losses(facts: np.ndarray, frame: Frame) -> tuple[str, ...]:
    """Lines on what was cut off and what was transparent. facts: float32 (N, 2), as in the store."""
    found: list[str] = []
    cut, clear = facts.T
    if cut.mean() >= WORTH_SAYING:
        size = f"{frame.width}x{frame.height}"
        share = f"{cut.mean():.0%}" if np.ptp(cut) < 0.01 else f"{cut.mean():.0%} on average, {cut.max():.0%} at most"
        number, half = int((cut > 0).sum()), int((cut > 0.5).sum())
        pictures = counted(number, "picture")
        much = f", and of {half:,} more than half" if half else ""
        found.append(
            f"of {pictures} the sides are cut off to make them {size}: {share} of a picture is lost{much}; "
            "to keep all of it: data.fit=squeeze, or, for pictures of one shape, a data.size of their proportions"
        )
    if clear.any():
        number = int((clear > 0).sum())
        found.append(kept(number) if frame.channels == RGBA else lying(number, len(clear), frame.background))
    elif frame.channels == RGBA:
        found.append("no picture has transparent parts: all are opaque, and data.channels=3 would show as much")
    return tuple(found)


def _describe(listing: Listing, items: np.ndarray, job: prepare.Job | None, skipped: int, classes: int) -> str:
    """One line: what, how many, which size and why."""
    parts = [listing.kind_of_items.describe(items, listing.units or {})]
    if job is not None:
        crop = f"centre {job.frame.crop} cut out, " if job.frame.crop else ""
        parts.append(f"{crop}{items.shape[2]}x{items.shape[1]} ({job.reason})")
    if listing.labels is not None:
        parts.append(counted(classes, "class", "classes"))
    if listing.attributes:
        parts.append(counted(len(listing.attributes.questions), "attribute"))
    parts += listing.notes
    if skipped:
        parts.append(f"{skipped} skipped")
    return f"{listing.title}: " + ", ".join(parts)
