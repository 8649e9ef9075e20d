"""Rules on probes: whether samples show all of the data or a part of it. All have one signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts

# Thresholds were tuned on seeds 0-2 of benchmarks/planted_faults.py; see docs/notebook/diagnosis.md.
# Shares are of the real items' own figure, where nothing else is said.
ALIKE = 0.25  # diversity of samples that are all alike, after it was more than VARIED
NEVER_VARIED = 0.15  # diversity of samples that never differed
VARIED = 0.5
NEVER_PROBES = 6
NEVER_AFTER = 300  # updates
FEW_KINDS = 0.55  # prototypes, or classes, drawn (effective number)
MANY_KINDS = 0.7
GROWING_PROBES = 8  # growth of variety is the change from the first two of these to the last two
KINDS_RISE = 1.12  # factor of a variety that still grows
DISTANCE_FALL = 0.92  # factor of a distance to the data that still shrinks
FEW_PROBES = 4
LEARNED = 0.9  # of the untrained generator's distance
NARROW_PROBES = 3
NARROW_FAR = 0.25  # distance to the data; a smaller one does not matter
NARROW_TIMES = 1.8  # of the smallest distance so far
NARROW_SHARED = 0.85  # of the largest overlap so far
NARROW_COVERED = 0.9  # of the largest coverage so far
NARROW_LIKE = 0.8  # precision
LIKE_DATA = 1.9  # nearness to the nearest training item: with less, samples are like items
CYCLE_PROBES = 8
CYCLE_COMMON = 0.5  # overlap with the kinds drawn two probes later: less means that the modes change
LABEL_SPREAD = 0.15  # of the least varied class, over the median class
AGREED_CHANCE = 2.0  # times chance: agreement with the requested label
AGREED_AFTER = 300
AGREED_RISE = 0.08
AGREED_PROBES = 6


def mode_collapse(history: History) -> Finding | None:
    """All samples alike."""
    diversity = history.probed("diversity")
    if len(diversity) < 2:
        return None
    most = float(np.fmax.reduce(diversity))
    lost = lasts(diversity < ALIKE, 2) and most > VARIED
    never = history.update >= NEVER_AFTER and lasts(diversity < NEVER_VARIED, NEVER_PROBES)
    never = never and diversity[-1] < 1.5 * diversity[-NEVER_PROBES] + 0.01
    if not lost and not never:
        return None
    before = f"; they were {most:.0%}." if lost else ", and never were further."
    return Finding(
        "mode collapse",
        history.since_probe(diversity < ALIKE),
        f"Samples of different latents are {diversity[-1]:.1%} as far apart as real items{before} All latents give the "
        "same item.",
        {"diversity": float(diversity[-1]), "most so far": most, **history.probe_numbers("kinds")},
    )


def partial_mode_collapse(history: History) -> Finding | None:
    """Samples that are like the data, but only like a part of it."""
    kinds = variety(history)
    if len(kinds) < FEW_PROBES or not lasts(kinds < FEW_KINDS, 2):
        return _narrowed(history)
    if not (history.probed("nearness", 2) < LIKE_DATA).all():
        return None
    quality, most = history.probed("quality"), np.nanmax(kinds)
    if most <= MANY_KINDS:
        if history.update < NEVER_AFTER or _still_growing(kinds, quality):
            return None
        if quality[-1] > LEARNED * history.untrained("quality"):
            return None  # it has not begun to learn
    return Finding(
        "partial mode collapse",
        history.since_probe(kinds < FEW_KINDS),
        f"Samples are like real items, but show {kinds[-1]:.0%} of their variety{_drawn(history)}.",
        {**history.probe_numbers("kinds", "classes drawn"), "most so far": most},
    )


def _still_growing(kinds: np.ndarray, distance: np.ndarray) -> bool:
    """Whether samples still gain in variety or come nearer to the data; True with too few probes to know."""
    if len(kinds) < GROWING_PROBES:
        return True
    first, last = slice(-GROWING_PROBES, 2 - GROWING_PROBES), slice(-2, None)
    gained = kinds[last].mean() > KINDS_RISE * kinds[first].mean()
    return bool(gained or distance[last].mean() < DISTANCE_FALL * distance[first].mean())


def _narrowed(history: History) -> Finding | None:
    """Where prototypes do not show it: each sample is still like real items, all together are further from the data."""
    quality, shared, covered = (history.probed(name) for name in ("quality", "overlap", "coverage"))
    if len(quality) < NARROW_PROBES + FEW_PROBES or not np.isfinite([quality, shared, covered]).all():
        return None
    before = slice(None, -NARROW_PROBES)
    best = quality[before].min()
    flags = quality > max(NARROW_FAR, NARROW_TIMES * best)
    flags &= shared < NARROW_SHARED * shared[before].max()
    flags &= covered < NARROW_COVERED * covered[before].max()
    flags &= history.probed("precision") > NARROW_LIKE
    if not lasts(flags, NARROW_PROBES):
        return None
    return Finding(
        "partial mode collapse",
        history.since_probe(flags),
        f"Each sample is as like real items as before, but together they are {quality[-1] / best:.1f} times as far from "
        f"the data as they were{_drawn(history)}: a part of the data is no longer drawn.",
        {"quality": float(quality[-1]), "best quality": float(best), "overlap": float(shared[-1])},
    )


def variety(history: History) -> np.ndarray:
    """Prototypes or classes drawn, whichever is less, for each probe; as a share of the data's."""
    kinds, classes = history.probed("kinds"), history.probed("classes drawn")
    return np.fmin(kinds, classes / max(history.classes, 1)) if history.classes else kinds


