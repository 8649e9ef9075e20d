"""Rules on the form of outputs: numbers that are none, logits that are probabilities, pixels of another range."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import BROKEN, ENDS, History, lasts, not_finite

# Shares are of the real items' own figure, where nothing else is said.
TOUCHES = 0.02  # distance to 0 or 1 within which a sigmoid's outputs crowd
OUTSIDE = 0.03  # share of raw pixels outside the range
EDGE = 0.15  # of the range: all pixels of an untrained generator lie within it at one end
GREY_GAP = 0.25  # of the range: the samples never use it, but the data do
VARIED = 0.5  # spread of samples that differ


def divergence(history: History) -> Finding | None:
    """NaN or infinity in the stats or in the samples."""
    bad = not_finite(history.newest_row)
    if not bad and not history.probe_numbers("finite")["finite"] < 1:
        return None
    since = history.since_row(history.series(BROKEN) > 0) if bad else history.update
    where = ", ".join(bad[:3]) if bad else "the samples"
    return Finding("divergence", since, f"{where} hold NaN or infinity: the training diverged.", {"numbers": len(bad)})


def sigmoid_as_logits(history: History) -> Finding | None:
    """Discriminator outputs that stay within 0..1 and crowd at its ends."""
    if len(history.rows) < 3:
        return None
    lows, highs = np.reshape([history.series(name) for name in ENDS], (2, 2, -1))  # of real and of generated items
    if not (lows >= 0).all() or not (highs <= 1).all():
        return None
    if not ((lows < TOUCHES) | (highs > 1 - TOUCHES))[:, -2:].all():
        return None
    return Finding(
        "sigmoid as logits",
        int(np.nan_to_num(history.series("update")[0])),
        "All outputs of the discriminator lie between 0 and 1, many at an end: the loss gets probabilities where it "
        "needs logits, so the gradient is up to 800 times too small.",
        {
            "least verdict": float(lows[:, -1].min()),
            "largest verdict": float(highs[:, -1].max()),
            **history.row_numbers("loss.discriminator"),
        },
    )


def wrong_pixel_range(history: History) -> Finding | None:
    """Raw pixels outside the data's range, a part of the range never used, or an activation centred on its edge."""
    outside, darkest = history.probed("outside"), history.probed("darkest", 2)
    if len(outside) < 2:
        return None
    unused = "darkest" in history.real and (darkest - history.real["darkest"] > GREY_GAP).all()
    if lasts(outside > OUTSIDE, 2):
        text = (
            f"{outside[-1]:.0%} of the generator's raw pixels lie outside the data's range: its last activation and the "
            "data do not share one range."
        )
    elif unused and (history.probed("spread", 2) > VARIED).all():
        text = "The generator never uses the dark part of the data's range: its last activation cannot reach it."
    elif history.untrained("brightest") < EDGE or history.untrained("darkest") > 1 - EDGE:
        text = (
            "Before training, every pixel lay at an end of the data's range; an activation with the same range starts in "
            "its middle. Half of this generator's output range is no pixel value."
        )
    else:
        return None
    return Finding(
        "wrong pixel range",
        history.since_probe(outside > OUTSIDE),
        text,
        history.probe_numbers("outside", "darkest", "brightest"),
    )
