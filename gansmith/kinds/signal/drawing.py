"""Signals as pictures: the waveform above, the spectrogram below."""

from __future__ import annotations

import numpy as np

from gansmith.kinds.signal import spectra

PAPER, WAVE, AXIS = np.array([(255, 255, 255), (11, 127, 120), (224, 226, 230)], np.uint8)
LOUD, MIDDLE = np.array([(58, 16, 92), (232, 98, 60)], np.float64)  # of a spectrogram: quiet is PAPER
RANGE = 50.0  # decibels below the loudest that are drawn
MARGIN = 4  # pixels around a cell
MOST = 256  # signals on a sheet


def sheet(items: np.ndarray, columns: int | None = None, side: int = 64) -> np.ndarray:
    """Signals (N, 1, L, C) in a grid, uint8 (H, W, 3): each a waveform over its spectrogram, `side` pixels high and twice as wide.

    Channels are drawn into one waveform.
    """
    signals = np.nan_to_num(np.asarray(items[:MOST, 0], np.float64))
    columns = columns or max(1, round((len(signals) / 2) ** 0.5))
    rows = -(-len(signals) // columns)
    height, width = side + MARGIN, 2 * side + MARGIN
    page = np.full((rows * height + MARGIN, columns * width + MARGIN, 3), PAPER)
    reach = max(float(np.percentile(np.abs(signals), 99.9)), 1e-9) if signals.size else 1.0
    for index, signal in enumerate(signals):
        top, left = MARGIN + index // columns * height, MARGIN + index % columns * width
        page[top : top + side, left : left + 2 * side] = cell(signal, side, 2 * side, reach)
    return page


def cell(signal: np.ndarray, height: int, width: int, reach: float) -> np.ndarray:
    """A signal (L, C) as a picture; `reach`: the value at the waveform's upper edge."""
    upper = height * 2 // 5
    return np.concatenate([waveform(signal, upper, width, reach), spectrogram(signal, height - upper, width)])


def waveform(signal: np.ndarray, height: int, width: int, reach: float) -> np.ndarray:
    """From the lowest to the highest value of each column's samples, uint8 (height, width, 3)."""
    page = np.full((height, width, 3), PAPER)
    page[height // 2] = AXIS
    edges = np.linspace(0, len(signal), width + 1)
    for column in range(width):
        part = signal[int(edges[column]) : max(int(edges[column]) + 1, int(np.ceil(edges[column + 1])))]
        low, high = (np.clip((1 - value / reach) / 2, 0, 1) * (height - 1) for value in (part.max(), part.min()))
        page[int(low + 0.5) : int(high + 0.5) + 1, column] = WAVE
    return page


def spectrogram(signal: np.ndarray, height: int, width: int) -> np.ndarray:
    """Power in decibels below the loudest, time to the right and frequency upwards, uint8 (height, width, 3)."""
    size = min(spectra.FRAME, len(signal), max(8, len(signal) // 4))
    padded = np.pad(signal, ((size // 2, size // 2), (0, 0)))
    powers = spectra.frames(padded[None], size, max(1, len(signal) // width))[0]
    decibels = 10 * np.log10(powers + 1e-12)
    strength = np.clip(1 + (decibels - decibels.max()) / RANGE, 0, 1)
    places = np.linspace(0, strength.shape[1] - 1, height)[::-1]
    times = np.minimum(np.arange(width) * strength.shape[0] // width, strength.shape[0] - 1)
    shown = strength[times][:, np.rint(places).astype(int)].T[..., None]
    dark = np.where(shown < 0.5, PAPER + (MIDDLE - PAPER) * 2 * shown, MIDDLE + (LOUD - MIDDLE) * (2 * shown - 1))
    return np.rint(dark).astype(np.uint8)
