"""Which picture a cell of a list names: by its path, its last part, with or without the ending, or by its number."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 100  # characters of a number that names a picture


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
