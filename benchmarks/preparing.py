"""What preparing pictures costs, and what reading them back does: against Pillow, by cores, by counts.

python benchmarks/preparing.py                      # about 4 minutes on two cores, and 3 GB of disk for a while
python benchmarks/preparing.py --one-core           # processor times only: half a minute, also on a busy machine
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from gansmith.data.preparation import decode
from gansmith.data.preparation.prepare import write_header
from gansmith.data.preparation.resize import Frame, framed
from gansmith.data.store import open_store, prepare_store
from gansmith.game.inputs.items import Items
from gansmith.ground.recipes.settings import DataSettings

WIDTH, HEIGHT, SIDE = 178, 218, 64
DISTINCT = 200  # pictures drawn; a folder of more names them again
WHOLE = Frame(SIDE, SIDE, 3, 0, "squeeze")


def photo(seed: int) -> np.ndarray:
    """A picture like a photograph, uint8 (218, 178, 3): clouds of little colour whose spectrum falls with the frequency,
    some edges, some grain. As a JPEG of quality 90 it has about 10 kB; CelebA's have 7."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(HEIGHT)[:, None], np.fft.rfftfreq(WIDTH)[None])
    frequency[0, 0] = 1.0
    clouds = []
    for _ in range(4):
        spectrum = np.fft.rfft2(rng.standard_normal((HEIGHT, WIDTH))) / frequency**1.4
        cloud = np.fft.irfft2(spectrum, (HEIGHT, WIDTH))
        clouds.append((cloud - cloud.mean()) / cloud.std())
    layers = 128 + 45 * clouds[0][..., None] + 15 * np.stack(clouds[1:], 2)
    picture = Image.fromarray(np.clip(layers, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y, r = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT)), int(rng.integers(8, 50))
        draw.ellipse((x - r, y - r, x + r, y + r), outline=tuple(rng.integers(0, 256, 3).tolist()), width=3)
    grain = rng.normal(0, 1.5, (HEIGHT, WIDTH, 1))
    return np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)


def jpegs() -> list[bytes]:
    """The distinct pictures, encoded with quality 90."""
    made = []
    for seed in range(DISTINCT):
        file = BytesIO()
        Image.fromarray(photo(seed)).save(file, "JPEG", quality=90)
        made.append(file.getvalue())
    return made


def by_pillow(data: bytes) -> np.ndarray:
    """The reference: Pillow decodes and resizes with LANCZOS."""
    return np.asarray(Image.open(BytesIO(data)).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def by_gansmith(data: bytes) -> np.ndarray:
    """The same as a store keeps it."""
    return framed(decode.picture(BytesIO(data))[0], WHOLE)


def cpu_seconds(act: Callable[[], Any]) -> float:
    """Processor time of this process in an act."""
    began = time.process_time()
    act()
    return time.process_time() - began


def per_core(files: list[bytes]) -> dict[str, float]:
    """Pictures a second of one core's time, of both in turn, the best of 5."""
    torch.set_num_threads(1)
    rounds = [
        [cpu_seconds(lambda prepare=prepare: [prepare(data) for data in files]) for prepare in (by_pillow, by_gansmith)]
        for _ in range(5)
    ]
    pillow, ours = (len(files) / min(seconds) for seconds in zip(*rounds, strict=True))
    return {
        "Pillow LANCZOS, pictures/s per core": pillow,
        "Gansmith, pictures/s per core": ours,
        "ratio": ours / pillow,
    }


def fidelity(files: list[bytes]) -> dict[str, float]:
    """PSNR against Pillow LANCZOS over all pictures, and what becomes of a circle through crop 108."""
    error = np.mean([(by_pillow(data).astype(float) - by_gansmith(data)) ** 2 for data in files])
    scale = 8  # the circle is drawn large and made small, so that its own steps do not count
    image = Image.new("L", (WIDTH * scale, HEIGHT * scale), 0)
    centre = (WIDTH * scale / 2, HEIGHT * scale / 2)
    ImageDraw.Draw(image).ellipse([c + sign * 40 * scale for sign in (-1, 1) for c in centre], fill=255)
    drawn = np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX))[..., None]
    seen = framed(drawn, Frame(SIDE, SIDE, 1, 108, "crop"))[..., 0].astype(float)
    weights, places = seen / seen.sum(), np.mgrid[:SIDE, :SIDE]
    middle = [(weights * axis).sum() for axis in places]
    spread = [np.sqrt((weights * (axis - m) ** 2).sum()) for axis, m in zip(places, middle, strict=True)]
    return {
        "PSNR, dB": float(10 * np.log10(255**2 / error)),
        "circle, height over width": float(spread[0] / spread[1]),
        "circle, pixels off the middle": float(np.hypot(*(m - (SIDE - 1) / 2 for m in middle))),
    }


def folder_of(files: list[bytes], count: int, folder: Path) -> Path:
    """A folder of `count` names for the pictures."""
    folder.mkdir()
    for index in range(count):
        if index < len(files):
            (folder / f"{index:06}.jpg").write_bytes(files[index])
        else:
            os.link(folder / f"{index % len(files):06}.jpg", folder / f"{index:06}.jpg")
    return folder


