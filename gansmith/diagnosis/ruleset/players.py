"""Rules on rows of stats: what the two players do to one another. Siblings share a signature: rule(history)."""

from __future__ import annotations

import math

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, Row
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import LOSSES

# Thresholds were tuned on seeds 0-2 of benchmarks/planted_faults.py; see docs/notebook/diagnosis.md.
TOUCHES = 0.02  # of 0 or 1, where a sigmoid's outputs crowd
STILL = 1e-9  # |change| / |weights| of a player that moves
BLOWN_SPREAD = 0.1  # of samples that such a start has flattened
STEP_HIGH = 0.2  # |change| / |weights| in one update; healthy: below .05
THRASHES = 0.6  # of the data's diversity, that samples of the same latents move between two probes; healthy: below .5
THRASH_PROBES = 4
THRASHES_ASTRAY = 0.4  # the same of samples that are unlike the data and stay so
ASTRAY = 0.7  # of the untrained generator's distance
STEP_LOW = 6e-4  # healthy rates start above 2e-3
STEP_LOW_GENERATOR = 3e-4
LOW_AFTER = 150  # updates
FAR = 0.5  # of the untrained generator's distance: hardly anything learned yet
SURE = 0.97  # accuracy on real and on generated items
SURE_PROBABILITY = 0.06  # D(fake)
SURE_ROWS = 6
PROGRESS = 0.06  # a fall of quality's distance by less over SURE_ROWS probes is no progress
FOOLED = 0.2  # accuracy on generated items
FOOLED_LOSS = 0.45  # the generator's
PULLED_LOSS = 1.5  # the discriminator's: worse than guessing (1.39)
VANISHED = 1e-3  # of what the generator's gradient was
VANISHED_NORM = 1e-3
EXPLODED = 100.0  # times the median
EXPLODED_NORM = 1e3
VARIED = 0.5  # diversity: else samples move because their one mode does
SWINGS = 5  # crossings of the mean within SWING_ROWS
SWING_ROWS = 16
SWING_SIZE = 0.5  # standard deviation over mean of the discriminator's loss


def divergence(history: History) -> Finding | None:
    """A number that is none."""
    names = ("loss.", "verdict.", "gradient.", "step.")
    bad = [name for name, value in (history.rows[-1] if history.rows else {}).items() if name.startswith(names)]
    bad = [name for name in bad if isinstance(history.rows[-1][name], float) and not math.isfinite(history.row(name))]
    unmade = history.probe("finite") < 1
    if not bad and not unmade:
        return None
    since = history.update
    for row in reversed(history.rows):
        if all(math.isfinite(value) for name, value in row.items() if name.startswith(names)):
            break
        since = int(row["update"])
    where = ", ".join(bad[:3]) if bad else "the samples"
    return Finding("divergence", since, f"{where} hold NaN or infinity: the training diverged.", {"numbers": len(bad)})


def sigmoid_as_logits(history: History) -> Finding | None:
    """Verdicts that never leave 0..1 and crowd at its ends."""
    if len(history.rows) < 3:
        return None
    ranges = [history.verdict_range(row) for row in history.rows]
    if any(each is None or each[0] < 0 or each[1] > 1 for each in ranges):
        return None
    crowded = [_crowds(row) for row in history.rows[-2:]]
    if not all(crowded):
        return None
    low, high = ranges[-1] or (0.0, 0.0)
    return Finding(
        "sigmoid as logits",
        int(history.rows[0].get("update", 0)),
        "Every verdict lies between 0 and 1 and crowds at an end: probabilities are fed to a loss that takes logits, "
        "so the gradient is up to 800 times too small.",
        {"least verdict": low, "largest verdict": high, "loss.discriminator": history.row("loss.discriminator")},
    )


def _crowds(row: Row) -> bool:
    """Real and generated items' verdicts both touch 0 or 1."""
    ends = [row["histograms"][name]["edges"] for name in ("verdict.real", "verdict.fake")]
    return all(edges[0] < TOUCHES or edges[-1] > 1 - TOUCHES for edges in ends)


def rate_too_high(history: History) -> Finding | None:
    """Steps that rewrite the weights, samples that never settle, or verdicts in the tens over flat samples."""
    steps = {name: history.series(f"step.{name}", 3) for name in ("generator", "discriminator")}
    for player, values in steps.items():
        if len(values) == 3 and np.median(values) > STEP_HIGH:
            since = history.since((history.series(f"step.{player}") > STEP_HIGH).tolist(), history.updates())
            text = f"The {player} changes by {np.median(values):.0%} of its weights in an update."
            return Finding("rate too high", since, text, {f"step.{player}": float(np.median(values))})
    return _thrashing(history) or _blown(history)


