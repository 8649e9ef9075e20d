"""Rules on rows of stats: how the two players affect each other. All have one signature: rule(history)."""

from __future__ import annotations

import math

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, Row, lasts
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import LOSSES

# Thresholds were tuned on seeds 0-2 of benchmarks/planted_faults.py; see docs/notebook/diagnosis.md.
TOUCHES = 0.02  # distance to 0 or 1 within which a sigmoid's outputs crowd
STILL = 1e-9  # |change| / |weights|: a player with more moves
BLOWN_SPREAD = 0.1  # spread of samples that very large losses have flattened
STEP_HIGH = 0.2  # |change| / |weights| in one update; healthy: below .05
THRASHES = 0.6  # move of samples of the same latents between two probes, over the data's diversity; healthy: below .5
THRASH_PROBES = 4
THRASHES_FAR = 0.4  # the same for samples that are far from the data and stay so
FAR = 0.7  # distance to the data, over the untrained generator's
STEP_LOW = 6e-4  # healthy learning rates start above 2e-3
STEP_LOW_GENERATOR = 3e-4
LOW_AFTER = 150  # updates
UNLEARNED = 0.5  # distance to the data, over the untrained generator's: hardly anything is learned yet
SURE = 0.97  # accuracy on real and on generated items
SURE_PROBABILITY = 0.06  # D(fake)
SURE_ROWS = 6
PROGRESS = 0.06  # a smaller fall of the distance over SURE_ROWS probes is no progress
FOOLED = 0.2  # accuracy on generated items
FOOLED_LOSS = 0.45  # the generator's
PULLED_LOSS = 1.5  # the discriminator's: worse than guessing (1.39)
VANISHED = 1e-3  # the generator's gradient, over what it was
VANISHED_NORM = 1e-3
EXPLODED = 100.0  # the gradient over its median
EXPLODED_NORM = 1e3
VARIED = 0.5  # diversity; with less, samples move because their single mode moves
SWINGS = 5  # crossings of the mean within SWING_ROWS
SWING_ROWS = 16
SWING_SIZE = 0.5  # standard deviation over mean of the discriminator's loss


def divergence(history: History) -> Finding | None:
    """NaN or infinity in the stats or in the samples."""
    prefixes = ("loss.", "verdict.", "gradient.", "step.")
    newest = history.rows[-1] if history.rows else {}
    watched = {name: value for name, value in newest.items() if name.startswith(prefixes)}
    bad = [name for name, value in watched.items() if isinstance(value, float) and not math.isfinite(value)]
    if not bad and not history.probe_numbers("finite")["finite"] < 1:
        return None
    since = history.update
    for row in reversed(history.rows):
        if all(math.isfinite(value) for name, value in row.items() if name.startswith(prefixes)):
            break
        since = int(row["update"])
    where = ", ".join(bad[:3]) if bad else "the samples"
    return Finding("divergence", since, f"{where} hold NaN or infinity: the training diverged.", {"numbers": len(bad)})


def sigmoid_as_logits(history: History) -> Finding | None:
    """Discriminator outputs that stay within 0..1 and crowd at its ends."""
    if len(history.rows) < 3:
        return None
    ranges = [_output_ranges(row) for row in history.rows]
    if not all(each and min(low for low, _ in each) >= 0 and max(high for _, high in each) <= 1 for each in ranges):
        return None
    if not all(low < TOUCHES or high > 1 - TOUCHES for each in ranges[-2:] for low, high in each):
        return None
    lows, highs = zip(*ranges[-1], strict=True)
    return Finding(
        "sigmoid as logits",
        int(history.rows[0].get("update", 0)),
        "All outputs of the discriminator lie between 0 and 1, many at an end: the loss gets probabilities where it "
        "needs logits, so the gradient is up to 800 times too small.",
        {"least verdict": min(lows), "largest verdict": max(highs), **history.row_numbers("loss.discriminator")},
    )


def _output_ranges(row: Row) -> list[tuple[float, float]]:
    """The smallest and largest output on real and on generated items; [] without histograms."""
    try:
        edges = [row["histograms"][name]["edges"] for name in ("verdict.real", "verdict.fake")]
        return [(float(each[0]), float(each[-1])) for each in edges]
    except (KeyError, TypeError, ValueError, IndexError):
        return []


def rate_too_high(history: History) -> Finding | None:
    """Steps that rewrite the weights, samples that change all the time, or huge losses with bad samples."""
    for player in ("generator", "discriminator"):
        steps = history.series(f"step.{player}")
        size = float(np.median(steps[-3:])) if len(steps) >= 3 else 0.0
        if size > STEP_HIGH:
            text = f"The {player} changes by {size:.0%} of its weights in an update."
            return Finding("rate too high", history.since_row(steps > STEP_HIGH), text, {f"step.{player}": size})
    return _thrashing(history) or _huge_losses(history)


