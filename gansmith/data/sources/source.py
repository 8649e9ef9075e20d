"""What has been found and not yet read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gansmith.data.formats.listing import Listing


@dataclass(frozen=True)
class Source:
    """A source that was found and not yet read."""

    title: str
    identity: tuple[str, ...]  # lines that change when what would be read does
    read: Callable[[], Listing]  # may take a while; raises DataError
    store: Path | None = None  # the folder, if the source is a prepared store
    left_out: tuple[str, ...] | None = None  # what is left out now, where that may change while what is read does not


def stamps(paths: Iterable[Path]) -> tuple[str, ...]:
    """The path, size and time of change of each file."""
    stats = [(path.resolve(), path.stat()) for path in paths]
    return tuple(f"{path}|{stat.st_size}|{stat.st_mtime_ns}" for path, stat in stats)