def _thrashing(history: History) -> Finding | None:
    """Samples that become other ones from look to look: all different, or unlike the data and no better for it."""
    moved = history.probed("moved", THRASH_PROBES)
    if len(moved) < THRASH_PROBES or not (moved > THRASHES_ASTRAY).all():
        return None
    if (history.series("accuracy.fake", 2) < FOOLED).all() and history.rows:
        return None  # samples wander where the discriminator calls everything real, at any rate
    varied = (moved > THRASHES).all() and (history.probed("diversity", THRASH_PROBES) > VARIED).all()
    quality = history.probed("quality", THRASH_PROBES)
    if not varied and not ((quality > ASTRAY * history.untrained("quality")).all() and _no_better(quality)):
        return None
    return Finding(
        "rate too high",
        int(history.probe_updates(THRASH_PROBES)[0]),
        f"Between two looks every sample becomes another one ({moved[-1]:.0%} of the distance between real items), "
        "again and again: nothing that is learned stays.",
        {"moved": float(moved[-1]), "quality": history.probe("quality")},
    )


def _blown(history: History) -> Finding | None:
    """Losses out of all proportion, and samples that are flat or as far from the data as untrained ones since."""
    too_large = LOSSES[history.recipe.loss.name if history.recipe else Recipe().loss.name].too_large
    if too_large is None:
        return None
    losses = np.fmax(np.abs(history.series("loss.discriminator")), np.abs(history.series("loss.generator")))
    blown = np.flatnonzero(losses > too_large)
    if not len(blown):
        return None
    since = history.probe_updates() >= history.updates()[blown[-1]]
    flat = history.probed("spread")[since] < BLOWN_SPREAD
    astray = history.probed("quality")[since] > ASTRAY * history.untrained("quality")
    if not (losses[-1] > too_large or (since.sum() >= 2 and bool(flat.all() or astray.all()))):
        return None
    after = "flat" if flat.all() else "no nearer to the data than untrained ones"
    return Finding(
        "rate too high",
        int(history.updates()[blown[-1]]),
        f"The losses jumped to {losses[blown].max():.0f}, where a healthy game stays below 10, and the samples are "
        f"{after}.",
        {
            "largest loss": float(losses[blown].max()),
            "spread": history.probe("spread"),
            "quality": history.probe("quality"),
        },
    )


def rate_too_low(history: History) -> Finding | None:
    """Steps that are tiny from the start, and samples that are still noise."""
    if history.update < LOW_AFTER or len(history.rows) < 3:
        return None
    d, g = history.series("step.discriminator"), history.series("step.generator")
    if not (_largest(d) < STEP_LOW and _largest(g) < STEP_LOW_GENERATOR) or min(_largest(d), _largest(g)) <= STILL:
        return None
    if _sure(history)[-3:].all():
        return None  # a discriminator that has nothing left to learn takes tiny steps at any rate
    quality = history.probe("quality")
    if quality < FAR * history.untrained("quality"):
        return None
    return Finding(
        "rate too low",
        int(history.rows[0]["update"]),
        f"No step since the start changed a player by more than {max(_largest(d), _largest(g)):.2%} of its weights; the "
        "samples have hardly moved towards the data.",
        {"largest step.discriminator": _largest(d), "largest step.generator": _largest(g), "quality": quality},
    )


