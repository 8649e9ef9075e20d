"""Rules on probes: what the samples look like. Siblings share a signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset.collapse import FEW_KINDS, VARIED, variety

# Thresholds were tuned on seeds 0-2 of benchmarks/planted_faults.py; see docs/notebook/diagnosis.md.
# Of the real items' own figure, where nothing else is said.
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
EDGE = 0.15  # of the range, that an untrained generator's pixels all lie within
GREY_GAP = 0.25  # of the range that the samples never use, and the data do
CHECKS = 0.02  # share of variance in two-pixel stripes: healthy trainings on emoji hold up to .015
CHECKS_PEAK = 4.0  # times the real items' peak
CHECKS_AFTER = 800
CHECKS_PROBES = 5
CHECKS_FADE = 0.8  # of what they held in the first half of the looks


def wrong_pixel_range(history: History) -> Finding | None:
    """Raw pixels below or above the data's range, half of it never used, or an activation centred on its edge."""
    outside, darkest = history.probed("outside", 2), history.probed("darkest", 2)
    if len(outside) < 2:
        return None
    unused = "darkest" in history.real and bool((darkest - history.real["darkest"] > GREY_GAP).all())
    unused = unused and bool((history.probed("spread", 2) > VARIED).all())
    edge = history.untrained("brightest") < EDGE or history.untrained("darkest") > 1 - EDGE
    flags = history.probed("outside") > OUTSIDE
    if flags[-2:].all():
        text = f"{outside[-1]:.0%} of the generator's raw pixels lie outside the data's range: its last activation and the "
        text += "data do not share one range."
    elif unused:
        text = "The generator never uses the dark part of the data's range: its last activation cannot reach it."
    elif edge:
        text = "Untrained, every pixel lay at the very edge of the data's range, where an activation that shares the range "
        text += "begins in its middle: half of what it can make is no pixel."
    else:
        return None
    return Finding(
        "wrong pixel range",
        history.since(flags.tolist(), history.probe_updates()),
        text,
        {"outside": float(outside[-1]), "darkest": float(darkest[-1]), "brightest": history.probe("brightest")},
    )


def latents_lost(history: History) -> Finding | None:
    """Article 003: weights that begin so small that no latent ever reached a sample."""
    spread, kinds = history.probed("spread"), variety(history)
    first = history.untrained("spread")
    if not first < LOST:
        return None
    if not len(kinds) or not kinds[-1] < FEW_KINDS:
        return None  # the weights have grown
    return Finding(
        "latents lost",
        0,
        f"Before the first update samples of different latents differed by {first:.1g} of what real "
        f"items do, now by {spread[-1]:.2g}: the initial weights are so small that latents are lost on their way "
        "through the layers, and only the biases learn (article 003).",
        {"spread at first": first, "spread": float(spread[-1])},
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


def memorised_pictures(history: History) -> Finding | None:
    """Samples that are training items. Vectors fill their space so densely that nearness says nothing."""
    if history.real and "darkest" not in history.real:
        return None
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
    if not ((peak > CHECKS_PEAK) & (share > CHECKS)).all():
        return None
    earlier, later = np.array_split(history.probed("finest"), 2)
    if np.median(later) < CHECKS_FADE * np.median(earlier):
        return None  # untrained convolutions make them; training wears them away
    return Finding(
        "checkerboard",
        int(history.probe_updates(CHECKS_PROBES)[0]),
        f"Stripes and checks of two pixels hold {share[-1]:.1%} of the samples' variance and stand out {peak[-1]:.0f} "
        "times as far as in real pictures.",
        {"finest": float(share[-1]), "peak": float(peak[-1])},
    )
