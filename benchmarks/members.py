"""An archive of very many members: what `data info` and `train` cost on it, in processor time and memory.

    python benchmarks/members.py [--count 1000000] [--place /dev/shm] [--most GB]

Writes a zip of so many pictures of 8x8 in ten folders, then runs both commands, each in a process of its own, with one
thread for matrices, the second in the cache of the first. Prints seconds of the processor and the most memory of each. For POSIX systems.
"""

from __future__ import annotations

import argparse
import os
import resource
import struct
import subprocess
import sys
import tempfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

KINDS = 50  # distinct pictures, of which members are copies
SETTINGS = (
    "generator.widths=[8]",
    "discriminator.widths=[8]",
    "data.batch=32",
    "data.labels=none",
    "watch.judge=0",
    "watch.diagnose=0",
)


def pictures() -> list[bytes]:
    """PNGs of noise, some 250 bytes each."""
    rng, made = np.random.default_rng(0), []
    for _ in range(KINDS):
        file = BytesIO()
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(file, "PNG")
        made.append(file.getvalue())
    return made


def write_zip(path: Path, count: int) -> None:
    """A zip of so many stored members, written here: Python's own writer takes minutes for a million."""
    contents = [(data, zlib.crc32(data)) for data in pictures()]
    directory, at = bytearray(), 0
    with open(path, "wb") as file:
        for index in range(count):
            data, checksum = contents[index % KINDS]
            name = b"class-%d/%07d.png" % (index % 10, index)
            about = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, checksum, len(data), len(data), len(name), 0)
            member = b"PK\x03\x04" + about + name + data
            directory += b"PK\x01\x02" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, at) + name
            at += len(member)
            file.write(member)
        file.write(directory)
        of = (count, count, len(directory), at)
        file.write(b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, *of))
        file.write(b"PK\x06\x07" + struct.pack("<IQI", 0, at + len(directory), 1))
        file.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0))


def measure(words: list[str], cache: Path) -> tuple[float, float]:
    """Seconds of the processor and megabytes at most, of a command that must succeed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gansmith", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "GANSMITH_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"gansmith {' '.join(words)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Write the archive, run both commands, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--place", type=Path, help="where the archive and the store are put for a while")
    parser.add_argument("--most", type=float, default=0.0, help="a limit on a command's address space, in GB; 0: none")
    options = parser.parse_args()
    if options.most:
        limit = int(options.most * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with tempfile.TemporaryDirectory(dir=options.place) as name:
        place = Path(name)
        archive = place / "many.zip"
        write_zip(archive, options.count)
        print(f"{options.count:,} members, {archive.stat().st_size / 1e6:.0f} MB", flush=True)
        train = ["train", "folder", "--data", str(archive), "--updates", "20", "--out", str(place / "run"), "--quiet"]
        for setting in SETTINGS:
            train += ["--set", setting]
        for words in (["data", "info", str(archive), "--json"], train):
            seconds, megabytes = measure(words, place / "cache")
            print(
                f"{' '.join(words[:2]):<12} {seconds:8.1f} s of the processor, {megabytes:8.0f} MB at most", flush=True
            )


if __name__ == "__main__":
    main()
