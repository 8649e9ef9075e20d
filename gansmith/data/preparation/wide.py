"""Looks for pictures in more than 8 bits in a source, and chooses the range of their values."""

from __future__ import annotations

from pathlib import PurePosixPath

from gansmith.data.formats.listing import Listing, Unreadable
from gansmith.data.order import Order
from gansmith.data.preparation import decode, ranges
from gansmith.data.preparation.ranges import Ranges
from gansmith.ground.errors import DataError, counted
from gansmith.ground.recipes.settings import DataSettings

MOST = 2000  # pictures whose values are looked at: all of a small source, a seeded choice of a large one
EIGHT_BITS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".avif"})


def look(listing: Listing, settings: DataSettings) -> tuple[Ranges, tuple[str, ...]]:
    """The range of each kind of value that a listing's pictures have, and a line on each. Raises DataError.

    Of decoded items the reader has chosen already.
    """
    asked = ranges.parse_range(settings.range)
    if listing.items is not None:
        return dict(listing.ranges), ()
    names = [name for name in listing.names if PurePosixPath(name).suffix.lower() not in EIGHT_BITS]
    looked = names
    if len(names) > MOST:
        looked = [names[row] for row in sorted(Order(len(names), MOST, seed=0).rows(0).tolist())]
    ends, others = _ends(listing, looked)
    chosen: Ranges = {}
    remarks: list[str] = []
    for kind, (low, high) in ends.items():
        of = asked or ranges.guess(kind, low, high)
        if of is not None:
            chosen[kind] = of
            among = f" (in {MOST:,} of {counted(len(names), 'picture')})" if len(names) > MOST else ""
            remarks.append(ranges.remark(kind, low, high, of) + among)
        elif not others and len(ends) == 1 and len(names) == len(listing):
            raise DataError(ranges.doubt(listing.title, low, high))
        else:
            remarks.append(f"{ranges.doubt(f'among others {listing.title}', low, high)}; until then they are skipped")
    if asked and not ends:
        remarks.append(f"data.range = {settings.range} changes nothing: all pictures have 8 bits")
    return chosen, tuple(remarks)


def _ends(listing: Listing, names: list[str]) -> tuple[dict[str, tuple[float, float]], int]:
    """The least and greatest value of each kind, and how many pictures have 8 bits."""
    assert listing.reader is not None
    ends: dict[str, tuple[float, float]] = {}
    others = 0
    with listing.reader.opened() as opened:
        for name in names:
            try:
                with opened(name) as file:
                    kind, low, high = decode.extremes(file)
            except Unreadable:  # named when it is prepared
                continue
            if kind:
                old = ends.get(kind, (low, high))
                ends[kind] = min(old[0], low), max(old[1], high)
            others += not kind
    return ends, others