def _largest(values: np.ndarray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan


def discriminator_never_moves(history: History) -> Finding | None:
    """Steps of exactly nothing."""
    since = _still(history, "discriminator")
    if since is None:
        return None
    return Finding(
        "discriminator never moves",
        since,
        "The discriminator's weights do not change at all: it was frozen for good, or has no rate (article 000's "
        "combined model, frozen before it was compiled). The generator learns to fool a judge that never learned.",
        {"step.discriminator": 0.0, "loss.generator": history.row("loss.generator")},
        article="000",
    )


def generator_never_moves(history: History) -> Finding | None:
    """No gradient reaches the generator."""
    since = _still(history, "generator")
    if since is None:
        return None
    labels = history.recipe is not None and history.recipe.feedback.name == "labels"
    return Finding(
        "generator never moves",
        since,
        "The generator's weights do not change at all: no gradient reaches it"
        + (", since a verdict passed on as a number has none (article 000's supervised labels)." if labels else "."),
        {"step.generator": 0.0, "loss.discriminator": history.row("loss.discriminator")},
        article="000" if labels else "",
    )


def _still(history: History, player: str) -> int | None:
    """Since when a player's steps are exactly 0, over three rows at least; gradients that die away are not it.

    A player that takes no step at all is not measured: where only the other one is, this one stands still.
    """
    other = "generator" if player == "discriminator" else "discriminator"
    steps = history.series(f"step.{player}")
    flags = (steps == 0.0) | (np.isnan(steps) & np.isfinite(history.series(f"step.{other}")))
    return history.since(flags.tolist(), history.updates()) if len(flags) >= 3 and flags[-3:].all() else None


def discriminator_pulled_along(history: History) -> Finding | None:
    """A discriminator that learns to call generated items real."""
    flags = (
        (history.series("accuracy.fake") < FOOLED)
        & (history.series("loss.generator") < FOOLED_LOSS)
        & (history.series("loss.discriminator") > PULLED_LOSS)
        & (history.series("step.discriminator") > STILL)
    )
    if len(flags) < 3 or not flags[-3:].all():
        return None
    return Finding(
        "discriminator pulled along",
        history.since(flags.tolist(), history.updates()),
        "The discriminator moves, yet judges worse than by guessing and calls generated items real: it is trained in "
        "the generator's turn too (article 000's combined model that was never frozen). The generator's small loss "
        "is no success.",
        {name: history.row(name) for name in ("loss.generator", "loss.discriminator", "accuracy.fake")},
        article="000",
    )


def discriminator_overpowers(history: History) -> Finding | None:
    """A discriminator that is always right, and samples that do not get better."""
    flags = _sure(history)
    if len(flags) < SURE_ROWS or not flags[-SURE_ROWS:].all():
        return None
    quality = history.probed("quality", SURE_ROWS)
    if len(quality) >= SURE_ROWS and quality[-2:].mean() < (1 - PROGRESS) * quality[:2].mean():
        return None
    return Finding(
        "discriminator overpowers",
        history.since(flags.tolist(), history.updates()),
        "The discriminator is right on nearly every item and the samples do not get better: the generator learns "
        "nothing from a judge that is always sure.",
        {name: history.row(name) for name in ("accuracy.real", "accuracy.fake", "probability.fake", "loss.generator")},
    )


def _sure(history: History) -> np.ndarray:
    """Rows in which the discriminator was right on nearly every item, and knew it."""
    return (
        (history.series("accuracy.real") > SURE)
        & (history.series("accuracy.fake") > SURE)
        & (history.series("probability.fake") < SURE_PROBABILITY)
    )


def generator_overpowers(history: History) -> Finding | None:
    """A discriminator that is fooled all the time."""
    flags = (history.series("accuracy.fake") < FOOLED) & (history.series("loss.generator") < FOOLED_LOSS)
    if len(flags) < SURE_ROWS or not flags[-SURE_ROWS:].all():
        return None
    return Finding(
        "generator overpowers",
        history.since(flags.tolist(), history.updates()),
        "The discriminator takes nearly every generated item for real: it is too weak or too slow to teach anything.",
        {name: history.row(name) for name in ("accuracy.fake", "probability.fake", "loss.generator")},
    )


def vanishing_gradients(history: History) -> Finding | None:
    """A generator's gradient that has died away."""
    norms = history.series("gradient.generator")
    if len(norms) < 6:
        return None
    before = np.nanmax(norms[:5]) if np.isfinite(norms[:5]).any() else math.nan
    flags = norms < min(VANISHED * before, VANISHED_NORM)
    if not flags[-3:].all():
        return None
    return Finding(
        "vanishing gradients",
        history.since(flags.tolist(), history.updates()),
        f"The gradient that reaches the generator fell to {norms[-1] / before:.1g} of what it was.",
        {"gradient.generator": float(norms[-1]), "at first": float(before)},
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
            return Finding(
                "exploding gradients",
                int(history.updates(3)[np.flatnonzero(flags[-3:])[0]]),
                f"The {player}'s gradient grew to {np.nanmax(norms[-3:]):.2g}, its median was {np.median(finite):.2g}.",
                {f"gradient.{player}": float(np.nanmax(norms[-3:])), "median": float(np.median(finite))},
            )
    return None


def oscillation(history: History) -> Finding | None:
    """A discriminator's loss that swings widely to and fro while the samples do not get better."""
    losses = history.series("loss.discriminator", SWING_ROWS)
    if len(losses) < SWING_ROWS or not np.isfinite(losses).all():
        return None
    centred = losses - losses.mean()
    crossings = int((np.diff(np.sign(centred)) != 0).sum())
    size = float(losses.std() / max(abs(losses.mean()), 1e-9))
    quality = history.probed("quality", SWING_ROWS)
    if crossings < SWINGS or size < SWING_SIZE or len(quality) < 4 or not _no_better(quality):
        return None
    return Finding(
        "oscillation",
        int(history.updates(SWING_ROWS)[0]),
        f"The discriminator's loss swings by {size:.0%} of its mean, {crossings} times to and fro, and the samples do "
        "not get better.",
        {"swings": crossings, "size": size, "quality": float(quality[-1])},
    )


def _no_better(quality: np.ndarray) -> bool:
    """The later half of the distances is not smaller than the earlier."""
    half = len(quality) // 2
    return bool(np.median(quality[half:]) > (1 - PROGRESS) * np.median(quality[:half]))
