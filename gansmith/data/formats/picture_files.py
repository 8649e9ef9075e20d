"""The picture files in a folder or an archive, known by their names and sizes: nothing is decoded.

Where a name has no known ending, the first bytes tell. What is no picture is counted and left alone.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from gansmith.ground.errors import counted, printable

SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif"),
)
BEGINNINGS = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|BM....\0\0\0\0|II\*\0|MM\0\*|P[456]\s|....ftypavif",
    re.DOTALL,
)
HEAD = 16  # bytes that tell
LEFTOVERS = {  # folders and files that programs leave among pictures
    **dict.fromkeys(("@eadir", ".thumbnails", ".@__thumb", ".thumb", "thumbs.db", ".picasaoriginals"), "thumbnails"),
    **dict.fromkeys(("__macosx", "._"), "a Mac's side files"),
    **dict.fromkeys(("#recycle", "@recycle", "$recycle.bin", ".trash", ".trashes"), "in a recycle bin"),
    **dict.fromkeys(("desktop.ini", "lost+found"), "a system's files"),
}
MAX_FILE = 2**28  # bytes of one encoded picture
NO_PICTURES = frozenset(  # endings that tell enough: such files are not opened
    (
        *(".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".css", ".js", ".py", ".ipynb"),
        *(".yaml", ".yml", ".toml", ".ini", ".cfg", ".log", ".cls", ".db", ".sh", ".bat", ".lock", ".aae", ".xmp"),
        *(".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".npy", ".npz", ".h5", ".hdf5", ".mat"),
        *(".mdb", ".parquet", ".arrow", ".tfrecord", ".pt", ".pth", ".pkl", ".onnx", ".safetensors", ".ckpt"),
        *(".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mp3", ".wav", ".pdf", ".svg", ".psd", ".doc", ".docx"),
        *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"),  # which begin like TIFF
        *(".bak", ".orig", ".old", ".tmp", ".part", ".crdownload", ".download", ".jpg~", ".png~"),  # copies, halves
    )
)
MAX_NAME = 1024  # characters of a member's name


@dataclass(frozen=True, slots=True)  # an archive may have a million of them
class PictureFile:
    """One picture's file or member."""

    name: str  # relative to the folder or the archive, with forward slashes
    size: int  # bytes
    stamp: int  # time of change in nanoseconds, or a checksum

    @property
    def mark(self) -> str:
        """A line that changes when the picture does."""
        return f"{self.name}|{self.size}|{self.stamp}"


@dataclass(frozen=True)
class AttributeTable:
    """Attributes, true or false, of pictures by name."""

    title: str  # for messages: the file it came from
    questions: tuple[str, ...]  # the attributes' names
    row: Mapping[str, int]  # picture -> row
    values: np.ndarray  # bool (rows, questions)

    def find(self, name: str) -> int | None:
        """The row of a picture, by its path or else by its file name."""
        return self.row.get(name, self.row.get(name.rpartition("/")[2]))


@dataclass(frozen=True)
class PictureFiles:
    """All picture files of a folder or an archive, and what is known of them."""

    entries: tuple[PictureFile, ...]  # sorted by name
    skipped: tuple[tuple[str, str], ...]  # refused by their name or their size: name, reason
    others: tuple[str, ...]  # files that are no pictures
    classes: Mapping[str, int | str] = field(default_factory=dict)  # picture -> class, where tars or lists say it
    splits: Mapping[str, str] = field(default_factory=dict)  # file name -> split, where a list says it
    table: AttributeTable | None = None
    class_lists: tuple[str, ...] = ()  # the lists that say classes
    unused: frozenset[str] = frozenset()  # classes in them of pictures that are not there
    flat: bool = False  # the folders are no classes, whatever their names
    unread: tuple[str, ...] = ()  # lists that were not understood, and why
    hidden: Mapping[str, int] = field(default_factory=dict)  # the kind of a leftover -> how many pictures of it
    ours: tuple[str, ...] = ()  # folders that this program wrote: what they are, and their names
    guessed: int = 0  # pictures known by their first bytes
    capitals: tuple[str, ...] = ()  # pictures that match the pattern but for capital letters
    empty: tuple[str, ...] = ()  # folders without pictures, beside folders of pictures


