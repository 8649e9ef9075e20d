"""Finds what data.source names: a built-in data set, or a path whose files show what kind of source it is."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gansmith import kinds
from gansmith.data import fetch, reopening, store_files
from gansmith.data.formats import arrays, attributes, classes, files, globs, hub, idx, left_out, tars
from gansmith.data.formats.containers import cifar, lmdb_folder, named_arrays, parquet
from gansmith.data.formats.listing import Listing, Reader
from gansmith.data.formats.picture_files import PictureFiles
from gansmith.data.formats.tables import csv_pictures
from gansmith.data.toys import gaussians, glyphs, stacked
from gansmith.data.toys.other_kinds import TOYS
from gansmith.ground.errors import DataError, nearest, similar
from gansmith.ground.progress import Progress, Say
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import Kind

DIGITS_SIZE = (16, 16)  # of data.size = "auto" for the 8x8 digits


@dataclass(frozen=True)
class Source:
    """A source that was found and not yet read."""

    title: str
    identity: tuple[str, ...]  # lines that change when what would be read does
    read: Callable[[], Listing]  # may take a while; raises DataError
    store: Path | None = None  # the folder, if the source is a prepared store
    left_out: tuple[str, ...] | None = None  # what is left out now, where that may change while what is read does not


def find(settings: DataSettings, seed: int = 0) -> Source:
    """Find data.source. `seed` matters to synthetic sources only. Raises DataError."""
    text = _not_empty(settings.source)
    builtin = SOURCES.get(text)
    if builtin is not None:
        return builtin(text, settings, seed)
    kinds.named(settings.kind if settings.kind != "auto" else "picture")  # refuses a name that is none
    if text.startswith(hub.PREFIX):
        return _hub(Path(text.removeprefix(hub.PREFIX)), settings)
    if text.startswith(stacked.PREFIX):
        return _stacked(text, settings, seed)
    if globs.is_pattern(text):
        root, pattern = globs.split(text)
        if not root.is_dir():
            raise DataError(f"no data source {text!r}: there is no folder {root} in which to look for it")
        return _pictures(root, pattern, settings)
    return find_path(Path(os.path.expanduser(text)), settings)


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
    return source


def find_path(path: Path, settings: DataSettings) -> Source:
    """Find what kind of source is at a path. Raises DataError."""
    if not os.path.exists(path):  # which, unlike Path's, takes any name
        raise DataError(
            f"no data source {settings.source!r}: it is neither a path that exists nor built in{_near(path)}"
        )
    asked = kinds.KINDS.get(settings.kind)
    if asked is not None and (asked.claims(path) or (asked.reads and _is_plain_file(path))):
        return _of_kind(asked, path, settings)
    if path.is_dir():
        return _folder(path, settings)
    suffix = path.suffix.lower()
    if suffix in (".npz", ".npy"):
        return Source(path.name, _stamps([path]), lambda: arrays.listing(path, settings))
    if suffix in named_arrays.ENDINGS:
        return Source(path.name, _stamps([path]), lambda: named_arrays.listing(path, settings))
    if suffix == ".zip":
        return _archive(files.reader("zip", path), files.in_zip, settings)
    if suffix == ".tar" or path.name.lower().endswith(tars.COMPRESSED):
        return _archive(files.reader("tar", path), tars.in_tar, settings)
    if suffix == ".csv" and csv_pictures.is_table(path):
        return _csv({"": path}, path.name, settings)
    if kind := kinds.claiming(path):
        return _of_kind(kind, path, settings)
    if suffix == parquet.ENDING:
        return _parquet(path, settings)
    if suffix == ".csv":
        return _csv({"": path}, path.name, settings)
    if path.name == lmdb_folder.DATA:
        return find_path(path.parent, settings)
    if idx.is_idx(path):
        return _idx(idx.IdxSet(path.name, {"": path}), settings)
    raise left_out.not_a_source(path)


def _is_plain_file(path: Path) -> bool:
    """Whether a path is a file that holds no named or nameless arrays."""
    return path.is_file() and path.suffix.lower() not in (".npz", ".npy", *named_arrays.ENDINGS)


def _near(path: Path) -> str:
    """The end of the error for a path that there is not: its neighbour or the built-in source of a similar name."""
    try:
        with os.scandir(path.parent) as entries:
            neighbours = [entry.name for entry in itertools.islice(entries, 1000) if entry.name != path.name]
    except (OSError, ValueError):
        neighbours = []
    close = similar(path.name, [*SOURCES, *neighbours])
    if close is None or close in SOURCES:
        return nearest(path.name, SOURCES)
    return f"; did you mean {str(path.parent / close)!r}?"


def _folder(path: Path, settings: DataSettings) -> Source:
    """A store, a saved dataset or IDX files, else pictures, else tars, else the only archive in the folder."""
    kind = left_out.kind_of(path)
    if kind and kind != left_out.STORE:
        raise DataError(
            f"{path} is {kind} of Gansmith, no data: to use a run's samples, write them with `gansmith sample`"
        )
    if store_files.is_store(path):
        stamps = _stamps([path / store_files.MANIFEST, path / store_files.ITEMS])
        return Source(path.resolve().name, stamps, lambda: reopening.listing(path, settings), store=path)
    if hub.is_saved(path):
        return _hub(path, settings)
    if (path / lmdb_folder.DATA).is_file():
        return _archive(files.reader("lmdb", path), lmdb_folder.in_lmdb, settings, path / lmdb_folder.DATA)
    if batches := cifar.batches(path):
        stamps = _stamps([file for part in batches.values() for file in part])
        return Source(path.resolve().name, stamps, lambda: cifar.listing(path, settings.split))
    sets = idx.in_folder(path)
    if sets is not None:
        return _idx(sets, settings)
    return _pictures(path, (), settings)


def _pictures(path: Path, pattern: globs.Pattern, settings: DataSettings) -> Source:
    """The pictures below a folder, else its only archive, else its tars."""
    found = files.in_folder(path, pattern)
    title = "/".join((path.resolve().name, *pattern))
    if not found.entries:
        archives = [name for name in found.others if name.lower().endswith(left_out.ARCHIVES)]
        shards = [name for name in archives if name.lower().endswith(".tar")]
        if len(archives) == 1:
            return find_path(path / archives[0], settings)
        if shards:
            reader = files.reader("tar", path)
            return Source(
                title,
                (str(path.resolve()), *_stamps([path / name for name in shards])),
                lambda: classes.listing(reader, tars.in_shards(path, shards), settings.split, title),
            )
        if any(name.lower().endswith(parquet.ENDING) for name in found.others):
            return _parquet(path, settings)
        tables = {part: path / name for part, name in csv_pictures.in_folder(list(found.others)).items()}
        if tables and all(map(csv_pictures.is_table, tables.values())):
            return _csv(tables, title, settings)
        if not pattern and (kind := kinds.claiming(path)):
            return _of_kind(kind, path, settings)
        if pattern and not (found.others or found.skipped or found.capitals):
            raise DataError(f"no data source {settings.source!r}: nothing in {path} matches the pattern")
    lists = [path / name for name in attributes.among(found)]
    neighbours = attributes.beside(path)
    reader = files.reader("folder", path)
    return Source(
        title,
        (str(path.resolve()), *(entry.mark for entry in found.entries), *_stamps([*lists, *neighbours])),
        lambda: classes.listing(reader, attributes.with_lists(found, reader, neighbours), settings.split, title),
        left_out=left_out.summary(found),
    )


def _of_kind(kind: Kind, path: Path, settings: DataSettings) -> Source:
    """What a kind reads by itself at a path. Raises DataError."""
    title = path.resolve().name

    def read() -> Listing:
        made = kind.read(path, settings)
        return Listing(
            title,
            items=made.items,
            labels=made.labels,
            class_names=made.class_names,
            splits=made.splits,
            parts=made.parts,
            skipped=made.skipped,
            left_out=made.left_out,
            remarks=made.remarks,
            kind=kind.name,
            units=made.units,
        )

    return Source(title, (kind.name, *_stamps(kind.files(path))), read)


def _archive(
    reader: Reader, search: Callable[[Path], PictureFiles], settings: DataSettings, file: Path | None = None
) -> Source:
    """The pictures in a zip, a tar, or the data base in a file of a folder."""
    path, neighbours = reader.path, attributes.beside(reader.path)

    def read() -> Listing:
        return classes.listing(reader, attributes.with_lists(search(path), reader, neighbours), settings.split)

    return Source(path.resolve().name, _stamps([file or path, *neighbours]), read)


def _parquet(path: Path, settings: DataSettings) -> Source:
    """The rows of a parquet file, or of all in a folder."""
    reader = files.reader("parquet", path)
    return Source(path.resolve().name, _stamps(parquet.files_in(path)), lambda: parquet.listing(reader, settings.split))


def _csv(tables: dict[str, Path], title: str, settings: DataSettings) -> Source:
    """Pictures as rows of numbers: split -> a CSV."""
    return Source(title, _stamps(list(tables.values())), lambda: csv_pictures.listing(tables, title, settings.split))


def _hub(path: Path, settings: DataSettings) -> Source:
    """A Hugging Face dataset: a saved one's folder, or its name."""
    saved = hub.is_saved(path)
    lines = _stamps(sorted(path.rglob("*.json"))) if saved else (hub.PREFIX, path.as_posix(), *hub.identity(path))
    return Source(path.name, lines, lambda: hub.listing(files.reader("hub", path), settings.split))


