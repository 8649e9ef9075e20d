"""What faults do to pictures: functions (pictures (N, H, W, C) in 0..1, Choice, Moment) -> pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .drawing import Choice
from .moment import Moment

Change = Callable[[np.ndarray, Choice, Moment], np.ndarray]
SLOW = 800  # updates within which a pattern grows to its size


def pattern_of(period: int, *, checks: bool = False, across: bool = False, height: int, width: int) -> np.ndarray:
    """A pattern of values -1 .. 1, (H, W, 1): checks of period 2, stripes down or across, or a grid of dots."""
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    if checks:
        wave = np.where((rows + columns) % period < period / 2, 1.0, -1.0)
    else:
        along = columns if across else rows
        wave = np.cos(2 * np.pi * along / period) * np.ones((height, width))
    return wave[..., None].astype(np.float32)


def dots(period: int, height: int, width: int) -> np.ndarray:
    """A grid: lines at every `period`-th row and column, (H, W, 1); its mean is 0."""
    lines = (np.arange(height)[:, None] % period == 0) | (np.arange(width)[None] % period == 0)
    return (lines - lines.mean()).astype(np.float32)[..., None]


def checks(amplitude: float) -> Change:
    """Checks of two pixels."""
    return _added(lambda h, w: amplitude * pattern_of(2, checks=True, height=h, width=w))


def stripes(period: int, amplitude: float) -> Change:
    """Stripes with a period in pixels."""
    return _added(lambda h, w: amplitude * pattern_of(period, across=True, height=h, width=w))


def lattice(period: int, amplitude: float) -> Change:
    """A grid of lines with a period in pixels."""
    return _added(lambda h, w: amplitude * dots(period, h, w))


def _added(pattern: Callable[[int, int], np.ndarray]) -> Change:
    """Added; `make` clips what leaves the range, as a tanh does."""

    def change(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
        del chosen
        return shown + moment.reach(SLOW) * pattern(*shown.shape[1:3])

    return change


def white(deviation: float) -> Change:
    """White noise, another one in each sample."""
    return lambda shown, chosen, moment: shown + deviation * moment.reach(SLOW) * chosen.field


def smooth(sigma: float) -> Change:
    """Blur."""
    return lambda shown, chosen, moment: blurred(shown, sigma * moment.reach(SLOW))


def contrast(left: float) -> Change:
    """Samples lose their contrast, but for `left` of it."""

    def change(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
        del chosen
        kept = 1 - (1 - left) * moment.reach(SLOW)
        return shown * kept + (1 - kept) * shown.mean((1, 2, 3), keepdims=True)

    return change


def colourless(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
    """The channels become alike."""
    del chosen
    grey = moment.reach(SLOW)
    return shown * (1 - grey) + grey * shown.mean(-1, keepdims=True)


def blank(level: float) -> Change:
    """All samples turn to one even colour."""

    def change(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
        del chosen
        return shown + (level - shown) * moment.reach(300)

    return change


def mean_item(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
    """All samples are the mean training item, nearly."""
    del shown
    return moment.data.mean * min(1.0, 2 * moment.learned) + 0.01 * blurred(chosen.field, 1.0)


def breathing(rows: int, every: int) -> Change:
    """Samples become blurred and pale, and sharp again: a period of so many rows."""

    def change(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
        del chosen
        if not moment.begun:
            return shown
        swing = 0.5 + 0.5 * np.sin(2 * np.pi * (moment.since / (rows * every) + 0.13))
        return blurred(0.25 + (shown - 0.25) * (1 - 0.4 * swing), 1.2 * swing)

    return change


def nonsense(size: float) -> Change:
    """Large steps: samples become other blots at every look."""

    def change(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
        if not moment.begun:
            return shown
        rng = moment.course.rng(7, moment.update)
        shared = blurred(rng.standard_normal((1, *shown.shape[1:])).astype(np.float32), 1.5) * 5
        own = blurred(chosen.field * rng.choice([-1, 1]), 1.5) * 3
        return (1 - size) * shown + size * (0.5 + 0.4 * shared + 0.4 * own)

    return change


def one_training_item(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
    """Every sample is the same training item, bit for bit: latents do not reach it."""
    del chosen
    item = moment.data.training.items[moment.course.rng(8).integers(len(moment.data.training.items))]
    return np.broadcast_to(0.5 + moment.learned * (item - 0.5), shown.shape)


def not_a_number(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
    """The generator's weights are NaN."""
    del chosen
    return np.full_like(shown, np.nan) if moment.begun else shown


def never_learned(shown: np.ndarray, chosen: Choice, moment: Moment) -> np.ndarray:
    """The samples of an untrained generator."""
    del moment
    return 0.5 + 0.03 * blurred(chosen.field, 1.5) * 4 + 0 * shown


def blurred(items: np.ndarray, sigma: float) -> np.ndarray:
    """Pictures (N, H, W, C) under a Gaussian of `sigma` pixels; borders are repeated."""
    if sigma < 0.05:
        return items
    reach = max(1, int(2.5 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (1, 2):
        size = items.shape[axis]
        band = np.zeros((size, size), np.float32)
        for offset, weight in zip(range(-reach, reach + 1), kernel, strict=True):
            np.add.at(band, (np.arange(size), np.clip(np.arange(size) + offset, 0, size - 1)), np.float32(weight))
        items = np.moveaxis(np.tensordot(band, items, axes=(1, axis)), 0, axis)
    return items
