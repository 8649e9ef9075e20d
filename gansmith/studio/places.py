"""Where things lie in the served folder, and the check that no name from a browser leads outside of it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from gansmith.studio.errors import StudioError

LONGEST = 200  # characters of a name
LONGEST_PART = (
    150  # bytes of a name that is cleaned: of any script, with what is put before and behind it, a system takes it
)
TRASH, UPLOADS, OWN = ".trash", ".uploads", ".studio"


def inside(folder: Path, name: object) -> Path:
    """The path below a folder that a name such as "a/b" means. Raises StudioError for a name that could lead elsewhere.

    No part of a name begins with a dot, and no link leads out of the folder.
    """
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST or not name.isprintable():
        raise StudioError(404, "there is no such run: a name is a path below the served folder")
    parts = name.split("/")
    if any(not part or part.startswith(".") or set(part) & set('\\:*?"<>|') for part in parts):
        raise StudioError(
            404, "there is no such run: a name is a path below the served folder, without dots before a part"
        )
    path, root = folder.joinpath(*parts), os.path.realpath(folder)
    if os.path.commonpath([root, os.path.realpath(path)]) != root:
        raise StudioError(404, "there is no such run: it lies outside the served folder")
    return path


def cleaned(name: str, otherwise: str) -> str:
    """A name from a browser with characters that every system allows in file names, and of at most
    LONGEST_PART bytes; `otherwise` where none is left."""
    last = re.split(r"[/\\]", name)[-1].encode(errors="replace")[-LONGEST_PART:].decode(errors="ignore")
    return re.sub(r"[^\w.-]+", "-", last).strip("-.") or otherwise


def name_of(folder: Path, root: Path) -> str:
    """The name of a run: its path below the served folder."""
    return root.relative_to(folder).as_posix()


def as_file(name: str) -> str:
    """A run's name as one file name."""
    return name.replace("%", "%25").replace(
        "/", "%2F"
    )  # letters of any script stay: systems count bytes of a file's name


def as_name(file: str) -> str:
    """The run's name of such a file name."""
    return unquote(file)
