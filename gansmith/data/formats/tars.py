"""Tars of pictures, and WebDataset's shards: a folder or a pattern of tars, read in place and never unpacked.

Members that share a name up to its first dot are one sample: `0001.jpg` with `0001.cls`, a class as text, or with
`0001.json`, an object whose "label", "class" or "cls" is the class, and whose truth values are attributes. In a tar
without either, folders are classes, as in a zip.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from gansmith.data.formats.listing import Opened, Unreadable
from gansmith.data.formats.picture_files import HEAD, AttributeTable, PictureFiles, Search, printable
from gansmith.data.formats.tables.class_lists import is_class_list
from gansmith.ground.errors import DataError, brief, counted

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
CLASS_KEYS = ("label", "class", "cls", "class_id")  # of a sample's .json
MAX_CLASS, MAX_JSON = 2**10, 2**20  # bytes of a .cls and of a .json


@contextmanager
def open_tars(path: Path) -> Iterator[Opened]:
    """Pictures as members of the tar `path`, or of the tars in the folder `path`: then a name begins with its tar's.

    A tar is opened when its first picture is read. Raises DataError.
    """
    members_of: dict[str, tuple[tarfile.TarFile, dict[str, tarfile.TarInfo]]] = {}  # "" = the one tar

    @contextmanager
    def picture(name: str) -> Iterator[IO[bytes]]:
        shard, inside = "", name
        if path.is_dir():
            shard, suffix, inside = name.partition(".tar/")
            shard += suffix[:-1]
        if shard not in members_of:
            archive = stack.enter_context(open_tar(path / shard if shard else path))
            members: dict[str, tarfile.TarInfo] = {}
            for member in sound_members(archive, []):
                members.setdefault(member.name, member)
            members_of[shard] = archive, members
        archive, members = members_of[shard]
        try:
            file = archive.extractfile(members[inside])  # reads in place, extracts nothing
        except (KeyError, tarfile.TarError, OSError) as error:
            raise Unreadable(f"damaged in the tar ({brief(error)})") from None
        if file is None:
            raise Unreadable("no plain file")
        with file:
            try:
                yield file
            except tarfile.TarError as error:
                raise Unreadable(f"damaged in the tar ({brief(error)})") from None

    with ExitStack() as stack:
        yield picture


def open_tar(path: Path) -> tarfile.TarFile:
    """The archive, open. Raises DataError."""
    if path.name.lower().endswith(COMPRESSED):
        raise DataError(
            f"{path} is compressed, so every picture would be read from the beginning of the file: unpack it, or make it a .tar"
        )
    try:
        return tarfile.open(path, "r:")
    except FileNotFoundError:
        raise DataError(f"there is no file {path}: see whether it was moved") from None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read as a tar ({brief(error)}): fetch it again") from None


def sound_members(archive: tarfile.TarFile, failures: list[str]) -> Iterator[tarfile.TarInfo]:
    """Every member up to the first damage, which is added to `failures`."""
    count = 0
    while True:
        try:
            member = archive.next()
        except (tarfile.TarError, OSError, EOFError, ValueError) as error:
            failures.append(f"damaged after {counted(count, 'member')} ({brief(error)})")
            return
        if member is None:
            return
        count += 1
        yield member


def in_tar(path: Path) -> PictureFiles:
    """The pictures in one tar. Raises DataError."""
    search = TarSearch()
    search.add_tar(path)
    return search.result()


def in_shards(folder: Path, names: Iterable[str]) -> PictureFiles:
    """The pictures in tars of a folder. A tar that cannot be read is skipped by name."""
    search = TarSearch()
    for name in names:
        try:
            search.add_tar(folder / name, name + "/")
        except DataError as error:
            search.skipped.append((printable(name), str(error)))
    return search.result()


@dataclass
class TarSearch(Search):
    """What was found so far in tars."""

    about: dict[str, dict[str, Any]] = field(default_factory=dict)  # sample -> what its .cls and .json say of it

    def add_tar(self, path: Path, prefix: str = "") -> None:
        """Add the members of a tar, with a prefix before their names. Raises DataError."""
        failures: list[str] = []
        with open_tar(path) as archive:
            for member in sound_members(archive, failures):
                name = prefix + member.name
                if member.isdir():
                    self.folders.append(name)
                    continue
                if member.isfile() and name.lower().endswith((".cls", ".json")) and not is_class_list(name):
                    self.about.setdefault(sample(name), {}).update(_read_about(archive, member))
                else:
                    plain = member.isreg() and not member.issparse()
                    refusal = None if plain else "a link, or no plain file"
                    head = partial(_head, archive, member) if plain else bytes
                    self.add(name, member.size, int(member.mtime), refusal, head)
        self.skipped += [(printable(path.name), failure) for failure in failures]

    def result(self) -> PictureFiles:
        """Everything found, with the classes and attributes of the samples."""
        found = super().result()
        about = {entry.name: self.about.get(sample(entry.name), {}) for entry in found.entries}
        classes = {name: facts[""] for name, facts in about.items() if "" in facts}
        return replace(found, classes=classes, table=_table(about))


def _head(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The first bytes of a member."""
    try:
        file = archive.extractfile(member)
        return file.read(HEAD) if file else b""
    except (tarfile.TarError, OSError):
        return b""


def sample(name: str) -> str:
    """The name that the members of one sample share: up to the first dot of its last part."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def _read_about(archive: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    """What a .cls or a .json says: "" -> the class, other keys -> truth values. Empty where it has no meaning."""
    most = MAX_CLASS if member.name.lower().endswith(".cls") else MAX_JSON
    file = archive.extractfile(member) if member.size <= most else None
    if file is None:
        return {}
    try:
        text = file.read().decode("utf-8")
        if most == MAX_CLASS:
            return _class(text.strip())
        value = json.loads(text)
    except (ValueError, RecursionError, OSError, tarfile.TarError):
        return {}
    if not isinstance(value, dict):
        return _class(value)
    said = {key: answer for key, answer in value.items() if isinstance(answer, bool)}
    return said | next((found for key in CLASS_KEYS if (found := _class(value.get(key)))), {})


def _class(value: Any) -> dict[str, int | str]:
    """{"": a class} if the value is a whole number or a word, else {}."""
    if isinstance(value, str) and value:
        return {"": int(value) if value.isdecimal() and value.isascii() and len(value) < 10 else value}
    return {"": value} if isinstance(value, int) and not isinstance(value, bool) else {}


def _table(about: Mapping[str, Mapping[str, Any]]) -> AttributeTable | None:
    """The truth values that all pictures have."""
    said = [{key for key, value in answers.items() if key and isinstance(value, bool)} for answers in about.values()]
    questions = tuple(sorted(set.intersection(*said))) if said else ()
    if not questions:
        return None
    values = np.array([[answers[key] for key in questions] for answers in about.values()], bool)
    return AttributeTable("its .json files", questions, {name: row for row, name in enumerate(about)}, values)
