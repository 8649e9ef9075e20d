"""What rules ask of a variant's seeds, one by one, and how they tell of them."""

from __future__ import annotations

from collections.abc import Sequence

from gansmith.articles.evidence import Evidence
from gansmith.articles.intervals import LEAST, seeds_needed

BETTER = 0.9  # a distance is better if it is less than this part of the other: a gain of under a tenth is none


def _answers(evidence: Evidence, name: str) -> list[bool]:
    return [value > 0.5 for value in evidence.values(name, "learns")]


def always(evidence: Evidence, name: str) -> bool:
    """Whether it learned under every seed, of three at least."""
    answers = _answers(evidence, name)
    return len(answers) >= LEAST and all(answers)


def never(evidence: Evidence, name: str) -> bool:
    """Whether it learned under no seed, of three at least."""
    answers = _answers(evidence, name)
    return len(answers) >= LEAST and not any(answers)


def above(values: Sequence[float], bound: float) -> bool:
    """Whether every seed, of three at least, reaches a bound."""
    return len(values) >= LEAST and min(values) >= bound


def below(values: Sequence[float], bound: float) -> bool:
    """Whether every seed, of three at least, stays below a bound."""
    return len(values) >= LEAST and max(values) < bound


def learned(evidence: Evidence, names: Sequence[str]) -> str:
    """How many of some variants' trainings learned: "2 of 3"."""
    answers = [answer for name in names for answer in _answers(evidence, name)]
    return f"{sum(answers)} of {len(answers)}"


def more_seeds(evidence: Evidence, one: str, other: str, figure: str) -> str:
    """In words, how many seeds would tell whether one variant is better than the other."""
    return seeds_needed(evidence.values(one, figure), evidence.values(other, figure), BETTER)


def listed(evidence: Evidence, name: str, figure: str, style: str = ".0f") -> str:
    """A figure of a variant, seed by seed."""
    return ", ".join(format(value, style) for value in evidence.values(name, figure))


def percent(values: Sequence[float]) -> str:
    """Shares as "7%, 10%, 7%"."""
    return ", ".join(f"{value:.0%}" for value in values)
