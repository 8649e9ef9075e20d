"""Rules on probes: whether samples show all of the data, or a part of it. Siblings share a signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe

# Thresholds were tuned on seeds 0-2 of benchmarks/planted_faults.py; see docs/notebook/diagnosis.md.
# Of the real items' own figure, where nothing else is said.
ALIKE = 0.25  # diversity of samples that are all alike, where it was more than VARIED before
NEVER_VARIED = 0.15  # diversity of samples that never differed
VARIED = 0.5
NEVER_PROBES = 6
NEVER_AFTER = 300  # updates
FEW_KINDS = 0.55  # prototypes, or classes, drawn: counted by shares
MANY_KINDS = 0.7
GROWING_PROBES = 8  # over which it is seen whether variety still grows, two probes at either end
KINDS_RISE = 1.12  # of a variety that still grows
DISTANCE_FALL = 0.92  # of a distance to the data that still shrinks
FEW_PROBES = 4
LEARNED = 0.9  # of the untrained generator's distance
NARROW_PROBES = 3
NARROW_FAR = 0.25  # distance to the data: less is a difference of no weight
NARROW_TIMES = 1.8  # of the least distance so far
NARROW_SHARED = 0.85  # of the largest overlap so far
NARROW_COVERED = 0.9  # of the largest coverage so far
NARROW_LIKE = 0.8  # precision
LIKE_DATA = 1.9  # nearness to the nearest training item: samples that are like items at all
CYCLE_PROBES = 8
CYCLE_COMMON = 0.5  # common part of the shares of two probes apart: the modes drawn change
LABEL_SPREAD = 0.15  # of the least varied class, against the median class
OBEYED_CHANCE = 2.0  # times chance: agreement with the asked label
OBEYED_AFTER = 300
OBEYED_RISE = 0.08
OBEYED_PROBES = 6


def mode_collapse(history: History) -> Finding | None:
    """All samples alike."""
    diversity, updates = history.probed("diversity"), history.probe_updates()
    if len(diversity) < 2:
        return None
    lost = bool((diversity[-2:] < ALIKE).all()) and bool(np.nanmax(diversity) > VARIED)
    recent = diversity[-NEVER_PROBES:]
    never = len(recent) == NEVER_PROBES and history.update >= NEVER_AFTER and bool((recent < NEVER_VARIED).all())
    never = never and recent[-1] < 1.5 * recent[0] + 0.01
    if not lost and not never:
        return None
    text = f"Samples of different latents are {diversity[-1]:.1%} as far apart as real items"
    text += f"; they were {np.nanmax(diversity):.0%}." if lost else ", and never were further."
    return Finding(
        "mode collapse",
        history.since((diversity < ALIKE).tolist(), updates),
        f"{text} All latents make the same item.",
        {
            "diversity": float(diversity[-1]),
            "most so far": float(np.nanmax(diversity)),
            "kinds": history.probe("kinds"),
        },
    )


def partial_mode_collapse(history: History) -> Finding | None:
    """Samples that are like the data, and like a part of it only."""
    kinds = variety(history)
    if len(kinds) < FEW_PROBES or not (kinds[-2:] < FEW_KINDS).all():
        return _narrowed(history)
    if not (history.probed("nearness", 2) < LIKE_DATA).all():
        return None
    fell = bool(np.nanmax(kinds) > MANY_KINDS)
    if not fell and (history.update < NEVER_AFTER or _still_growing(kinds, history.probed("quality"))):
        return None
    if not fell and history.probe("quality") > LEARNED * history.untrained("quality"):
        return None  # not collapsed: it has not begun to learn
    return Finding(
        "partial mode collapse",
        history.since((kinds < FEW_KINDS).tolist(), history.probe_updates()),
        f"Samples are like real items, but show {kinds[-1]:.0%} of their variety{_drawn(history)}.",
        {
            "kinds": history.probe("kinds"),
            "classes drawn": history.probe("classes drawn"),
            "most so far": np.nanmax(kinds),
        },
    )


def _still_growing(kinds: np.ndarray, distance: np.ndarray) -> bool:
    """Whether samples still gain in variety or come nearer to the data; also where there were too few looks to tell."""
    if len(kinds) < GROWING_PROBES:
        return True
    first, last = slice(-GROWING_PROBES, 2 - GROWING_PROBES), slice(-2, None)
    gained = kinds[last].mean() > KINDS_RISE * kinds[first].mean()
    return bool(gained or distance[last].mean() < DISTANCE_FALL * distance[first].mean())


def _narrowed(history: History) -> Finding | None:
    """The same where prototypes do not tell: each sample still like real items, all together further from the data."""
    quality, now, before = history.probed("quality"), slice(-NARROW_PROBES, None), slice(None, -NARROW_PROBES)
    shared, covered = history.probed("overlap"), history.probed("coverage")
    if len(quality) < NARROW_PROBES + FEW_PROBES or not np.isfinite([quality, shared, covered]).all():
        return None
    best = quality[before].min()
    flags = quality > max(NARROW_FAR, NARROW_TIMES * best)
    flags &= shared < NARROW_SHARED * shared[before].max()
    flags &= covered < NARROW_COVERED * covered[before].max()
    flags &= history.probed("precision") > NARROW_LIKE
    if not flags[now].all():
        return None
    return Finding(
        "partial mode collapse",
        history.since(flags.tolist(), history.probe_updates()),
        f"Each sample is as like real items as before, but together they are {quality[-1] / best:.1f} times as far from "
        f"the data as they were{_drawn(history)}: a part of the data is drawn no longer.",
        {"quality": float(quality[-1]), "best quality": float(best), "overlap": float(shared[-1])},
    )


def variety(history: History) -> np.ndarray:
    """Prototypes or classes drawn, whichever is less, of each probe; as a share of the data's."""
    kinds, classes = history.probed("kinds"), history.probed("classes drawn")
    return np.fmin(kinds, classes / max(history.classes, 1)) if history.classes else kinds