@dataclass
class Search:
    """What was found so far in a folder or an archive."""

    entries: dict[str, PictureFile] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    hidden: Counter[str] = field(default_factory=Counter)
    ours: list[str] = field(default_factory=list)
    guessed: int = 0
    capitals: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    def add(
        self, name: str, size: int, stamp: int, refusal: str | None = None, head: Callable[[], bytes] = bytes
    ) -> None:
        """Add an archive's member, unless it is no picture, unsafe, too large, or refused for another reason.

        head: its first bytes, asked for where the name tells nothing.
        """
        if is_hidden(name):
            self.hide(name)
        elif not self.shows_picture(name, head if size else bytes):
            self.others.append(name)
        elif reason := self._refusal(name, size) or refusal:
            self.skipped.append((printable(name), reason))
        else:
            self.entries[name] = PictureFile(name, size, stamp)

    def shows_picture(self, name: str, head: Callable[[], bytes]) -> bool:
        """Whether a file is a picture, by its name, else by its first bytes."""
        if is_picture(name) or os.path.splitext(name)[1].lower() in NO_PICTURES or not is_picture_data(head()):
            return is_picture(name)
        self.guessed += 1
        return True

    def hide(self, name: str) -> None:
        """Count a hidden file, if it is a picture by its name."""
        if is_picture(name):
            self.hidden[leftover(name)] += 1

    def leave_out_own(self, is_own: Callable[[str], bool]) -> None:
        """Leave out the PNGs that this program wrote."""
        own = [name for name in sorted(self.entries) if name.lower().endswith(".png") and is_own(name)]
        for name in own:
            del self.entries[name]
        if own:
            self.ours.append(
                f"{counted(len(own), 'sample or sheet', 'samples or sheets')} of Gansmith, {printable(own[0])} for one"
            )

    def _refusal(self, name: str, size: int) -> str | None:
        if is_unsafe(name):
            return "unsafe path"
        if name in self.entries:
            return "two members of this name"
        return f"{size:,} bytes, more than {MAX_FILE:,}" if size > MAX_FILE else None

    def result(self) -> PictureFiles:
        """Everything found, pictures sorted by name."""
        return PictureFiles(
            tuple(entry for _, entry in sorted(self.entries.items())),
            tuple(self.skipped),
            tuple(sorted(self.others)),
            hidden=dict(sorted(self.hidden.items())),
            ours=tuple(sorted(self.ours)),
            guessed=self.guessed,
            capitals=tuple(sorted(self.capitals)),
            empty=tuple(sorted(self._empty())),
        )

    def _empty(self) -> Iterator[str]:
        """Folders without pictures that may be meant as classes: beside folders of pictures, and either with nothing of
        another kind in them, or beside two at least."""
        holding = {above for name in self.entries for above in folders_above(name)}
        beside = Counter(_parent(folder) for folder in holding)
        others = {above for name in self.others for above in folders_above(name)}
        for folder in {folder for folder in self.folders if not is_hidden(folder)} - holding:
            if beside[_parent(folder)] > (folder in others):
                yield folder.removeprefix("./")


def folders_above(name: str) -> Iterator[str]:
    """The folders on the way to a file, the outermost first."""
    parts = name.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0]


def is_picture(name: str) -> bool:
    """Whether a file is a picture by its name."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def is_picture_data(head: bytes) -> bool:
    """Whether a file is a picture by its first bytes."""
    return BEGINNINGS.match(head) is not None


def leftover(name: str) -> str:
    """Of which kind a hidden path is; "" where no part of it is hidden."""
    for part in name.split("/"):
        lower = part.lower()
        if kind := LEFTOVERS.get(lower) or (LEFTOVERS["._"] if lower.startswith("._") else ""):
            return kind
        if part.startswith(".") and part not in (".", ".."):
            return "hidden"
    return ""


def is_hidden(name: str) -> bool:
    """Whether a path has a part that is hidden, or that a program left behind."""
    return bool(leftover(name))


def is_unsafe(name: str) -> bool:
    """Whether a member's name could lead out of its archive, or is too long."""
    parts = name.split("/")
    return name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0] or len(name) > MAX_NAME
