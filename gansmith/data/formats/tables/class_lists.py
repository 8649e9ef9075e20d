"""Lists of pictures and their classes: where they lie, and what all of them together say.

They lie among the pictures (in an archive too) or beside their folder or archive. Names may lack the folder or the
ending. A list that leaves a choice is not read, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gansmith.data.formats.picture_files import PictureFiles, printable
from gansmith.data.formats.tables.list_contents import NotRead, read
from gansmith.data.formats.tables.picture_names import Pictures

JSON_LISTS = ("dataset.json", "labels.json", "metadata.json")
TEXT_LISTS = ("labels.txt", "train.txt", "val.txt", "test.txt", "train_labels.txt")
BESIDE = ("labels.csv", "metadata.csv", "labels.tsv", "labels.jsonl", "metadata.jsonl", "dataset.json", "labels.json")
LINES = 10  # on lists that are not read, at most, and one more


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
    lists, unread, flat, unused = [], [], found.flat, set()
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
            unused |= said.unused
            lists.append(name)
            flat |= said.flat
    return replace(
        found,
        classes={**found.classes, **classes},
        class_lists=tuple(lists),
        unused=frozenset(unused),
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
