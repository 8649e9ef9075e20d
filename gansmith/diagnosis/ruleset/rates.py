"""Rules on the size of steps and gradients: too large, too small, none."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts
from gansmith.diagnosis.ruleset import opinions
from gansmith.diagnosis.ruleset.collapse import shown_at_a_time
from gansmith.diagnosis.ruleset.course import no_better
from gansmith.diagnosis.signals import series
from gansmith.ground.errors import counted

# Shares are of the real items' own figure, where nothing else is said; steps are |change| / |weights|.
BLOWN_SPREAD = 0.1  # spread of samples that very large losses have flattened
STEP_HIGH = 0.2  # |change| / |weights| in one update; healthy: below .05
THRASHES = 0.6  # move of samples of the same latents between two probes, over the data's diversity; healthy: below .5
THRASH_PROBES = 4
THRASHES_FAR = 0.4  # the same for samples that are far from the data and stay so
VARIED = 0.5  # diversity; with less, samples move because their single mode moves
FAR = 0.7  # distance to the data, over the untrained generator's
STEP_TINY = 6e-6  # a thousandth of what healthy rates start with
RATE_TINY = 2e-6  # a hundredth of DCGAN's
STEP_LOW = 6e-4  # healthy learning rates start above 2e-3
STEP_LOW_GENERATOR = 3e-4
LOW_AFTER = 150  # updates
UNLEARNED = 0.5  # distance to the data, over the untrained generator's: hardly anything is learned yet
VANISHED = 1e-3  # the generator's gradient, over what it was
VANISHED_NORM = 1e-3
ROWS = 6  # before anything is said
STILL_ROWS = 3  # of a player that hardly moves
HUGE_ROWS = 3  # with huge losses, one after the other: then no look at samples is needed
SAME_ROWS = 10  # with the very same two losses: a training that steps never has them
EXPLODED = 100.0  # the gradient over the median of the rows before
SPIKES = 2  # lone rows of such a size,
SPIKE_ROWS = 60  # among so many
GROWTH_ROWS = 16
GROWN = 15.0  # the gradient over the median of the rows before it grew,
DOUBLES = 10.0  # if it still doubles within so many rows
SCATTER = 0.35  # of its logarithm around the line: with more it jumps, and does not grow


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
    if not lasts(moved > THRASHES_FAR, THRASH_PROBES) or shown_at_a_time(history, THRASH_PROBES) is not None:
        return None
    if len(history.rows) and (history.series("accuracy.fake", 2) < opinions.FOOLED).all():
        return None  # samples wander at any rate where the discriminator calls everything real
    varied = (moved > THRASHES).all() and (history.probed("diversity", THRASH_PROBES) > VARIED).all()
    quality = history.probed("quality", THRASH_PROBES)
    far = (quality > FAR * history.untrained("quality")).all()
    if not (varied or far) or not no_better(quality):
        return None  # a wild start finds its way
    return Finding(
        "rate too high",
        int(history.probe_updates(THRASH_PROBES)[0]),
        f"Between two probes every sample becomes another one ({moved[-1]:.0%} of the distance between real items), "
        "again and again: nothing that is learned stays.",
        {"moved": float(moved[-1]), **history.probe_numbers("quality")},
    )


def _huge_losses(history: History) -> Finding | None:
    """Losses far above the usual, and since then samples that are flat or as far from the data as untrained ones."""
    too_large = opinions.loss_of(history).too_large
    if too_large is None:
        return None
    generator = np.where(opinions.right(history), 0.0, np.abs(history.series("loss.generator")))  # large if D is sure
    losses = np.fmax(np.abs(history.series("loss.discriminator")), generator)
    flags = losses > too_large
    huge = np.flatnonzero(flags)
    if not len(huge):
        return None
    if lasts(flags, HUGE_ROWS):
        return _huge_for_long(history, losses, flags)
    began = history.series("update")[huge[-1]]
    since = history.probe_updates() >= began
    if not since.any():
        return None
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


def _huge_for_long(history: History, losses: np.ndarray, flags: np.ndarray) -> Finding:
    """Losses that are far above the usual row after row."""
    since = history.since_row(flags)
    newest = losses[history.series("update") >= since]
    return Finding(
        "rate too high",
        since,
        f"The losses are {newest.min():.3g} and more in each of the newest {counted(len(newest), 'row')}, up to {newest.max():.3g}, where "
        "healthy ones stay below 10.",
        {"largest loss": float(newest.max()), **history.probe_numbers("spread", "quality")},
    )


def rate_too_low(history: History) -> Finding | None:
    """Steps that were tiny from the start: one player's so much so that it stands still, or both players', and samples that are
    still noise."""
    return _hardly_moves(history) or _both_slow(history)


def _hardly_moves(history: History) -> Finding | None:
    """One player whose largest step is a thousandth of a usual one, and is not 0."""
    for player in ("discriminator", "generator"):
        steps = history.series(f"step.{player}")
        steps = steps[np.isfinite(steps)]
        if len(steps) < STILL_ROWS or not 0 < steps.max() < STEP_TINY:
            continue
        rate = float(np.fmax.reduce(history.series(f"rate.{player}")))
        if not rate < RATE_TINY and lasts(opinions.right(history), 3):
            continue  # a discriminator that is right on everything leaves no gradient, to either player
        told = "" if np.isnan(rate) else f" Its learning rate is {rate:.2g} at most."
        return Finding(
            "rate too low",
            int(history.series("update")[0]),
            f"No step since the start changed the {player} by more than {steps.max():.1g} of its weights: it stands still, whatever "
            f"the other player does.{told}",
            {f"largest step.{player}": float(steps.max())} | ({} if np.isnan(rate) else {f"rate.{player}": rate}),
        )
    return None


def _both_slow(history: History) -> Finding | None:
    """Steps that were too small to come anywhere."""
    if history.update < LOW_AFTER or len(history.rows) < 3:
        return None
    steps = [history.series(f"step.{player}") for player in ("discriminator", "generator")]
    if not all(np.isfinite(each).any() for each in steps):
        return None
    d, g = (float(np.nanmax(each)) for each in steps)
    if not (0 < d < STEP_LOW and 0 < g < STEP_LOW_GENERATOR):
        return None
    if lasts(opinions.right(history), 3):
        return None  # a discriminator with nothing left to learn takes tiny steps at any rate
    quality = history.probe_numbers("quality")
    if quality["quality"] < UNLEARNED * history.untrained("quality"):
        return None
    return Finding(
        "rate too low",
        int(history.series("update")[0]),
        f"No step since the start changed a player by more than {max(d, g):.2%} of its weights; the samples have hardly "
        "moved towards the data.",
        {"largest step.discriminator": d, "largest step.generator": g, **quality},
    )


def discriminator_never_moves(history: History) -> Finding | None:
    """Steps of size 0."""
    since = _still(history, "discriminator", "generator")
    if since is None or lasts(opinions.right(history), 3):
        return None  # where it is right on every item, a loss with a margin leaves it no gradient
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
        return _same_losses(history)
    labels = history.recipe is not None and history.recipe.feedback.name == "labels"
    why = ", since an output passed on as a number has none (article 000's supervised labels)" if labels else ""
    return Finding(
        "generator never moves",
        since,
        f"The generator's weights do not change at all: no gradient reaches it{why}.",
        {"step.generator": 0.0, **history.row_numbers("loss.discriminator")},
        article="000" if labels else "",
    )


def _same_losses(history: History) -> Finding | None:
    """Two losses that never change in any digit, in the rows of a program that does not measure its steps."""
    if np.isfinite(history.series("step.generator")).any():
        return None
    losses = {name: history.series(name) for name in ("loss.discriminator", "loss.generator")}
    flags = np.all([each == each[-1:] for each in losses.values()], axis=0)
    if not lasts(flags, SAME_ROWS):
        return None
    found = history.row_numbers(*losses)
    return Finding(
        "generator never moves",
        history.since_row(flags),
        f"Both losses are the same to the last digit in row after row (D {found['loss.discriminator']:g}, G "
        f"{found['loss.generator']:g}): no step is taken, or no gradient reaches the players.",
        found,
    )


def _still(history: History, player: str, other: str) -> int | None:
    """The update since which a player's steps are exactly 0, over three rows at least; a vanishing gradient is not 0.

    A player that takes no step is not measured: if only the other one is, this one stands still.
    """
    steps = history.series(f"step.{player}")
    flags = (steps == 0.0) | (np.isnan(steps) & np.isfinite(history.series(f"step.{other}")))
    return history.since_row(flags) if lasts(flags, 3) else None


def vanishing_gradients(history: History) -> Finding | None:
    """A generator's gradient that has vanished."""
    norms = history.series("gradient.generator")
    if len(norms) < 6:
        return None
    before = float(np.fmax.reduce(norms[:5]))
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
    """A gradient a hundred times its usual size, lasting or in lone rows; or one that grows and grows."""
    updates = history.series("update")
    for player in ("discriminator", "generator"):
        norms = history.series(f"gradient.{player}")
        where = np.flatnonzero(np.isfinite(norms) & (norms > 0))
        if len(where) < ROWS:
            continue
        found = _exploded(norms[where]) or _grows(norms[where])
        if found is not None:
            first, text = found
            of_all = {"median": float(np.median(norms[where])), "largest": float(norms[where].max())}
            evidence = {f"gradient.{player}": float(norms[where[-1]]), **of_all}
            return Finding(
                "exploding gradients", int(updates[where[first]]), f"The {player}'s gradient {text}", evidence
            )
    return None


