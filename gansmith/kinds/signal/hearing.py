"""What signals sound like: traits by which a generator is steered. Items are float32 (N, 1, L, C); results float64 (N,)."""

from __future__ import annotations

import numpy as np

from gansmith.kinds.record import Traits, Units
from gansmith.kinds.signal import spectra

SUITED = (
    "brightness",
    "loudness",
    "pitch",
    "decay",
)  # of a labelled generator the class may be the pitch, so it is not first
STEP = 2.0**-8  # of signals with deviation 1: a level of noise that is not heard
WORDS = {
    "pitch": ("low", "high"),
    "brightness": ("dull", "bright"),
    "loudness": ("quiet", "loud"),
    "decay": ("long", "short"),
}


def traits(units: Units) -> Traits:
    """Pitch and brightness in hertz (per sample where no rate is known), loudness in the source's units, decay in decibels a
    second."""
    rate = float(units.get("rate") or 1)
    measures = {
        "pitch": lambda items: rate * spectra.pitch(items[:, 0]),
        "brightness": lambda items: rate * spectra.brightness(items[:, 0]),
        "loudness": lambda items: loudness(items, units),
        "decay": lambda items: decay(items, rate),
    }
    return Traits(measures, suited, shaken, spectra_of, WORDS)


def loudness(items: np.ndarray, units: Units) -> np.ndarray:
    """The root of the mean square of each signal about its mean, over all channels, in the source's units."""
    spread = np.asarray(units.get("deviations", [1.0] * items.shape[3]), np.float64)
    return np.sqrt(((items[:, 0].std(axis=1, dtype=np.float64) * spread) ** 2).mean(axis=1))


def decay(items: np.ndarray, rate: float) -> np.ndarray:
    """How many decibels a second the power falls from a signal's first half to its second."""
    values = np.asarray(items[:, 0], np.float64)
    half = values.shape[1] // 2
    first, second = ((part**2).mean(axis=(1, 2)) for part in (values[:, :half], values[:, half : 2 * half]))
    return 10 * np.log10((first + spectra.QUIET) / (second + spectra.QUIET)) * rate / half


def suited(items: np.ndarray) -> tuple[str, ...]:
    """All of them."""
    return SUITED


def shaken(items: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Signals with white noise 48 decibels below them."""
    return (items + STEP * rng.standard_normal(items.shape)).astype(np.float32)


def spectra_of(items: np.ndarray) -> np.ndarray:
    """The log-mel front end, on which traits are learned from examples: a waveform's samples say little of a sound."""
    return spectra.log_mel(items[:, 0])
