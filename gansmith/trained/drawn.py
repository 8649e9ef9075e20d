"""What a generator is asked for: latents of one seed, of several seeds, of a file, or on the way between two seeds."""

from __future__ import annotations

import re
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gansmith.ground.errors import RunError, counted
from gansmith.ground.files.npy import headings_of_python_2
from gansmith.trained.generator import Generator

MOST_SEEDS = 100_000
SEEDS = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?")


@dataclass(frozen=True)
class Drawn:
    """Latents float32 (N, latent_dim) with their labels."""

    latents: np.ndarray
    labels: np.ndarray | None
    names: tuple[str, ...]  # a name for the file of each picture
    stem: str  # of the file that holds them all
    told: str  # where they come from, for the user


def of_seed(generator: Generator, count: int, seed: int, label: str | None = None, truncation: float = 1.0) -> Drawn:
    """As many as wanted of one seed. Raises RunError."""
    labels = generator.labels(count, label, seed)
    latents = generator.latents(count, seed, truncation)
    return Drawn(latents, labels, _numbered(count), f"sample-{seed}", f"{counted(count, 'sample')} of seed {seed}")


MOST_TRIES = 500_000  # rows that are drawn in search of those that are wanted


def of_condition(generator: Generator, count: int, seed: int, where: str, truncation: float = 1.0) -> Drawn:
    """The first `count` samples of a seed that fulfil a condition, as the kind of data understands it; the first 5 of 10 are the 5
    of 5. Where a class is asked for, only its samples are tried. Raises RunError, DataError."""
    ways = generator.kind.wanted
    if ways is None:
        raise RunError(
            f"--where chooses rows of tables, and these are {generator.kind.many}: use --label, or leave it out"
        )
    wanted, label_of = ways
    label = label_of(generator.units, where, generator.class_names) if generator.classes else None
    found, latents, labels, tried = np.empty(0, np.int64), np.empty(0), None, 0
    while len(found) < count and tried < MOST_TRIES:
        tried = max(4 * tried, 2 * max(count, 64))
        latents, labels = generator.latents(tried, seed, truncation), generator.labels(tried, label, seed)
        found = np.flatnonzero(wanted(generator.items(latents, labels), generator.units, where))
    if len(found) < count:
        raise RunError(
            f"--where {where!r}: only {len(found):,} of {counted(tried, 'row')} fulfil it, and {count:,} are wanted: "
            "ask for fewer rows, or for "
            "less"
        )
    kept = found[:count]
    told = f"{counted(count, 'sample')} of seed {seed} with {where}"
    return Drawn(latents[kept], None if labels is None else labels[kept], _numbered(count), f"sample-{seed}", told)


def parse_seeds(text: str) -> list[int]:
    """Seeds as they are typed: "0-99", or "3,7,20-25". Raises RunError."""
    seeds: list[int] = []
    for part in text.split(","):
        found = SEEDS.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, -1)
        if not 0 <= last - first < MOST_SEEDS - len(seeds):
            raise RunError(
                f"--seeds {text[:60]}: write them as 0-99 or 3,7,20-25, the smaller one first, {MOST_SEEDS:,} at most"
            )
        seeds += range(first, last + 1)
    return seeds


def of_seeds(generator: Generator, text: str, label: str | None = None, truncation: float = 1.0) -> Drawn:
    """The first sample of each seed. Raises RunError."""
    seeds = parse_seeds(text)
    latents = np.concatenate([generator.latents(1, seed, truncation) for seed in seeds])
    each = [generator.labels(1, label, seed) for seed in seeds]
    labels = None if each[0] is None else np.concatenate([one for one in each if one is not None])
    names = tuple(f"seed-{seed}" for seed in seeds)
    stem = f"samples-{text.replace(',', '+').replace(' ', '')[:60]}"
    return Drawn(latents, labels, names, stem, f"the sample of each of {counted(len(seeds), 'seed')} ({text})")


def between(
    generator: Generator, first: int, last: int, frames: int, label: str | None = None, truncation: float = 1.0
) -> Drawn:
    """The way from one seed's sample to another's, both included, in one class: the one that is asked for, else that of
    the first seed. On the shell where latents are normal, else straight. Raises RunError."""
    from gansmith.latent import space  # which, like the next, loads torch
    from gansmith.latent.steering import walks

    if frames < 2:
        raise RunError(f"--frames is {frames}: the two seeds need at least 2")
    law = generator.recipe.latent.law
    ends = np.concatenate([generator.latents(1, seed, truncation) for seed in (first, last)])
    way = space.spherical if law == "normal" else space.linear
    path = walks.interpolate(ends, frames - 1, way, law)
    labels = generator.labels(1, label, first)
    told = f"{counted(frames, generator.kind.one, generator.kind.many)} from seed {first} to seed {last}"
    if labels is not None:
        told += f", all of class {generator.label_names()[labels[0]]}"
        labels = np.repeat(labels, frames)
    return Drawn(path, labels, _numbered(frames), f"between-{first}-{last}", told)


def of_file(generator: Generator, path: Path, label: str | None = None) -> Drawn:
    """The latents of an .npz, as `gansmith explore` writes them: `latents` (N, latent_dim), and with classes `labels` (N,),
    positions of classes. Raises RunError."""
    try:
        with headings_of_python_2(), open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            given = {name: archive[name] for name in ("latents", "labels") if name in archive}
            known = list(archive)
    except (OSError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RunError(
            f"--latents {path} cannot be read as an .npz ({' '.join(str(error).split())[:200]}): give one with an array `latents`"
        ) from None
    latents, due = given.get("latents"), generator.latent_dim
    if latents is None:
        raise RunError(
            f"--latents {path} holds no array `latents`, but {', '.join(known[:8]) or 'nothing'}: name it so"
        )
    usable = latents.dtype.kind in "fiu" and latents.ndim == 2 and latents.shape[1] == due and len(latents)
    with np.errstate(over="ignore"):
        usable = usable and np.isfinite(latents.astype(np.float32)).all()
    if not usable:
        raise RunError(
            f"--latents {path}: its latents are {latents.dtype} {latents.shape}, and this generator takes finite numbers of "
            f"shape (N, {due})"
        )
    labels, count = given.get("labels"), len(latents)
    if labels is not None and (labels.dtype.kind not in "iu" or labels.ndim != 1):
        raise RunError(
            f"--latents {path}: its labels are {labels.dtype} {labels.shape}: they must be whole numbers (N,)"
        )
    chosen = label if label is not None or not generator.classes else labels
    told = f"{counted(count, 'sample')} of the latents in {path}"
    return Drawn(
        latents.astype(np.float32), generator.labels(count, chosen), _numbered(count), f"samples-{path.stem}", told
    )


def space_of(path: Path) -> str:
    """The space of an .npz's latents, as `gansmith explore` notes it; "z" where it says nothing, or cannot be read."""
    damages = OSError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error, KeyError
    with suppress(*damages), np.load(path, allow_pickle=False) as archive:
        return str(archive["space"])
    return "z"


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"{index:05d}" for index in range(count))