def _exploded(norms: np.ndarray) -> tuple[int, str] | None:
    """The first row of a hundredfold gradient, and what it did."""
    before = np.full(len(norms), np.inf)
    for row in range(max(3, len(norms) - SPIKE_ROWS), len(norms)):
        before[row] = np.median(norms[max(0, row - SPIKE_ROWS) : row])
    large = norms > EXPLODED * before
    if large[-3:].sum() >= 2:
        first = len(norms) - 3 + int(np.flatnonzero(large[-3:])[0])
        return first, f"grew to {norms[-1]:.2g}, its median was {before[first]:.2g}."
    spikes = np.flatnonzero(large[-SPIKE_ROWS:]) + max(0, len(norms) - SPIKE_ROWS)
    if len(spikes) < SPIKES or spikes[-1] < len(norms) - SPIKE_ROWS // 2:
        return None
    return int(spikes[0]), (
        f"jumped to {norms[spikes].max():.2g} in {len(spikes)} of the last {min(len(norms), SPIKE_ROWS)} rows, its median "
        f"is {np.median(norms):.2g}: single batches throw the weights away."
    )


def _grows(norms: np.ndarray) -> tuple[int, str] | None:
    """The first row of a gradient that grows by the same factor row by row, and what it did."""
    if len(norms) < 2 * GROWTH_ROWS:
        return None
    rows, newest = np.arange(GROWTH_ROWS, dtype=np.float64), np.log2(norms[-GROWTH_ROWS:])
    slope = series.robust_slope(rows, newest)
    around = newest - slope * rows
    scatter = float(np.median(np.abs(around - np.median(around))))
    usual = float(np.median(norms[: len(norms) // 2]))
    if slope < 1 / DOUBLES or scatter > SCATTER or np.median(norms[-3:]) < GROWN * usual:
        return None
    first = int(np.flatnonzero(norms <= 2 * usual)[-1])
    return first, f"doubles every {1 / slope:.0f} rows and is {norms[-1] / usual:.0f} times what it was."
