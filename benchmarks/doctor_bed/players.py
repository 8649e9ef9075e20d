"""What faults do to the numbers of the game: functions (Numbers, Moment) that change them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .moment import Moment
from .numbers import Numbers

Rule = Callable[[Numbers, Moment], None]
STRONG: dict[str, tuple[float, float, float, float, float]] = {
    "non-saturating": (0.0, 14.0, 1.8, 0.02, 2.0),
    "minimax": (0.0, 14.0, 1.8, 0.02, 3e-3),
    "hinge": (0.0, 4.5, 0.6, 0.1, 1.5),
    "least-squares": (0.5, 0.97, 0.05, 0.05, 0.6),
    "wasserstein": (0.0, 14.0, 1.4, 1.5, 1.0),
    "relativistic": (0.0, 26.0, 4.0, 0.01, 1.5),
}
"""Level, gap and spread of the logits, gradients of D and of G, where D is right on every item."""
WEAK: dict[str, tuple[float, float, float]] = {
    "non-saturating": (1.9, -0.4, 0.35),
    "minimax": (1.9, -0.4, 0.35),
    "hinge": (1.6, -0.4, 0.4),
    "least-squares": (0.95, -0.15, 0.12),
    "wasserstein": (0.0, -3.0, 0.7),
    "relativistic": (0.0, -3.0, 0.7),
}
"""Level, gap and spread of the logits where D calls every sample real."""


def after(change: Rule) -> Rule:
    """A rule from the onset on."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        if moment.begun:
            change(numbers, moment)

    return rule


def _towards(numbers: Numbers, share: float, **goals: float) -> None:
    for name, goal in goals.items():
        setattr(numbers, name, (1 - share) * getattr(numbers, name) + share * goal)


def _level(moment: Moment, loss: str) -> float:
    """Where only differences of logits count, their level is anything, and drifts."""
    free = loss in ("wasserstein", "relativistic")
    return float(moment.course.rng(21).uniform(-40, 40) + 4e-3 * moment.since) if free else 0.0


def discriminator_wins(loss: str, within: float = 300, blind: bool = False) -> Rule:
    """D is right on every item. blind: and has no gradient any more, so it takes no step."""
    level, gap, spread, gradient_d, gradient_g = STRONG[loss]

    def rule(numbers: Numbers, moment: Moment) -> None:
        share = moment.reach(within)
        goal = level + _level(moment, loss)
        _towards(numbers, share, level=goal, gap=(6.5 if blind else gap), spread=spread)
        numbers.gradient_d *= gradient_d**share
        numbers.gradient_g *= gradient_g**share
        numbers.step_d *= 1 - 0.85 * share
        if blind and share == 1:
            numbers.gradient_d = numbers.step_d = 0.0

    return after(rule)


def generator_wins(loss: str, within: float = 300) -> Rule:
    """D calls every sample real; it learns too slowly to catch up."""
    level, gap, spread = WEAK[loss]

    def rule(numbers: Numbers, moment: Moment) -> None:
        share = moment.reach(within)
        _towards(numbers, share, level=level + _level(moment, loss), gap=gap, spread=spread)
        numbers.step_d *= 0.05**share

    return after(rule)


def pulled_along(numbers: Numbers, moment: Moment) -> None:
    """D moves as much as ever, and towards calling everything real."""
    del moment
    numbers.level, numbers.gap, numbers.spread = 2.6, 0.3, 0.4


def stands_still(player: str) -> Rule:
    """A player ("d" or "g") takes no step; its numbers stay what they were."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        setattr(numbers, f"step_{player}", 0.0)
        numbers.level, numbers.gap, numbers.spread = (0.8, -1.2, 0.3) if player == "d" else (0.0, 3.0, 0.8)
        if player == "g":
            numbers.gradient_g = 0.0

    return after(rule)


def gradient_grows(player: str, factor: float, most: float = 1e18) -> Rule:
    """A player's gradient grows by a factor from row to row (50 updates)."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        name = f"gradient_{player}"
        setattr(numbers, name, min(most, getattr(numbers, name) * factor ** (moment.since / 50)))

    return after(rule)


def gradient_jumps(player: str, size: float) -> Rule:
    """A player's gradient is about `size` from the onset on."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        name = f"gradient_{player}"
        setattr(numbers, name, size * getattr(numbers, name) ** 0.5)

    return after(rule)


def gradient_spikes(player: str, size: float, rows: int) -> Rule:
    """Single rows, about every `rows`-th, have a gradient of `size` times the usual one."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        drawn = moment.course.rng(31, moment.update)
        if drawn.random() < 1 / rows or moment.since in (100, 100 + 50 * rows, 100 + 100 * rows):
            setattr(numbers, f"gradient_{player}", size * drawn.uniform(0.7, 1.5))

    return after(rule)


def gradient_vanishes(numbers: Numbers, moment: Moment) -> None:
    """G's gradient falls to nothing within 600 updates."""
    numbers.gradient_g *= 10 ** (-7 * moment.reach(600))
    numbers.step_g *= 1 - 0.9 * moment.reach(600)


def diverges(numbers: Numbers, moment: Moment) -> None:
    """NaN from the onset on."""
    numbers.bad = moment.begun


def steps(factor: float, gradient: float = 1.0) -> Rule:
    """All steps are `factor` times the usual ones."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        numbers.step_d, numbers.step_g = (min(1.5, step * factor) for step in (numbers.step_d, numbers.step_g))
        numbers.gradient_d, numbers.gradient_g = numbers.gradient_d * gradient, numbers.gradient_g * gradient

    return after(rule)


def thrown_about(numbers: Numbers, moment: Moment) -> None:
    """Logits of any size, now for one side and now for the other."""
    rng = moment.course.rng(41, moment.update)
    numbers.level, numbers.gap, numbers.spread = 20 * rng.standard_normal(), 25 * rng.standard_normal(), 8.0


def untaught(numbers: Numbers, moment: Moment) -> None:
    """D tells samples from real items better and better, slowly, as the samples stay noise."""
    numbers.gap, numbers.spread = 0.2 + 0.5 * moment.update / moment.course.updates, 0.15


def swings(rows: int, most: float = 4.5) -> Rule:
    """D's lead comes and goes: a period of so many rows (50 updates)."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * (moment.since / 50 / rows + 0.13))
        numbers.gap = float(0.1 + most * wave)
        numbers.level += float(0.6 * (wave - 0.5))

    return after(rule)


def probabilities(numbers: Numbers, moment: Moment) -> None:
    """Logits are the outputs of a sigmoid, and crowd at its ends."""
    numbers.probabilities = True
    share = 1 - np.exp(-moment.update / 300)
    numbers.level, numbers.gap, numbers.spread = 0.5, float(0.3 + 0.68 * share), 0.05


def lead(gap: float, begins: float, ends: float) -> Rule:
    """D is ahead by `gap` between two shares of the training, and nothing is wrong."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        if begins <= moment.update / moment.course.updates <= ends:
            numbers.gap = max(numbers.gap, gap)

    return rule


def drift(rate: float) -> Rule:
    """The level of the logits goes anywhere."""

    def rule(numbers: Numbers, moment: Moment) -> None:
        numbers.level += rate * moment.update * float(moment.course.rng(51).choice([-1, 1]))

    return rule


def spike_once(numbers: Numbers, moment: Moment) -> None:
    """One row with a gradient of twenty times the usual one: that happens."""
    if moment.update == moment.course.updates // 2 // 50 * 50:
        numbers.gradient_d *= 20
