"""Adding pictures to a source does not prepare the others again: what an earlier store of it holds is copied.

A picture is known by its mark: its name, size and time of change (in a zip: its checksum). Marks are kept in the store
as 16-byte hashes, first those of its items in their order, then those of the pictures that it skipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gansmith.data import stored
from gansmith.data.formats.contents import printable
from gansmith.data.formats.listing import Listing
from gansmith.data.preparation import prepare
from gansmith.data.preparation.resize import Frame

WIDTH = 16  # bytes of a hashed mark
UNKNOWN, LOST = -1, -2  # instead of a row of an earlier store: not in it, or known to be broken


@dataclass(frozen=True)
class Earlier:
    """What an earlier store knows of a listing's pictures."""

    items: np.ndarray
    rows: np.ndarray  # int64 (pictures of the listing,): a row of items, UNKNOWN or LOST
    reasons: dict[int, str]  # of those that are LOST

    def chunk(self, names: list[str], frame: Frame, start: int) -> tuple[np.ndarray, prepare.Chunk]:
        """The pictures from `start` on, as `prepare.read_chunk` would give them."""
        chunk = prepare.Chunk(start, start + len(names))
        block = np.zeros((len(names), frame.height, frame.width, frame.channels), np.uint8)
        for place, name in enumerate(names):
            row = int(self.rows[start + place])
            if row == LOST:
                chunk.skipped.append((start + place, printable(name), self.reasons[start + place]))
            else:
                block[place] = self.items[row]  # one channel serves three: a grey store gave up what was alike
        chunk.coloured = prepare.has_colour(block)
        return block, chunk


def hashed(marks: Iterable[str]) -> np.ndarray:
    """Marks as uint8 (N, 16)."""
    joined = b"".join(
        hashlib.blake2b(mark.encode("utf-8", "surrogateescape"), digest_size=WIDTH).digest() for mark in marks
    )
    return np.frombuffer(joined, np.uint8).reshape(-1, WIDTH)


def origin(listing: Listing) -> str | None:
    """Where a listing's pictures come from; None where they cannot be told from their successors."""
    if listing.reader is None or listing.marks is None:
        return None
    return f"{listing.reader.kind}:{printable(str(listing.reader.path.resolve()))}"


def earlier(listing: Listing, frame: Frame, folders: Iterable[Path]) -> Earlier | None:
    """What the store in one of the folders that shares the most pictures with a listing knows of them."""
    place = origin(listing)
    if place is None or listing.marks is None:
        return None
    marks = [bytes(mark) for mark in hashed(listing.marks)]
    best: Earlier | None = None
    for folder in folders:
        found = _look_up(folder, place, frame, marks)
        if found is not None and (best is None or (found.rows != UNKNOWN).sum() > (best.rows != UNKNOWN).sum()):
            best = found
    return best


def _look_up(folder: Path, place: str, frame: Frame, marks: list[bytes]) -> Earlier | None:
    """What the store in a folder knows; None where it is of another origin or another size, or not whole."""
    manifest = stored.manifest(folder)
    if manifest is None or manifest.get("origin") != place or manifest.get("frame") != asdict(frame):
        return None
    store = stored.load(folder)
    try:
        known = np.load(folder / stored.MARKS, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if store is None or known.ndim != 2 or known.shape[1] != WIDTH or len(known) < store.count:
        return None
    skipped = list(store.skipped)[len(store.skipped) - (len(known) - store.count) :]
    row_of = {bytes(mark): row for row, mark in enumerate(known)}
    rows = np.array([row_of.get(mark, UNKNOWN) for mark in marks], np.int64)
    reasons = {int(at): skipped[rows[at] - store.count][1] for at in np.flatnonzero(rows >= store.count)}
    return Earlier(store.items, np.where(rows >= store.count, LOST, rows), reasons)


def runs(wanted: np.ndarray, most: int) -> list[tuple[int, int]]:
    """The stretches (start, stop) in which `wanted`, bool (N,), is true, cut into pieces of `most` rows."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(at, min(at + most, stop)) for start, stop in pairs for at in range(start, stop, most)]


def copied(
    found: Earlier, listing: Listing, frame: Frame, slots: Path, missing: np.ndarray, most: int
) -> Iterator[prepare.Chunk]:
    """Copy every missing picture that is known into its slot."""
    for start, stop in runs(missing & (found.rows != UNKNOWN), most):
        block, chunk = found.chunk(list(listing.names[start:stop]), frame, start)
        yield prepare.put(slots, block, chunk)
