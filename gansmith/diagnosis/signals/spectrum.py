"""Frequencies of pictures, down and across: patterns that repeat every few pixels, and grain.

A picture's own content has a smooth spectrum, and so has a generator's that draws it a little too soft or too sharp. A
strided convolution leaves a line in it: one frequency that stands out above its neighbours (Odena et al. 2016). White
noise raises all of the upper half. So both are measured as a share of the real pictures' power at the same frequency.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_SIDE = 8  # pixels; smaller pictures have too few frequencies
NEIGHBOURS = 2  # frequencies on each side that one is compared with
FLOOR = 1e-4  # of the variance: real power below it counts as so much, as it may be a rounding error


@dataclass(frozen=True)
class Pattern:
    """The frequency that stands out most."""

    stands_out: float  # its power over its neighbours', each as a share of the real pictures' power there
    share: float  # of the variance that it holds more than in real pictures, and more than its neighbours do
    period: float  # in pixels


def profiles(pictures: np.ndarray) -> tuple[np.ndarray, ...]:
    """Shares of variance at each frequency 1 .. n // 2 of a picture's lines (n pixels), across and down.

    pictures (N, H, W, C) of any scale. A side shorter than LEAST_SIDE has none.
    """
    found: list[np.ndarray] = []
    for axis in (2, 1):
        values = np.moveaxis(np.asarray(pictures, np.float32), axis, -1)
        if values.shape[-1] < LEAST_SIDE:
            continue
        power = np.square(np.abs(np.fft.rfft(values, axis=-1))).mean(tuple(range(values.ndim - 1)), dtype=np.float64)
        power[1 : (values.shape[-1] + 1) // 2] *= 2  # each of these frequencies stands for two of the full transform
        found.append(power[1:] / max(power[1:].sum(), 1e-12))
    return tuple(found)


def pattern(made: tuple[np.ndarray, ...], real: tuple[np.ndarray, ...]) -> Pattern | None:
    """The frequency of profiles `made` that stands out most against `real`, of a period up to a quarter of the side.

    None where none does: noise raises all frequencies alike, and softness lowers all of the upper ones.
    """
    best: Pattern | None = None
    for ours, theirs in zip(made, real, strict=True):
        more = ours - theirs
        excess = np.log((ours + FLOOR) / (theirs + FLOOR))
        for place in range(3, len(ours)):
            beside = [i for i in range(place - NEIGHBOURS, place + NEIGHBOURS + 1) if i != place and i < len(ours)]
            out = float(np.exp(excess[place] - np.median(excess[beside])))
            share = float(more[place] - max(0.0, more[beside].max()))
            if share > 0 and (best is None or out * share > best.stands_out * best.share):
                best = Pattern(out, share, 2 * len(ours) / (place + 1))
    return best


def upper(profile: tuple[np.ndarray, ...]) -> float:
    """The share of variance in the upper half of the frequencies, the mean of both directions."""
    return float(np.mean([each[len(each) // 2 :].sum() for each in profile]))
