"""Rules on the balance of the two players. All have one signature: rule(history)."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts
from gansmith.diagnosis.ruleset import opinions
from gansmith.diagnosis.ruleset.course import PROGRESS, gain, no_better
from gansmith.diagnosis.signals import series

WORSE = 1.08  # the discriminator's loss over that of guessing
KEEPS_UP = 0.5  # the discriminator's step over the generator's: with more, it is not slow
SURE_ROWS = 6
PROGRESS_PROBES = 20
SWING_ROWS = (24, 48)  # windows in which a period is looked for
SWING_SIZE = 0.3  # standard deviation of the discriminator's loss, over its mean size
SWING_PURE = 0.6  # of its variance in one period: noise has less


def discriminator_pulled_along(history: History) -> Finding | None:
    """A discriminator that learns to call generated items real."""
    worse = history.series("loss.discriminator") > WORSE * opinions.loss_of(history).guessing
    keeps_up = history.series("step.discriminator") > KEEPS_UP * history.series("step.generator")
    flags = opinions.fooled(history) & worse & keeps_up
    if not lasts(flags, 3):
        return None
    return Finding(
        "discriminator pulled along",
        history.since_row(flags),
        "The discriminator moves as fast as ever, and towards calling generated items real: either it is trained in the "
        "generator's turn too (article 000's combined model that was never frozen), or its own targets are exchanged. "
        "The generator's small loss is no success.",
        history.row_numbers("loss.generator", "loss.discriminator", "accuracy.fake"),
        article="000",
    )


def discriminator_overpowers(history: History) -> Finding | None:
    """A discriminator that is always right, and samples that do not get better."""
    flags = opinions.sure(history)
    if not lasts(flags, SURE_ROWS):
        return None
    since = history.since_row(flags)
    probes = int((history.probe_updates() >= since).sum())
    if probes >= 3 and gain(history, "quality", min(probes, PROGRESS_PROBES)) > PROGRESS:
        return None
    numbers = history.row_numbers(
        "accuracy.real", "accuracy.fake", "verdict.real", "verdict.fake", "loss.discriminator"
    )
    return Finding(
        "discriminator overpowers",
        since,
        "The discriminator is right on nearly every item, and its outputs on real and on generated items are "
        f"{numbers['verdict.real'] - numbers['verdict.fake']:.3g} apart. The samples do not get better: the generator "
        "learns nothing from a discriminator that is always sure.",
        numbers,
    )


def generator_overpowers(history: History) -> Finding | None:
    """A discriminator that is always fooled."""
    flags = opinions.fooled(history)
    if not lasts(flags, SURE_ROWS):
        return None
    return Finding(
        "generator overpowers",
        history.since_row(flags),
        "The discriminator calls nearly every generated item real: it is too weak or too slow to teach anything.",
        history.row_numbers("accuracy.fake", "verdict.fake", "loss.generator"),
    )


def oscillation(history: History) -> Finding | None:
    """A discriminator's loss that swings widely, with one period, while the samples do not get better."""
    for rows in SWING_ROWS:
        losses = history.series("loss.discriminator", rows)
        if not lasts(np.isfinite(losses), rows):
            return None
        size = float(losses.std() / max(np.abs(losses).mean(), 1e-9))
        period, pure = series.main_period(losses)
        since = history.series("update", rows)[0]
        quality = history.probed("quality", max(4, int((history.probe_updates() >= since).sum())))
        if size < SWING_SIZE or pure < SWING_PURE or len(quality) < 4 or not no_better(quality):
            continue
        return Finding(
            "oscillation",
            int(since),
            f"The discriminator's loss swings by {size:.0%} of its size, up and down in {period:.0f} rows, and the samples "
            "do not get better.",
            {"period": period, "size": size, "quality": float(quality[-1])},
        )
    return None
