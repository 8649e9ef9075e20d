"""Writes all pictures of a listing to one file, in chunks. Each chunk is recorded, so that a kill loses only one.

The working folder holds `slots.npy`, a slot for every item of the listing, and `done.jsonl`, a line for every chunk in
its slots. At the end the slots of unreadable pictures are removed, and colours if no picture has any.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from gansmith.data.formats.listing import Listing, Opened, Unreadable
from gansmith.data.formats.picture_files import printable
from gansmith.data.preparation import decode
from gansmith.data.preparation.ranges import Ranges
from gansmith.data.preparation.resize import Frame, choose_size, cut_off, framed, parse_background, parse_size
from gansmith.data.store_files import ITEMS, free_pages
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError, counted, size_in_words
from gansmith.ground.progress import Progress
from gansmith.ground.recipes.settings import DataSettings

SMALLEST = 4  # pixels a side: smaller pictures show nothing
CHUNK = 64  # pictures between two records, at most
CHUNK_BYTES = 2**25  # of the store between two records, about

SLOTS = "slots.npy"
DONE = "done.jsonl"
FRAME = "frame.json"


@dataclass(frozen=True)
class Job:
    """How a listing's pictures are prepared."""

    frame: Frame  # with the slots' channels: 3 until it is known whether any picture has colour
    reason: str  # why this size
    settle: bool  # make the store grey at the end if no picture has colour
    remarks: tuple[str, ...] = ()  # on the range of the values


@dataclass
class Chunk:
    """The result for the pictures in slots start .. stop - 1."""

    start: int
    stop: int
    coloured: bool = False
    skipped: list[tuple[int, str, str]] = field(default_factory=list)  # slot, name, reason
    facts: list[tuple[int, float, float]] = field(default_factory=list)  # slot, share cut off, share transparent


def plan(
    listing: Listing,
    settings: DataSettings,
    progress: Progress | None = None,
    values: tuple[Ranges, tuple[str, ...]] = ({}, ()),
) -> Job:
    """Decide the size and the channels. "auto" reads every picture's header. values: what `wide.look` found of the whole
    source. Raises DataError."""
    size, reason = parse_size(settings.size), "as asked"
    if settings.channels not in (0, 1, 3, RGBA):
        raise DataError(
            f"data.channels = {settings.channels}: write 1 (grey), 3 (colour), 4 (colour and transparency) or 0 (as found)"
        )
    if settings.crop < 0:
        raise DataError(f"data.crop = {settings.crop}: it counts pixels, 0 = off")
    if size is None and listing.auto_size and listing.items is not None and not settings.crop:
        size, reason = listing.auto_size, f"enlarged from {listing.items.shape[2]}x{listing.items.shape[1]}"
    if size is None:
        found = sizes(listing, progress)
        if not found:
            reason = next(iter(headers(listing)), "")
            raise DataError(f"{listing.title} holds no picture that can be read, {listing.names[0]} for one: {reason}")
        size, reason = choose_size(found, settings.crop, settings.fit)
    found_channels = 3 if listing.items is None else listing.items.shape[3]
    channels = settings.channels or found_channels
    background = parse_background(settings.background)
    frame = Frame(*size, channels, settings.crop, settings.fit, background, dict(values[0]))
    return Job(frame, reason, not settings.channels and found_channels == 3, values[1])


def sizes(listing: Listing, progress: Progress | None = None) -> Counter[tuple[int, int]]:
    """How many pictures there are of each (height, width), by their headers; unreadable ones are left out."""
    if listing.items is not None:
        return Counter({listing.items.shape[1:3]: len(listing)})
    found = headers(listing, progress)
    return Counter((header.height, header.width) for header in found if isinstance(header, decode.Header))


def headers(listing: Listing, progress: Progress | None = None) -> Iterable[decode.Header | str]:
    """Every encoded picture's header, or the reason why it cannot be read."""
    assert listing.reader is not None
    with listing.reader.opened() as opened:
        for index, name in enumerate(listing.names):
            try:
                with opened(name) as file:
                    yield _large_enough(decode.header(file))
            except Unreadable as error:
                yield str(error)
            if progress and index % CHUNK == 0:
                progress(index, len(listing))


def _large_enough(header: decode.Header) -> decode.Header:
    """The header of a picture of at least SMALLEST pixels a side, else Unreadable."""
    if min(header.width, header.height) < SMALLEST:
        raise Unreadable(f"{header.width} x {header.height} pixels, less than {SMALLEST} a side")
    return header


