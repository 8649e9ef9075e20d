"""Tars of pictures, and WebDataset's shards: a folder or a pattern of tars, read in place and never unpacked.

Members that share a name up to its first dot are one sample: `0001.jpg` with `0001.cls`, a class as text, or with
`0001.json`, an object whose "label", "class" or "cls" is the class, and whose truth values are attributes. A tar without
either is read like a zip, its folders being classes.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from gansmith.data.formats import patterns
from gansmith.data.formats.contents import MAX_FILE, Contents, Entry, Table, is_hidden, is_picture, is_unsafe, printable
from gansmith.data.formats.listing import Unreadable
from gansmith.ground.errors import DataError

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
CLASS_KEYS = ("label", "class", "cls", "class_id")  # of a sample's .json
MAX_CLASS, MAX_JSON = 2**10, 2**20  # bytes of a .cls and of a .json


@dataclass(frozen=True)
class TarReader:
    """Pictures as members of the tar `path`, or of tars in the folder `path`: then a name begins with its tar's."""

    path: Path
    kind: str = "tar"

    @contextmanager
    def opened(self) -> Iterator[OpenTars]:
        """A tar is opened, and read for its members' places, when the first of them is asked for."""
        with ExitStack() as stack:
            yield OpenTars(self.path, stack)


@dataclass
class OpenTars:
    """Tars that are open, by their names; "" for the one."""

    path: Path
    stack: ExitStack
    tars: dict[str, tuple[tarfile.TarFile, dict[str, tarfile.TarInfo]]] = field(default_factory=dict)

    @contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """The member `name`. Raises Unreadable, or DataError where a whole tar has gone."""
        shard, inside = self._place(name)
        archive, members = self._tar(shard)
        try:
            file = archive.extractfile(members[inside])  # which extracts nothing: it reads in place
        except (KeyError, tarfile.TarError, OSError) as error:
            raise Unreadable(f"damaged in the tar ({error})") from None
        if file is None:
            raise Unreadable("no plain file")
        with file:
            try:
                yield file
            except tarfile.TarError as error:
                raise Unreadable(f"damaged in the tar ({error})") from None

    def _place(self, name: str) -> tuple[str, str]:
        """The tar of a name, and the rest of it."""
        if not self.path.is_dir():
            return "", name
        shard, suffix, inside = name.partition(".tar/")
        return shard + suffix[:-1], inside

    def _tar(self, shard: str) -> tuple[tarfile.TarFile, dict[str, tarfile.TarInfo]]:
        if shard not in self.tars:
            archive = self.stack.enter_context(open_tar(self.path / shard if shard else self.path))
            members: dict[str, tarfile.TarInfo] = {}
            for member in sound(archive, []):
                members.setdefault(member.name, member)
            self.tars[shard] = archive, members
        return self.tars[shard]


def open_tar(path: Path) -> tarfile.TarFile:
    """The archive, open. Raises DataError."""
    if path.name.lower().endswith(COMPRESSED):
        raise DataError(
            f"{path} is compressed, so each picture would cost a pass from its beginning: unpack it, or make it a .tar"
        )
    try:
        return tarfile.open(path, "r:")
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read as a tar: {error}") from None


def sound(archive: tarfile.TarFile, complaints: list[str]) -> Iterator[tarfile.TarInfo]:
    """Every member up to the first damage, which is added to the complaints."""
    count = 0
    while True:
        try:
            member = archive.next()
        except (tarfile.TarError, OSError, EOFError, ValueError) as error:
            complaints.append(f"damaged after {count:,} members ({error})")
            return
        if member is None:
            return
        count += 1
        yield member


def is_tar(name: str) -> bool:
    """Whether a file is a tar by its name."""
    return name.lower().endswith(".tar")


def in_tar(path: Path) -> Contents:
    """The pictures in one tar. Raises DataError."""
    gathered = Gathered()
    gathered.look_into(path, "")
    return gathered.contents()


def in_shards(folder: Path, pattern: patterns.Pattern, names: Iterable[str]) -> Contents:
    """The pictures in the tars of a folder that fit a pattern. A tar that cannot be read is skipped by name."""
    gathered = Gathered()
    for name in names:
        if not patterns.fits(name, pattern):
            continue
        try:
            gathered.look_into(folder / name, name + "/")
        except DataError as error:
            gathered.skipped.append((printable(name), str(error)))
    return gathered.contents()


@dataclass
class Gathered:
    """What was found in tars so far."""

    entries: dict[str, Entry] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)  # sample -> what its .cls and .json say of it

    def look_into(self, path: Path, prefix: str) -> None:
        """Add the members of a tar, their names after a prefix. Raises DataError."""
        complaints: list[str] = []
        with open_tar(path) as archive:
            for member in sound(archive, complaints):
                name = member.name
                if member.isdir() or any(is_hidden(part) for part in name.split("/") if part not in (".", "..")):
                    continue
                if not is_picture(name):
                    if member.isfile() and name.lower().endswith((".cls", ".json")):
                        self.said.setdefault(sample(prefix + name), {}).update(_said(archive, member))
                    else:
                        self.others.append(prefix + name)
                elif reason := _refusal(member, prefix + name in self.entries):
                    self.skipped.append((printable(prefix + name), reason))
                else:
                    self.entries[prefix + name] = Entry(prefix + name, member.size, int(member.mtime))
        self.skipped += [(printable(path.name), complaint) for complaint in complaints]

    def contents(self) -> Contents:
        """Everything, sorted by name."""
        entries = tuple(sorted(self.entries.values(), key=lambda entry: entry.name))
        about = {entry.name: self.said.get(sample(entry.name), {}) for entry in entries}
        classes = {name: said[""] for name, said in about.items() if "" in said}
        return Contents(entries, tuple(self.skipped), tuple(sorted(self.others)), classes, table=_table(about))


def sample(name: str) -> str:
    """The name that the members of one sample share: up to the first dot of its last part."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def _refusal(member: tarfile.TarInfo, again: bool) -> str | None:
    """Why a member is not read, if so."""
    if is_unsafe(member.name):
        return "unsafe path"
    if again:
        return "two members of this name"
    if not member.isreg() or member.issparse():
        return "a link, or no plain file"
    if member.size > MAX_FILE:
        return f"{member.size:,} bytes, more than {MAX_FILE:,}"
    return None


def _said(archive: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    """What a .cls or a .json says: "" -> the class, other keys -> truth values. Nothing where it makes no sense."""
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
    """A class, if that is one: a whole number or a word."""
    if isinstance(value, str) and value:
        return {"": int(value) if value.isdecimal() and value.isascii() and len(value) < 10 else value}
    return {"": value} if isinstance(value, int) and not isinstance(value, bool) else {}


def _table(about: Mapping[str, Mapping[str, Any]]) -> Table | None:
    """The truth values that every picture has."""
    said = [{key for key, value in answers.items() if key and isinstance(value, bool)} for answers in about.values()]
    questions = tuple(sorted(set.intersection(*said))) if said else ()
    if not questions:
        return None
    values = np.array([[answers[key] for key in questions] for answers in about.values()], bool)
    return Table("its .json files", questions, {name: row for row, name in enumerate(about)}, values)
