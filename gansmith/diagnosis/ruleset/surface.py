"""Rules on the surface of the samples: patterns, grain, blur, lost contrast and colour. rule(history) each."""

from __future__ import annotations

import math

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts
from gansmith.diagnosis.ruleset.course import gain

# Shares are of the real items' own figure, where nothing else is said.
AFTER = 800  # updates: untrained convolutions make patterns, grain and blur, and training removes them
PROBES = 5
EARLY_PROBES = 6  # an untrained generator's noise is no sharpness
FADES = 0.8  # median of the later half of the probes, over the earlier half: what fades is no finding
PATTERN = 2.2  # how far a frequency stands out
PATTERN_SHARE = 0.008  # of the variance that it holds more than of real items
CHECKS = 15.0  # energy of a chequerboard of two pixels, over the real items',
CHECKS_OUT = 3.0  # and over that of the next lower frequencies, which noise raises as much
GRAIN = 0.012  # of the variance in fine detail, more than of real items,
GRAIN_TIMES = 1.15  # and over that of real items,
GRAIN_MORE = 0.02  # and more than in the smoothest probes so far;
ALWAYS_GRAIN, ALWAYS_TIMES = 0.03, 2.5  # or, of samples that never were smoother
BLURRED = 0.5  # fine detail
SHARP = 0.65  # fine detail that there was, in the sharpest probes so far;
NEVER_SHARP = 0.25  # or, of samples that never were sharper
FINE = 0.01  # of the variance of real items in fine detail: with less there is nothing to blur
BEST_PROBES = 3  # the median of so many is the best so far
LEARNS = 0.05  # the distance to the data fell by more over the newest probes: what is wrong may still mend itself
LEARNS_PROBES = 8
LOST = 0.6  # contrast or colour, over the most so far
HAD = 0.7  # contrast or colour that there was
LOST_PROBES = 3
BLANK = 0.05  # contrast


def checkerboard(history: History) -> Finding | None:
    """A pattern that repeats every few pixels, and that the data do not have."""
    stands_out, share = (
        np.nan_to_num(history.probed(name)) for name in ("pattern", "pattern share")
    )  # NaN: there is none
    flags = (stands_out > PATTERN) & (share > PATTERN_SHARE)
    if history.update < AFTER:
        return None
    if not lasts(flags, PROBES) or _fades(share):
        return _faint_checks(history)
    period = history.probe_numbers("pattern period")
    return Finding(
        "checkerboard",
        history.since_probe(flags),
        f"Stripes, checks or a grid of {period['pattern period']:.3g} pixels hold {share[-1]:.1%} more of the samples' "
        f"variance than of the real pictures', and stand out {stands_out[-1]:.0f} times as far.",
        {"pattern": float(stands_out[-1]), "pattern share": float(share[-1]), **period},
    )


def _faint_checks(history: History) -> Finding | None:
    """A chequerboard of two pixels that a person sees on even places only."""
    checks, out = (np.nan_to_num(history.probed(name)) for name in ("checks", "checks stand out"))
    flags = (checks > CHECKS) & (out > CHECKS_OUT)
    if not lasts(flags, PROBES) or _fades(checks):
        return None
    return Finding(
        "checkerboard",
        history.since_probe(flags),
        f"A chequerboard of two pixels holds {checks[-1]:.0f} times as much of the samples' energy as of the real pictures': "
        "it shows on even places when they are enlarged.",
        {"checks": float(checks[-1]), "checks stand out": float(out[-1])},
    )


def grain(history: History) -> Finding | None:
    """Noise: fine detail of all frequencies, more than the data have and than there was; or far more, for good."""
    found, sharpness = history.probed("grain"), history.probed("sharpness")
    more = (found > GRAIN) & (sharpness > GRAIN_TIMES) & (found > _best(found, lowest=True) + GRAIN_MORE)
    flags = more | ((found > ALWAYS_GRAIN) & (sharpness > ALWAYS_TIMES))
    if history.update < AFTER or not lasts(flags, PROBES) or _fades(found[-2 * PROBES :]) or _learns(history):
        return None
    return Finding(
        "grain",
        history.since_probe(flags),
        f"The samples are grainy: fine detail holds {found[-1]:.1%} more of their variance than of the real pictures', "
        f"{sharpness[-1]:.1f} times as much.",
        {"grain": float(found[-1]), "sharpness": float(sharpness[-1])},
    )


def blurred(history: History) -> Finding | None:
    """Samples without the data's fine detail, which they had; or that never gained it, and learn no more."""
    sharpness = history.probed("sharpness")
    had = _best(sharpness[EARLY_PROBES:], lowest=False) > SHARP
    flags = sharpness < (BLURRED if had else NEVER_SHARP)
    if history.real.get("upper", 0.0) < FINE or history.update < AFTER or not lasts(flags, PROBES) or _learns(history):
        return None
    return Finding(
        "blurred",
        history.since_probe(flags),
        f"The samples are blurred: they have {sharpness[-1]:.0%} of the fine detail of real pictures.",
        {"sharpness": float(sharpness[-1])},
    )


def contrast_lost(history: History) -> Finding | None:
    """Samples that had the data's contrast, and have it no more."""
    found = _lost(history, "contrast")
    if found is None or history.probe_numbers("contrast")["contrast"] < BLANK:
        return None
    since, now, most = found
    text = f"The samples have {now:.0%} of the contrast of real pictures; they had {most:.0%}."
    return Finding("contrast lost", since, text, {"contrast": now, "most so far": most})


def colour_lost(history: History) -> Finding | None:
    """Samples that had the data's colour, and have it no more."""
    found = _lost(history, "colour")
    if found is None:
        return None
    since, now, most = found
    text = f"The samples have {now:.0%} of the colour of real pictures; they had {most:.0%}."
    return Finding("colour lost", since, text, {"colour": now, "most so far": most})


def blank_samples(history: History) -> Finding | None:
    """Samples that are one colour each, after they were pictures, or long after the beginning."""
    contrast = history.probed("contrast")
    flags = contrast < BLANK
    if not lasts(flags, 2) or (np.nanmax(contrast) < HAD and (history.update < AFTER or not lasts(flags, PROBES))):
        return None
    text = f"The samples are blank: {contrast[-1]:.1%} of the contrast of real pictures."
    return Finding("blank samples", history.since_probe(flags), text, {"contrast": float(contrast[-1])})


def _best(values: np.ndarray, *, lowest: bool) -> float:
    """The median of the lowest or highest values (n,)."""
    finite = np.sort(values[np.isfinite(values)])
    if not len(finite):
        return math.nan
    return float(np.median(finite[:BEST_PROBES] if lowest else finite[-BEST_PROBES:]))


def _learns(history: History) -> bool:
    """Whether the samples still come nearer to the data."""
    return gain(history, "quality", LEARNS_PROBES) > LEARNS


def _lost(history: History, name: str) -> tuple[int, float, float] | None:
    """Since when a number is far below the most that it was, what it is, and what it was; None where it is not."""
    values = history.probed(name)
    most = _best(values, lowest=False)
    flags = values < LOST * min(most, 1.0)
    if most < HAD or not lasts(flags, LOST_PROBES):
        return None
    return history.since_probe(flags), float(values[-1]), most


def _fades(values: np.ndarray) -> bool:
    """Whether the later half of a number's probes is smaller than the earlier."""
    earlier, later = np.array_split(values, 2)
    return bool(np.median(later) < FADES * np.median(earlier))
