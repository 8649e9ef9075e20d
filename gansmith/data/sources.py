"""What may stand in data.source: a built-in name, or a path that is recognised by what lies there."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gansmith.data import arrays, fetch, files, glyphs, idx, synthetic
from gansmith.data.listing import Listing, Numbered
from gansmith.ground.errors import DataError, nearest
from gansmith.ground.settings import DataSettings

DIGITS_SIZE = (16, 16)  # what data.size = "auto" makes of the 8x8 digits: twice as fine, and still theirs


@dataclass(frozen=True)
class Found:
    """A source that was recognised and not yet read."""

    title: str
    identity: tuple[str, ...]  # as long as these lines are the same, so is what would be read
    read: Callable[[], Listing]  # may take a while; raises DataError


@dataclass(frozen=True)
class Builtin:
    """A source that goes by its name."""

    summary: str
    find: Callable[[str, DataSettings, int], Found]  # name, settings, seed


def find(settings: DataSettings, seed: int = 0) -> Found:
    """Recognise data.source. `seed` matters to synthetic sources only. Raises DataError."""
    builtin = SOURCES.get(settings.source)
    if builtin is not None:
        return builtin.find(settings.source, settings, seed)
    return find_path(Path(settings.source).expanduser(), settings)


def find_path(path: Path, settings: DataSettings) -> Found:
    """Recognise what lies at a path: IDX, a folder or zip of pictures, .npz, .npy. Raises DataError."""
    if not settings.source.strip() or not os.path.exists(path):  # which, unlike Path's, takes any name
        raise DataError(
            f"no data source {settings.source!r}: it is neither a path that exists nor built in"
            f"{nearest(settings.source, SOURCES)}"
        )
    if path.is_dir():
        return _folder(path, settings)
    suffix = path.suffix.lower()
    if suffix in (".npz", ".npy"):
        return Found(path.name, _stamps([path]), lambda: arrays.listing(path, settings.split))
    if suffix == ".zip":
        return Found(path.name, _stamps([path]), lambda: _zip(path, settings.split))
    if idx.is_idx(path):
        return _idx(idx.IdxSet(path.name, {"": path}), settings)
    raise DataError(
        f"{path} is no source that can be read: give a folder or a .zip of pictures, IDX files (.gz or plain), "
        ".npz or .npy"
    )


def _folder(path: Path, settings: DataSettings) -> Found:
    """IDX files, else pictures, else the one archive that lies in the folder."""
    sets = idx.in_folder(path)
    if sets is not None:
        return _idx(sets, settings)
    contents = files.in_folder(path)
    archives = [path / name for name in contents.others if name.lower().endswith((".zip", ".npz", ".npy"))]
    if not contents.entries and len(archives) == 1:
        return find_path(archives[0], settings)
    lines = [f"{entry.name}|{entry.size}|{entry.stamp}" for entry in contents.entries]
    return Found(
        path.resolve().name,
        (str(path.resolve()), *lines),
        lambda: files.listing(files.FolderReader(path), contents, settings.split),
    )


def _zip(path: Path, split: str) -> Listing:
    return files.listing(files.ZipReader(path), files.in_zip(path), split)


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
    count = settings.first or synthetic.COUNT
    part = int(settings.split == "test")

    def read() -> Listing:
        items, labels = synthetic.points(name, count, seed, part)
        names = tuple(str(mode) for mode in range(len(synthetic.modes(name)[0])))
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


def _downloaded(name: str, settings: DataSettings, seed: int) -> Found:
    return find_path(fetch.find(name), settings)


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
}
