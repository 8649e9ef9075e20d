"""What a list says: StyleGAN's `dataset.json`, names with classes as JSON or JSONL, or a table with a column of each.

A list that leaves a choice is not read: `NotRead` says why.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gansmith.data.formats.picture_files import printable
from gansmith.data.formats.tables.picture_names import Names, Pictures
from gansmith.ground.errors import counted

NAME_COLUMNS = (
    *("file_name", "filename", "file", "image_id", "image", "image_name", "img_name", "image_path", "img_path"),
    *("filepath", "file_path", "path", "id", "name", "picture", "photo"),
)
CLASS_COLUMNS = (
    *("label", "labels", "class", "classes", "class_name", "class_label", "label_name", "category", "category_name"),
    *("target", "y", "class_id", "label_id"),
)
MISSING = frozenset({"", "-1", "nan", "none", "null", "na", "n/a"})  # a picture without a class
ZERO_ONE = frozenset({"0", "1", "0.0", "1.0"})
LONGEST = 100  # characters of a class's name
WHOLE = 10  # pictures, from which on classes are told from texts that differ from picture to picture


class NotRead(Exception):
    """Why a list is not read."""


@dataclass(frozen=True)
class ClassList:
    """What a list says."""

    classes: Mapping[str, str]  # picture -> class
    flat: bool = False  # its folders are no classes
    unused: frozenset[str] = frozenset()  # classes of pictures that are not there


def read(name: str, text: str, pictures: Pictures, *, among: bool = True) -> ClassList:
    """What a list says of pictures. Raises NotRead."""
    folder, _, last = name.rpartition("/") if among else ("", "", name)
    known = Names(pictures, folder, last.partition(".")[0])
    if last.lower().endswith((".json", ".jsonl", ".ndjson")):
        value = _json(last, text)
        if isinstance(value, dict) and "labels" in value:  # StyleGAN's
            value = value["labels"]
            if value is None:
                return ClassList({}, flat=True)
            pairs = list(value.items()) if isinstance(value, dict) else value
            return replace(_of_pairs(pairs, known), flat=True)
        if isinstance(value, dict):
            return _of_pairs(list(value.items()), known)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            return _of_pairs(value, known)
        header = list(dict.fromkeys(key for row in value for key in row))
        whys = [next(filter(None, (_no_word(row.get(key)) for row in value)), "") for key in header]
        rows = [["" if _no_word(cell := row.get(key)) else _word(cell) for key in header] for row in value]
        return _of_table([header, *rows], known, whys)
    if last.lower().endswith(".txt"):
        return _of_table([line.split() for line in text.splitlines()], known)
    mark = max(",;\t|", key=text.partition("\n")[0].count)
    try:
        return _of_table(list(csv.reader(io.StringIO(text, newline=""), delimiter=mark)), known)
    except csv.Error as error:
        raise NotRead(f"it is no sound table ({error})") from None


def _json(name: str, text: str) -> Any:
    try:
        if name.lower().endswith(".json"):
            return json.loads(text)
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise NotRead("it is no sound JSON") from None


def _word(value: Any) -> str:
    """A value of a JSON as a cell. Raises NotRead for lists and objects."""
    if reason := _no_word(value):
        raise NotRead(reason)
    if isinstance(value, list):
        return str(next(index for index, part in enumerate(value) if part))
    return "" if value is None else str(value)


def _no_word(value: Any) -> str:
    """Why a value of a JSON is no class: it is an object, or a list but no one-hot vector. "" where it may be one."""
    if isinstance(value, dict):
        kind = "objects"
    elif isinstance(value, list) and (len(value) < 2 or sorted(map(str, value)) not in _one_hots(len(value))):
        kind = f"vectors of {counted(len(value), 'number')}"
    else:
        return ""
    return f"its labels are {kind}, and classes are whole numbers, words or one-hot vectors"


def _one_hots(length: int) -> list[list[str]]:
    """The sorted parts of one-hot vectors, as text."""
    return [["0"] * (length - 1) + ["1"], ["0.0"] * (length - 1) + ["1.0"]]


def _of_pairs(pairs: Any, known: Names) -> ClassList:
    if not isinstance(pairs, list) or not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise NotRead("it is no list of names and classes")
    return _classes([(str(name), _word(value)) for name, value in pairs], known, "the list")


def _of_table(rows: list[list[str]], known: Names, whys: Sequence[str] = ()) -> ClassList:
    """The classes in a table. whys: for each column, why it holds no classes, "" where it may. Raises NotRead."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    width = len(rows[0]) if rows else 0
    if width < 2 or any(len(row) != width for row in rows):
        raise NotRead(
            "its lines are not of one length, two cells or more between commas, semicolons, tabs or bars"
            if rows
            else "it is empty"
        )
    header = [] if any(known.find(cell) for cell in rows[0]) else [_heading(cell) for cell in rows.pop(0)]
    hits = [len({known.find(row[column]) for row in rows} - {None}) for column in range(width)]
    usual = [header and header[column] in NAME_COLUMNS for column in range(width)]
    names = max(range(width), key=lambda column: (hits[column], usual[column], -column))
    if not hits[names]:
        raise NotRead("it names none of the pictures")
    pairs = _one_hot(rows, header, names)
    if pairs is None:
        column = _class_column(rows, header, names, whys)
        if whys and whys[column]:
            raise NotRead(whys[column])
        pairs, title = [(row[names], row[column]) for row in rows], f"column {header[column] if header else column + 1}"
    else:
        title = "the row of 0 and 1"
    found = _classes(pairs, known, title)
    pictures, count = len(found.classes), len(set(found.classes.values()))
    if pictures >= WHOLE and count > pictures / 2:
        raise NotRead(f"{title} holds {count:,} different values for {counted(pictures, 'picture')}")
    return found


