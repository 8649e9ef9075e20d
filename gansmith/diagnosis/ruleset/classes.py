"""Rules on the classes of the samples. All have one signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts
from gansmith.diagnosis.ruleset.collapse import (
    GROWING_PROBES,
    LIKE_DATA,
    NEVER_AFTER,
    faded,
    finds_its_kinds,
    still_falling,
)

SURELY = 2.5  # standard deviations below half of what is due: chance in one of 160
LACKING = 0.3  # of what is due: a class with less counts as not drawn
WAS_THERE = 0.6  # of what is due: a class with as much in earlier probes was drawn
THERE_PROBES = 3
GONE_PROBES = 3
AT_ONCE = 3.5  # standard deviations: with so many, two probes are enough
FEW = 12  # samples that are due: of a class with fewer, more probes are wanted
MANY_PROBES = 6
FEW_SURELY = 2.2  # standard deviations, in the newest of these
FEWEST = 5  # samples that are due: with fewer nothing can be said
NAMED = 6  # classes named in a sentence
LABEL_SPREAD = 0.15  # of the class's real items' spread, and of the median class's share
HEEDED = 0.7  # of the way from chance to a faithful generator's agreement with the requested label
HEEDED_RISE = 0.08
FEWER = 1.0  # standard deviations: of one class; of two, half as many are enough
BALANCED = 0.5  # of what is due: samples that ignore their labels still are of all classes
HEEDED_PROBES = 6
HEEDED_AFTER = 300  # updates


def classes_dropped(history: History) -> Finding | None:
    """Classes that are drawn no more, or were never drawn although the training has stopped to gain."""
    counts, asked, lacks = _of_probes(history)
    if not len(counts) or faded(history) or still_falling(history) or finds_its_kinds(history):
        return None
    share = counts / np.maximum(asked, 1e-9)
    gone = (share < LACKING) & (asked > 0)
    spreads = history.newest_shares("spread by label")
    if len(spreads) == counts.shape[1]:
        gone &= (spreads < 0) | (spreads >= LABEL_SPREAD)  # a single item may be taken for any class
    surely = gone & (lacks > SURELY)
    measured = (asked[-1] >= FEW) & (surely[-GONE_PROBES:].all(0) | (gone & (lacks > AT_ONCE))[-2:].all(0))
    # few samples are enough over many probes; with fewer of those nothing was `there` yet
    measured |= (asked[-1] >= FEWEST) & gone[-MANY_PROBES:].all(0) & (lacks[-1] > FEW_SURELY)
    there = (share >= WAS_THERE).sum(0) >= THERE_PROBES
    late = history.update >= NEVER_AFTER and len(counts) >= GROWING_PROBES + GONE_PROBES
    never = surely[-GROWING_PROBES:].all(0) & (not _gains(gone)) if late else np.zeros_like(there)
    like = (history.probed("nearness", 2) < LIKE_DATA).all()
    dropped = np.flatnonzero(measured & (there | never)) if like else np.array([], np.int64)
    if not len(dropped):
        return None
    began = [_since(gone[:, label], history) for label in dropped]
    if there[dropped].any():
        what = "are drawn no more" if len(dropped) > 1 else "is drawn no more"
    else:
        what = "were never drawn" if len(dropped) > 1 else "was never drawn"
    seen = counts[-1][dropped].sum()
    return Finding(
        "classes dropped",
        min(began),
        f"{len(dropped)} of {int((asked[-1] > 0).sum())} classes {what}: {_named(dropped, began, history)}. Of "
        f"{counts[-1].sum():,.0f} samples {seen:.0f} are of {'them' if len(dropped) > 1 else 'it'}, and "
        f"{asked[-1][dropped].sum():.0f} are due.",
        {"classes": len(dropped), "drawn": float(seen), "due": float(asked[-1][dropped].sum())},
        about=frozenset(str(label) for label in dropped),
    )


def _of_probes(history: History) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples of each class, how many are due, and how surely there are fewer than half of them: (probes, K) each."""
    _, found = history.class_counts()
    alike = [each for each in found if each.shape == found[-1].shape]
    counts, asked, lacks = np.stack(alike, 1) if alike else np.empty((3, 0, 0))
    return counts, asked, lacks


