"""Lists of pictures and their classes: StyleGAN's `dataset.json`, CSV, TSV and JSONL with a column of names and one of classes.

They lie among the pictures (in an archive too) or beside their folder or archive. Names may lack the folder or the
ending. A list that leaves a choice is not read, and the reason is said.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gansmith.data.formats.picture_files import PictureFiles, printable

NAME_COLUMNS = (
    *("file_name", "filename", "file", "image_id", "image", "image_name", "img_name", "image_path", "img_path"),
    *("filepath", "file_path", "path", "id", "name", "picture", "photo"),
)
CLASS_COLUMNS = (
    *("label", "labels", "class", "classes", "class_name", "class_label", "label_name", "category", "category_name"),
    *("target", "y", "class_id", "label_id"),
)
JSON_LISTS = ("dataset.json", "labels.json", "metadata.json")
TEXT_LISTS = ("labels.txt", "train.txt", "val.txt", "test.txt", "train_labels.txt")
BESIDE = ("labels.csv", "metadata.csv", "labels.tsv", "labels.jsonl", "metadata.jsonl", "dataset.json", "labels.json")
MISSING = frozenset({"", "-1", "nan", "none", "null", "na", "n/a"})  # a picture without a class
ZERO_ONE = frozenset({"0", "1", "0.0", "1.0"})
LONGEST = 100  # characters of a class's name, and of a number that names a picture
LINES = 10  # on lists that are not read, at most, and one more
WHOLE = 10  # pictures, from which on classes are told from texts that differ from picture to picture


class NotRead(Exception):
    """Why a list is not read."""


@dataclass(frozen=True)
class ClassList:
    """What a list says."""

    classes: Mapping[str, str]  # picture -> class
    flat: bool = False  # its folders are no classes


def is_class_list(name: str) -> bool:
    """Whether a file may be a list of classes, by its name."""
    last = name.rpartition("/")[2].lower()
    return last in JSON_LISTS + TEXT_LISTS or last.endswith((".csv", ".tsv", ".jsonl", ".ndjson"))


def beside(path: Path) -> list[Path]:
    """Lists next to a folder or an archive: of the usual names, or of its own name."""
    stem = path.name if path.is_dir() else path.stem
    own = (f"{stem}{tail}" for tail in (".csv", ".tsv", ".jsonl", "_labels.csv", "-labels.csv", ".json"))
    return [path.parent / name for name in dict.fromkeys((*BESIDE, *own)) if (path.parent / name).is_file()]


def with_classes(found: PictureFiles, texts: Sequence[tuple[str, str, bool]]) -> PictureFiles:
    """Picture files with the classes that lists say. texts: name, content, and whether it lies among the pictures."""
    classes: dict[str, str] = {}
    lists, unread, flat = [], [], found.flat
    pictures = Pictures(entry.name for entry in found.entries) if texts else Pictures(())
    for name, text, among in texts:
        try:
            said = read(name, text, pictures, among=among)
            clash = next(
                (
                    picture
                    for picture in said.classes
                    if classes.get(picture, said.classes[picture]) != said.classes[picture]
                ),
                None,
            )
            if clash is not None:
                raise NotRead(f"another list has another class for {printable(clash)}")
        except NotRead as reason:
            if among:
                unread.append((printable(name), str(reason)))
        else:
            classes |= said.classes
            lists.append(name)
            flat |= said.flat
    return replace(
        found,
        classes={**found.classes, **classes},
        class_lists=tuple(lists),
        flat=flat,
        unread=(*found.unread, *_said(unread)),
    )


def _said(unread: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line for each reason why lists (name, reason) are not read, and one for all reasons after LINES."""
    first = list(dict.fromkeys(reason for _, reason in unread))[:LINES]
    for reason in [*first, None]:
        names = [(name, why) for name, why in unread if why == reason or (reason is None and why not in first)]
        if names:
            name, why = names[0]
            lists = f"{len(names):,} {'other ' * (reason is None)}tables are not read as classes, {name} for one"
            yield f"{lists if len(names) > 1 else f'{name} is not read as classes'}: {why}"


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
            return ClassList(_of_pairs(pairs, known), flat=True)
        if isinstance(value, dict):
            return ClassList(_of_pairs(list(value.items()), known))
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            return ClassList(_of_pairs(value, known))
        header = list(dict.fromkeys(key for row in value for key in row))
        whys = [next(filter(None, (_no_word(row.get(key)) for row in value)), "") for key in header]
        rows = [["" if _no_word(cell := row.get(key)) else _word(cell) for key in header] for row in value]
        return ClassList(_of_table([header, *rows], known, whys))
    if last.lower().endswith(".txt"):
        return ClassList(_of_table([line.split() for line in text.splitlines()], known))
    mark = max(",;\t", key=text.partition("\n")[0].count)
    try:
        return ClassList(_of_table(list(csv.reader(io.StringIO(text, newline=""), delimiter=mark)), known))
    except csv.Error as error:
        raise NotRead(f"it is no sound table ({error})") from None