def timed(source: Path, out: Path, workers: int) -> tuple[float, bytes]:
    """Wall seconds of preparing in a fresh process, and the fingerprint."""
    command = [sys.executable, "-m", "gansmith", "data", "prepare", str(source), str(out), "--size", str(SIDE)]
    command += ["--crop", "whole", "--workers", str(workers), "--json"]
    began = time.perf_counter()
    answer = subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return time.perf_counter() - began, json.loads(answer.stdout)["fingerprint"]


def by_cores(source: Path, count: int, place: Path) -> dict[str, Any]:
    """One process against two, the best of 3 each; and the same bytes after a kill."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    prints = set()
    for trial in range(3):
        for workers in seconds:
            wall, fingerprint = timed(source, place / f"store-{workers}-{trial}", workers)
            seconds[workers].append(wall)
            prints.add(fingerprint)
    command = [sys.executable, "-m", "gansmith", "data", "prepare", str(source), str(place / "killed")]
    process = subprocess.Popen([*command, "--size", str(SIDE), "--crop", "whole", "--json"], stdout=subprocess.DEVNULL)
    record = place / "killed.part" / "done.jsonl"
    while process.poll() is None and not (record.exists() and record.read_bytes().count(b"\n") * 64 > count // 4):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    begun = record.read_bytes().count(b"\n") * 64 if record.exists() else count
    wall, fingerprint = timed(source, place / "killed", 2)
    one, two = min(seconds[1]), min(seconds[2])
    return {
        f"{count:,} pictures by one process, s": one,
        f"{count:,} pictures by two, s": two,
        "two against one": one / two,
        "pictures done when it was killed, about": begun,
        "seconds from there to the end": wall,
        "same bytes of all": len({*prints, fingerprint}) == 1,
    }


MEASURE_MEMORY = """
import sys
from gansmith.data.store import open_store
from gansmith.ground.recipes.settings import DataSettings
open_store(DataSettings(source=sys.argv[1], size="64", first=int(sys.argv[2])), workers=1)
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")))
"""


def memory(source: Path, count: int) -> dict[str, float]:
    """Most resident memory of preparing a quarter and all, in MB, where the system tells (Linux)."""
    found = {}
    for part in (count // 4, count):
        answer = subprocess.run(
            [sys.executable, "-c", MEASURE_MEMORY, str(source), str(part)], check=True, capture_output=True
        )
        found[f"most memory, {part:,} pictures, MB"] = float(answer.stdout)
    return found


def second_open(source: Path) -> dict[str, float]:
    """Seconds to open what was prepared: a folder, whose files are looked at again, and a store by its own name."""
    settings = DataSettings(source=str(source), size=str(SIDE), fit="squeeze")
    open_store(settings)
    out = source.with_name("by-name")
    prepare_store(settings, out)
    found = {}
    for name, asked in (("folder", settings), ("store", replace(settings, source=str(out), size="auto"))):
        began = time.perf_counter()
        open_store(asked)
        found[f"second open by its {name}, s"] = time.perf_counter() - began
    return found


def reading(rows: int, place: Path) -> dict[str, float]:
    """Random batches of 64 from a store's array to float tensors, on one core, the best of 5 seconds."""
    torch.set_num_threads(1)
    path = place / "items.npy"
    block = np.random.default_rng(0).integers(0, 256, (1000, SIDE, SIDE, 3), dtype=np.uint8)
    with open(path, "wb") as file:
        write_header(file, block.dtype, (rows, *block.shape[1:]))
        for _ in range(rows // 1000):
            file.write(block.data)
    items = np.load(path, mmap_mode="r")
    pixels = Items(items, None, "symmetric", (3, SIDE, SIDE), torch.device("cpu"))
    order = np.random.default_rng(1).permutation(rows)[: rows // 64 * 64].reshape(-1, 64)
    for batch in order[:200]:  # the file into the system's memory
        pixels.batch(batch)
    best = 0.0
    for _ in range(5):
        began, seen = time.process_time(), 0
        for batch in order:
            pixels.batch(batch)
            seen += 64
            if time.process_time() - began > 1:
                break
        best = max(best, seen / (time.process_time() - began))
    return {f"random batches of 64 from {rows:,}, pictures/s per core": best}


def main() -> None:
    """Measure all of it, print a table, then one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=80_000, help="pictures of the folder for one core against two")
    parser.add_argument("--rows", type=int, default=100_000, help="pictures of the store that is read from")
    parser.add_argument("--one-core", action="store_true", help="leave out one core against two, and the kill")
    parser.add_argument("--place", type=Path, help="where to put some GB for a while (default: the system's)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as name:
        place = Path(name)
        os.environ["GANSMITH_CACHE"] = str(place / "cache")
        files = jpegs()
        found: dict[str, Any] = {**fidelity(files), **per_core(files), **reading(options.rows, place)}
        small = folder_of(files, min(8000, options.count), place / "small")
        found |= second_open(small)
        if Path("/proc/self/status").exists():
            found |= memory(small, min(8000, options.count))
        if not options.one_core:
            found |= by_cores(folder_of(files, options.count, place / "many"), options.count, place)
    for key, value in found.items():
        print(f"{key:58s} {value:,.3f}" if isinstance(value, float) else f"{key:58s} {value}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
