"""CelebA's lists: the attributes of each picture (`list_attr_celeba`) and its split (`list_eval_partition`).

Both are read as published (.txt: a count, the attributes' names, then a line for each picture with 1 or -1 for each) and
as CSV (a heading, then a line for each picture with 1, 0 or -1). They lie among the pictures or beside their folder or
zip. A list of the same form of any other data set is read too, if its name begins with `list_attr`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from gansmith.data.formats.listing import Reader, Unreadable
from gansmith.data.formats.picture_files import AttributeTable, PictureFiles
from gansmith.data.formats.tables import class_lists
from gansmith.ground.errors import DataError, counted

ATTRIBUTES, PARTITION = "list_attr", "list_eval_partition"  # the lists' names begin so
BESIDE = tuple(f"{stem}{ending}" for stem in ("list_attr_celeba", PARTITION) for ending in (".txt", ".csv"))
MAX_LIST = 2**27  # bytes
ANSWERS = frozenset({"1", "-1", "0"})
SPLIT_OF = {"0": "train", "1": "validation", "2": "test"}


def beside(path: Path) -> list[Path]:
    """The lists in the folder in which a folder or an archive of pictures lies."""
    own = [path.parent / name for name in BESIDE if (path.parent / name).is_file()]
    return own + class_lists.beside(path)


def among(found: PictureFiles) -> list[str]:
    """Lists of attributes, splits or classes among the files of a source, by their names."""
    return [name for name in found.others if _is_own(name) or class_lists.is_class_list(name)]


def with_lists(found: PictureFiles, reader: Reader, neighbours: list[Path]) -> PictureFiles:
    """Picture files with what the lists among them, or those in `neighbours`, say of them. Raises DataError."""
    texts = list(_texts(found, reader, neighbours))
    own = {name: text for name, text, _ in texts if _is_own(name)}
    attributes = next((name for name in own if _is_list(name, ATTRIBUTES)), None)
    partition = next((name for name in own if _is_list(name, PARTITION)), None)
    if attributes is not None:
        found = replace(found, table=table(attributes, own[attributes]))
    if partition is not None:
        found = replace(found, splits=splits(partition, own[partition]))
    return class_lists.with_classes(found, [entry for entry in texts if not _is_own(entry[0])])


def _is_own(name: str) -> bool:
    return _is_list(name, ATTRIBUTES) or _is_list(name, PARTITION)


def _texts(found: PictureFiles, reader: Reader, neighbours: list[Path]) -> Iterator[tuple[str, str, bool]]:
    """The lists' names and texts, and whether they lie among the pictures; those come first."""
    names = among(found) if found.entries else []
    if names:
        with reader.opened() as opened:
            for name in names:
                try:
                    with opened(name) as file:
                        yield name, _text(name, file.read(MAX_LIST + 1)), True
                except Unreadable as error:
                    raise DataError(
                        f"{name} in {reader.path} cannot be read ({error}): mend it, or move it elsewhere"
                    ) from None
    for path in neighbours:
        try:
            yield path.name, _text(path.name, path.read_bytes()), False
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}): mend it, or move it elsewhere") from None


def _is_list(name: str, stem: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return last.startswith(stem) and last.endswith((".txt", ".csv"))


def _text(name: str, data: bytes) -> str:
    if len(data) > MAX_LIST:
        raise DataError(f"{name} has more than {MAX_LIST:,} bytes, too many for a list of pictures: move it elsewhere")
    return data.decode("utf-8-sig", "replace")


def table(name: str, text: str) -> AttributeTable:
    """A list of attributes. Raises DataError."""
    lines = _lines(name, text)
    questions = next(lines, [])
    if len(questions) == 1 and questions[0].isdecimal():  # the count
        questions = next(lines, [])
    row: dict[str, int] = {}
    answers = bytearray()
    width = 0
    for picture, *cells in lines:
        width = width or len(cells)
        if len(cells) != width or not ANSWERS.issuperset(cells):
            raise DataError(
                f"{name}: after {picture!r} there must be {counted(width, 'answer')} of 1, -1 or 0: mend this line"
            )
        row[picture] = len(answers) // max(1, width)
        answers.extend(cell == "1" for cell in cells)
    if not width:
        raise DataError(f"{name} lists no picture: write a line of questions into it, then a line for each picture")
    questions = questions[1:] if len(questions) == width + 1 else questions  # a heading for the names
    if len(questions) != width:
        raise DataError(
            f"{name} asks {counted(len(questions), 'question')} and has {counted(width, 'answer')} a picture: give one for each"
        )
    return AttributeTable(name, tuple(questions), row, np.frombuffer(answers, np.uint8).astype(bool).reshape(-1, width))


def splits(name: str, text: str) -> dict[str, str]:
    """A list of splits: file name -> "train", "validation" or "test". Raises DataError."""
    found: dict[str, str] = {}
    for number, cells in enumerate(_lines(name, text)):
        if len(cells) == 2 and cells[1] in SPLIT_OF:
            found[cells[0]] = SPLIT_OF[cells[1]]
        elif number:  # the first may be a heading
            raise DataError(
                f"{name}: after {cells[0]!r} there must be 0, 1 or 2 (train, validation, test): mend this line"
            )
    return found


def _lines(name: str, text: str) -> Iterator[list[str]]:
    """The cells of each line that is not blank."""
    comma = "," if name.lower().endswith(".csv") else None
    return ([cell.strip() for cell in line.split(comma)] for line in text.splitlines() if line.strip())
