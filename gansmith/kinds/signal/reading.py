"""A folder of sound files, cut into windows; and arrays of series, in any order of their axes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gansmith.ground.errors import DataError, counted
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds.signal import sounds

USUAL_RATE = 16_000  # samples a second, at most, where data.rate does not say more
LENGTHS = (4096, 1024, 256)  # samples of a window: the longest that half of the files fill
SHORTEST = 8  # samples of a signal
SILENT = 1e-4  # of the loudest sample: a window without a louder one is silence
MOST = 200_000_000  # samples that are kept


@dataclass(frozen=True)
class Read:
    """Signals of a source, and how it was understood."""

    signals: np.ndarray  # (N, L, C), in the source's units
    rate: int = 0  # samples a second; 0 = not known
    layout: str = "NL"  # of the source's axes: signals, channels, length
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def files(path: Path) -> list[Path]:
    """The sound files at a path or below it, in the order of their names."""
    if path.is_file():
        return [path] if sounds.is_sound(path.name) else []
    return sorted(one for one in path.rglob("*") if sounds.is_sound(one.name) and not one.name.startswith("."))


def read_files(path: Path, settings: DataSettings) -> Read:
    """Sounds as windows of one length at one rate; folders below are classes. Raises DataError where there are none."""
    loaded: list[tuple[Path, np.ndarray, int]] = []
    skipped: list[tuple[str, str]] = []
    found, kept, beyond = files(path), 0, 0
    channels: Counter[int] = Counter()
    for file in found:
        if kept > MOST:
            beyond += 1
            continue
        try:
            values, rate = sounds.load(file)
        except sounds.Unreadable as error:
            skipped.append((file.name, str(error)))
            continue
        channels[values.shape[1]] += 1
        loaded.append((file, sounds.mixed(values), rate))
        kept += len(values)
    if not loaded:
        first = f"; the first: {skipped[0][0]}: {skipped[0][1]}" if skipped else ""
        raise DataError(
            f"{path} holds no sound that can be used, of {counted(len(found), 'file')}{first}: give .wav files"
        )
    rates = Counter(rate for _, _, rate in loaded)
    rate = settings.rate or min(rates.most_common(1)[0][0], USUAL_RATE)
    waves = [sounds.resampled(values, before, rate) for _, values, before in loaded]
    length = window_length(settings, [len(one) for one in waves])
    return _cut(path, [file for file, _, _ in loaded], waves, rate, length).with_words(
        _words(rates, channels, rate, length, settings), tuple(skipped), beyond
    )


@dataclass(frozen=True)
class Cut:
    """Windows, before what is said about them."""

    read: Read
    padded: int
    silent: int

    def with_words(self, remarks: list[str], skipped: tuple[tuple[str, str], ...], beyond: int) -> Read:
        """The reading with its lines."""
        left_out = [f"{counted(self.silent, 'window')} of silence"] if self.silent else []
        left_out += [f"{counted(beyond, 'file')}: {MOST:,} samples are the most that are kept"] if beyond else []
        remarks += (
            [f"{counted(self.padded, 'window')} end with silence, as their files were shorter"] if self.padded else []
        )
        one = self.read
        return Read(
            one.signals, one.rate, one.layout, one.labels, one.class_names, skipped, tuple(left_out), tuple(remarks)
        )


def _cut(path: Path, names: list[Path], waves: list[np.ndarray], rate: int, length: int) -> Cut:
    parts: list[np.ndarray] = []
    owners: list[int] = []
    padded = silent = 0
    loudest = max(float(np.abs(one).max()) for one in waves)
    for index, one in enumerate(waves):
        cut, short = windows(one, length)
        loud = np.abs(cut).max(axis=1) > SILENT * loudest
        silent += int((~loud).sum())
        padded += int(short and loud[-1])
        parts.append(cut[loud].astype(np.float32))
        owners += [index] * int(loud.sum())
    signals = np.concatenate(parts)
    if not len(signals):
        raise DataError(f"{path} holds silence alone: give sounds")
    folders = (
        [(file.relative_to(path).parts[0] if len(file.relative_to(path).parts) > 1 else "") for file in names]
        if path.is_dir()
        else [""]
    )
    classes = sorted({folders[owner] for owner in owners})
    if len(classes) < 2 or "" in classes:
        return Cut(Read(signals[:, :, None], rate), padded, silent)
    labels = np.array([classes.index(folders[owner]) for owner in owners], np.int64)
    return Cut(Read(signals[:, :, None], rate, labels=labels, class_names=tuple(classes)), padded, silent)


def windows(values: np.ndarray, length: int) -> tuple[np.ndarray, bool]:
    """Samples (L,) one window (n, length) after the other, and whether the last was filled up with zeros.

    What is left at the end is a window if it is half of one, or all that there is.
    """
    whole, rest = divmod(len(values), length)
    short = bool(rest) and (rest >= length / 2 or not whole)
    filled = np.zeros((whole + short) * length)
    filled[: min(len(values), len(filled))] = values[: len(filled)]
    return filled.reshape(-1, length), short


def window_length(settings: DataSettings, found: list[int]) -> int:
    """data.length, else the longest of LENGTHS that half of the files fill, else the middle file's."""
    if settings.length:
        return _long_enough(settings.length, "data.length")
    middle = int(np.median(found))
    return next(
        (length for length in LENGTHS if length <= middle), _long_enough(max(middle, SHORTEST), "the middle file")
    )


