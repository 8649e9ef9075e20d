"""Numbers as words for the page: amounts, measurements, durations, the tone of a finding."""

from __future__ import annotations

import re

MINUS = "−"
GOOD = {"healthy", "good", "fine", "ok", "balanced", "learning", "improving", "converged"}
DENIED = {"not", "no", "never", "stopped", "barely"}
BAD = ("collaps", "diverg", "dead", "fail", "broken", "vanish", "explod", "memoris", "wins", "won")


def amount(value: float) -> str:
    """A count or a speed: 1,234 or 12.5 or 0.031."""
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"


def figure(value: float) -> str:
    """A measured number in three digits, with a true minus sign."""
    return f"{value:.3g}".replace("-", MINUS)


def duration(seconds: float) -> str:
    """48 s, 3 min 20 s, 2 h 5 min; what is zero is left out."""
    whole = max(0, round(seconds))
    minutes, hours = whole // 60, whole // 3600
    small, large = (f"{minutes % 60} min", f"{hours:,} h") if hours else (f"{whole % 60} s", f"{minutes} min")
    if whole < 60:
        return small
    return large if small.startswith("0 ") else f"{large} {small}"


def tone(state: str) -> str:
    """The colour of a finding's state, from its words: good, bad, or, where they do not say, watch."""
    words = re.findall(r"[a-z]+", state.lower())
    if any(word.startswith(BAD) for word in words):
        return "bad"
    return "good" if any(word in GOOD for word in words) and not any(word in DENIED for word in words) else "watch"


def rule_of(threshold: float | None) -> str:
    """How a raw verdict is read; `threshold` is neither real nor generated."""
    return "higher means more real" if threshold is None else f"above {threshold:g} it says real"


def taken_for_real(verdicts: list[float], threshold: float | None) -> str:
    """How many of the finite verdicts say real: `12 of 64`; empty where that cannot be said."""
    if threshold is None or not verdicts:
        return ""
    return f"{sum(value > threshold for value in verdicts)} of {len(verdicts)}"


def mean(values: list[float]) -> float:
    """The mean of finite numbers, at least one."""
    return sum(value / len(values) for value in values)  # divided first: a sum of huge verdicts would overflow
