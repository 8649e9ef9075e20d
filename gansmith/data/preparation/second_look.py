"""What is noticed of encoded pictures besides their pixels: further pages, and pictures that this program wrote."""

from __future__ import annotations

from collections.abc import Iterator

from gansmith.data.formats.listing import Listing, Unreadable
from gansmith.data.formats.picture_files import printable
from gansmith.data.preparation import decode
from gansmith.ground import pixels

PAGED = (".tif", ".tiff", ".gif", ".webp", ".avif", ".apng")


def remarks(listing: Listing) -> tuple[str, ...]:
    """A line for each kind of what was noticed."""
    return tuple(_remarks(listing)) if listing.reader is not None else ()


def _remarks(listing: Listing) -> Iterator[str]:
    assert listing.reader is not None
    paged, pages, own = 0, 0, []
    with listing.reader.opened() as opened:
        for name in listing.names:
            lower = name.lower()
            try:
                if lower.endswith(PAGED):
                    with opened(name) as file:
                        more = decode.pages(file) - 1
                    paged, pages = paged + (more > 0), pages + more
                elif lower.endswith(".png"):
                    with opened(name) as file:
                        if pixels.is_own_png(file.read(pixels.OWN_HEAD)):
                            own.append(name)
            except (Unreadable, OSError):  # it is skipped, and the reason is told there
                continue
    if paged:
        yield (
            f"of {paged:,} {'files' if paged > 1 else 'file'} with several pages or frames only the first is read: "
            f"{pages:,} left out; save each as a file of its own to have them"
        )
    if own:
        which = f"{len(own):,} pictures were" if len(own) > 1 else "1 picture was"
        yield f"{which} written by Gansmith (samples or sheets), {printable(own[0])} for one: move them if they are no data"
