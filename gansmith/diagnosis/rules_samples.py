"""Rules on probes: what the samples look like. Siblings share a signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe

# Thresholds were tuned on seeds 0-2 of benchmarks/planted_faults.py; see docs/diagnosis.md.
# Of the real items' own figure, where nothing else is said.
ALIKE = 0.25  # diversity of samples that are all alike, where it was more than VARIED before
NEVER_VARIED = 0.15  # diversity of samples that never differed
VARIED = 0.5
NEVER_PROBES = 6
NEVER_AFTER = 300  # updates
FEW_KINDS = 0.55  # prototypes, or classes, drawn: counted by shares
MANY_KINDS = 0.7
KINDS_RISE = 1.12  # of a share that is still growing, over FEW_PROBES probes
FEW_PROBES = 4
LIKE_DATA = 1.9  # nearness to the nearest training item: samples that are like items at all
CYCLE_PROBES = 8
CYCLE_COMMON = 0.5  # common part of the shares of two probes apart: the modes drawn change
LABEL_SPREAD = 0.15  # of the least varied class, against the median class
OBEYED_CHANCE = 2.0  # times chance: agreement with the asked label
OBEYED_AFTER = 300
OBEYED_RISE = 0.08
OBEYED_PROBES = 6
COPIES = 0.2  # share of samples
COPIES_NEAR = 0.55
FAVOUR = 0.85  # area between the verdicts on training and on unseen items
FAVOUR_PROBES = 4
LOST = 1e-6  # spread of untrained samples: below what float32 can tell apart
FLAT_CONTRAST = 0.02  # article 003's pictures: nothing to see until they are stretched
FLAT_SPREAD = 0.01
STAMP = 0.7  # correlation with one training item
STAMP_MARGIN = 0.03  # above the correlation with the mean item
STAMP_NEAR = 0.05  # of one item that is given back whole
MEAN_LIKENESS = 0.96
MEAN_SPREAD = 0.25
MEAN_CONTRAST = 0.2
MEAN_MOVES = 0.14  # of the data's diversity, between two probes
OUTSIDE = 0.03  # share of raw pixels outside the range
GREY_GAP = 0.25  # of the range that the samples never use, and the data do
CHECKS = 0.004  # share of variance in two-pixel stripes
CHECKS_PEAK = 4.0  # times the real items' peak
CHECKS_AFTER = 500
CHECKS_PROBES = 5


def wrong_pixel_range(history: History) -> Finding | None:
    """Raw pixels below or above the data's range, or half of the range never used."""
    outside, darkest = history.probed("outside", 2), history.probed("darkest", 2)
    if len(outside) < 2:
        return None
    unused = "darkest" in history.real and bool((darkest - history.real["darkest"] > GREY_GAP).all())
    unused = unused and bool((history.probed("spread", 2) > VARIED).all())
    if not (outside > OUTSIDE).all() and not unused:
        return None
    flags = history.probed("outside") > OUTSIDE
    text = (
        f"{outside[-1]:.0%} of the generator's raw pixels lie outside the data's range: its last activation and the "
        "data do not share one range."
        if not unused
        else "The generator never uses the dark part of the data's range: its last activation cannot reach it."
    )
    return Finding(
        "wrong pixel range",
        history.since(flags.tolist(), history.probe_updates()),
        text,
        {"outside": float(outside[-1]), "darkest": float(darkest[-1]), "brightest": history.probe("brightest")},
    )


def latents_lost(history: History) -> Finding | None:
    """Article 003: weights that begin so small that no latent ever reached a sample."""
    spread, kinds = history.probed("spread"), variety(history)
    first = history.probes[0] if history.probes else None
    if first is None or first.update > 0 or not first.numbers.get("spread", 1.0) < LOST:
        return None
    if not len(kinds) or not kinds[-1] < FEW_KINDS:
        return None  # the weights have grown
    return Finding(
        "latents lost",
        0,
        f"Before the first update samples of different latents differed by {first.numbers['spread']:.1g} of what real "
        f"items do, now by {spread[-1]:.2g}: the initial weights are so small that latents are lost on their way "
        "through the layers, and only the biases learn (article 003).",
        {"spread at first": first.numbers["spread"], "spread": float(spread[-1])},
        article="003",
    )


