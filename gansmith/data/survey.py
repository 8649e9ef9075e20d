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
from gansmith.data.preparation.decode import Header
from gansmith.data.preparation.resize import (
    Frame,
    choose_size,
    cropped,
    framed,
    median_short_side,
    parse_size,
    proportional,
)
from gansmith.data.store import open_store
from gansmith.data.store_files import Store
from gansmith.ground.errors import DataError
from gansmith.ground.progress import Progress
from gansmith.ground.recipes.settings import DataSettings

GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"})
SCATTER = 256  # pixels a side of a contact sheet of vectors


@dataclass(frozen=True)
class Survey:
    """What a source holds. Sizes are (width, height), the most frequent first."""

    title: str
    kind: str  # "pictures" or "vectors"
    count: int  # usable items
    sizes: dict[tuple[int, int], int]  # as found; empty for vectors
    grey: int  # pictures without colour, by their headers
    colour: int
    channels: int  # of a picture: 1 grey, 3 colour, 4 with transparency; 0 for vectors
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
    mirror_ratio: float | None = None  # see `mirrors`; None without `complete`, for vectors and for few pictures


def survey(settings: DataSettings, progress: Progress | None = None, *, complete: bool = True) -> Survey:
    """Survey a source. Raises DataError.

    `complete` also prepares the store, which finds all broken pictures and takes minutes. Else only headers are read,
    which takes seconds.
    """
    listing = sources.find(settings).read().cut(settings.first)
    kind = "vectors" if listing.items is not None and listing.items.ndim == 2 else "pictures"
    sizes, greys, skipped, rows = _headers(listing, progress)
    size, reason = (None, "") if kind == "vectors" else _size(listing, sizes, settings)
    description, fingerprint, ratio = f"{listing.title}: {len(rows):,} {kind}", "", None
    count, names, labels, attributes = len(rows), listing.class_names, listing.labels, listing.attributes
    left_out, remarks = listing.left_out, listing.remarks
    channels = settings.channels or (listing.items.shape[3] if listing.items is not None and kind == "pictures" else 0)
    if complete:
        store = open_store(replace(settings, labels="none"), progress=progress)
        description, fingerprint, skipped = store.description, store.fingerprint, list(store.skipped)
        count, names, labels, attributes = store.count, store.class_names, store.labels, store.attributes
        left_out, remarks = (
            store.left_out,
            (*store.remarks, *blank.remarks(store)),
        )
        ratio = mirror_ratio(store.items) if kind == "pictures" else None
        channels = store.item_shape[0]
        if store.kind == "pictures" and store.item_shape[0] == 1 and not settings.channels:
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
        channels=0 if kind == "vectors" else channels or (1 if greys == sizes.total() else 3),
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
    )


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
        pictures = listing.items.ndim == 4
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
    (height, width), reason = choose_size(sizes, settings.crop) if size is None else (size, "as asked")
    return (width, height), reason


def contact_sheet(
    store: Store, count: int = 64, seed: int = 0, shape: tuple[int, int, int] | None = None
) -> np.ndarray:
    """One picture uint8 (H, W, 3) of `count` items at the start of the first epoch; vectors as a scatter plot.

    shape: (height, width, channels) in which the pictures are shown, cut and resized as for a store; None: as they are.
    """
    from gansmith.ground import pixels  # which loads Pillow

    rows = Order(store.count, min(count, store.count), seed).rows(0)
    if store.kind == "vectors":
        return _scatter(np.asarray(store.items))
    shown = np.asarray(store.items[rows])
    if shape is not None and shown.shape[1:] != shape:
        shown = np.stack([framed(picture, Frame(*shape, 0, "crop")) for picture in shown])
    return pixels.grid(shown, zoom=pixels.display_zoom(*shown.shape[1:3]))


def _scatter(vectors: np.ndarray) -> np.ndarray:
    """A scatter plot of the first two coordinates of vectors, or of the only one, dark on white."""
    x = vectors[:, 0]
    y = vectors[:, 1] if vectors.shape[1] > 1 else np.zeros_like(x)
    reach = max(float(np.abs(x).max()), float(np.abs(y).max()), 1e-6) * 1.05
    density, _, _ = np.histogram2d(-y, x, bins=SCATTER, range=[[-reach, reach]] * 2)
    ink = 1 - np.exp(-density / max(1.0, float(np.median(density[density > 0]))))
    return np.rint(255 * (1 - ink)).astype(np.uint8)[..., None].repeat(3, axis=2)


def training_size(found: Survey, crop: int = 0) -> tuple[int, int, str]:
    """(width, height) of at least 16 for training on a user's own pictures, by a rule of thumb, and the reason.

    crop: data.crop, which makes pictures square.
    """
    sizes = {cropped((height, width), crop) for width, height in found.sizes}
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
    median = median_short_side(found.sizes)
    side = next((side for side in (64, 32) if side <= median), 16)
    return side, side, f"the short side is {median} in the middle; start small, enlarge when it works"
