"""Rules on the real items: where they are blank or one and the same, nothing else that is found means anything."""

from __future__ import annotations

import math

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History

ALIKE = 0.01  # of the range: mean standard deviation of a pixel over the items
REPEATED = 0.6  # share of items that are the same as another: each twice is half


def data_not_scaled(history: History) -> Finding | None:
    """Numbers far from 1, or unlike one another: rates and losses are wrong for them, whatever they are."""
    if "widest" not in history.real:
        return None
    wide, narrow, offset = (history.real.get(name, math.nan) for name in ("widest", "narrowest", "offset"))
    return Finding(
        "data not scaled",
        0,
        f"The data's numbers are trained on as they are: the widest column deviates by {wide:.3g}, the narrowest by {narrow:.3g}, "
        f"and their means reach {offset:.3g}. Weights begin as if all were about 1, so the widest is all that is seen; no "
        "learning rate mends that.",
        {"widest": wide, "narrowest": narrow, "offset": offset},
    )


def blank_data(history: History) -> Finding | None:
    """Real pictures that are all alike, or nearly: blank, or nearly black."""
    spread = history.real.get("spread", math.nan)
    if "darkest" not in history.real or not spread < ALIKE:
        return None
    low, high = history.real["darkest"], history.real["brightest"]
    return Finding(
        "blank data",
        0,
        f"The real pictures are all alike: a pixel differs by {spread:.2%} of the range from one to the next, and nearly all "
        f"values lie in {low:.0%} to {high:.0%} of it. There is nothing to learn. Look at them as they were prepared: "
        "`gansmith data info SOURCE --sheet sheet.png`.",
        {"spread": spread, "darkest": low, "brightest": high},
    )


def repeated_data(history: History) -> Finding | None:
    """The same few items again and again."""
    repeats = history.real.get("repeats", 0.0)
    if not repeats > REPEATED or history.count < 10:
        return None
    return Finding(
        "repeated data",
        0,
        f"{repeats:.0%} of the real items are repetitions of others, as if there were only "
        f"{max(1, round((1 - repeats) * history.count)):,} instead of {history.count:,}. The generator learns those by heart.",
        {"repeats": repeats},
    )
