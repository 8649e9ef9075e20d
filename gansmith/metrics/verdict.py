"""What the figures of an evaluation mean, in words: a table of rules, most serious first.

A rule reads figures beside their floors, and says nothing where they were not measured, are not finite, or rest on too few
items. The state of a verdict is the first rule that speaks; its text is what all of them say.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gansmith.ground.errors import counted
from gansmith.metrics.figures import ClassShare, Evaluation, Figure, Verdict
from gansmith.metrics.measures.modes import LEAST

FEW = 100  # items: with fewer, a distance tells nothing
ALIKE = 0.05  # of the real items' differences: the items count as one and the same
UNVARIED = 0.5  # of them: much less varied than real ones
MANY_COPIES = 0.05  # of the items, at least, before copies are spoken of
RARE = 1e-3  # chance of so few items of a class, below which it counts as missing
UNCOVERED = 0.8  # of the real items' own coverage
GRAINY = (1.5, 1.5)  # times the real items' grain, plus grey levels
GRID = (15.0, 3.0)  # times the real items' energy at the chequerboard, and times how far theirs stands out
IGNORED = 0.5  # of the real items' agreement: labels are hardly followed
FAR = 0.1  # of the way from real items to noise
NAMED = 10  # classes that are named


@dataclass(frozen=True)
class Beside:
    """A figure's value and floor, both finite."""

    value: float
    floor: float
    figure: Figure


def verdict(found: Evaluation) -> Verdict | None:
    """The verdict on an evaluation; None where no rule can speak."""
    said = [(state, text) for state, rule in RULES if (text := rule(found))]
    if not said:
        return None
    if said[0][0] in WHOLE:  # what else there is follows from it, but for the distance
        said = [said[0], *(each for each in said[1:] if each[0] in DISTANCES)]
    if len(said) > 1 and said[-1][0] == "as good as real":
        said[-1] = "", "The distances alone do not tell them from real ones."
    return Verdict(said[0][0], " ".join(text for _, text in said))


def real_ones_alike(found: Evaluation) -> str:
    """The data has no variety that items could be compared by."""
    differ = beside(found, "diversity")
    if differ is None or differ.floor > 0:
        return ""
    return "The real items are all the same: there is nothing to compare with. Look at them with `gansmith data info`."


def collapsed(found: Evaluation) -> str:
    """All items are alike, or all of a class."""
    differ, within = beside(found, "diversity"), beside(found, "sensitivity")
    if (differ and differ.floor <= 0) or (within and within.floor <= 0):
        return ""  # so are the real ones
    if differ and differ.value <= ALIKE * differ.floor:
        return "Collapsed: all items are the same."
    if within and within.value <= ALIKE * within.floor:
        return "Collapsed: the items of a class are all the same; the latents have no effect."
    if differ and within and max(differ.value / differ.floor, within.value / within.floor) <= UNVARIED:
        return (
            f"The items are much less varied than real ones: sensitivity {within.value:.3g} (real {within.floor:.3g})."
        )
    return ""


def copied(found: Evaluation) -> str:
    """Training items are repeated."""
    for key, how in (("copies", ""), ("copies_moved", ", some moved or mirrored")):
        rate = beside(found, key)
        if rate and rate.figure.interval and rate.figure.interval[0] > max(MANY_COPIES, 3 * rate.floor):
            return (
                f"About {rate.value:.0%} of the items are copies of training items{how} (real ones: {rate.floor:.1%})."
            )
    return ""


def missing(found: Evaluation) -> str:
    """Classes or modes that are not drawn, or, where none are known, real items without a like."""
    lost = [each.name for each in found.classes if is_missing(each, found.count)]
    total = len([each for each in found.classes if each.due > 0])
    if lost:
        names = ", ".join(lost[:NAMED]) + (f" and {len(lost) - NAMED} more" if len(lost) > NAMED else "")
        share = "Half or more of the kinds are missing" if 2 * len(lost) >= total else "Kinds are missing"
        return f"{share}: {len(lost)} of {counted(total, 'class', 'classes')} get less than three tenths of their due share ({names})."
    modes = beside(found, "modes")
    if not found.classes and modes and modes.value < modes.floor - _left_out_by_chance(modes, "good" in found):
        return f"Kinds are missing: {modes.value:.0f} modes are covered, and {modes.floor:.0f} by as many real items."
    reached, right = beside(found, "coverage"), beside(found, "precision")
    if found.classes or modes or reached is None or right is None or reached.figure.interval is None:
        return ""
    if reached.figure.interval[1] < UNCOVERED * reached.floor and right.value >= UNCOVERED * right.floor:
        lost_share = 1 - reached.value / reached.floor
        return f"Kinds are missing: about {lost_share:.0%} of the real items have nothing like them among the items."
    return ""


def _left_out_by_chance(modes: Beside, exact: bool) -> float:
    """How many modes so few items may leave out: the expected number and three deviations. Where a classifier tells modes
    apart, another hundredth, because it errs."""
    chance = modes.floor * math.exp(-modes.figure.count / max(1.0, modes.floor))
    return chance + 3 * math.sqrt(chance) + (0 if exact else 0.01 * modes.floor)