def _words(rates: Counter[int], channels: Counter[int], rate: int, length: int, settings: DataSettings) -> list[str]:
    others = {found: count for found, count in rates.items() if found != rate}
    lines = [f"windows of {counted(length, 'sample')} at {rate:,} a second, {1000 * length / rate:.0f} ms each"]
    if others:
        told = ", ".join(f"{count:,} of {found:,}" for found, count in sorted(others.items()))
        lines.append(
            f"files resampled to {rate:,} samples a second: {told} (data.rate={max(rates):,} keeps more)".replace(
                f"={max(rates):,}", f"={max(rates)}"
            )
        )
    if several := sum(count for number, count in channels.items() if number > 1):
        lines.append(f"{counted(several, 'file')} of several channels are mixed down to one")
    return lines if settings.length else [lines[0] + "; data.length=N cuts others", *lines[1:]]


def read_array(array: np.ndarray, settings: DataSettings, title: str) -> Read:
    """Series (N, L), (N, C, L), (N, L, C), or one long series (L,) that is cut. Raises DataError."""
    if array.dtype.kind not in "fiu":
        raise DataError(f"{title} holds {array.dtype}, and signals are of numbers: give floats or integers")
    if not array.size:
        raise DataError(f"{title} is empty: give signals (N, length)")
    if array.ndim == 2 and array.shape[1] == 1:
        length = settings.length or min(LENGTHS[1], max(SHORTEST, len(array) // 64))
        _long_enough(min(len(array), _long_enough(length, "data.length")), f"the series of {title}")
        cut = array[: len(array) // length * length, 0].reshape(-1, length)
        windows = counted(len(cut), "window")
        word = f"{title}: one series of {len(array):,} samples, cut into {windows} of {length:,}; data.length=N cuts others"
        return Read(cut[:, :, None], settings.rate, remarks=(word,))
    if array.ndim == 2:
        return Read(_checked(array[:, :, None], title), settings.rate)
    if array.ndim != 3:
        raise DataError(
            f"{title} is of shape {array.shape}, and signals are (N, L), (N, C, L) or (N, L, C): reshape it"
        )
    first = array.shape[1] < array.shape[2]
    count, length = min(array.shape[1:]), max(array.shape[1:])
    layout, order = ("NCL", "(N, channels, length)") if first else ("NLC", "(N, length, channels)")
    signals = np.moveaxis(array, 1, 2) if first else array
    word = f"{title}: {counted(count, 'channel')} of {length:,} samples, read as {order}: the longer axis is time"
    return Read(_checked(signals, title), settings.rate, layout, remarks=(word,))


def _checked(signals: np.ndarray, title: str) -> np.ndarray:
    _long_enough(signals.shape[1], title)
    return signals


def _long_enough(length: int, what: str) -> int:
    if length < SHORTEST:
        raise DataError(
            f"{what} has {counted(length, 'sample')}, and a signal has at least {SHORTEST}: give longer ones"
        )
    return length
