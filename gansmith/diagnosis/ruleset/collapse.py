"""Rules on probes: whether samples show all of the data or a part of it. All have one signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts
from gansmith.diagnosis.ruleset.course import gain
from gansmith.diagnosis.signals import samples

# Thresholds were set on one half of benchmarks/doctor_bed and on seeds 0-2 of benchmarks/planted_faults.py; see
# docs/notebook/diagnosis.md.
# Shares are of the real items' own figure, where nothing else is said.
ALIKE = 0.25  # diversity of samples that are all alike, after it was more than VARIED
NEVER_VARIED = 0.15  # diversity of samples that never differed
VARIED = 0.5
NEVER_PROBES = 6
NEVER_AFTER = 300  # updates
FEW_KINDS = 0.55  # prototypes, or classes, drawn (effective number)
MANY_KINDS = 0.7
FALLS = 0.9  # diversity of a probe, over that of the one before
FALLING_PROBES = 6  # probes after which a fall is told, however it goes on
GROWING_PROBES = 8  # growth of variety is the change from the first two of these to the last two
KINDS_RISE = 1.12  # factor of a variety that still grows
DISTANCE_FALL = 0.92  # factor of a distance to the data that still shrinks
FEW_PROBES = 4
LEARNS, LEARNS_PROBES = 0.1, 8  # the distance to the data fell by so much over so many probes
EXTENT = 0.8  # of the largest range of the samples' pixels
LEARNED = 0.9  # of the untrained generator's distance
NARROW_PROBES = 3
NARROW_FAR = 0.25  # distance to the data; a smaller one does not matter
NARROW_TIMES = 1.8  # of the smallest distance so far
NARROW_SHARED = 0.85  # of the largest overlap so far
NARROW_COVERED = 0.9  # of the largest coverage so far
NARROW_LIKE = 0.8  # precision
LIKE_DATA = 1.9  # nearness to the nearest training item: with less, samples are like items
CYCLE_PROBES = 8
CYCLE_NARROW = 0.75  # variety of a probe, over that of all of them together
CYCLE_WAY = 2.0  # the way that the shares go, over the distance from the earlier half of the probes to the later
CYCLE_JUMP = 0.25  # of the samples change their kind from one probe to the next, in a third of the probes


def mode_collapse(history: History) -> Finding | None:
    """All samples alike."""
    diversity = history.probed("diversity")
    if not len(diversity):
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
    if faded(history):
        return None
    if len(kinds) < FEW_PROBES or not lasts(kinds < FEW_KINDS, 2):
        return _narrowed(history)
    if not (history.probed("nearness", 2) < LIKE_DATA).all() or still_falling(history):
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
        {**history.probe_numbers("kinds", "class variety"), "most so far": most},
    )


def still_falling(history: History) -> bool:
    """Whether samples get more alike from probe to probe: how many kinds will be left is not known yet."""
    diversity = history.probed("diversity", FALLING_PROBES)
    falls = diversity[1:] < FALLS * diversity[:-1]
    return bool(len(falls) and falls[-1] and not (len(falls) == FALLING_PROBES - 1 and falls.all()))


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


def faded(history: History) -> bool:
    """Whether the range of the samples' pixels shrinks: what they are like, and of which class, then means little."""
    extent = history.probed("brightest") - history.probed("darkest")
    real = history.real.get("brightest", np.inf) - history.real.get("darkest", 0.0)
    return bool(len(extent) and extent[-1] < EXTENT * min(np.fmax.reduce(extent), real))


def finds_its_kinds(history: History) -> bool:
    """Whether the samples come nearer to the data fast: a generator that learns finds one kind after another."""
    return gain(history, "quality", LEARNS_PROBES) > LEARNS


def variety(history: History) -> np.ndarray:
    """Prototypes or classes drawn, whichever is less, for each probe; as a share of a faithful generator's."""
    return np.fmin(history.probed("kinds"), history.probed("class variety"))


def _drawn(history: History) -> str:
    """The classes of most samples, where they have names and are at most five."""
    counts = history.newest_shares("classes")
    if not len(counts) or len(counts) > len(history.class_names) or counts.sum() <= 0:
        return ""
    order = np.argsort(-counts, kind="stable")
    enough = int(np.searchsorted(np.cumsum(counts[order]), 0.9 * counts.sum())) + 1
    if enough > 5:
        return ""
    names = ", ".join(history.class_names[index] for index in order[:enough])
    return f": {counts[order[:enough]].sum() / counts.sum():.0%} are of class {names}"


def cycling_mode_collapse(history: History) -> Finding | None:
    """A part of the data at a time, and always another part."""
    shown = shown_at_a_time(history, CYCLE_PROBES)
    if shown is None or not (history.probed("nearness", 2) < LIKE_DATA).all():
        return None
    if finds_its_kinds(history):
        return None
    return Finding(
        "cycling mode collapse",
        history.recent[-CYCLE_PROBES].update,
        f"Samples show a part of the data at a time, and always another: one probe shows {shown:.0%} of the variety that "
        f"{CYCLE_PROBES} of them show together.",
        {"shown at a time": shown},
    )


def shown_at_a_time(history: History, count: int) -> float | None:
    """The variety of one of the newest `count` probes over that of all of them together, where kinds go and come; or None."""
    probes = history.recent[-count:]
    for name in ("classes", "prototypes"):
        found = [probe.shares.get(name, []) for probe in probes]
        if len(found) < count or len({len(each) for each in found}) > 1 or min(map(sum, found)) <= 0:
            continue
        shares = np.array(found) / np.sum(found, axis=1, keepdims=True)
        each = np.array([samples.effective_number(look) for look in shares])
        narrow = float(np.median(each / samples.effective_number(shares.mean(0))))
        if narrow < CYCLE_NARROW and _goes_and_comes(shares):
            return narrow
    return None


def _goes_and_comes(shares: np.ndarray) -> bool:
    """Whether the way that shares (probes, K) go is far longer than from their first half to their second, in jumps."""
    half = len(shares) // 2
    way = np.abs(np.diff(shares, axis=0)).sum(1) / 2
    far = np.abs(shares[:half].mean(0) - shares[half:].mean(0)).sum() / 2
    return bool(way.sum() > CYCLE_WAY * far and (way > CYCLE_JUMP).sum() >= len(shares) // 3)
