"""How training goes where nothing is wrong: continue, or stop."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.signals import series
from gansmith.ground.errors import counted

EARLY_PROBES = 4
EARLY_ROWS = 4
MEASURED_PROBES = 3  # with fewer no progress can be measured, however often the items were seen
OFTEN = 50  # times that each item was seen: then it is not early any more, however few probes there are
WINDOW = 0.5  # of all probes: progress is measured over it, that is, over the second half of the training
WINDOW_LEAST = 10  # probes
GAIN = 0.04  # relative improvement of a figure within the window that counts as progress
PROGRESS = 0.06  # a smaller fall of the distance is no progress
FIGURES = {"quality": -1, "nearness": -1, "coverage": 1, "precision": 1}  # -1: lower is better


def course(history: History) -> Finding:
    """ "warming up", "still improving", "converged", or without samples "balanced"."""
    updates, often = history.probe_updates(), _seen(history) >= OFTEN
    if not len(updates):
        if len(history.rows) < EARLY_ROWS and not often:
            return _warming(history)
        text = "Nothing in the game's numbers is wrong; without samples no more can be said."
        return Finding("balanced", history.update, text, severity="course", certainty="possible")
    if len(updates) < (MEASURED_PROBES if often else EARLY_PROBES):
        return _warming(history)
    window = max(WINDOW_LEAST, int(WINDOW * len(updates)))
    gains = {name: gain_interval(history, name, window) for name in FIGURES}
    best = max(gains, key=lambda name: gains[name][1])
    evidence = {f"gain in {name}": round(values[1], 4) for name, values in gains.items()}
    if len(updates) < WINDOW_LEAST and gains[best][1] <= GAIN and not often:
        return _warming(history)
    since, looks = int(updates[-window:][0]), len(updates[-window:])
    if gains[best][1] > GAIN:
        first, last = _ends(history.probed(best, window))
        text = f"Keep on: {best} went from {first:.3g} to {last:.3g} in the last {counted(looks, 'probe')}{_often(history)}."
        sure = "certain" if max(low for low, _, _ in gains.values()) > GAIN else "likely"
        return Finding("still improving", since, text, evidence, "course", certainty=sure)
    few = looks < WINDOW_LEAST
    advice = "look again after more updates" if few else "stop here, or lower the learning rates for the last gain"
    text = f"Nothing has got better since update {since:,}{_often(history)}: {advice}."
    sure = "possible" if few else "certain" if all(high < GAIN for _, _, high in gains.values()) else "likely"
    return Finding("converged", since, text, evidence, "course", certainty=sure)


def gain(history: History, name: str, window: int) -> float:
    """Relative improvement of a figure within the last `window` probes, by a robust line through it."""
    return gain_interval(history, name, window)[1]


def gain_interval(history: History, name: str, window: int) -> tuple[float, float, float]:
    """The same between the ends of its 95% interval; zeros with fewer than MEASURED_PROBES."""
    values, updates = history.probed(name, window), history.probe_updates(window)
    finite = np.isfinite(values)
    if finite.sum() < MEASURED_PROBES:
        return 0.0, 0.0, 0.0
    values, updates = values[finite], updates[finite]
    slopes = np.array(series.slope_interval(updates, values)) * FIGURES[name]
    gains = slopes * (updates[-1] - updates[0]) / max(abs(float(np.median(values))), 1e-3)
    low, middle, high = np.sort(gains)
    return float(low), float(middle), float(high)


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The medians of the first and the last third of a figure's values."""
    finite = values[np.isfinite(values)]
    third = max(1, len(finite) // 3)
    return float(np.median(finite[:third])), float(np.median(finite[-third:]))


def no_better(quality: np.ndarray) -> bool:
    """Whether the later half of distances to the data is no smaller than the earlier."""
    half = len(quality) // 2
    return bool(np.median(quality[half:]) > (1 - PROGRESS) * np.median(quality[:half]))


def _seen(history: History) -> float:
    """How often each training item was seen; 0 where that is unknown."""
    probed = float(history.newest_probe.images_seen) if history.newest_probe else 0.0
    images = np.fmax(probed, history.row_numbers("images_seen")["images_seen"])
    return float(images) / history.count if history.count else 0.0


def _often(history: History) -> str:
    """For a sentence: how often each item was seen, where that is often."""
    seen = _seen(history)
    return f", each of the {counted(history.count, 'item')} seen {seen:,.0f} times" if seen >= OFTEN else ""


def _warming(history: History) -> Finding:
    text, often = "Too early to say anything.", _often(history)
    if often:
        text = f"Too few probes of samples to tell whether anything gets better{often}: look again after more updates."
    return Finding("warming up", 0, text, severity="course", certainty="certain")
