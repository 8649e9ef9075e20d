"""Rules on samples that are one item, or training items. All have one signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts
from gansmith.diagnosis.ruleset.collapse import FEW_KINDS, VARIED, variety

# Shares are of the real items' own figure, where nothing else is said.
COPIES = 0.15  # share of samples; of real items it is .01
COPIES_NEAR = 0.9
FAVOUR = 0.85  # AUC of the outputs on training items against unseen items
FAVOUR_PROBES = 4
LOST = 1e-6  # spread of untrained samples: below float32's precision
FLAT_CONTRAST = 0.02  # article 003's pictures: invisible until their contrast is stretched
FLAT_SPREAD = 0.01
STAMP = 0.7  # correlation with one training item
STAMP_MARGIN = 0.03  # above the correlation with the mean item
STAMP_NEAR = 0.05  # nearness of a sample that is one training item itself
MEAN_LIKENESS = 0.96
MEAN_SPREAD = 0.25
MEAN_CONTRAST = 0.2
MEAN_MOVES = 0.14  # of the data's diversity, between two probes


def latents_lost(history: History) -> Finding | None:
    """Article 003: initial weights so small that latents do not reach the samples."""
    first, kinds = history.untrained("spread"), variety(history)
    if not (first < LOST and lasts(kinds < FEW_KINDS, 1)):
        return None  # with more kinds, the weights have grown
    spread = history.probe_numbers("spread")
    return Finding(
        "latents lost",
        0,
        f"Before the first update samples of different latents differed by {first:.1g} of what real "
        f"items do, now by {spread['spread']:.2g}: the initial weights are so small that latents get lost "
        "in the layers, and only the biases learn (article 003).",
        {"spread at first": first, **spread},
        article="003",
    )


def one_picture_memorised(history: History) -> Finding | None:
    """Article 003: every sample is the same training item, often with very little contrast."""
    spread = history.probed("spread")
    if not lasts(spread < FLAT_SPREAD, 1):
        return None
    evidence = history.probe_numbers("stamp", "spread", "contrast")
    stamp, contrast = evidence["stamp"], evidence["contrast"]
    likeness, nearness = history.probe_numbers("mean likeness", "nearness").values()
    if contrast < FLAT_CONTRAST and stamp > max(STAMP, likeness + STAMP_MARGIN):
        text = (
            f"Every latent gives the same picture, and it is a training picture (correlation {stamp:.2f}), at "
            f"{contrast:.2g} of the data's contrast: article 003's picture, visible only because a viewer stretches "
            "each picture's contrast."
        )
    elif nearness < STAMP_NEAR and stamp > STAMP:
        text = f"Every latent gives the same training picture (correlation {stamp:.2f})."
    else:
        return None
    since = history.since_probe(spread < FLAT_SPREAD)
    return Finding("one picture memorised", since, text, evidence, article="003")


def regression_to_the_mean(history: History) -> Finding | None:
    """Article 000's "impression of a digit": the mean item for all latents, from the start."""
    spread = history.probed("spread")
    if not lasts(spread < MEAN_SPREAD, 2) or not (history.probed("contrast", 2) > MEAN_CONTRAST).all():
        return None
    likeness = history.probed("mean likeness", 2)
    if not (likeness > MEAN_LIKENESS).all() or not (history.probed("moved", 2) < MEAN_MOVES).all():
        return None  # the single item of a collapsed generator keeps moving
    if np.nanmax(spread) > VARIED:
        return None  # what was varied before has collapsed
    return Finding(
        "regression to the mean",
        history.since_probe(spread < MEAN_SPREAD),
        f"Samples are the mean of the data (correlation {likeness[-1]:.2f}) with hardly any difference between latents: "
        "article 000's impression of a picture. The generator averages items instead of imitating them.",
        history.probe_numbers("mean likeness", "spread"),
        article="000",
    )


def memorised_pictures(history: History) -> Finding | None:
    """Samples that are training items. Not for vectors: they lie so densely that nearness has no meaning."""
    if history.real and "darkest" not in history.real:
        return None
    copies, near = history.probed("copies"), history.probed("nearness")
    flags = (copies > COPIES) & (near < COPIES_NEAR)
    if not lasts(flags, 2):
        return None
    return Finding(
        "memorised pictures",
        history.since_probe(flags),
        f"{copies[-1]:.0%} of the samples are as near to a training item as 1 in 100 real items; the median sample is "
        f"{near[-1]:.2f} times as far from one as unseen items are.",
        {**history.probe_numbers("copies", "nearness"), "training items": history.count},
    )


def discriminator_memorises(history: History) -> Finding | None:
    """A discriminator that recognises its training items."""
    favour = history.probed("favour")
    if not lasts(favour > FAVOUR, FAVOUR_PROBES):
        return None
    return Finding(
        "discriminator memorises",
        history.since_probe(favour > FAVOUR),
        f"The discriminator ranks a training item above an unseen real one in {favour[-1]:.0%} of the pairs, where .5 "
        "is right: it has memorised its training items.",
        {**history.probe_numbers("favour", "skill"), "training items": history.count},
    )
