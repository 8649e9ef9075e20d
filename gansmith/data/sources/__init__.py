"""What data.source names: a built-in data set, or a path whose files show what kind of source it is."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gansmith import kinds
from gansmith.data import fetch
from gansmith.data.formats import globs, hub
from gansmith.data.sources import paths
from gansmith.data.sources.computed import digits, synthetic, toy
from gansmith.data.sources.source import Source
from gansmith.data.toys import stacked
from gansmith.ground.errors import DataError, nearest, similar
from gansmith.ground.progress import Progress, Say
from gansmith.ground.recipes.settings import DataSettings


def find(settings: DataSettings, seed: int = 0) -> Source:
    """Find data.source. `seed` matters to synthetic sources only. Raises DataError."""
    text = _not_empty(settings.source)
    builtin = SOURCES.get(text)
    if builtin is not None:
        return builtin(text, settings, seed)
    kinds.named(settings.kind if settings.kind != "auto" else "picture")  # refuses a name that is none
    if text.startswith(hub.PREFIX):
        return paths.hub_dataset(Path(text.removeprefix(hub.PREFIX)), settings)
    if text.startswith(stacked.PREFIX):
        return _stacked(text, settings, seed)
    if globs.is_pattern(text):
        root, pattern = globs.split(text)
        if not root.is_dir():
            raise DataError(f"no data source {text!r}: there is no folder {root} in which to look for it")
        return paths.pictures(root, pattern, settings)
    path = Path(os.path.expanduser(text))
    if not os.path.exists(path):  # which, unlike Path's, takes any name
        raise DataError(f"no data source {text!r}: it is neither a path that exists nor built in{_near(path)}")
    return paths.at(path, settings)


def _near(path: Path) -> str:
    """The end of the error for a path that there is not: its neighbour or the built-in source of a similar name."""
    try:
        with os.scandir(path.parent) as entries:
            neighbours = [
                entry.name
                for entry in itertools.islice(entries, 1000)
                if entry.name != path.name and not entry.name.endswith(PART)
            ]
    except (OSError, ValueError):
        neighbours = []
    close = similar(path.name, [*SOURCES, *neighbours])
    if close is None or close in SOURCES:
        return nearest(path.name, SOURCES)
    return f"; did you mean {str(path.parent / close)!r}?"


def single_of(source: str) -> str | None:
    """The source whose pictures a stacked source stacks, or None."""
    if source in STACKED:
        return STACKED[source]
    return source.removeprefix(stacked.PREFIX) if source.startswith(stacked.PREFIX) else None


def fetch_missing(
    source: str, *, offline: bool = False, say: Say = lambda _: None, progress: Progress | None = None
) -> None:
    """Download a built-in source, or the one that a source stacks, if it is not on this machine. Raises DataError."""
    name = single_of(source) or source
    if SOURCES.get(name) is _downloaded:
        fetch.ensure(name, offline=offline, say=say, progress=progress)


def short_name(source: str) -> str:
    """A name to show: "mnist" for a path to a folder mnist, "stacked-mnist" for its stacks."""
    single = single_of(source)
    return Path(source).stem if single is None else f"stacked-{short_name(single)}"


def claimed(settings: DataSettings) -> kinds.Kind | None:
    """The kind that claims the path which data.source names; None for other sources."""
    path = Path(os.path.expanduser(settings.source))
    return kinds.claiming(path) if os.path.exists(path) else None


def absolute(source: str) -> str:
    """The same source for any current folder: built-in and hub names as they are, a path made absolute. Raises DataError."""
    if _not_empty(source) in SOURCES or source.startswith(hub.PREFIX):
        return source
    if source.startswith(stacked.PREFIX):
        return stacked.PREFIX + absolute(source.removeprefix(stacked.PREFIX))
    return os.path.realpath(os.path.expanduser(source)) if "\0" not in source else source


def _not_empty(source: str) -> str:
    if not source.strip():
        raise DataError(
            "the data source is empty: give a folder, a file or a built-in name (a variable of the shell may be unset)"
        )
    if "://" in source:
        name = source.partition("/datasets/")[2].strip("/")
        hub_way = f", or `--data {hub.PREFIX}{name}` for a data set of the Hub" if name.count("/") == 1 else ""
        raise DataError(
            f"{source} is an address, and data are read from this machine: download it, and give the file or folder{hub_way}"
        )
    return source


def _stacked(name: str, settings: DataSettings, seed: int) -> Source:
    single = single_of(name)
    if not single or single_of(single) is not None:
        raise DataError(f"data source {name!r}: write {stacked.PREFIX} and a set of grey pictures, as stacked:mnist")
    found = find(replace(settings, source=single, first=0, channels=0), seed)
    part = int(settings.split == "test")
    count = settings.first or (stacked.TEST_COUNT if part else stacked.COUNT)
    identity = ("stacked", "1", str(seed), str(part), str(count), *found.identity)
    return Source(f"stacked-{found.title}", identity, lambda: stacked.listing(found.read(), count, seed, part))


def _downloaded(name: str, settings: DataSettings, seed: int) -> Source:
    return paths.at(fetch.downloaded(name), settings)


PART = ".part"  # the end of the names of what is being written, or was when it was killed
STACKED = {"stacked-mnist": "mnist"}  # built-in stacks, and of what

SOURCES: dict[str, Callable[[str, DataSettings, int], Source]] = {  # name -> from name, settings and seed
    "digits": digits,  # 1,797 handwritten digits, 8x8 grey, from scikit-learn: no download
    "glyphs": synthetic,  # 20,000 drawn digits, 28x28 grey: class, thickness and slant are known exactly
    "ring": synthetic,  # 8 gaussians on a circle, vectors of 2
    "grid": synthetic,  # 25 gaussians on a grid, vectors of 2
    "spiral": synthetic,  # 20 gaussians along a spiral, vectors of 2
    "gaussian": synthetic,  # one gaussian on the line, vectors of 1
    "tones": toy,  # 6,000 struck tones of 12 pitches, 512 samples: pitch, overtones and decay are known exactly
    "purchases": toy,  # 4,000 rows of a table: what depends on what is known exactly
    "syllables": toy,  # 4,000 invented words of one to three syllables: which words are right is known exactly
    "mnist": _downloaded,  # `train` fetches it, as does `gansmith data get mnist`
    "fashion-mnist": _downloaded,
    "stacked-mnist": _stacked,  # 60,000 stacks of three MNIST digits, 28x28 colour: 1,000 modes
}