def _drawn(history: History) -> str:
    """The classes of most samples, where they have names and are at most five."""
    counts = np.array(history.probes[-1].shares.get("classes", []))
    if not len(counts) or len(counts) > len(history.class_names):
        return ""
    order = np.argsort(-counts, kind="stable")
    enough = int(np.searchsorted(np.cumsum(counts[order]), 0.9 * counts.sum())) + 1
    if enough > 5:
        return ""
    names = ", ".join(history.class_names[index] for index in order[:enough])
    return f": {counts[order[:enough]].sum() / counts.sum():.0%} are of class {names}"


def cycling_mode_collapse(history: History) -> Finding | None:
    """A part of the data at a time, and always another part."""
    kinds = variety(history)
    if not lasts(kinds < FEW_KINDS, CYCLE_PROBES) or not (history.probed("nearness", 2) < LIKE_DATA).all():
        return None
    probes = history.trained_probes[-CYCLE_PROBES:]
    counts = [np.array(probe.shares.get("prototypes", [0])) for probe in probes]
    pairs = zip(counts, counts[2:], strict=False)
    common = float(np.median([signals.overlap(*pair) if len(pair[0]) == len(pair[1]) else 1.0 for pair in pairs]))
    if common > CYCLE_COMMON:
        return None
    return Finding(
        "cycling mode collapse",
        probes[0].update,
        f"Samples show {kinds[-1]:.0%} of the data's variety at a time and move from mode to mode: two probes later only "
        f"{common:.0%} of them are of the same kinds.",
        {"kinds": float(kinds[-1]), "common": common},
    )


def labelwise_mode_collapse(history: History) -> Finding | None:
    """Classes whose items are all alike, while others' differ."""
    probes = history.trained_probes[-3:]
    spreads = [np.array(probe.shares.get("spread by label", []), np.float64) for probe in probes]
    if len(probes) < 3 or history.update < NEVER_AFTER or min(map(len, spreads)) < 2:
        return None
    flags = np.stack([spread < LABEL_SPREAD * np.median(spread) for spread in spreads]).all(0)
    least, median = float(spreads[-1].min()), float(np.median(spreads[-1]))
    if not flags.any() or median < 1000 * LABEL_SPREAD:
        return None
    which = [history.class_names[i] if i < len(history.class_names) else str(i) for i in np.flatnonzero(flags)]
    return Finding(
        "label-wise mode collapse",
        probes[0].update,
        f"Samples of class {', '.join(which[:5])} are all alike: {least / median:.0%} of the other classes' differences.",
        {"spread of the least": least / 1000, "spread of the median": median / 1000},
    )


def labels_ignored(history: History) -> Finding | None:
    """Samples that are not of the requested class."""
    agreement = history.probed("agreement", AGREED_PROBES)
    if not history.classes or history.update < AGREED_AFTER:
        return None
    chance = 1 / history.classes
    if not lasts(agreement < AGREED_CHANCE * chance, AGREED_PROBES):
        return None
    if agreement[-2:].mean() > agreement[:2].mean() + AGREED_RISE:
        return None
    if not (history.probed("nearness", 1) < LIKE_DATA).all():
        return None
    effect = history.probe_numbers("label effect")
    return Finding(
        "labels ignored",
        int(history.probe_updates(AGREED_PROBES)[0]),
        f"{agreement[-1]:.0%} of the samples are of the requested class; guessing would give {chance:.0%}. Another label "
        f"moves a sample {effect['label effect']:.1g} times as far as other latents.",
        {"agreement": float(agreement[-1]), "chance": chance, **effect},
    )
