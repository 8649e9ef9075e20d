"""Numbers as text for the page: amounts, measurements, durations, logits."""

from __future__ import annotations

MINUS = "−"


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


def meaning_of_logit(threshold: float | None) -> str:
    """What a logit means; the discriminator says real above `threshold`, if the loss has one."""
    return "higher means more real" if threshold is None else f"above {threshold:g} it says real"


def said_real(logits: list[float], threshold: float | None) -> str:
    """How many of the logits say real: `12 of 64`; empty without logits or threshold."""
    if threshold is None or not logits:
        return ""
    return f"{sum(value > threshold for value in logits)} of {len(logits)}"


def mean(values: list[float]) -> float:
    """The mean of finite numbers, at least one."""
    return sum(value / len(values) for value in values)  # divided first: a sum of huge values would overflow
