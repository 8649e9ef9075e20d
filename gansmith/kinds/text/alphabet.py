"""Lines of text as numbers and back: at each place one of the file's own characters, or the end of the line.

Stored, a line is one-hot float32 (1, L, 1 + characters): channel 0 stands for "the line has ended", channel i for the i-th
character. A line ends at its first place of channel 0, so what stands behind that has no meaning.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gansmith.ground.errors import DataError, counted

END = 0  # the channel of "the line has ended"


def alphabet_of(lines: Sequence[str]) -> str:
    """Every character of the lines once, in the order of their code points."""
    return "".join(sorted(set().union(*lines)))


def encode(lines: Sequence[str], alphabet: str, length: int) -> np.ndarray:
    """float32 (N, 1, length, 1 + len(alphabet)). Raises DataError for a line that has no place in it."""
    number = {character: index for index, character in enumerate(alphabet, 1)}
    codes = np.full((len(lines), length), END, np.int64)
    for row, line in enumerate(lines):
        if len(line) > length:
            raise DataError(f"{line!r} has {counted(len(line), 'character')}, and lines here have at most {length}")
        try:
            codes[row, : len(line)] = [number[character] for character in line]
        except KeyError as unknown:
            raise DataError(
                f"{line!r} has the character {unknown}, which is not in the alphabet of this data"
            ) from None
    return one_hot(codes, len(alphabet))


def one_hot(codes: np.ndarray, characters: int) -> np.ndarray:
    """Channels int (N, L) in 0..characters -> float32 (N, 1, L, 1 + characters)."""
    return np.eye(1 + characters, dtype=np.float32)[codes][:, None]


def ended(codes: np.ndarray) -> np.ndarray:
    """Channels int (N, L) with END everywhere behind the first END."""
    return np.where(np.cumsum(codes == END, axis=1) > 0, END, codes)


def codes_of(items: np.ndarray) -> np.ndarray:
    """The largest channel at each place of items (N, 1, L, C): int64 (N, L), END behind the end of a line."""
    return ended(items[:, 0].argmax(axis=2))


def decode(items: np.ndarray, alphabet: str) -> list[str]:
    """The lines of items (N, 1, L, C): at each place the character of the largest channel, up to the end of the line."""
    letters = np.array(["", *alphabet])
    return ["".join(letters[row]) for row in codes_of(items)]
