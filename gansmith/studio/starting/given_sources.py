"""Which data a page may name: what is built in, what was uploaded, and what lies in the served folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

from gansmith.data.formats import globs
from gansmith.data.sources import SOURCES
from gansmith.data.toys import stacked
from gansmith.studio.errors import StudioError
from gansmith.studio.places import UPLOADS, inside

MOST_UNPACKED = 2**32  # bytes of a file that is unpacked in memory


def source_of(folder: Path, text: str) -> str:
    """A source as a training takes it: a built-in name, or an absolute path within the served folder. Raises StudioError."""
    if text in SOURCES or text.removeprefix(stacked.PREFIX) in SOURCES:
        return text
    uploaded, _, rest = text.partition("/")
    try:
        path = inside(folder / UPLOADS, rest) if uploaded == UPLOADS else inside(folder, text)
    except StudioError:
        raise StudioError(
            400, "data is a built-in name, what you dropped here, or a path within the served folder: drop it here"
        ) from None
    if globs.is_pattern(str(path)) or not path.exists():
        raise StudioError(400, f"there is no data {text[:80]!r} here: drop a folder or a zip")
    return str(path)


def need_room(source: str) -> None:
    """Raise StudioError 413 for a file that unpacks to more than may be held."""
    if (size := unpacked(Path(source))) > MOST_UNPACKED:
        raise StudioError(
            413,
            f"{Path(source).name} unpacks to {size / 2**30:,.1f} GB, which a process would have to hold, and "
            f"{MOST_UNPACKED / 2**30:g} are allowed: keep its array as .npy, or train in a terminal",
        )


def unpacked(path: Path) -> int:
    """The bytes of an .npz file's arrays, which are read whole; 0 for anything else, which is not."""
    if path.suffix.lower() != ".npz":
        return 0
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile):  # its reader says what is wrong with it
        return 0