def _drawn(history: History) -> str:
    """Which classes make most of the samples, where there are names for them."""
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
    """A part of the data at a time, and another part each time."""
    probes = history.trained_probes[-CYCLE_PROBES:]
    kinds = variety(history)[-CYCLE_PROBES:]
    if len(probes) < CYCLE_PROBES or not (kinds < FEW_KINDS).all():
        return None
    if not (history.probed("nearness", 2) < LIKE_DATA).all():
        return None
    common = [_common(first, second) for first, second in zip(probes, probes[2:], strict=False)]
    if np.median(common) > CYCLE_COMMON:
        return None
    return Finding(
        "cycling mode collapse",
        probes[0].update,
        f"Samples show {kinds[-1]:.0%} of the data's variety at a time and move from mode to mode: two probes later only "
        f"{np.median(common):.0%} of them are of the same kinds.",
        {"kinds": float(kinds[-1]), "common": float(np.median(common))},
    )


def _common(first: Probe, second: Probe) -> float:
    one, other = (np.array(probe.shares.get("prototypes", [0])) for probe in (first, second))
    return signals.overlap(one, other) if one.shape == other.shape else 1.0


def labelwise_mode_collapse(history: History) -> Finding | None:
    """One class whose items are all alike, while others' differ."""
    found: list[np.ndarray] = []
    for probe in history.trained_probes[-3:]:
        spreads = np.array(probe.shares.get("spread by label", []), np.float64)
        if len(spreads) > 1:
            found.append(spreads)
    if len(found) < 3 or history.update < NEVER_AFTER:
        return None
    flags = np.stack([spreads < LABEL_SPREAD * np.median(spreads) for spreads in found]).all(0)
    if not flags.any() or np.median(found[-1]) < 1000 * LABEL_SPREAD:
        return None
    which = [history.class_names[i] if i < len(history.class_names) else str(i) for i in np.flatnonzero(flags)]
    least = float(found[-1].min() / np.median(found[-1]))
    return Finding(
        "label-wise mode collapse",
        history.trained_probes[-3].update,
        f"Samples asked to be {', '.join(which[:5])} are all alike: {least:.0%} of the other classes' differences.",
        {"spread of the least": found[-1].min() / 1000, "spread of the median": float(np.median(found[-1])) / 1000},
    )


def labels_ignored(history: History) -> Finding | None:
    """Samples that are not of the class asked for."""
    agreement = history.probed("agreement", OBEYED_PROBES)
    if not history.classes or len(agreement) < OBEYED_PROBES or history.update < OBEYED_AFTER:
        return None
    limit = OBEYED_CHANCE / history.classes
    if not (agreement < limit).all() or agreement[-2:].mean() > agreement[:2].mean() + OBEYED_RISE:
        return None
    if not history.probe("nearness") < LIKE_DATA:
        return None
    return Finding(
        "labels ignored",
        int(history.probe_updates(OBEYED_PROBES)[0]),
        f"{agreement[-1]:.0%} of the samples are of the class that was asked for; guessing would give "
        f"{1 / history.classes:.0%}. Another label moves a sample {history.probe('label effect'):.1g} times as far as "
        "other latents.",
        {
            "agreement": float(agreement[-1]),
            "chance": 1 / history.classes,
            "label effect": history.probe("label effect"),
        },
    )
