"""Copies pictures from an earlier store of a source, so that only new pictures are prepared.

A picture is known by its mark: its name, size and time of change (in a zip: its checksum). A store has the marks as
16-byte hashes, first those of its items in order, then those of the pictures that it skipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gansmith.data import store_files
from gansmith.data.formats.listing import Listing
from gansmith.data.formats.picture_files import printable
from gansmith.data.preparation import prepare
from gansmith.data.preparation.resize import Frame
from gansmith.ground.files.damaged import DAMAGED

WIDTH = 16  # bytes of a hashed mark
UNKNOWN, LOST = -1, -2  # instead of a row of an earlier store: not in it, or not readable


@dataclass(frozen=True)
class Earlier:
    """What an earlier store has of a listing's pictures."""

    items: np.ndarray
    rows: np.ndarray  # int64 (pictures of the listing,): a row of items, UNKNOWN or LOST
    reasons: dict[int, str]  # picture -> why it is LOST
    facts: np.ndarray  # float32 (N, 2) of the items, as in the store


def hashed(marks: Iterable[str]) -> np.ndarray:
    """Marks as uint8 (N, 16)."""
    texts = (mark.encode("utf-8", "surrogateescape") for mark in marks)
    joined = b"".join(hashlib.blake2b(text, digest_size=WIDTH).digest() for text in texts)
    return np.frombuffer(joined, np.uint8).reshape(-1, WIDTH)


def origin(listing: Listing) -> str | None:
    """Where a listing's pictures come from; None where they have no marks."""
    if listing.reader is None or listing.marks is None:
        return None
    return f"{listing.reader.kind}:{printable(str(listing.reader.path.resolve()))}"


def earlier(listing: Listing, frame: Frame, folders: Iterable[Path]) -> Earlier | None:
    """What the store in one of the folders has of a listing: the store with the most of its pictures, if any."""
    place = origin(listing)
    if place is None or listing.marks is None:
        return None
    marks = [bytes(mark) for mark in hashed(listing.marks)]
    found = [store for folder in folders if (store := _look_up(folder, place, frame, marks)) is not None]
    return max(found, key=lambda store: (store.rows != UNKNOWN).sum(), default=None)


def _look_up(folder: Path, place: str, frame: Frame, marks: list[bytes]) -> Earlier | None:
    """What the store in a folder has; None where it is of another origin or size, or not complete."""
    manifest = store_files.manifest(folder)
    if manifest is None or manifest.get("origin") != place or not _same(manifest.get("frame"), frame):
        return None
    store = store_files.load(folder)
    try:
        known = np.load(folder / store_files.MARKS, allow_pickle=False)
    except DAMAGED:
        return None
    if store is None or known.ndim != 2 or known.shape[1] != WIDTH or len(known) < store.count:
        return None
    skipped = list(store.skipped)[len(store.skipped) - (len(known) - store.count) :]
    row_of = {bytes(mark): row for row, mark in enumerate(known)}
    rows = np.array([row_of.get(mark, UNKNOWN) for mark in marks], np.int64)
    reasons = {int(at): skipped[rows[at] - store.count][1] for at in np.flatnonzero(rows >= store.count)}
    return Earlier(
        store.items, np.where(rows >= store.count, LOST, rows), reasons, store_files.facts(folder, store.count)
    )


def _same(written: object, frame: Frame) -> bool:
    """Whether a manifest's frame is `frame`; older manifests lack the entries that are at their defaults."""
    return isinstance(written, dict) and {**asdict(Frame(1, 1, 1, 0, "crop")), **written} == asdict(frame)


def runs(wanted: np.ndarray, most: int) -> list[tuple[int, int]]:
    """The stretches (start, stop) in which `wanted`, bool (N,), is true, cut into pieces of `most` rows."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(at, min(at + most, stop)) for start, stop in pairs for at in range(start, stop, most)]


def copied(
    found: Earlier, listing: Listing, frame: Frame, slots: Path, missing: np.ndarray, most: int
) -> Iterator[prepare.Chunk]:
    """Copy every missing picture that is known into its slot, at most `most` at a time."""
    for start, stop in runs(missing & (found.rows != UNKNOWN), most):
        chunk = prepare.Chunk(start, stop)
        block = np.zeros((stop - start, frame.height, frame.width, frame.channels), np.uint8)
        for slot in range(start, stop):
            row = int(found.rows[slot])
            if row == LOST:
                chunk.skipped.append((slot, printable(listing.names[slot]), found.reasons[slot]))
            else:
                block[slot - start] = found.items[row]  # one channel fills three where the store was made grey
                if found.facts[row].any():
                    cut, clear = map(float, found.facts[row])
                    chunk.facts.append((slot, cut, clear))
        chunk.coloured = prepare.has_colour(block)
        yield prepare.put(slots, block, chunk)
