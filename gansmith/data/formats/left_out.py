"""What of a source is left out, counted by kind, each kind with the way to have it; and why a source holds no picture."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Set
from pathlib import Path

from gansmith.data import store_files
from gansmith.data.formats import attributes
from gansmith.data.formats.picture_files import SUFFIXES, PictureFiles, printable
from gansmith.ground.errors import DataError, as_typed, counted, typed
from gansmith.ground.files.gridfolder import ArticlesFolder, GridFolder
from gansmith.ground.files.runfolder import RunFolder
from gansmith.kinds.text.reading import begins_as_text

WAYS_OUT = {  # ending -> what to do with such a file
    **dict.fromkeys((".heic", ".heif", ".hif"), "convert them to .jpg"),
    **dict.fromkeys((".jxl", ".jp2", ".j2k", ".tga", ".exr", ".hdr", ".psd", ".dds", ".ico"), "convert them to .png"),
    **dict.fromkeys((".svg", ".pdf", ".eps", ".ai"), "draw them as .png"),
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"), "develop them to .jpg"),
    **dict.fromkeys((".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"), "cut them into pictures"),
    **dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst"), "unpack them"),
    **dict.fromkeys((".npy", ".npz", ".h5", ".hdf5", ".mat", ".parquet"), "give one of them as --data"),
    **dict.fromkeys((".tfrecord", ".tfrecords"), "write their pictures as .png, with tensorflow_datasets or tf.data"),
    **dict.fromkeys((".arrow",), "save them with `save_to_disk`, or as .parquet"),
    **dict.fromkeys((".pt", ".pth", ".pkl", ".pickle"), "save their arrays with numpy.savez"),
}
RUN, STORE = "the run", "the store"
_RUN, _GRID, _STUDIES = RunFolder(Path()), GridFolder(Path()), ArticlesFolder(Path(), Path())
OWN = {  # what this program writes: the files by which a folder of it is known
    RUN: (
        {_RUN.recipe.name, _RUN.data.name},
        {_RUN.environment.name, _RUN.data.name},
        {_RUN.environment.name, _RUN.samples.name, _RUN.checkpoints.name},  # killed while it began
    ),
    STORE: ({store_files.MANIFEST, store_files.ITEMS},),
    "the comparison": ({_GRID.comparison.name},),
    "the studies": ({_STUDIES.figures.name},),
}
BY_THEMSELVES = (".csv", ".tsv", ".txt", ".md")  # tables and lines, which are sources when given alone
ARCHIVES = (".zip", ".tar", ".npz", ".npy", ".h5", ".hdf5", ".mat")  # read when given alone


def own_kind(names: Set[str]) -> str:
    """Of what a folder with files of these names is the folder, if this program wrote it; else ""."""
    return next((kind for kind, marks in OWN.items() if any(mark <= names for mark in marks)), "")


def kind_of(folder: Path) -> str:
    """`own_kind` of a folder. Raises DataError where it cannot be read."""
    try:
        return own_kind(set(os.listdir(folder)))
    except OSError as error:
        raise DataError(f"cannot look into {folder}: {error.strerror}") from None


def summary(found: PictureFiles) -> tuple[str, ...]:
    """A line for each kind of what is left out; empty where nothing is."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for name in sorted(set(found.others) - set(attributes.among(found))):
        ending = os.path.splitext(name)[1].lower()
        kinds[WAYS_OUT.get(ending, "")][ending] += 1
    lines = [f"{_listed(endings)}: {way}" for way, endings in kinds.items() if way]
    lines += [f"{count:,} {kind}" if kind != "hidden" else f"{count:,} hidden" for kind, count in found.hidden.items()]
    if found.capitals:
        lines.append(
            f"{len(found.capitals):,} that match the pattern but for capital letters, {found.capitals[0]} for one: "
            "a pattern like *.[pP][nN][gG] takes both"
        )
    lines += found.ours
    if found.empty:
        shown = ", ".join(map(printable, found.empty[:4])) + (", ..." if len(found.empty) > 4 else "")
        lines.append(f"{counted(len(found.empty), 'folder')} without pictures ({shown})")
    if plain := kinds.get(""):
        named = ", ".join(ending or "no ending" for ending in list(plain)[:4])
        lines.append(
            f"{plain.total():,} {'file that is no picture' if plain.total() == 1 else 'files that are no pictures'} ({named})"
        )
    return tuple(lines)


def _listed(endings: Counter[str]) -> str:
    """Counted endings: `5 .heic, 1 .heif`."""
    return ", ".join(f"{count:,} {ending}" for ending, count in endings.most_common())


def no_pictures(place: object, found: PictureFiles) -> DataError:
    """Why a folder or an archive gives no pictures, and what to do."""
    archives = [name for name in found.others if name.lower().endswith((*ARCHIVES, ".rar", ".7z"))]
    if archives and not found.skipped:
        names = ", ".join(map(printable, archives[:3])) + (", ..." if len(archives) > 3 else "")
        return DataError(
            f"{place} holds no pictures, but {'archives' if len(archives) > 1 else 'an archive'} ({names}): "
            f"unpack {'them into one folder' if len(archives) > 1 else 'it'} and give that, or give one of them"
        )
    left = "; ".join(summary(found)[:3])
    refused = f"{len(found.skipped)} were refused ({found.skipped[0][1]})" if found.skipped else ""
    hint = "; ".join(filter(None, (left, refused)))
    alone = [name for name in found.others if name.lower().endswith(BY_THEMSELVES)]
    if len(alone) == len(found.others) and alone and not found.skipped and os.path.isdir(str(place)):
        hint += f": give a file by itself, as {printable(as_typed(os.path.join(str(place), min(alone))))}"
    return DataError(
        f"{place} holds no pictures ({', '.join(SUFFIXES[:5])}, ...){f'; it holds {hint}' if hint else ''}"
    )


def not_a_source(path: Path) -> DataError:
    """What to do with a file of which no reader is known."""
    ending = ".tfrecord" if ".tfrecord" in path.name.lower() else path.suffix.lower()
    if ending in SUFFIXES:
        return DataError(f"{path} is a single picture: give the folder that holds it")
    if ending in WAYS_OUT:
        way = WAYS_OUT[ending].replace("them", "it").replace("their", "its")
        return DataError(f"{path} cannot be read: {way}, and give the result")
    if begins_as_text(path):
        way = typed("train", "text", "--data", as_typed(path))
        return DataError(f"{path} is no picture, table or sound, but text: `{way}` learns words or short lines")
    return DataError(
        f"{path} is no source that can be read: give a folder, a .zip or a .tar of pictures, IDX files (.gz or plain), .npz, "
        ".npy, .h5, .mat, .parquet, a folder with LMDB or CIFAR's batches, a table (.csv, .tsv), sounds (.wav), or words and short "
        "lines (.txt)"
    )


def read_as(found: PictureFiles) -> Iterable[str]:
    """How files were understood where their names alone do not tell."""
    if found.guessed:
        yield f"{counted(found.guessed, 'file')} without a picture's ending are pictures by their first bytes, and read"
    yield from found.unread
