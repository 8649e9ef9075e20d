"""What kind of source is at a path: its files show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gansmith import kinds
from gansmith.data import reopening, store_files
from gansmith.data.formats import arrays, attributes, classes, files, globs, hub, idx, left_out, tars
from gansmith.data.formats.containers import cifar, lmdb_folder, named_arrays, parquet
from gansmith.data.formats.listing import Listing, Reader
from gansmith.data.formats.picture_files import PictureFiles
from gansmith.data.formats.tables import csv_pictures
from gansmith.data.sources.source import Source, stamps
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import Kind


def at(path: Path, settings: DataSettings) -> Source:
    """The source at a path that exists. Raises DataError."""
    asked = kinds.KINDS.get(settings.kind)
    if asked is not None and (asked.claims(path) or (asked.reads and _is_plain_file(path))):
        return _of_kind(asked, path, settings)
    if path.is_dir():
        return _folder(path, settings)
    suffix = path.suffix.lower()
    if suffix in (".npz", ".npy"):
        return Source(path.name, stamps([path]), lambda: arrays.listing(path, settings))
    if suffix in named_arrays.ENDINGS:
        return Source(path.name, stamps([path]), lambda: named_arrays.listing(path, settings))
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
        return at(path.parent, settings)
    if idx.is_idx(path):
        return _idx(idx.IdxSet(path.name, {"": path}), settings)
    raise left_out.not_a_source(path)


def _is_plain_file(path: Path) -> bool:
    """Whether a path is a file that holds no named or nameless arrays."""
    return path.is_file() and path.suffix.lower() not in (".npz", ".npy", *named_arrays.ENDINGS)


def _folder(path: Path, settings: DataSettings) -> Source:
    """A store, a saved dataset or IDX files, else pictures, else tars, else the only archive in the folder."""
    kind = left_out.kind_of(path)
    if kind and kind != left_out.STORE:
        raise DataError(
            f"{path} is {kind} of Gansmith, no data: to use a run's samples, write them with `gansmith sample`"
        )
    if store_files.is_store(path):
        marks = stamps([path / store_files.MANIFEST, path / store_files.ITEMS])
        return Source(path.resolve().name, marks, lambda: reopening.listing(path, settings), store=path)
    if hub.is_saved(path):
        return hub_dataset(path, settings)
    if (path / lmdb_folder.DATA).is_file():
        return _archive(files.reader("lmdb", path), lmdb_folder.in_lmdb, settings, path / lmdb_folder.DATA)
    if batches := cifar.batches(path):
        marks = stamps([file for part in batches.values() for file in part])
        return Source(path.resolve().name, marks, lambda: cifar.listing(path, settings.split))
    sets = idx.in_folder(path)
    if sets is not None:
        return _idx(sets, settings)
    return pictures(path, (), settings)


def pictures(path: Path, pattern: globs.Pattern, settings: DataSettings) -> Source:
    """The pictures below a folder, else its only archive, else its tars."""
    found = files.in_folder(path, pattern)
    title = "/".join((path.resolve().name, *pattern))
    if not found.entries:
        archives = [name for name in found.others if name.lower().endswith(left_out.ARCHIVES)]
        shards = [name for name in archives if name.lower().endswith(".tar")]
        if len(archives) == 1:
            return at(path / archives[0], settings)
        if shards:
            reader = files.reader("tar", path)
            return Source(
                title,
                (str(path.resolve()), *stamps([path / name for name in shards])),
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
        (str(path.resolve()), *(entry.mark for entry in found.entries), *stamps([*lists, *neighbours])),
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

    return Source(title, (kind.name, *stamps(kind.files(path))), read)


def _archive(
    reader: Reader, search: Callable[[Path], PictureFiles], settings: DataSettings, file: Path | None = None
) -> Source:
    """The pictures in a zip, a tar, or the data base in a file of a folder."""
    path, neighbours = reader.path, attributes.beside(reader.path)

    def read() -> Listing:
        return classes.listing(reader, attributes.with_lists(search(path), reader, neighbours), settings.split)

    return Source(path.resolve().name, stamps([file or path, *neighbours]), read)


def _parquet(path: Path, settings: DataSettings) -> Source:
    """The rows of a parquet file, or of all in a folder."""
    reader = files.reader("parquet", path)
    return Source(path.resolve().name, stamps(parquet.files_in(path)), lambda: parquet.listing(reader, settings.split))


def _csv(tables: dict[str, Path], title: str, settings: DataSettings) -> Source:
    """Pictures as rows of numbers: split -> a CSV."""
    return Source(title, stamps(list(tables.values())), lambda: csv_pictures.listing(tables, title, settings.split))


def hub_dataset(path: Path, settings: DataSettings) -> Source:
    """A Hugging Face dataset: a saved one's folder, or its name."""
    saved = hub.is_saved(path)
    lines = stamps(sorted(path.rglob("*.json"))) if saved else (hub.PREFIX, path.as_posix(), *hub.identity(path))
    return Source(path.name, lines, lambda: hub.listing(files.reader("hub", path), settings.split))


def _idx(sets: idx.IdxSet, settings: DataSettings) -> Source:
    return Source(sets.title, stamps(sets.files()), lambda: idx.listing(sets, settings.split))
