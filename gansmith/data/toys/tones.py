"""Struck tones, whose pitch, overtones, decay and loudness are known exactly.

A tone is loudness x sum over k = 1 .. 4 of brightness^(k - 1) sin(2 pi k pitch t) exp(-decay t), from t = 0 on. The fundamental
is always the loudest partial, so the peak of a spectrum is the pitch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground import streams
from gansmith.kinds.signal import spectra

RATE = 4000  # samples a second
LENGTH = 512  # samples: 128 milliseconds
COUNT = 6000  # tones, unless data.first is set
PARTIALS = 4
NAMES = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
PITCHES = 220.0 * 2.0 ** (np.arange(12) / 12)  # hertz: A3 to G#4, in equal temperament
RANGES: dict[str, tuple[float, float]] = {  # of uniform distributions
    "brightness": (0.1, 0.6),  # the ratio of neighbouring partials
    "decay": (4.0, 16.0),  # per second
    "loudness": (0.4, 1.0),
}


@dataclass(frozen=True)
class Truth:
    """The true values of N tones: `labels` int64 (N,), the number of the pitch; the others float64 (N,)."""

    labels: np.ndarray
    brightness: np.ndarray
    decay: np.ndarray
    loudness: np.ndarray


def truth(count: int, seed: int, part: int = 0) -> Truth:
    """The true values of a seed's tones: pitches in turn, the rest uniform in `RANGES`. `part`: 0 training, 1 test.

    More tones begin with the same ones.
    """
    drawn = streams.generator(seed, "source", part, 2).random((count, len(RANGES)))
    values = {name: low + drawn[:, n] * (high - low) for n, (name, (low, high)) in enumerate(RANGES.items())}
    return Truth(np.arange(count, dtype=np.int64) % len(PITCHES), **values)


def play(what: Truth) -> np.ndarray:
    """Tones with given values, float32 (N, 512)."""
    time = np.arange(LENGTH) / RATE
    turns = 2 * np.pi * PITCHES[what.labels, None] * time
    wave = sum(what.brightness[:, None] ** (k - 1) * np.sin(k * turns) for k in range(1, PARTIALS + 1))
    return (what.loudness[:, None] * np.exp(-what.decay[:, None] * time) * wave).astype(np.float32)


def sounds(count: int, seed: int, part: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """`count` tones float32 (count, 512) and the numbers of their pitches int64 (count,)."""
    what = truth(count, seed, part)
    return play(what), what.labels


def allowed(made: np.ndarray) -> np.ndarray:
    """Which sounds (N, 512) have the pitch of a tone, to a quarter of a semitone: bool (N,)."""
    heard = np.maximum(spectra.pitch(made[:, :, None]) * RATE, 1e-9)
    return np.abs(1200 * np.log2(heard[:, None] / PITCHES)).min(axis=1) <= 25