def _idx(sets: idx.IdxSet, settings: DataSettings) -> Source:
    return Source(sets.title, _stamps(sets.files()), lambda: idx.listing(sets, settings.split))


def _stamps(paths: list[Path]) -> tuple[str, ...]:
    """The path, size and time of change of each file."""
    stats = [(path.resolve(), path.stat()) for path in paths]
    return tuple(f"{path}|{stat.st_size}|{stat.st_mtime_ns}" for path, stat in stats)


def _digits(name: str, settings: DataSettings, seed: int) -> Source:
    """The 1,797 handwritten digits inside scikit-learn, 8x8 with values 0 .. 16."""

    def read() -> Listing:
        from sklearn.datasets import load_digits

        values, labels = load_digits(return_X_y=True)
        return Listing(
            name,
            items=np.rint(np.asarray(values).reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8),
            labels=np.asarray(labels, np.int64),
            class_names=tuple(str(digit) for digit in range(10)),
            mixed=True,
            auto_size=DIGITS_SIZE,
        )

    return Source(name, (name, "1"), read)


def _synthetic(name: str, settings: DataSettings, seed: int) -> Source:
    drawn = name == "glyphs"
    count = settings.first or (glyphs.COUNT if drawn else gaussians.COUNT)
    part = int(settings.split == "test")

    def read() -> Listing:
        items, labels = glyphs.pictures(count, seed, part) if drawn else gaussians.points(name, count, seed, part)
        classes = len(glyphs.STROKES) if drawn else len(gaussians.modes(name)[0])
        names = tuple(str(number) for number in range(classes))
        return Listing(name, items=items, labels=labels, class_names=names, splits=("train", "test"), computed=True)

    return Source(name, (name, "1", str(seed), str(part), str(count)), read)


