"""How training goes where nothing is wrong: continue, or stop."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History

EARLY_PROBES = 4
EARLY_ROWS = 4
WINDOW = 0.5  # of all probes: progress is measured over it, that is, over the second half of the training
WINDOW_LEAST = 10  # probes
GAIN = 0.04  # relative improvement of a figure within the window that counts as progress
FIGURES = {"quality": -1, "nearness": -1, "coverage": 1, "precision": 1}  # -1: lower is better


def course(history: History) -> Finding:
    """ "warming up", "still improving", "converged", or without samples "balanced"."""
    updates = history.probe_updates()
    if not len(updates):
        if len(history.rows) < EARLY_ROWS:
            return _warming(history)
        text = "Nothing in the game's numbers is wrong; without samples no more can be said."
        return Finding("balanced", history.update, text, severity="course")
    if len(updates) < EARLY_PROBES:
        return _warming(history)
    window = max(WINDOW_LEAST, int(WINDOW * len(updates)))
    gains = {name: gain(history, name, window) for name in FIGURES}
    best = max(gains, key=gains.__getitem__)
    evidence = {f"gain in {name}": round(value, 4) for name, value in gains.items()}
    if len(updates) < WINDOW_LEAST and gains[best] <= GAIN:
        return _warming(history)
    since = int(updates[-window:][0])
    if gains[best] > GAIN:
        text = f"Keep on: {best} got better by {gains[best]:.0%} over the last {len(updates[-window:])} probes."
        return Finding("still improving", since, text, evidence, "course")
    text = f"Nothing has got better since update {since:,}: stop here, or lower the learning rates for the last gain."
    return Finding("converged", since, text, evidence, "course")


def gain(history: History, name: str, window: int) -> float:
    """Relative improvement of a figure within the last `window` probes, by a robust line through it."""
    values, updates = history.probed(name, window), history.probe_updates(window)
    finite = np.isfinite(values)
    if finite.sum() < 3:
        return 0.0
    values, updates = values[finite], updates[finite]
    rise = signals.robust_slope(updates, values) * (updates[-1] - updates[0]) * FIGURES[name]
    return float(rise / max(abs(float(np.median(values))), 1e-3))


def _warming(history: History) -> Finding:
    return Finding("warming up", 0, "Too early to say anything.", severity="course")
