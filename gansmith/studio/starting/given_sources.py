"""Which data a page may name: what is built in, what was uploaded, and what lies in the served folder."""

from __future__ import annotations

from pathlib import Path

from gansmith.data.formats import globs
from gansmith.data.sources import SOURCES
from gansmith.data.toys import stacked
from gansmith.studio.errors import StudioError
from gansmith.studio.places import UPLOADS, inside


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
