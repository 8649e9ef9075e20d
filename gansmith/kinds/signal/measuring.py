"""Figures that only signals have, each beside its floor: held-out real signals against the training's."""

from __future__ import annotations

import numpy as np

from gansmith.kinds.record import Row, Units
from gansmith.kinds.signal import spectra

MOST = 4096  # signals of each set
RARE = 0.01  # share of the real signals from which on a pitch class counts
ENOUGH = 0.25  # of its share in the real signals: then a generator covers it
EDGE = 0.5  # percent of real peaks that lie outside their range at each end
A4 = 440.0  # hertz


def measures(real: np.ndarray, made: np.ndarray, units: Units, heldout: np.ndarray) -> list[Row]:
    """Distances of autocorrelation and spectrum, peaks in range, and pitch classes covered. Items (N, 1, L, C)."""
    real, made, heldout = (np.asarray(items[:MOST, 0]) for items in (real, made, heldout))
    rows = [
        Row(
            "autocorrelation",
            "autocorrelation",
            *(distance(spectra.autocorrelation(real), spectra.autocorrelation(other)) for other in (made, heldout)),
            better="lower",
            meaning="mean difference of the mean autocorrelations",
        ),
        Row(
            "spectrum",
            "spectrum",
            *(distance(spectra.spectrum(real), spectra.spectrum(other)) for other in (made, heldout)),
            better="lower",
            meaning="mean difference of the mean spectra, in decibels",
        ),
    ]
    peaks, of_made, of_heldout = (spectra.pitch(items) for items in (real, made, heldout))
    step = 0.5 / real.shape[1]  # half of what the spectrum of such a signal can tell apart
    low, high = np.percentile(peaks, [EDGE, 100 - EDGE])
    low, high = low - step, high + step
    rows.append(
        Row(
            "peaks",
            "peaks in range",
            *(within(other, low, high) for other in (of_made, of_heldout)),
            better="as real",
            meaning=f"share of loudest frequencies in the real ones' range, {hertz(low, units)} to {hertz(high, units)}",
        )
    )
    if units.get("rate"):
        wanted, *shares = (pitch_shares(found, units["rate"]) for found in (peaks, of_made, of_heldout))
        covered = [float(((share >= ENOUGH * wanted) & (wanted >= RARE)).sum()) for share in shares]
        meaning = f"of the 12 pitch classes, those of {int((wanted >= RARE).sum())} in the data that are made"
        rows.append(Row("pitches", "pitch classes", *covered, better="as real", meaning=meaning))
    return rows


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The mean absolute difference."""
    return float(np.abs(one - other).mean())


def within(peaks: np.ndarray, low: float, high: float) -> float:
    """The share of peaks from low to high."""
    return float(((peaks >= low) & (peaks <= high)).mean())


def pitch_shares(peaks: np.ndarray, rate: float) -> np.ndarray:
    """The share of each pitch class in loudest frequencies (shares of the rate), A first, float64 (12,)."""
    heard = peaks[peaks > 0] * rate
    classes = np.rint(12 * np.log2(heard / A4)).astype(int) % 12
    return np.bincount(classes, minlength=12) / max(len(peaks), 1)


def hertz(share: float, units: Units) -> str:
    """A frequency in words."""
    return f"{share * units['rate']:.0f} Hz" if units.get("rate") else f"{share:.3g} per sample"