def chunk_rows(frame: Frame) -> int:
    """How many pictures make a chunk."""
    return max(1, min(CHUNK, CHUNK_BYTES // (frame.height * frame.width * frame.channels)))


def resumed(folder: Path) -> Job | None:
    """The job of an earlier attempt in this folder, or None."""
    try:
        job, _ = json.loads((folder / FRAME).read_text(encoding="utf-8"))
        return Job(Frame(**job["frame"]), job["reason"], job["settle"], tuple(job["remarks"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begin(folder: Path, job: Job, count: int) -> list[Chunk]:
    """Make empty slots for `count` pictures, or keep an earlier attempt's; returns the chunks that it finished."""
    shape = (count, job.frame.height, job.frame.width, job.frame.channels)
    intent = json.dumps([asdict(job), [*shape, chunk_rows(job.frame)]])
    frame, slots, record = folder / FRAME, folder / SLOTS, folder / DONE
    if frame.exists() and frame.read_text(encoding="utf-8") == intent and slots.exists():
        return _recorded(record)
    record.unlink(missing_ok=True)
    empty_slots(slots, shape)
    frame.write_text(intent, encoding="utf-8")
    return []


def _recorded(record: Path) -> list[Chunk]:
    """The chunks in an earlier attempt's record; an incomplete last line is removed from the file."""
    rows: list[dict[str, Any]] = []
    for line in record.read_text(encoding="utf-8").splitlines() if record.exists() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    record.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return [chunk_of(row) for row in rows]


def chunk_of(row: dict[str, Any]) -> Chunk:
    """A chunk from its JSON."""
    return Chunk(**{**row, **{key: [tuple(entry) for entry in row[key]] for key in ("skipped", "facts")}})


def empty_slots(path: Path, shape: tuple[int, ...]) -> None:
    """Make the file of the slots. Raises DataError where the disk has too little room."""
    needed = int(np.prod(shape, dtype=np.int64))
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise DataError(
            f"preparing needs {size_in_words(needed)} in {path.parent}, where {size_in_words(free)} are free: make room, or "
            "name a larger disk (of the cache by GANSMITH_CACHE), or choose a smaller data.size or data.first"
        )
    with open(path, "wb") as file:
        write_header(file, np.dtype(np.uint8), shape)
        file.truncate(file.tell() + needed)


def write_header(file: IO[bytes], dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Write the header of an .npy file."""
    npy.write_array_header_1_0(file, {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape})


def from_items(listing: Listing, job: Job, start: int, stop: int) -> tuple[np.ndarray, Chunk]:
    """Frame pictures that the source has already decoded."""
    assert listing.items is not None
    found = listing.items[start:stop]
    if found.shape[1:] == (job.frame.height, job.frame.width, job.frame.channels) and not job.frame.crop:
        block = np.ascontiguousarray(found)
    else:
        block = np.stack([framed(np.asarray(picture), job.frame) for picture in found])
    share = cut_off(found.shape[1:3], job.frame)
    clear = (found[..., 3] < 255).mean(axis=(1, 2)) if found.shape[3] == RGBA else np.zeros(len(found))
    facts = [(start + at, share, round(float(part), 5)) for at, part in enumerate(clear) if share or part]
    return block, Chunk(start, stop, coloured=has_colour(block), facts=facts)


def read_chunk(opened: Opened, names: Sequence[str], frame: Frame, start: int) -> tuple[np.ndarray, Chunk]:
    """Decode and frame pictures: uint8 (n, H, W, C), zeros where one cannot be read, and their chunk."""
    block = np.zeros((len(names), frame.height, frame.width, frame.channels), np.uint8)
    chunk = Chunk(start, start + len(names))
    background = None if frame.channels == RGBA else frame.background
    shares: dict[tuple[int, ...], float] = {}  # cut off, by size: most pictures have the same
    for row, name in enumerate(names):
        try:
            with opened(name) as file:
                picture, header = decode.picture(file, background, frame.ranges)
                _large_enough(header)
        except Unreadable as error:
            chunk.skipped.append((start + row, printable(name), str(error)))
        else:
            block[row] = framed(picture, frame)
            size = picture.shape[:2]
            share = shares[size] if size in shares else shares.setdefault(size, cut_off(size, frame))
            if share or header.clear:
                chunk.facts.append((start + row, share, round(header.clear, 5)))
    chunk.coloured = has_colour(block)
    return block, chunk


def has_colour(block: np.ndarray) -> bool:
    """Whether any pixel of pictures (..., C) is not grey."""
    return any((picture[..., 1:] != picture[..., :1]).any() for picture in block)  # mostly the first tells


def put(slots: Path, block: np.ndarray, chunk: Chunk) -> Chunk:
    """Write a block into its slots; by ordinary writes, which raise an error on a full disk where a map would crash."""
    with open(slots, "r+b") as file:
        npy.read_magic(file)
        npy.read_array_header_1_0(file)
        file.seek(chunk.start * block[0].nbytes, 1)
        file.write(block.tobytes())
    return chunk


def join_chunks(folder: Path, job: Job, chunks: list[Chunk]) -> tuple[Path, np.ndarray]:
    """The file of the items, and the slots in it, int64. It is the file of the slots if nothing has to change.

    The slots stay until the store is complete, so that a kill here loses no picture. Raises DataError, OSError.
    """
    slots = np.load(folder / SLOTS, mmap_mode="r")
    lost = [slot for chunk in chunks for slot, _, _ in chunk.skipped]
    kept = np.delete(np.arange(len(slots)), lost)
    if not len(kept):
        _, name, reason = next(entry for chunk in chunks for entry in chunk.skipped)
        raise DataError(f"none of {counted(len(slots), 'picture')} could be read, the first being {name}: {reason}")
    channels = 1 if job.settle and not any(chunk.coloured for chunk in chunks) else slots.shape[3]
    if len(kept) == len(slots) and channels == slots.shape[3]:
        return folder / SLOTS, kept
    path = folder / ITEMS
    rows = chunk_rows(job.frame)
    with open(path, "wb") as file:
        write_header(file, slots.dtype, (len(kept), *slots.shape[1:3], channels))
        for start in range(0, len(kept), rows):
            file.write(np.ascontiguousarray(slots[kept[start : start + rows]][..., :channels]).tobytes())
            free_pages(slots)
    return path, kept
