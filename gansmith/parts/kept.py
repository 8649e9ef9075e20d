"""What a run keeps of parts of the user's own, and whether those that are given later are the same.

The kept copy is never run unless the user names it: `--with RUN/parts.py`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gansmith.ground.errors import RunError, typed
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.files.whole import write_text
from gansmith.parts.record import Parts, in_words

TRAINED = ("networks", "loss", "regularizer", "augmentation")
"""Kinds of parts that a training cannot go on without."""


def keep(folder: RunFolder, parts: Parts) -> None:
    """Note a new run's parts: names, facts of the loss, and the file that defined them, with its hash and a copy."""
    names = parts.names()
    if not names:
        return
    about: dict[str, Any] = {"names": names}
    if parts.loss is not None:
        about["loss"] = parts.loss.facts()
    if parts.file is not None:
        about |= {"file": str(parts.file.path), "sha256": parts.file.hash, "beside": parts.file.beside}
        write_text(folder.parts, parts.file.text)
    write_json(folder.own, about)


def noted(folder: RunFolder) -> dict[str, Any]:
    """What `keep` wrote; empty for a run without parts of one's own."""
    try:
        found = json.loads(folder.own.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("names"), dict) else {}


def check_parts(folder: RunFolder, parts: Parts) -> list[str]:
    """Before a run goes on: remarks on parts that it can do without. Raises RunError where those that it was trained with are
    missing or are others."""
    about = noted(folder)
    was, now = about.get("names", {}), parts.names()
    if not about:
        return []
    missing = {kind: was[kind] for kind in TRAINED if kind in was and now.get(kind) != was[kind]}
    if missing:
        raise RunError(f"{folder.root} was trained with {in_words(missing)} of yours: {how_to_give(folder)}")
    if changed := difference(folder, parts):
        copy = typed("resume", folder.root, "--with", folder.parts)
        raise RunError(f"{changed}: put it back as it was, or go on with the kept copy: `{copy}`")
    dropped = {
        kind: left
        for kind in ("metric", "callback")
        if (left := [n for n in was.get(kind, ()) if n not in now.get(kind, ())])
    }
    return [
        f"without {in_words(dropped)}, which it had: give {'--with' if 'sha256' in about else 'parts='} to have it again"
    ] * bool(dropped)


def difference(folder: RunFolder, parts: Parts) -> str:
    """How the file of given parts differs from the one of a run, in words; "" where it does not, or where nobody can know."""
    about = noted(folder)
    if parts.file is None or "sha256" not in about:
        return ""
    if parts.file.hash != about["sha256"]:
        return (
            f"{parts.file.path} is not the file that {folder.root} was trained with ({about['sha256'][:8]} is now "
            f"{parts.file.hash[:8]})"
        )
    beside: Mapping[str, str] = about.get("beside", {})
    other = [name for name, known in parts.file.beside.items() if beside.get(name, known) != known]
    return f"{', '.join(other)} beside {parts.file.path} changed since {folder.root} was trained" if other else ""


def option(folder: RunFolder) -> tuple[str | Path, ...]:
    """The words of a command on a run that bring the parts that it kept; none where it kept no file."""
    return ("--with", folder.parts) if folder.parts.is_file() else ()


def how_to_give(folder: RunFolder) -> str:
    """The end of a refusal: how a run's parts are given."""
    if folder.parts.is_file():
        return f"give them with --with FILE (--with {shlex.quote(str(folder.parts))} runs the copy that it kept), or parts=FILE"
    return "give them from Python (parts=, nets=), or from a file that defines them with --with FILE"