def _thrashing(history: History) -> Finding | None:
    """Samples of the same latents that change all the time: all different, or far from the data and not improving."""
    moved = history.probed("moved", THRASH_PROBES)
    if not lasts(moved > THRASHES_FAR, THRASH_PROBES):
        return None
    if history.rows and (history.series("accuracy.fake", 2) < FOOLED).all():
        return None  # samples wander at any rate where the discriminator calls everything real
    varied = (moved > THRASHES).all() and (history.probed("diversity", THRASH_PROBES) > VARIED).all()
    quality = history.probed("quality", THRASH_PROBES)
    if not varied and not ((quality > FAR * history.untrained("quality")).all() and _no_better(quality)):
        return None
    return Finding(
        "rate too high",
        int(history.probe_updates(THRASH_PROBES)[0]),
        f"Between two probes every sample becomes another one ({moved[-1]:.0%} of the distance between real items), "
        "again and again: nothing that is learned stays.",
        {"moved": float(moved[-1]), **history.probe_numbers("quality")},
    )


def _huge_losses(history: History) -> Finding | None:
    """Losses far above the usual, and since then samples that are flat or as far from the data as untrained ones."""
    too_large = LOSSES[(history.recipe or Recipe()).loss.name].too_large
    if too_large is None:
        return None
    losses = np.fmax(np.abs(history.series("loss.discriminator")), np.abs(history.series("loss.generator")))
    huge = np.flatnonzero(losses > too_large)
    if not len(huge):
        return None
    began = history.series("update")[huge[-1]]
    since = history.probe_updates() >= began
    flat = (history.probed("spread")[since] < BLOWN_SPREAD).all()
    far = (history.probed("quality")[since] > FAR * history.untrained("quality")).all()
    if not (losses[-1] > too_large or (since.sum() >= 2 and (flat or far))):
        return None
    largest = float(losses[huge].max())
    return Finding(
        "rate too high",
        int(began),
        f"The losses jumped to {largest:.0f}, where healthy ones stay below 10, and the samples are "
        f"{'flat' if flat else 'no nearer to the data than untrained ones'}.",
        {"largest loss": largest, **history.probe_numbers("spread", "quality")},
    )


def rate_too_low(history: History) -> Finding | None:
    """Steps that were tiny from the start, and samples that are still noise."""
    if history.update < LOW_AFTER or len(history.rows) < 3:
        return None
    steps = [history.series(f"step.{player}") for player in ("discriminator", "generator")]
    if not all(np.isfinite(each).any() for each in steps):
        return None
    d, g = (float(np.nanmax(each)) for each in steps)
    if not (STILL < d < STEP_LOW and STILL < g < STEP_LOW_GENERATOR):
        return None
    if lasts(_sure(history), 3):
        return None  # a discriminator with nothing left to learn takes tiny steps at any rate
    quality = history.probe_numbers("quality")
    if quality["quality"] < UNLEARNED * history.untrained("quality"):
        return None
    return Finding(
        "rate too low",
        int(history.rows[0]["update"]),
        f"No step since the start changed a player by more than {max(d, g):.2%} of its weights; the samples have hardly "
        "moved towards the data.",
        {"largest step.discriminator": d, "largest step.generator": g, **quality},
    )


def discriminator_never_moves(history: History) -> Finding | None:
    """Steps of size 0."""
    since = _still(history, "discriminator", "generator")
    if since is None:
        return None
    return Finding(
        "discriminator never moves",
        since,
        "The discriminator's weights do not change at all: it is always frozen, or its learning rate is 0 (article 000's "
        "combined model, frozen before it was compiled). The generator learns to fool a discriminator that never learned.",
        {"step.discriminator": 0.0, **history.row_numbers("loss.generator")},
        article="000",
    )


def generator_never_moves(history: History) -> Finding | None:
    """Steps of size 0."""
    since = _still(history, "generator", "discriminator")
    if since is None:
        return None
    labels = history.recipe is not None and history.recipe.feedback.name == "labels"
    why = ", since an output passed on as a number has none (article 000's supervised labels)" if labels else ""
    return Finding(
        "generator never moves",
        since,
        f"The generator's weights do not change at all: no gradient reaches it{why}.",
        {"step.generator": 0.0, **history.row_numbers("loss.discriminator")},
        article="000" if labels else "",
    )


def _still(history: History, player: str, other: str) -> int | None:
    """The update since which a player's steps are exactly 0, over three rows at least; a vanishing gradient is not 0.

    A player that takes no step is not measured: if only the other one is, this one stands still.
    """
    steps = history.series(f"step.{player}")
    flags = (steps == 0.0) | (np.isnan(steps) & np.isfinite(history.series(f"step.{other}")))
    return history.since_row(flags) if lasts(flags, 3) else None