def is_missing(each: ClassShare, count: int) -> bool:
    """Whether a class gets so little of what is due that chance is no explanation (by the Poisson law)."""
    due = each.due * count
    return each.count < LEAST * due and sum(_poisson(each_count, due) for each_count in range(each.count + 1)) < RARE


def grainy(found: Evaluation) -> str:
    """Noise from pixel to pixel that real items have not."""
    grain = beside(found, "grain")
    factor, plus = GRAINY
    if grain is None or grain.value <= factor * grain.floor + plus:
        return ""
    return f"There is grain: noise of {grain.value:.1f} grey levels in flat places, where real items have {grain.floor:.1f}."


def gridded(found: Evaluation) -> str:
    """A grid of two pixels that real items have not."""
    checks, out = beside(found, "checks"), beside(found, "checks_out")
    more, above = GRID
    if checks is None or out is None or checks.value <= more * max(1.0, checks.floor) or out.value <= above * out.floor:
        return ""
    return (
        f"There is a grid: a chequerboard of two pixels holds {checks.value:.0f} times as much of their energy as of real "
        "items'; generator.even=true keeps a generator from it."
    )


def labels_ignored(found: Evaluation) -> str:
    """Other classes than those that were asked for."""
    agreed = beside(found, "agreement")
    if agreed is None or agreed.figure.interval is None or agreed.figure.interval[1] >= IGNORED * agreed.floor:
        return ""
    return f"Labels are hardly followed: {agreed.value:.0%} of the items show the class that was asked for."


def too_few(found: Evaluation) -> str:
    """So few items that a distance tells nothing."""
    far_from = _distances(found)
    if not far_from or (fewest := min(each.figure.count for each in far_from)) >= FEW:
        return ""
    if fewest < found.count:  # a distance takes as many of each side
        return f"Too few real items to tell how good these are: {fewest}; compare with 1,000 or more."
    return f"Too few items to tell how good they are: {fewest}; give 1,000 or more."


def as_real(found: Evaluation) -> str:
    """No distance is further from its floor than chance explains."""
    far_from = _distances(found)
    known = [each for each in far_from if each.figure.interval] or far_from  # of too many features, FD has no interval
    if not far_from or too_few(found) or not all(map(_by_chance, known)):
        return ""
    named = ", ".join(f"{each.figure.name} {each.value:.3g} (real {each.floor:.3g})" for each in far_from)
    return f"As good as real, as far as {counted(found.count, 'item')} can tell: {named}."


def far(found: Evaluation) -> str:
    """A good part of the way from real items to noise, or few items look real."""
    far_from, right = _distances(found), beside(found, "precision")
    if not far_from or too_few(found) or as_real(found):
        return ""
    if (far_from[0].figure.relative or 0.0) < FAR and not (right and right.value < UNVARIED * right.floor):
        return ""
    return f"Far from real: {_compared(far_from[0])}."


def near(found: Evaluation) -> str:
    """Neither as good as real nor far from it."""
    far_from = _distances(found)
    if not far_from or too_few(found) or as_real(found) or far(found):
        return ""
    return f"Not as good as real: {_compared(far_from[0])}."


Rule = Callable[[Evaluation], str]
RULES: tuple[tuple[str, Rule], ...] = (
    ("real items alike", real_ones_alike),
    ("collapsed", collapsed),
    ("copies", copied),
    ("kinds missing", missing),
    ("grain", grainy),
    ("grid", gridded),
    ("labels ignored", labels_ignored),
    ("too few items", too_few),
    ("as good as real", as_real),
    ("far from real", far),
    ("near real", near),
)
"""The states of a verdict, and what each rule says: "" where it does not apply. Of the last four, one speaks."""
WHOLE = ("real items alike", "collapsed")
DISTANCES = tuple(state for state, _ in RULES[-4:])


def beside(found: Evaluation, key: str) -> Beside | None:
    """A figure that was measured, with its floor; None unless both are finite numbers."""
    if key not in found:
        return None
    figure = found[key]
    if figure.floor is None or not (math.isfinite(figure.value) and math.isfinite(figure.floor)):
        return None
    return Beside(figure.value, figure.floor, figure)


def _distances(found: Evaluation) -> list[Beside]:
    """The distances that can tell items from real ones: the Frechet and the kernel distance."""
    return [each for each in (beside(found, "fd"), beside(found, "kid")) if each]


def _by_chance(each: Beside) -> bool:
    """Whether a distance may be its floor: both scatter alike, so their difference scatters by the root of 2 more."""
    interval = each.figure.interval
    if interval is None:
        return each.value <= each.floor
    return each.value - each.floor <= math.sqrt(2) * (interval[1] - each.value)


def _compared(each: Beside) -> str:
    return f"{each.figure.name} is {each.value:.3g}, and {each.floor:.3g} of as many real items"


def _poisson(count: int, mean: float) -> float:
    """The chance of exactly `count`."""
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
