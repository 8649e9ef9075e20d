"""Generators from the Hub of Hugging Face: safetensors alone, checked, and made a run's folder.

A name is OWNER/NAME, or OWNER/NAME@REVISION. Nothing else of a repository is loaded: no code and no pickles, which run code.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gansmith.data import cache
from gansmith.ground.errors import GansmithError, RunError, brief
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process.extras import need
from gansmith.trained import parcel

PREFIX = "hub:"
FILE = "generator.safetensors"
MOST_BYTES = 2 << 30  # of a file: larger ones are no generators that Gansmith trained
COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class Found:
    """A generator's file at one commit of a repository."""

    name: str
    commit: str
    file: str
    size: int

    @property
    def word(self) -> str:
        """What names it from now on."""
        return f"{PREFIX}{self.name}@{self.commit[:12]}"


def library() -> tuple[Any, Any]:
    """The package and its client, which talks to $HF_ENDPOINT where that is set. Raises EngineError where it is missing."""
    (package,) = need("hub", "huggingface_hub")
    return package, package.HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="gansmith")


@contextmanager
def in_one_line(name: str) -> Iterator[None]:
    """Whatever the network or the Hub says against it, as RunError."""
    try:
        yield
    except GansmithError:
        raise
    except Exception as error:  # of httpx, of huggingface_hub and of the system: without a common base class
        raise RunError(
            f"{name} on the Hub: {brief(error)}: see to the name and the network, and for what is private to your token "
            "(`hf auth login`)"
        ) from None


def find(text: str) -> Found:
    """Look for a generator. Raises GansmithError."""
    name, _, revision = text.removeprefix(PREFIX).partition("@")
    _, client = library()
    with in_one_line(name):
        info = client.model_info(name, revision=revision or None, files_metadata=True)
        sizes = {one.rfilename: one.size for one in info.siblings or ()}
        commit = str(info.sha)
    whole = [file for file in sizes if file.endswith(".safetensors") and "/" not in file and "\\" not in file]
    file = FILE if FILE in whole else whole[0] if len(whole) == 1 else None
    if file is None:
        others = ", ".join(sorted(sizes)[:6]) or "no file"
        raise RunError(
            f"{name} holds no {FILE}, but {others}: only what `gansmith push` wrote is taken, and no pickles"
        )
    size = sizes[file]
    if not isinstance(size, int) or not 0 < size <= MOST_BYTES or not COMMIT.fullmatch(commit):
        raise RunError(
            f"{name} tells {size} bytes for {file} at commit {commit[:64]!r}: that is no generator of Gansmith"
        )
    return Found(name, commit, file, size)


def pull(found: Found, root: Path) -> RunFolder:
    """Download a generator and make it a run's folder: whole, or not at all. Raises GansmithError."""
    if os.path.lexists(root):
        raise RunError(f"{root} is there already: choose another --out")
    _, client = library()
    with tempfile.TemporaryDirectory() as place:
        with in_one_line(found.name):
            told = {"filename": found.file, "revision": found.commit, "local_dir": place}
            path = Path(client.hf_hub_download(found.name, **told))
            size, digest = path.stat().st_size, parcel.digest(path)
        if size != found.size:
            raise RunError(
                f"{found.name}: {found.file} has {size:,} bytes, and {found.size:,} were announced: pull again"
            )
        sent = parcel.read(path)
    about = {"source": found.word, "commit": found.commit, "file": found.file, "sha256": digest}
    made: Path | None = None
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
        parcel.unpack(sent, RunFolder(made / root.name), about)
        os.replace(made / root.name, root)
    except OSError as error:
        raise RunError(f"{root} cannot be made ({error.strerror or error}): choose another --out") from None
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
    return RunFolder(root)


def cached(text: str) -> Path:
    """The run's folder of a generator on the Hub, in the cache: of each commit one. Raises GansmithError."""
    found = find(text)
    root = cache.folder() / "hub" / found.name.replace("/", "--") / found.commit[:12]
    return root if RunFolder(root).recipe.is_file() else pull(found, root).root
