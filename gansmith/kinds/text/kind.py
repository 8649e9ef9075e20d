"""Lines of text: one-hot float32 (N, 1, L, C) in the store, one of the file's own characters or the line's end at each place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError, counted
from gansmith.ground.files.whole import replacing
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds.record import Kind, Prepared, Shown, Units
from gansmith.kinds.table import reading as tables
from gansmith.kinds.text import reading
from gansmith.kinds.text.alphabet import alphabet_of, codes_of, decode, encode, one_hot
from gansmith.kinds.text.likeness import measures
from gansmith.kinds.text.written import written

ENDING = ".txt"
SHORTEST = 4  # places of an item at least, as networks have convolutions
BUCKETS = 128  # pairs of neighbouring characters are counted in so many groups
SHOWN_MOST = 60  # characters of the alphabet that `data info` prints


def claims(path: Path) -> bool:
    """A file that ends in .txt, or has no ending and begins with lines of text, as lists of words have."""
    if not path.is_file():
        return False
    return path.suffix.lower() == ENDING or (not path.suffix and reading.begins_as_text(path))


def read(path: Path, settings: DataSettings) -> Prepared:
    """The lines of a file. Raises DataError."""
    if not path.is_file():
        raise DataError(f"{path.name} is no file: text is read from one file, with a short line in each line")
    found = reading.read_lines(path) if path.suffix.lower() not in tables.ENDINGS else reading.read_column(path)
    return _prepared(found.lines[: settings.first or None], found.left_out, found.remarks)


def prepare(array: np.ndarray, settings: DataSettings, title: str) -> Prepared:
    """An array of strings, of which an empty one is a line too. Raises DataError."""
    if array.dtype.kind not in "UO" or not all(isinstance(one, str) for one in array.flat):
        raise DataError(f"{title} holds {array.dtype}, and text is of strings: give words, or a .txt file")
    lines, rows, left_out = reading.usable([one.replace("\n", " ") for one in array.flat], empty=True)
    if len(lines) < reading.LEAST:
        raise DataError(
            f"{title} has {counted(len(lines), 'line')} that can be used, and {reading.LEAST} are the least: give more"
        )
    return replace(_prepared(lines, left_out, ()), kept=np.array(rows))


def _prepared(lines: list[str], left_out: tuple[str, ...], remarks: tuple[str, ...]) -> Prepared:
    alphabet, length = alphabet_of(lines), max(SHORTEST, *map(len, lines))
    units = {"alphabet": alphabet, "length": length}
    return Prepared(encode(lines, alphabet, length), units, left_out=left_out, remarks=remarks)


def describe(items: np.ndarray, units: Units) -> str:
    """How many lines, how long, of how many characters."""
    letters = counted(len(units["alphabet"]), "different character")
    return f"{counted(len(items), 'line')} of up to {counted(units['length'], 'place')}, {letters}"


def facts(items: np.ndarray, units: Units) -> list[str]:
    """The alphabet, lengths, and how many lines there are twice."""
    lines, alphabet = decode(np.asarray(items), units["alphabet"]), units["alphabet"]
    more = f" and {len(alphabet) - SHOWN_MOST} more" if len(alphabet) > SHOWN_MOST else ""
    lengths = np.array([len(line) for line in lines])
    often, times = Counter(lines).most_common(1)[0]
    return [
        f"alphabet: {alphabet[:SHOWN_MOST]!r}{more}",
        f"lengths: {lengths.min()} to {lengths.max()}, mean {lengths.mean():.1f}",
        f"{len(set(lines)):,} different lines; the most frequent is {often!r}, {times:,} times",
    ]


def items_of(raw: np.ndarray, settings: DataSettings, units: Units) -> np.ndarray:
    """The likeliest character at each place, up to the end of the line: one-hot."""
    return one_hot(codes_of(raw), raw.shape[3] - 1)


def in_units(items: np.ndarray, units: Units) -> list[str]:
    """The lines."""
    return decode(items, units["alphabet"])


def rescaled(items: np.ndarray, units: Units, other: Units) -> np.ndarray:
    """The same lines in another alphabet. Raises DataError for a character or a length that it lacks."""
    if dict(units) == dict(other):
        return items
    return encode(decode(items, units["alphabet"]), other["alphabet"], other["length"])


def flat(items: np.ndarray, numbers: int) -> np.ndarray:
    """How often each character, the end, and groups of pairs of neighbours occur: float32 (N, at most `numbers`)."""
    codes, channels = codes_of(np.asarray(items)), items.shape[3]
    single = np.stack([(codes == channel).sum(axis=1) for channel in range(channels)], axis=1)
    first, second = codes[:, :-1].astype(np.uint64), codes[:, 1:].astype(np.uint64)
    pairs = ((first * np.uint64(channels) + second) * np.uint64(2654435761) % np.uint64(2**32)) * np.uint64(
        BUCKETS
    ) >> np.uint64(32)
    there = first > 0  # a pair begins with a character; after the end there is none
    grouped = np.zeros((len(codes), BUCKETS), np.int64)
    np.add.at(grouped, (np.repeat(np.arange(len(codes)), there.sum(axis=1)), pairs[there].astype(np.int64)), 1)
    return np.concatenate([single, grouped], axis=1)[:, :numbers].astype(np.float32)


def flat_name(shape: tuple[int, ...], numbers: int) -> str:
    """ "letters": the counts of `flat`."""
    return "letters"


def noise(like: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Any characters at all, in lines as long as those."""
    lengths = rng.choice((codes_of(np.asarray(like)) > 0).sum(axis=1), count)
    places, characters = like.shape[2], like.shape[3] - 1
    codes = rng.integers(1, 1 + characters, (count, places))
    return one_hot(np.where(np.arange(places) < lengths[:, None], codes, 0), characters)


def sheet(items: np.ndarray, units: Units, how: Shown) -> np.ndarray:
    """The lines in columns."""
    return written(in_units(items, units), how.columns)


def lines(items: np.ndarray, units: Units, most: int) -> list[str]:
    """The lines themselves."""
    return in_units(items[:most], units)


def write(path: Path, items: np.ndarray, units: Units, labels: Sequence[Any] | None, names: Sequence[str]) -> None:
    """A text file in UTF-8, one line each. Raises OSError."""
    with replacing(path, lasting=False) as file:
        file.write("".join(f"{line}\n" for line in in_units(items, units)).encode("utf-8"))


KIND = Kind(
    name="text",
    one="line",
    many="lines",
    array="lines",
    recipe="text",
    ending=ENDING,
    claims=claims,
    read=read,
    prepare=prepare,
    describe=describe,
    facts=facts,
    items_of=items_of,
    in_units=in_units,
    rescaled=rescaled,
    flat=flat,
    flat_name=flat_name,
    noise=noise,
    sheet=sheet,
    lines=lines,
    endings=(ENDING,),
    write=write,
    measures=measures,
)