def _one_hot(rows: list[list[str]], header: list[str], names: int) -> list[tuple[str, str]] | None:
    """The classes where each is a column, and each row has a single 1 among 0."""
    others = [column for column in range(len(header)) if column != names]
    if len(others) < 2 or not all(row[column].strip() in ZERO_ONE for row in rows for column in others):
        return None
    ones = [[column for column in others if float(row[column])] for row in rows]
    if any(len(columns) != 1 for columns in ones):
        raise NotRead("its columns of 0 and 1 are attributes: call it list_attr_NAME.csv to have them read as such")
    return [(row[names], header[columns[0]]) for row, columns in zip(rows, ones, strict=True)]


def _heading(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_")


def _class_column(rows: list[list[str]], header: list[str], names: int, whys: Sequence[str]) -> int:
    """The column of the classes, one without a reason against it if there is any. Raises NotRead where it is not clear which that is."""
    others = [column for column in range(len(rows[0])) if column != names]
    meant = [column for column in others if header and header[column] in CLASS_COLUMNS]
    if not meant:
        if len(others) == 1:
            return others[0]
        shown = (
            ", ".join(header[column] for column in others[:4])
            if header
            else f"{counted(len(others), 'column')} without names"
        )
        raise NotRead(f"beside the names it has {shown}: call the column of the classes `label`")
    meant = [column for column in meant if not (whys and whys[column])] or meant
    meant.sort(key=lambda column: CLASS_COLUMNS.index(header[column]))
    for other in meant[1:]:
        pairs = {(row[meant[0]], row[other]) for row in rows}
        if len(pairs) != len({first for first, _ in pairs}) or len(pairs) != len({second for _, second in pairs}):
            raise NotRead(f"{header[meant[0]]} and {header[other]} are both classes: keep one of the columns")
    words = [column for column in meant if not all(_number(row[column]) is not None for row in rows)]
    return (words or meant)[0]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _classes(pairs: Sequence[tuple[str, str]], known: Names, title: str) -> ClassList:
    """The classes of pictures, and those of none. Raises NotRead."""
    found = dict(_sound(pairs, known, title))
    if not found and not any(known.find(name) for name, _ in pairs):
        raise NotRead("it names none of the pictures")
    absent = {_class(value) for name, value in pairs if known.find(name) is None}
    return ClassList(found, unused=frozenset(absent - {"", *found.values()}))


def _class(value: str) -> str:
    """A class as it is called; "" for none."""
    word = value.strip()
    number = _number(word)
    if word.lower() in MISSING:
        return ""
    return str(int(number)) if number is not None and number.is_integer() and "." in word else word


def _sound(pairs: Sequence[tuple[str, str]], known: Names, title: str) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name, value in pairs:
        word, picture = value.strip(), known.find(name)
        if picture is None or not _class(value):
            continue
        number = _number(word)
        if number is not None and not number.is_integer():
            raise NotRead(f"{title} holds {word}, which is no class")
        if len(word) > LONGEST:
            raise NotRead(f"{title} holds texts, no classes")
        word = _class(value)
        if seen.setdefault(picture, word) != word:
            raise NotRead(f"{printable(name)} has more than one class, {seen[picture]} and {word} for two")
        yield picture, word