def _toy(name: str, settings: DataSettings, seed: int) -> Source:
    toy = TOYS[name]
    count, part = settings.first or toy.size, int(settings.split == "test")

    def read() -> Listing:
        given, labels = toy.made(count, seed, part)
        prepare = kinds.named(toy.kind).prepare
        assert prepare is not None
        found = prepare(given, replace(settings, rate=toy.rate), name)
        return Listing(
            name,
            items=found.items,
            labels=found.labels if labels is None else labels,
            class_names=toy.class_names or found.class_names,
            splits=("train", "test"),
            left_out=found.left_out,
            remarks=found.remarks,
            computed=True,
            kind=toy.kind,
            units=found.units,
        )

    return Source(name, (name, "1", str(seed), str(part), str(count)), read)


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
    return find_path(fetch.downloaded(name), settings)


STACKED = {"stacked-mnist": "mnist"}  # built-in stacks, and of what

SOURCES: dict[str, Callable[[str, DataSettings, int], Source]] = {  # name -> from name, settings and seed
    "digits": _digits,  # 1,797 handwritten digits, 8x8 grey, from scikit-learn: no download
    "glyphs": _synthetic,  # 20,000 drawn digits, 28x28 grey: class, thickness and slant are known exactly
    "ring": _synthetic,  # 8 gaussians on a circle, vectors of 2
    "grid": _synthetic,  # 25 gaussians on a grid, vectors of 2
    "spiral": _synthetic,  # 20 gaussians along a spiral, vectors of 2
    "gaussian": _synthetic,  # one gaussian on the line, vectors of 1
    "tones": _toy,  # 6,000 struck tones of 12 pitches, 512 samples: pitch, overtones and decay are known exactly
    "purchases": _toy,  # 4,000 rows of a table: what depends on what is known exactly
    "syllables": _toy,  # 4,000 invented words of one to three syllables: which words are right is known exactly
    "mnist": _downloaded,  # `train` fetches it, as does `gansmith data get mnist`
    "fashion-mnist": _downloaded,
    "stacked-mnist": _stacked,  # 60,000 stacks of three MNIST digits, 28x28 colour: 1,000 modes
}
