"""Whether a store's items show anything to learn: numbers of a seeded sample, and a warning where they do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.data.order import Order
from gansmith.data.preparation.ranges import Range, written
from gansmith.data.preparation.resize import OFFER
from gansmith.data.store_files import Store
from gansmith.ground.alpha import RGBA
from gansmith.kinds import Kind

MOST, MOST_BYTES = 512, 2**25  # of the sample
FLAT = 3  # a picture whose values differ by no more than this in each channel is blank
NARROW = 32  # levels of 256: a set that uses fewer is nearly black, white or grey
STILL = 1 / 255  # spread: below it items differ by less than a level
PADDED = 0.3  # share of a picture's area around what varies, from which on it is told
SCALED = 65_536  # items whose scale is looked at
FEWEST = 10  # pictures: of fewer there is nothing to learn but copies
HALF = 0.5  # share of blank or equal items from which on there is a warning


@dataclass(frozen=True)
class Contents:
    """What a sample of items shows. Of vectors only `spread` and `duplicates` say something."""

    looked: int  # items in the sample
    low: float  # all values but a thousandth lie above it; of pictures 0 .. 255
    high: float  # and below this
    levels: float  # share of the 256 levels that occur
    spread: float  # standard deviation over the items, mean over pixels or coordinates; of pictures in 0 .. 1
    blank: float  # share of items of one colour
    duplicates: float  # share of items that are equal to an earlier one
    padding: float  # share of a picture's area in the outer rows and columns that are alike in every item


def contents(items: np.ndarray, seed: int = 0) -> Contents:
    """Look at a seeded sample of pictures uint8 (N, H, W, C) or vectors (N, D)."""
    most = min(MOST, max(8, MOST_BYTES // max(1, items[0].nbytes)))
    sample = np.asarray(items[np.sort(Order(len(items), min(most, len(items)), seed).rows(0))])
    pictures = sample.dtype == np.uint8
    flat = sample.reshape(len(sample), -1)
    low, high = np.quantile(flat, (0.001, 0.999), method="inverted_cdf")
    reach = np.ptp(sample.reshape(len(sample), -1, sample.shape[-1]), axis=1).max(axis=1)
    return Contents(
        looked=len(sample),
        low=float(low),
        high=float(high),
        levels=len(np.unique(flat)) / 256 if pictures else 1.0,
        spread=float(flat.std(axis=0, dtype=np.float64).mean()) / (255 if pictures else 1),
        blank=float((reach <= FLAT).mean()) if pictures else 0.0,
        duplicates=1 - len({row.tobytes() for row in flat}) / len(flat),
        padding=_padding(sample) if pictures else 0.0,
    )


def _padding(pictures: np.ndarray) -> float:
    """The share of a picture's area that lies outside the smallest rectangle of what varies, by more than FLAT."""
    varies = (np.ptp(pictures, axis=0) > FLAT).any(axis=-1)
    if not varies.any():
        return 0.0  # equal items, which are told otherwise
    rows, columns = np.flatnonzero(varies.any(axis=1)), np.flatnonzero(varies.any(axis=0))
    return 1 - (np.ptp(rows) + 1) * (np.ptp(columns) + 1) / varies.size


def remarks(store: Store) -> list[str]:
    """Lines on a store's items: `_padded`, and `warning`."""
    seen = contents(store.items)
    return list(filter(None, [_padded(seen), _warning(seen, store), unscaled(store)]))


def _padded(seen: Contents) -> str | None:
    """A line where much of every picture is the same border."""
    share = seen.padding
    if share < PADDED or seen.looked < 2:
        return None
    return (
        f"{share:.0%} of every picture is a border that is the same in all of them: the networks learn it as well. "
        "Cut it off before, or, where the pictures stand in the middle, by --crop N (--set data.crop=N)"
    )


def warning(store: Store) -> str | None:
    """A line where a store's items are all alike, blank, or nearly black or white: what, the likely cause, the way out."""
    return _warning(contents(store.items), store)


def _warning(seen: Contents, store: Store) -> str | None:
    fault = _fault(seen, store.count, store.kind)
    return f"WARNING: {fault}. {_way_out(seen, store)}" if fault else None


def unscaled(store: Store) -> str | None:
    """A line where the numbers that networks get hinder a training."""
    return store.kind.warning(np.asarray(store.items[:SCALED]), store.units)


def _fault(seen: Contents, count: int, kind: Kind) -> str | None:
    what = kind.many
    shade = "white" if seen.low > 223 else "black" if seen.high < 32 else "of one grey"
    if count == 1:
        return f"there is a single item, and nothing to learn but a copy of it ({what})"
    if seen.duplicates * seen.looked >= seen.looked - 1:
        return (
            f"all {count:,} {what} are equal{' and blank' if seen.blank == 1 else ''}: nothing can be learned from them"
        )
    if kind.pixels and seen.high - seen.low < NARROW:
        return f"the {count:,} {what} are nearly {shade}: their values are {seen.low:.0f} to {seen.high:.0f} of 255"
    if seen.blank >= HALF:
        return f"{seen.blank:.0%} of the {count:,} {what} are blank, of one colour each"
    if kind.pixels and seen.spread < STILL:
        return f"the {count:,} {what} are nearly equal: they differ by {255 * seen.spread:.2f} levels of 255"
    if seen.duplicates >= HALF:
        return f"{seen.duplicates:.0%} of the {what} are exact copies of others"
    if count < FEWEST and kind.pixels:
        return f"there are {count} {what} only: a training can learn to copy them, and nothing else"
    return None


def _most_values(seen: Contents, of: Range) -> str:
    """As data.range is written: the values, before they were mapped from a range, that all but a thousandth lie between."""
    low, high = (of[0] + level * (of[1] - of[0]) / 255 for level in (seen.low - 0.5, seen.high + 0.5))
    whole = of[1] - of[0] > 255
    return written([round(max(low, of[0])), round(min(high, of[1]))] if whole else [max(low, of[0]), min(high, of[1])])


def _way_out(seen: Contents, store: Store) -> str:
    clear = any("transparent" in remark for remark in store.remarks) and store.item_shape[0] != RGBA
    if clear and (seen.low > 223 or seen.high < 32 or seen.blank >= HALF):
        other = "black" if seen.low > 127 else "white"
        return (
            f"They are transparent, and drawn in the colour that lies behind them: --set data.background={other} "
            f"(data info and data prepare: --background {other}), or {OFFER}"
        )
    if store.kind.pixels and seen.high - seen.low < NARROW and not store.ranges and seen.low < seen.high:
        return "Stretch their values to 0..255 before: all of the set by the same factor"
    if store.kind.pixels and seen.high - seen.low < NARROW and len(store.ranges) == 1:
        within = _most_values(seen, next(iter(store.ranges.values())))
        return f"All but a thousandth of the values lie within {within}: --set data.range={within} shows those from black to white"
    return "Look at them (gansmith data info SOURCE --sheet FILE.png), and at what this source should hold"