def _gains(gone: np.ndarray) -> bool:
    """Whether classes that were missing are drawn now: fewer are gone in the last probes than in those before."""
    half = GROWING_PROBES // 2
    return bool(gone[-half:].sum(1).mean() < gone[-GROWING_PROBES:-half].sum(1).mean())


def _since(gone: np.ndarray, history: History) -> int:
    """The update since which a class is gone, by probes (n,) of which the newest says so."""
    updates, _ = history.class_counts()
    there = np.flatnonzero(~gone)
    return int(updates[-len(gone) :][there[-1] + 1 if len(there) else 0])


def _named(classes: np.ndarray, began: list[int], history: History) -> str:
    """Classes with the update since which each is gone, the first ones."""
    names = _names(classes, history)
    order = np.argsort(began, kind="stable")
    text = ", ".join(f"{names[i]} (since update {began[i]:,})" for i in order[:NAMED])
    return text if len(order) <= NAMED else f"{text} and {', '.join(names[i] for i in order[NAMED:])}"


def _names(classes: np.ndarray, history: History) -> list[str]:
    """The names of classes (n,), or their numbers."""
    known = history.class_names
    return [known[label] if label < len(known) else str(label) for label in classes]


def labelwise_mode_collapse(history: History) -> Finding | None:
    """Classes whose samples are all alike, while their real items differ and other classes' samples do."""
    probes = history.recent[-3:]
    spreads = [np.array(probe.shares.get("spread by label", []), np.float64) for probe in probes]
    if len(probes) < 3 or history.update < NEVER_AFTER or min(map(len, spreads)) < 2:
        return None
    found = np.stack(spreads)
    found[found < 0] = np.nan
    measured = np.isfinite(found).all(0)
    if measured.sum() < 2:
        return None
    median = np.nanmedian(found[:, measured], axis=1)
    flags = measured & (np.nan_to_num(found, nan=np.inf) < LABEL_SPREAD * np.minimum(1, median)[:, None]).all(0)
    if not flags.any() or median[-1] < LABEL_SPREAD:
        return None
    which = _names(np.flatnonzero(flags), history)
    least = float(np.nanmin(found[-1]))
    return Finding(
        "label-wise mode collapse",
        probes[0].update,
        f"Samples of class {', '.join(which[:NAMED])} are all alike: their differences are {least:.0%} of its real items', "
        f"those of the median class {median[-1]:.0%}.",
        {"spread of the least": least, "spread of the median": float(median[-1])},
    )


def labels_ignored(history: History) -> Finding | None:
    """Samples that are not of the requested class."""
    if history.update < HEEDED_AFTER or len(history.recent) < HEEDED_PROBES:
        return None
    agreement, faithful = (history.probed(name, HEEDED_PROBES) for name in ("agreement", "faithful agreement"))
    counts, asked, lacks = _of_probes(history)
    if not len(asked):
        return None
    fewer = lacks[-1][(counts[-1] < BALANCED * asked[-1]) & (asked[-1] >= FEW)]
    if (fewer > FEWER).any() or (fewer > FEWER / 2).sum() > 1:
        return None  # classes get fewer and fewer samples: that is the finding, not that labels are ignored
    chance = float((asked[-1] / asked[-1].sum()).max())
    heeded = (agreement - chance) / np.maximum(faithful - chance, 1e-9)
    if not lasts(heeded < HEEDED, HEEDED_PROBES) or heeded[-2:].mean() > heeded[:2].mean() + HEEDED_RISE:
        return None
    if not history.probe_numbers("nearness")["nearness"] < LIKE_DATA:
        return None
    effect = history.probe_numbers("label effect")
    return Finding(
        "labels ignored",
        int(history.probe_updates(HEEDED_PROBES)[0]),
        f"{agreement[-1]:.0%} of the samples are of the requested class, where {faithful[-1]:.0%} of real items are taken for "
        f"theirs and guessing would give {chance:.0%}. Another label moves a sample {effect['label effect']:.1g} times as "
        "far as other latents.",
        {"agreement": float(agreement[-1]), "faithful": float(faithful[-1]), "chance": chance, **effect},
    )
