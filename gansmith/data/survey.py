"""Surveys a source before training: what it holds, what cannot be read, and which size suits it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from gansmith.data import sources
from gansmith.data.contents import blank
from gansmith.data.contents.mirrors import mirror_ratio
from gansmith.data.formats.listing import Listing
from gansmith.data.formats.picture_files import printable
from gansmith.data.order import Order
from gansmith.data.preparation import prepare
from gansmith.data.preparation.build import as_asked, as_stored
from gansmith.data.preparation.decode import Header
from gansmith.data.preparation.resize import (
    Frame,
    all_cropped,
    choose_size,
    framed,
    parse_size,
    proportional,
    size_for_many,
)
from gansmith.data.store import open_store
from gansmith.data.store_files import Store
from gansmith.ground.errors import DataError, counted
from gansmith.ground.progress import Progress
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import Kind, Shown

GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"})
FEW = 64  # items that show the shape of all
MANY = 4096  # vectors on a contact sheet


@dataclass(frozen=True)
class Survey:
    """What a source holds. Sizes are (width, height), the most frequent first."""

    title: str
    kind: Kind
    count: int  # usable items
    sizes: dict[tuple[int, int], int]  # as found; empty for what is no picture
    grey: int  # pictures without colour, by their headers
    colour: int
    channels: int  # of a picture: 1 grey, 3 colour, 4 with transparency; 0 for what is none
    labels: dict[str, int]  # items of each class; empty without labels
    attributes: dict[str, int]  # of how many items each is true; empty without attributes
    splits: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]  # name, reason
    others: tuple[str, ...]  # files that are no pictures
    left_out: tuple[str, ...]  # a line for each kind of what is left out
    remarks: tuple[str, ...]  # lines on how the source was understood, and a warning where there is nothing to learn
    size: tuple[int, int] | None  # (width, height) of the settings, or chosen for "auto"
    reason: str  # of the size
    description: str  # the store's line; without `complete`, a shorter one
    fingerprint: str  # the store's; "" without `complete`
    mirror_ratio: float | None = None  # see `mirrors`; None without `complete`, for few pictures and for what is none
    facts: tuple[str, ...] = ()  # lines on the numbers, of what is no picture; () without `complete`


def survey(settings: DataSettings, progress: Progress | None = None, *, complete: bool = True) -> Survey:
    """Survey a source. Raises DataError.

    `complete` also prepares the store, which finds all broken pictures and takes minutes. Else only headers are read,
    which takes seconds.
    """
    listing = as_asked(sources.find(settings).read(), settings).cut(settings.first)
    kind = listing.kind_of_items
    sizes, greys, skipped, rows = _headers(listing, progress)
    size, reason = _size(listing, sizes, settings) if kind.pixels else (None, "")
    description, fingerprint, ratio = f"{listing.title}: {counted(len(rows), kind.one, kind.many)}", "", None
    count, names, labels, attributes = len(rows), listing.class_names, listing.labels, listing.attributes
    left_out, remarks, facts = listing.left_out, listing.remarks, ()
    channels = settings.channels or (listing.items.shape[3] if listing.items is not None and kind.pixels else 0)
    if complete:
        store = open_store(replace(settings, labels="none"), progress=progress)
        description, fingerprint, skipped = store.description, store.fingerprint, list(store.skipped)
        count, names, labels, attributes = store.count, store.class_names, store.labels, store.attributes
        left_out, remarks = (
            store.left_out,
            (*store.remarks, *blank.remarks(store)),
        )
        ratio = mirror_ratio(store.items) if kind.pixels else None
        channels, facts = store.item_shape[0], tuple(kind.facts(np.asarray(store.items), store.units))
        if kind.pixels and store.item_shape[0] == 1 and not settings.channels:
            greys = sizes.total()  # what the headers call colour has none
    else:
        labels = None if labels is None else labels[rows]
        attributes = attributes and attributes.rows(np.array(rows, np.int64))
    return Survey(
        title=listing.title,
        kind=kind,
        count=count,
        sizes={(width, height): number for (height, width), number in sizes.most_common()},
        grey=greys,
        colour=sizes.total() - greys,
        channels=channels or (1 if greys == sizes.total() else 3) if kind.pixels else 0,
        labels={} if labels is None else _counts(names, np.bincount(labels, minlength=len(names))),
        attributes={} if attributes is None else _counts(attributes.questions, attributes.values.sum(0)),
        splits=listing.splits,
        skipped=tuple(skipped),
        others=listing.others,
        left_out=left_out,
        remarks=remarks,
        size=size,
        reason=reason,
        description=description,
        fingerprint=fingerprint,
        mirror_ratio=ratio,
        facts=facts,
    )


def shape_of(settings: DataSettings) -> tuple[int, ...]:
    """The shape of an item as a network sees it, of data whose kind is no picture, by its first items. Raises DataError."""
    listing = as_stored(as_asked(sources.find(settings).read(), settings).cut(FEW), settings)
    assert listing.items is not None
    *sides, channels = listing.items.shape[1:]
    return (channels, *sides)


def _counts(names: tuple[str, ...], counts: np.ndarray) -> dict[str, int]:
    return dict(zip(names, counts.tolist(), strict=True))


def _headers(
    listing: Listing, progress: Progress | None
) -> tuple[Counter[tuple[int, int]], int, list[tuple[str, str]], list[int]]:
    """Sizes (height, width), how many are grey, what is skipped, and the rows whose header can be read.

    Raises DataError where no header of a picture can be read.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    skipped = list(listing.skipped)
    if listing.items is not None:
        pictures = listing.kind_of_items.pixels
        greys = len(listing) if pictures and listing.items.shape[3] == 1 else 0
        return prepare.sizes(listing) if pictures else sizes, greys, skipped, list(range(len(listing)))
    greys, rows = 0, []
    for row, found in enumerate(prepare.headers(listing, progress)):
        if isinstance(found, Header):
            sizes[found.height, found.width] += 1
            greys += found.mode in GREY_MODES
            rows.append(row)
        else:
            skipped.append((printable(listing.names[row]), found))
    if not rows:
        raise DataError(f"{listing.title} holds no picture that can be read, {skipped[0][0]} for one: {skipped[0][1]}")
    return sizes, greys, skipped, rows