def one_picture_memorised(history: History) -> Finding | None:
    """Article 003: every sample is the faint ghost of one training item."""
    spread, stamp = history.probed("spread", 1), history.probed("stamp", 1)
    if not len(spread) or not (spread < FLAT_SPREAD).all():
        return None
    likeness, contrast = history.probed("mean likeness", 1), history.probed("contrast", 1)
    ghost = (contrast < FLAT_CONTRAST) & (stamp > STAMP) & (stamp > likeness + STAMP_MARGIN)
    whole = (history.probed("nearness", 1) < STAMP_NEAR) & (stamp > STAMP)
    if not (ghost.all() or whole.all()):
        return None
    text = (
        f"Every latent gives one and the same picture, and it is a training picture (correlation {stamp[-1]:.2f}), at "
        f"{contrast[-1]:.2g} of the data's contrast: article 003's ghost, seen only because a viewer stretches each "
        "picture."
        if ghost.all()
        else f"Every latent gives back one training picture (correlation {stamp[-1]:.2f})."
    )
    return Finding(
        "one picture memorised",
        history.since((history.probed("spread") < FLAT_SPREAD).tolist(), history.probe_updates()),
        text,
        {"stamp": float(stamp[-1]), "spread": float(spread[-1]), "contrast": float(contrast[-1])},
        article="003",
    )


def regression_to_the_mean(history: History) -> Finding | None:
    """Article 000's "impression of a digit": the mean item, whatever the latents, from the start."""
    spread, contrast = history.probed("spread", 2), history.probed("contrast", 2)
    if len(spread) < 2 or not ((spread < MEAN_SPREAD) & (contrast > MEAN_CONTRAST)).all():
        return None
    likeness = history.probed("mean likeness", 2)
    if not (likeness > MEAN_LIKENESS).all() or not (history.probed("moved", 2) < MEAN_MOVES).all():
        return None  # a collapsed generator's one item keeps moving
    if np.nanmax(history.probed("spread")) > VARIED:
        return None  # what was varied before has collapsed
    return Finding(
        "regression to the mean",
        history.since((history.probed("spread") < MEAN_SPREAD).tolist(), history.probe_updates()),
        f"Samples are the mean of the data (correlation {likeness[-1]:.2f}) with hardly any difference between latents: "
        "article 000's impression of a picture. Items are being averaged, not imitated.",
        {"mean likeness": float(likeness[-1]), "spread": float(spread[-1])},
        article="000",
    )


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
        return None
    if not (history.probed("nearness", 2) < LIKE_DATA).all():
        return None
    fell = bool(np.nanmax(kinds) > MANY_KINDS)
    if not fell and (history.update < NEVER_AFTER or kinds[-1] > KINDS_RISE * kinds[-FEW_PROBES]):
        return None
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


def memorised_pictures(history: History) -> Finding | None:
    """Samples that are training items."""
    copies, near = history.probed("copies"), history.probed("nearness")
    flags = (copies > COPIES) & (near < COPIES_NEAR)
    if len(flags) < 2 or not flags[-2:].all():
        return None
    return Finding(
        "memorised pictures",
        history.since(flags.tolist(), history.probe_updates()),
        f"{copies[-1]:.0%} of the samples are as near to a training item as 1 in 100 real items; the median sample is "
        f"{near[-1]:.2f} times as far from one as unseen items are.",
        {"copies": float(copies[-1]), "nearness": float(near[-1]), "training items": history.count},
    )


def discriminator_memorises(history: History) -> Finding | None:
    """A discriminator that knows its training items by heart."""
    favour = history.probed("favour")
    if len(favour) < FAVOUR_PROBES or not (favour[-FAVOUR_PROBES:] > FAVOUR).all():
        return None
    return Finding(
        "discriminator memorises",
        history.since((favour > FAVOUR).tolist(), history.probe_updates()),
        f"The discriminator ranks a training item above an unseen real one in {favour[-1]:.0%} of the pairs, where .5 "
        "is right: it knows them by heart, and judges samples by that.",
        {"favour": float(favour[-1]), "skill": history.probe("skill"), "training items": history.count},
    )


def checkerboard(history: History) -> Finding | None:
    """Two-pixel stripes and checks that the data do not have."""
    peak, share = history.probed("peak", CHECKS_PROBES), history.probed("finest", CHECKS_PROBES)
    if len(peak) < CHECKS_PROBES or history.update < CHECKS_AFTER:
        return None
    if not ((peak > CHECKS_PEAK) & (share > CHECKS)).all() or share[-1] < 0.8 * share[0]:
        return None
    return Finding(
        "checkerboard",
        int(history.probe_updates(CHECKS_PROBES)[0]),
        f"Stripes and checks of two pixels hold {share[-1]:.1%} of the samples' variance and stand out {peak[-1]:.0f} "
        "times as far as in real pictures.",
        {"finest": float(share[-1]), "peak": float(peak[-1])},
    )