class Pictures:
    """The pictures of a source by what a cell may call them, in small letters; built once for all lists.

    What a list means by a name depends on its own place and name too, see `Names`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.paths: dict[str, list[str]] = {}  # path with and without the ending -> pictures: few
        self.lasts: tuple[dict[str, list[str]], ...] = ({}, {})  # last part -> pictures: with, and without the ending
        self.numbered: dict[
            str, list[str]
        ] = {}  # a number without zeros before it -> the last parts that are this number
        for name in names:
            for key in {name.lower(), _bare(name).lower()}:
                self.paths.setdefault(key, []).append(name)
            for lasts, key in zip(self.lasts, (_last(name), _bare(_last(name))), strict=True):
                lasts.setdefault(key.lower(), []).append(name)
        for key in filter(_is_number, self.lasts[0] | self.lasts[1]):
            self.numbered.setdefault(str(int(key)), []).append(key)


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _bare(path: str) -> str:
    """A path without the ending."""
    return path.rpartition(".")[0] or path


def _is_number(cell: str) -> bool:
    return cell.isdecimal() and cell.isascii() and len(cell) <= LONGEST


class Names:
    """Finds the picture that a cell of a list names: by its path, its last part, or without the ending."""

    def __init__(self, pictures: Pictures, folder: str, stem: str) -> None:
        """folder: in which the list lies. stem: the list's name; `train.csv` names pictures in `train` first."""
        self.pictures = pictures
        own = f"{folder}/" if folder else ""
        stems = (stem, stem.partition("_")[0], stem.partition("-")[0])
        self.roots = list(dict.fromkeys((*(f"{own}{part}/" for part in stems), own, "")))
        self.small = [root.lower() for root in self.roots]
        self.known: dict[str, tuple[str | None, ...]] = {}

    def find(self, cell: str) -> str | None:
        """The picture, or None where there is none, or more than one."""
        cell = cell.strip().replace("\\", "/").removeprefix("./").lower()
        while True:
            for key in (cell, f"#{int(cell)}") if _is_number(cell) else (cell,):
                if found := self._called(key):
                    return found[0]
            _, slash, cell = cell.partition("/")
            if not slash:
                return None

    def _called(self, key: str) -> tuple[str | None, ...]:
        """The picture of this key, None if it may be several, () if it is none. `#7` is the one of 7, 07 or 007."""
        if key not in self.known:
            keys = self.pictures.numbered.get(key[1:]) if key.startswith("#") else None
            same = {found[0] for number in keys or () if (found := self._called(number))}
            self.known[key] = ((same.pop() if len(same) == 1 else None),) if same else self._exact(key)
        return self.known[key]

    def _exact(self, key: str) -> tuple[str | None, ...]:
        """As `_called`. What is more exact comes first: the ending, then the nearest folder; if it is a single one."""
        near = [picture for root in self.small for picture in self.pictures.paths.get(root + key, ())]
        if not near and not any(key in lasts for lasts in self.pictures.lasts):
            return ()
        several = False
        for lasts, form in zip(self.pictures.lasts, (str, _bare), strict=True):
            levels: list[set[str]] = [set(), set(), set()]
            for picture in near:
                for level, path in zip(levels, self._paths(picture), strict=False):
                    if form(path).lower() == key:
                        level.add(picture)
            if len(levels[0]) != 1:  # else it is found, and pictures of this last part may be many
                for picture in lasts.get(key, ()):
                    levels[len(self._paths(picture))].add(picture)
            if single := next((level.pop() for level in levels if len(level) == 1), None):
                return (single,)
            several |= any(levels)
        return (None,) if several else ()

    def _paths(self, picture: str) -> list[str]:
        """A picture's path from the nearest root, and from the next if there is one."""
        return [picture[len(root) :] for root in self.roots if picture.startswith(root)][:2]


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
        kind = f"vectors of {len(value)} numbers"
    else:
        return ""
    return f"its labels are {kind}, and classes are whole numbers, words or one-hot vectors"


def _one_hots(length: int) -> list[list[str]]:
    """The sorted parts of one-hot vectors, as text."""
    return [["0"] * (length - 1) + ["1"], ["0.0"] * (length - 1) + ["1.0"]]


def _of_pairs(pairs: Any, known: Names) -> dict[str, str]:
    if not isinstance(pairs, list) or not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise NotRead("it is no list of names and classes")
    return _classes([(str(name), _word(value)) for name, value in pairs], known, "the list")


def _of_table(rows: list[list[str]], known: Names, whys: Sequence[str] = ()) -> dict[str, str]:
    """The classes in a table. whys: for each column, why it holds no classes, "" where it may. Raises NotRead."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    width = len(rows[0]) if rows else 0
    if width < 2 or any(len(row) != width for row in rows):
        raise NotRead("its lines are not of one length, two cells or more" if rows else "it is empty")
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
    count = len(set(found.values()))
    if len(found) >= WHOLE and count > len(found) / 2:
        raise NotRead(f"{title} holds {count:,} different values for {len(found):,} pictures")
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
        shown = ", ".join(header[column] for column in others[:4]) if header else f"{len(others)} columns without names"
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


def _classes(pairs: Sequence[tuple[str, str]], known: Names, title: str) -> dict[str, str]:
    """Picture -> class. Raises NotRead."""
    found = dict(_sound(pairs, known, title))
    if not found and not any(known.find(name) for name, _ in pairs):
        raise NotRead("it names none of the pictures")
    return found


def _sound(pairs: Sequence[tuple[str, str]], known: Names, title: str) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name, value in pairs:
        word, picture = value.strip(), known.find(name)
        if picture is None or word.lower() in MISSING:
            continue
        number = _number(word)
        if number is not None and not number.is_integer():
            raise NotRead(f"{title} holds {word}, which is no class")
        if len(word) > LONGEST:
            raise NotRead(f"{title} holds texts, no classes")
        word = str(int(number)) if number is not None and "." in word else word
        if seen.setdefault(picture, word) != word:
            raise NotRead(f"{printable(name)} has more than one class, {seen[picture]} and {word} for two")
        yield picture, word