def discriminator_pulled_along(history: History) -> Finding | None:
    """A discriminator that learns to call generated items real."""
    flags = _fooled(history) & (history.series("loss.discriminator") > PULLED_LOSS)
    flags &= history.series("step.discriminator") > STILL
    if not lasts(flags, 3):
        return None
    return Finding(
        "discriminator pulled along",
        history.since_row(flags),
        "The discriminator moves, but is worse than guessing and calls generated items real: it is also trained in "
        "the generator's turn (article 000's combined model that was never frozen). The generator's small loss "
        "is no success.",
        history.row_numbers("loss.generator", "loss.discriminator", "accuracy.fake"),
        article="000",
    )


def discriminator_overpowers(history: History) -> Finding | None:
    """A discriminator that is always right, and samples that do not get better."""
    flags = _sure(history)
    if not lasts(flags, SURE_ROWS):
        return None
    quality = history.probed("quality", SURE_ROWS)
    if len(quality) >= SURE_ROWS and quality[-2:].mean() < (1 - PROGRESS) * quality[:2].mean():
        return None
    return Finding(
        "discriminator overpowers",
        history.since_row(flags),
        "The discriminator is right on nearly every item and the samples do not get better: the generator learns "
        "nothing from a discriminator that is always sure.",
        history.row_numbers("accuracy.real", "accuracy.fake", "probability.fake", "loss.generator"),
    )


def _sure(history: History) -> np.ndarray:
    """Rows in which the discriminator was right on nearly every item, with high probability."""
    right = (history.series("accuracy.real") > SURE) & (history.series("accuracy.fake") > SURE)
    return right & (history.series("probability.fake") < SURE_PROBABILITY)


def _fooled(history: History) -> np.ndarray:
    """Rows in which the discriminator called nearly every generated item real."""
    return (history.series("accuracy.fake") < FOOLED) & (history.series("loss.generator") < FOOLED_LOSS)


def generator_overpowers(history: History) -> Finding | None:
    """A discriminator that is always fooled."""
    flags = _fooled(history)
    if not lasts(flags, SURE_ROWS):
        return None
    return Finding(
        "generator overpowers",
        history.since_row(flags),
        "The discriminator calls nearly every generated item real: it is too weak or too slow to teach anything.",
        history.row_numbers("accuracy.fake", "probability.fake", "loss.generator"),
    )


def vanishing_gradients(history: History) -> Finding | None:
    """A generator's gradient that has vanished."""
    norms = history.series("gradient.generator")
    if len(norms) < 6 or not np.isfinite(norms[:5]).any():
        return None
    before = float(np.nanmax(norms[:5]))
    flags = norms < min(VANISHED * before, VANISHED_NORM)
    if not lasts(flags, 3):
        return None
    text = f"The gradient that reaches the generator fell to {norms[-1] / before:.1g} of what it was."
    return Finding(
        "vanishing gradients",
        history.since_row(flags),
        text,
        {**history.row_numbers("gradient.generator"), "at first": before},
    )


def exploding_gradients(history: History) -> Finding | None:
    """Gradients a hundred times their usual size, again and again."""
    for player in ("discriminator", "generator"):
        norms = history.series(f"gradient.{player}")
        finite = norms[np.isfinite(norms)]
        if len(finite) < 6:
            continue
        flags = norms > max(EXPLODED * float(np.median(finite[:-3])), EXPLODED_NORM)
        if flags[-3:].sum() >= 2:
            largest, median = float(np.nanmax(norms[-3:])), float(np.median(finite))
            return Finding(
                "exploding gradients",
                int(history.series("update", 3)[np.flatnonzero(flags[-3:])[0]]),
                f"The {player}'s gradient grew to {largest:.2g}, its median was {median:.2g}.",
                {f"gradient.{player}": largest, "median": median},
            )
    return None


def oscillation(history: History) -> Finding | None:
    """A discriminator's loss that swings widely while the samples do not get better."""
    losses = history.series("loss.discriminator", SWING_ROWS)
    if not lasts(np.isfinite(losses), SWING_ROWS):
        return None
    crossings = int((np.diff(np.sign(losses - losses.mean())) != 0).sum())
    size = float(losses.std() / max(abs(losses.mean()), 1e-9))
    quality = history.probed("quality", SWING_ROWS)
    if crossings < SWINGS or size < SWING_SIZE or len(quality) < 4 or not _no_better(quality):
        return None
    return Finding(
        "oscillation",
        int(history.series("update", SWING_ROWS)[0]),
        f"The discriminator's loss swings by {size:.0%} of its mean, {crossings} times, and the samples do not get better.",
        {"swings": crossings, "size": size, "quality": float(quality[-1])},
    )


def _no_better(quality: np.ndarray) -> bool:
    """Whether the later half of the distances is no smaller than the earlier."""
    half = len(quality) // 2
    return bool(np.median(quality[half:]) > (1 - PROGRESS) * np.median(quality[:half]))
