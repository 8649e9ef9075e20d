"""What is heard in signals: spectra, a fixed log-mel front end, autocorrelation, pitch, brightness. Signals are (N, L, C)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FRAME = 256  # samples under a window, or the whole of a shorter signal
BANDS, PARTS = 32, 4  # of the front end: bands of frequency, and parts of the signal's time
BREAK = 0.175  # of the highest frequency: bands are even below and grow above. The mel scale's 700 Hz at 8,000 a second
QUIET = 1e-4  # power that counts as silence, beside signals of deviation 1
BLOCK = 512  # signals at a time
LAGS = 256  # of autocorrelation


def frames(signals: np.ndarray, size: int, step: int) -> np.ndarray:
    """Powers float32 (N, T, F) of windows of `size` samples, each `step` after the last; channels are added up."""
    window = np.hanning(size + 1)[:-1] if size > 2 else np.ones(size)
    starts = range(0, signals.shape[1] - size + 1, step)
    scale = 1 / float((window**2).sum())
    powers = np.zeros((len(signals), len(starts), size // 2 + 1), np.float32)
    for place, start in enumerate(starts):
        found = np.fft.rfft(signals[:, start : start + size] * window[:, None], axis=1)
        powers[:, place] = (np.abs(found) ** 2).mean(axis=2) * scale
    return powers


def mel_bands(bins: int, bands: int) -> np.ndarray:
    """Triangles (bins, bands) over the frequencies of a spectrum, even on the mel scale; each sums to 1."""
    top = np.log1p(1 / BREAK)
    edges = BREAK * np.expm1(np.linspace(0, top, bands + 2)) * (bins - 1)
    place = np.arange(bins)[:, None]
    rise, fall = edges[1:-1] - edges[:-2], edges[2:] - edges[1:-1]
    shape = np.minimum((place - edges[:-2]) / np.maximum(rise, 1), (edges[2:] - place) / np.maximum(fall, 1))
    nearest = np.abs(place - edges[1:-1]) <= 0.5  # a band narrower than a bin takes the nearest
    shape = np.maximum(np.clip(shape, 0, None), nearest)
    return (shape / shape.sum(axis=0)).astype(np.float32)


def log_mel(signals: np.ndarray, bands: int = BANDS, parts: int = PARTS) -> np.ndarray:
    """The logarithm of the power in each band and part of the time, float32 (N, parts x bands)."""
    size = min(FRAME, signals.shape[1])
    weights = mel_bands(size // 2 + 1, min(bands, size // 2 + 1))

    def one(block: np.ndarray) -> np.ndarray:
        power = frames(block, size, max(1, size // 4)) @ weights
        cut = np.array_split(power, min(parts, power.shape[1]), axis=1)
        return np.log(QUIET + np.stack([part.mean(axis=1) for part in cut], axis=1)).reshape(len(block), -1)

    return in_blocks(one, signals)


def spectrum(signals: np.ndarray) -> np.ndarray:
    """The mean power of signals at each frequency of a frame, in decibels, float64 (F,)."""
    size = min(FRAME, signals.shape[1])
    powers = in_blocks(lambda block: frames(block, size, max(1, size // 2)).mean(axis=1), signals)
    return 10 * np.log10(QUIET + powers.mean(axis=0, dtype=np.float64))


def autocorrelation(signals: np.ndarray) -> np.ndarray:
    """The mean autocorrelation of signals at lags 0 .. LAGS, over its value at 0, float64 (lags,)."""
    length = signals.shape[1]

    def one(block: np.ndarray) -> np.ndarray:
        found = np.fft.rfft(block, 2 * length, axis=1)
        return np.fft.irfft((np.abs(found) ** 2).mean(axis=2), axis=1)[:, : min(LAGS, length // 2) + 1]

    total = in_blocks(one, signals).sum(axis=0, dtype=np.float64)
    return total / max(float(total[0]), 1e-12)


def pitch(signals: np.ndarray) -> np.ndarray:
    """The loudest frequency of each signal, as a share of its rate, float64 (N,): 0 to .5.

    It is read between the bins of a spectrum by a parabola through the logarithms of three of them.
    """
    length = signals.shape[1]
    size = 1 << (2 * length - 1).bit_length()
    window = np.hanning(length)[:, None] if length > 2 else np.ones((length, 1))

    def one(block: np.ndarray) -> np.ndarray:
        centred = (block - block.mean(axis=1, keepdims=True)) * window
        power = (np.abs(np.fft.rfft(centred, size, axis=1)) ** 2).mean(axis=2)
        peak = np.clip(power.argmax(axis=1), 1, power.shape[1] - 2)
        rows = np.arange(len(block))
        low, mid, high = (np.log(power[rows, peak + n] + 1e-30) for n in (-1, 0, 1))
        bend = low - 2 * mid + high
        between = np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, 1), 0.0)
        return (peak + np.clip(between, -0.5, 0.5)) / size

    return in_blocks(one, signals)


def brightness(signals: np.ndarray) -> np.ndarray:
    """The mean frequency of each signal's power, as a share of its rate, float64 (N,): 0 to .5."""

    def one(block: np.ndarray) -> np.ndarray:
        power = (np.abs(np.fft.rfft(block, axis=1)) ** 2).mean(axis=2)[:, 1:]
        places = np.arange(1, power.shape[1] + 1) / block.shape[1]
        return power @ places / np.maximum(power.sum(axis=1), 1e-30)

    return in_blocks(one, signals)


def in_blocks(one: Callable[[np.ndarray], np.ndarray], signals: np.ndarray) -> np.ndarray:
    """What a function gives for signals, computed for some at a time."""
    starts = range(0, max(len(signals), 1), BLOCK)
    return np.concatenate([one(np.asarray(signals[start : start + BLOCK], np.float64)) for start in starts])