def _size(listing: Listing, sizes: Counter[tuple[int, int]], settings: DataSettings) -> tuple[tuple[int, int], str]:
    """(width, height) of the store, and why."""
    if listing.items is not None:
        job = prepare.plan(listing, settings)
        return (job.frame.width, job.frame.height), job.reason
    size = parse_size(settings.size)
    (height, width), reason = choose_size(sizes, settings.crop, settings.fit) if size is None else (size, "as asked")
    return (width, height), reason


def contact_sheet(
    store: Store, count: int = 64, seed: int = 0, shape: tuple[int, int, int] | None = None
) -> np.ndarray:
    """One picture uint8 (H, W, 3) of `count` items at the start of the first epoch; of many vectors one scatter plot.

    shape: (height, width, channels) in which the pictures are shown, cut and resized as for a store; None: as they are.
    """
    rows = Order(store.count, min(count, store.count), seed).rows(0)
    if not store.kind.pixels:
        most = np.asarray(store.items[:MANY] if store.item_shape[1:] == () else store.items[np.sort(rows)])
        return store.kind.sheet(most, store.units, Shown())
    shown = np.asarray(store.items[rows])
    if shape is not None and shown.shape[1:] != shape:
        shown = np.stack([framed(picture, Frame(*shape, 0, "crop")) for picture in shown])
    return store.kind.sheet(shown, store.units, Shown())


def training_size(found: Survey, crop: int = 0, fit: str = "crop") -> tuple[int, int, str]:
    """(width, height) of at least 16 for training on a user's own pictures, by a rule of thumb, and the reason.

    crop: data.crop, which makes pictures square.
    """
    sizes = all_cropped({(height, width): count for (width, height), count in found.sizes.items()}, crop)
    if len(sizes) == 1:
        height, width = next(iter(sizes))
        if max(width, height) <= 64 and min(width, height) >= 16:
            return width, height, "every picture has this size"
        size = None if width == height else proportional((height, width))
        if size is not None:
            return (
                size[1],
                size[0],
                f"every picture is {width}x{height}: the proportions are kept; enlarge when it works",
            )
    (height, width), reason = size_for_many(sizes, fit)
    return width, height, f"{reason}; start small, enlarge when it works"
