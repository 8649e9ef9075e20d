"""A disk that fails at each write of a training in turn: what was written stays, one line says why, and the run goes on after.

    python benchmarks/disks.py [--every 1]

A training of two dozen updates in which the n-th write fails, and all after it: opening to write, writing, flushing to the disk,
renaming, making a folder, and what safetensors writes. Then the disk is whole again, the run is resumed, and everything is
compared with the run that was not disturbed. Each fault comes at each write, or at every so-manieth. Prints a table.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import errno
import io
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.update(OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="", GANSMITH_OFFLINE="1")  # before anything is imported

sys.path.insert(0, str(Path(__file__).parent))

import kill_jobs
from harm import is_write

FAULTS = {name: getattr(errno, name) for name in ("ENOSPC", "EIO", "EROFS", "EDQUOT") if hasattr(errno, name)}
NEVER = 10**9


class Disk:
    """Counts writes below a folder; from the `last`-th on they fail with the error."""

    def __init__(self, home: Path, last: int = NEVER, number: int = errno.ENOSPC) -> None:
        self.home, self.last, self.number, self.count = str(home), last, number, 0

    def touch(self, path: Any) -> None:
        """A write. Raises OSError where the disk fails."""
        if str(path).startswith(self.home):
            self.count += 1
            if self.count >= self.last:
                raise OSError(self.number, os.strerror(self.number), str(path))

    @contextlib.contextmanager
    def mounted(self) -> Iterator[None]:
        """While the context is open, Python writes to this disk."""
        from gansmith.training import checkpoint

        opened, touch = builtins.open, self.touch

        def open_(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if not is_write("open", (path, mode, 0)):
                return opened(path, mode, *rest, **named)
            touch(path)
            return Written(opened(path, mode, *rest, **named), lambda: touch(path))

        def before(act: Any, place: int = 0) -> Any:
            def acting(*given: Any, **named: Any) -> Any:
                touch(given[place])
                return act(*given, **named)

            return acting

        with contextlib.ExitStack() as stack:
            for module, name, new in (
                (builtins, "open", open_),
                (io, "open", open_),
                (os, "replace", before(os.replace)),
                (os, "mkdir", before(os.mkdir)),
                (checkpoint, "save_file", before(checkpoint.save_file, 1)),
            ):
                stack.enter_context(mock.patch.object(module, name, new))
            yield


class Written:
    """A file whose writes are told before they happen."""

    def __init__(self, file: Any, touch: Any) -> None:
        self._file, self._touch = file, touch

    def write(self, data: Any) -> int:
        """Write, if the disk can."""
        self._touch()
        return self._file.write(data)

    def __enter__(self) -> Written:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def said_by(arguments: list[str]) -> tuple[int, str]:
    """The exit code and the words of a command."""
    from gansmith.cli import main

    words = io.StringIO()
    with contextlib.redirect_stderr(words), contextlib.redirect_stdout(io.StringIO()):
        return main(arguments), words.getvalue().strip()


def train(place: Path, disk: Disk | None = None) -> tuple[int, str]:
    """Begin or resume the training."""
    job = kill_jobs.JOBS["train"]
    arguments = job.resume(place, place) if job.is_begun(place) else job.begin(place, place)
    arguments = ["24" if word == str(kill_jobs.UPDATES) else word for word in arguments]
    with disk.mounted() if disk else contextlib.nullcontext():
        return said_by(arguments)


def result(place: Path) -> dict[str, Any]:
    """What must be the same."""
    with mock.patch.object(kill_jobs, "UPDATES", 24):
        return kill_jobs.JOBS["train"].result(place)


def play(place: Path, wanted: dict[str, Any], last: int, number: int) -> str:
    """One fault at one write; "" where all is well."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    code, words = train(place, Disk(place, last, number))
    if code != 1 or "\n" in words or not words.startswith("gansmith: "):
        return f"ended with {code}: {words[-300:]}"
    code, words = train(place)
    if code:
        return f"not resumed: {words[-300:]}"
    found = result(place)
    return ", ".join(name for name, value in wanted.items() if found.get(name) != value)[:200]


def main() -> int:
    """Every fault at every write, or some of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth write")
    options = parser.parse_args()
    wrong: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="disks-") as folder:
        kill_jobs.plain_page()
        os.environ["GANSMITH_CACHE"] = f"{folder}-cache"
        wanted, writes = in_peace(Path(folder, "peace"))
        for name, number in FAULTS.items():
            places = range(1, writes + 1, options.every)
            for last in places:
                if fault := play(Path(folder, "case"), wanted, last, number):
                    wrong[name] += 1
                    print(f"{name} at write {last}: {fault}", flush=True)
            print(f"{name:<8} at {len(places)} of {writes} writes: {wrong[name]} faults", flush=True)
        shutil.rmtree(f"{folder}-cache", ignore_errors=True)
    return int(bool(wrong))


def in_peace(place: Path) -> tuple[dict[str, Any], int]:
    """What the undisturbed training leaves, and how many writes it takes."""
    place.mkdir()
    disk = Disk(place)
    code, words = train(place, disk)
    if code:
        raise SystemExit(words)
    return result(place), disk.count


if __name__ == "__main__":
    sys.exit(main())
