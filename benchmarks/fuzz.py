"""Damaged files for every reader: no crash, no hang, little memory, no code that runs, and one line that says what is wrong.

    python benchmarks/fuzz.py [--count 10000] [--seed 0] [--save FOLDER] [READER ...]

Each file is a small whole one that `mutate.py` has damaged, and is given to the command that reads it, in a process that may
take 10 seconds and 1 GB more than it had. `--save` keeps the files that were not refused, or read, as they should be. Prints
a table; exit code 1 where there was one. For POSIX systems; the tests damage a few files of each kind on every system.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="", GANSMITH_OFFLINE="1")  # before anything is imported

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_readers import READERS, Files, Reader, can_be_read, put
from mutate import mutated

SECONDS = 10  # that a file may take
MEMORY = 2**30  # bytes that a file may take
ALARMING = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "socket.connect")
LONGEST = 2000  # characters of a message


@dataclass
class Verdict:
    """How a file was taken: "read", "refused", or a fault, with its words."""

    kind: str
    words: str = ""


def damaged(reader: Reader, whole: Files, dice: random.Random) -> Files:
    """The files, one of them damaged; or their archive, or a member of it."""
    files = dict(whole)
    if reader.pack and dice.random() < 0.5:
        name, pack = reader.pack
        return {name: mutated(pack(files), dice)}
    name = dice.choice([name for name in sorted(files) if name.startswith(reader.only)])
    files[name] = mutated(files[name], dice)
    return reader.whole(files)


def attempt(reader: Reader, files: Files, home: Path) -> Verdict:
    """Give files to the reader's command, and judge what it says."""
    from gansmith.cli import main

    here = home / "here"
    for path in (here, home / "out", home / "out.npz"):
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)
    put(files, here)
    arguments = [word.replace("HERE", str(here)).replace("OUT", str(home / "out")) for word in reader.command]
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("always")
            code = main(arguments)
    except BaseException as error:  # whatever gets out is a fault
        return Verdict("crash", "".join(traceback.format_exception(error))[-600:])
    said = err.getvalue().strip()
    if code == 0:
        return Verdict("warning" if "Warning" in said else "read", said)
    one_line = code == 1 and said.startswith("gansmith: ") and "\n" not in said and len(said) < LONGEST
    clean = all(char.isprintable() for char in said)
    return Verdict("refused" if one_line and clean else "unclear", said[-1500:])


def limit() -> None:
    """Give this process little memory, and let it know of nothing that runs programs."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    most = pages * resource.getpagesize() + MEMORY if pages else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def heard(event: str, given: tuple[object, ...]) -> None:
        if event.startswith(ALARMING) and sys.executable not in given:  # which a reader of ours may start
            os.write(2, f"code would have run: {event}\n".encode())
            os._exit(77)

    sys.addaudithook(heard)


def work(name: str, whole: Files, indices: range, seed: int, home: Path, answers: int) -> None:
    """Judge files one after the other, in a process of its own; each answer is a line."""
    limit()
    for index in indices:
        os.write(answers, f"begin {index}\n".encode())
        files = damaged(READERS[name], whole, random.Random(f"{name} {seed} {index}"))
        verdict = attempt(READERS[name], files, home)
        os.write(answers, f"{verdict.kind} {index} {verdict.words!r}"[:3000].encode() + b"\n")


def supervise(name: str, whole: Files, count: int, seed: int, home: Path) -> list[tuple[int, Verdict]]:
    """All files of a reader; a process that crashes or hangs is replaced."""
    found: list[tuple[int, Verdict]] = []
    while len(found) < count:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                work(name, whole, range(len(found), count), seed, home, writer)
            finally:
                os._exit(0)
        os.close(writer)
        hung = _listen(reader, found)
        os.close(reader)
        if hung:
            os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if len(found) < count:
            ran = "code was run" if code == 77 else f"process ended ({code})"
            found.append((len(found), Verdict("hang" if hung else ran)))
    return found


def _listen(reader: int, found: list[tuple[int, Verdict]]) -> bool:
    """Take answers until the process ends. Whether it hung instead."""
    held = b""
    while True:
        if not select.select([reader], [], [], SECONDS * 3)[0]:  # a busy machine may take its time
            return True
        data = os.read(reader, 65536)
        if not data:
            return False
        *lines, held = (held + data).split(b"\n")
        for line in lines:
            kind, index, *words = line.decode("utf-8", "replace").split(" ", 2)
            if kind != "begin":
                found.append((int(index), Verdict(kind, words[0] if words else "")))


def main() -> int:
    """Damage files of the named readers, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    parser.add_argument("--count", type=int, default=10_000, help="files a reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="a folder for the files that went wrong")
    options = parser.parse_args()
    faults = 0
    print(f"{'reader':<12} {'files':>7} {'read':>7} {'refused':>8} {'faults':>7} {'files/s':>8}")
    for name in options.readers or READERS:
        reader = READERS[name]
        if not can_be_read(reader):
            print(f"{name:<12} left out: {', '.join(reader.needs)} is not installed")
            continue
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            home = Path(folder)
            os.environ["GANSMITH_CACHE"] = str(home / "cache")
            with contextlib.redirect_stdout(io.StringIO()):
                whole = reader.files()
            began = time.monotonic()
            found = supervise(name, whole, options.count, options.seed, home)
        kinds = Counter(verdict.kind for _, verdict in found)
        wrong = [(index, verdict) for index, verdict in found if verdict.kind not in ("read", "refused")]
        pace = len(found) / (time.monotonic() - began)
        row = f"{len(found):>7} {kinds['read']:>7} {kinds['refused']:>8} {len(wrong):>7} {pace:>8.1f}"
        print(f"{name:<12} {row}", flush=True)
        for index, verdict in wrong[:5]:
            print(f"  file {index}: {verdict.kind}: {verdict.words}", flush=True)
        for index, _ in wrong if options.save else ():
            put(
                damaged(reader, whole, random.Random(f"{name} {options.seed} {index}")),
                options.save / f"{name}-{index}",
            )
        faults += len(wrong)
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
