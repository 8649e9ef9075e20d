"""What may stand in data.source: a built-in name, or a path that is recognised by what lies there."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gansmith.data import fetch, stored
from gansmith.data.formats import arrays, attributes, classes, files, hub, idx, patterns, tars
from gansmith.data.formats.contents import Contents
from gansmith.data.formats.listing import Listing, Numbered, Reader
from gansmith.data.preparation.resize import parse_background
from gansmith.data.toys import gaussians, glyphs, stacked
from gansmith.ground.errors import DataError, nearest
from gansmith.ground.recipes.settings import DataSettings

DIGITS_SIZE = (16, 16)  # what data.size = "auto" makes of the 8x8 digits: twice as fine, and still theirs


@dataclass(frozen=True)
class Found:
    """A source that was recognised and not yet read."""

    title: str
    identity: tuple[str, ...]  # as long as these lines are the same, so is what would be read
    read: Callable[[], Listing]  # may take a while; raises DataError
    store: Path | None = None  # where the source is a store that was prepared before


@dataclass(frozen=True)
class Builtin:
    """A source that goes by its name."""

    summary: str
    recognise: Callable[[str, DataSettings, int], Found]  # name, settings, seed


def recognise(settings: DataSettings, seed: int = 0) -> Found:
    """Recognise data.source. `seed` matters to synthetic sources only. Raises DataError."""
    text = settings.source
    builtin = SOURCES.get(text)
    if builtin is not None:
        return builtin.recognise(text, settings, seed)
    if text.startswith(hub.PREFIX):
        return _hub(Path(text.removeprefix(hub.PREFIX)), settings)
    if text.startswith(stacked.PREFIX):
        return _stacked(text, settings, seed)
    if patterns.is_pattern(text):
        return _pattern(text, settings)
    return find_path(Path(text).expanduser(), settings)


def single_of(source: str) -> str | None:
    """The source of the single pictures of a stacked source; None of any other."""
    if source in STACKED:
        return STACKED[source]
    return source.removeprefix(stacked.PREFIX) if source.startswith(stacked.PREFIX) else None


def short(source: str) -> str:
    """A name for people: "mnist" of a path to a folder mnist, "stacked-mnist" of its stacks."""
    single = single_of(source)
    return Path(source).stem if single is None else f"stacked-{short(single)}"


def absolute(source: str) -> str:
    """The same source wherever a program is started: built-in and hub names as they are, a path from its root."""
    if source in SOURCES or source.startswith(hub.PREFIX):
        return source
    if source.startswith(stacked.PREFIX):
        return stacked.PREFIX + absolute(source.removeprefix(stacked.PREFIX))
    return str(Path(source).expanduser().resolve())


def find_path(path: Path, settings: DataSettings) -> Found:
    """Recognise what lies at a path: a prepared store, IDX, a folder, zip or tar of pictures, a saved dataset, .npz,
    .npy. Raises DataError."""
    if not settings.source.strip() or not os.path.exists(path):  # which, unlike Path's, takes any name
        raise DataError(
            f"no data source {settings.source!r}: it is neither a path that exists nor built in"
            f"{nearest(settings.source, SOURCES)}"
        )
    if path.is_dir():
        return _folder(path, settings)
    suffix = path.suffix.lower()
    if suffix in (".npz", ".npy"):
        ground = parse_background(settings.background)
        return Found(path.name, _stamps([path]), lambda: arrays.listing(path, settings.split, ground))
    if suffix == ".zip":
        return _archive(files.ZipReader(path), lambda: files.in_zip(path), settings)
    if suffix == ".tar" or path.name.lower().endswith(tars.COMPRESSED):
        return _archive(tars.TarReader(path), lambda: tars.in_tar(path), settings)
    if idx.is_idx(path):
        return _idx(idx.IdxSet(path.name, {"": path}), settings)
    raise DataError(
        f"{path} is no source that can be read: give a folder, a .zip or a .tar of pictures, IDX files (.gz or plain), "
        ".npz or .npy"
    )


def _folder(path: Path, settings: DataSettings) -> Found:
    """A store, a saved dataset or IDX files, else pictures, else tars, else the one archive that lies in the folder."""
    if stored.is_store(path):
        stamps = _stamps([path / stored.MANIFEST, path / stored.ITEMS])
        return Found(path.resolve().name, stamps, lambda: stored.listing(path, settings), store=path)
    if hub.is_saved(path):
        return _hub(path, settings)
    sets = idx.in_folder(path)
    if sets is not None:
        return _idx(sets, settings)
    return _pictures(path, (), settings)


def _pattern(text: str, settings: DataSettings) -> Found:
    """What fits a pattern. Raises DataError."""
    root, pattern = patterns.split(text)
    if not root.is_dir():
        raise DataError(f"no data source {text!r}: there is no folder {root} in which to look for it")
    return _pictures(root, pattern, settings)


def _pictures(path: Path, pattern: patterns.Pattern, settings: DataSettings) -> Found:
    """The pictures below a folder, else its tars, else the one archive."""
    contents = files.in_folder(path, pattern)
    title = "/".join((path.resolve().name, *pattern))
    if not contents.entries:
        shards = [name for name in contents.others if tars.is_tar(name)]
        archives = [path / name for name in contents.others if name.lower().endswith((".zip", ".npz", ".npy", ".tar"))]
        if len(archives) == 1:
            return find_path(archives[0], settings)
        if shards:
            stamps = _stamps([path / name for name in shards])
            reader = tars.TarReader(path)
            return Found(
                title,
                (str(path.resolve()), *stamps),
                lambda: classes.listing(reader, tars.in_shards(path, pattern, shards), settings.split, title),
            )
        if pattern and not contents.others and not contents.skipped:
            raise DataError(f"no data source {settings.source!r}: nothing in {path} fits the pattern")
    lists = [path / name for name in attributes.among(contents)]
    neighbours = attributes.beside(path)
    reader = files.FolderReader(path)
    return Found(
        title,
        (str(path.resolve()), *(entry.mark for entry in contents.entries), *_stamps([*lists, *neighbours])),
        lambda: classes.listing(reader, attributes.with_lists(contents, reader, neighbours), settings.split, title),
    )


def _archive(reader: Reader, look: Callable[[], Contents], settings: DataSettings) -> Found:
    """The pictures in a zip or a tar."""
    neighbours = attributes.beside(reader.path)
    return Found(
        reader.path.name,
        _stamps([reader.path, *neighbours]),
        lambda: classes.listing(reader, attributes.with_lists(look(), reader, neighbours), settings.split),
    )


def _hub(path: Path, settings: DataSettings) -> Found:
    """A Hugging Face dataset: a saved one's folder, or its name."""
    saved = hub.is_saved(path)
    lines = _stamps(sorted(path.rglob("*.json"))) if saved else (hub.PREFIX, path.as_posix(), *hub.identity(path))
    return Found(path.name, lines, lambda: hub.listing(path, settings.split))


def _idx(sets: idx.IdxSet, settings: DataSettings) -> Found:
    return Found(sets.title, _stamps(sets.files()), lambda: idx.listing(sets, settings.split))


def _stamps(paths: list[Path]) -> tuple[str, ...]:
    """Where files lie, how large they are, and when they were written."""
    stats = [(path.resolve(), path.stat()) for path in paths]
    return tuple(f"{path}|{stat.st_size}|{stat.st_mtime_ns}" for path, stat in stats)


def _digits(name: str, settings: DataSettings, seed: int) -> Found:
    return Found(name, (name, "1"), _read_digits)


def _read_digits() -> Listing:
    """The 1,797 handwritten digits inside scikit-learn, 8x8 with values 0 .. 16."""
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    values = np.asarray(values).reshape(-1, 8, 8)
    return Listing(
        "digits",
        Numbered(len(values)),
        np.rint(values * (255 / 16)).astype(np.uint8)[..., None],
        labels=np.asarray(labels, np.int64),
        class_names=tuple(str(digit) for digit in range(10)),
        auto_size=DIGITS_SIZE,
    )


def _synthetic(name: str, settings: DataSettings, seed: int) -> Found:
    count = settings.first or gaussians.COUNT
    part = int(settings.split == "test")

    def read() -> Listing:
        items, labels = gaussians.points(name, count, seed, part)
        names = tuple(str(mode) for mode in range(len(gaussians.modes(name)[0])))
        return Listing(name, Numbered(count), items, labels=labels, class_names=names, splits=("train", "test"))

    return Found(name, (name, "1", str(seed), str(part), str(count)), read)


def _glyphs(name: str, settings: DataSettings, seed: int) -> Found:
    count = settings.first or glyphs.COUNT
    part = int(settings.split == "test")

    def read() -> Listing:
        items, labels = glyphs.pictures(count, seed, part)
        names = tuple(str(digit) for digit in range(len(glyphs.STROKES)))
        return Listing(name, Numbered(count), items, labels=labels, class_names=names, splits=("train", "test"))

    return Found(name, (name, "1", str(seed), str(part), str(count)), read)


def _stacked(name: str, settings: DataSettings, seed: int) -> Found:
    single = single_of(name)
    if not single or single_of(single) is not None:
        raise DataError(f"data source {name!r}: write {stacked.PREFIX} and a set of grey pictures, as stacked:mnist")
    found = recognise(replace(settings, source=single, first=0), seed)
    part = int(settings.split == "test")
    count = settings.first or (stacked.TEST_COUNT if part else stacked.COUNT)
    identity = ("stacked", "1", str(seed), str(part), str(count), *found.identity)
    return Found(f"stacked-{found.title}", identity, lambda: stacked.listing(found.read(), count, seed, part))


def _downloaded(name: str, settings: DataSettings, seed: int) -> Found:
    return find_path(fetch.downloaded(name), settings)


STACKED = {"stacked-mnist": "mnist"}  # built-in stacks, and of what

SOURCES: dict[str, Builtin] = {
    "digits": Builtin("1,797 handwritten digits, 8x8 grey, from scikit-learn: no download", _digits),
    "glyphs": Builtin("20,000 drawn digits, 28x28 grey: class, thickness and slant are known exactly", _glyphs),
    "ring": Builtin("8 gaussians on a circle, vectors of 2", _synthetic),
    "grid": Builtin("25 gaussians on a grid, vectors of 2", _synthetic),
    "spiral": Builtin("20 gaussians along a spiral, vectors of 2", _synthetic),
    "gaussian": Builtin("one gaussian on the line, vectors of 1", _synthetic),
    "mnist": Builtin(fetch.DOWNLOADS["mnist"].summary + ", after `gansmith data get mnist`", _downloaded),
    "fashion-mnist": Builtin(
        fetch.DOWNLOADS["fashion-mnist"].summary + ", after `gansmith data get fashion-mnist`", _downloaded
    ),
    "stacked-mnist": Builtin("60,000 stacks of three MNIST digits, 28x28 colour: 1,000 modes; stacked:PATH", _stacked),
}
