"""Which item a latent gives, and what faults do to that choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .data import Pool
from .moment import Moment

if TYPE_CHECKING:
    from .situation import Situation

Kept = Callable[[Moment], np.ndarray]
"""Which share of each class's samples is still of that class, (K,)."""


@dataclass
class Choice:
    """The items that latents give."""

    asked: np.ndarray | None  # labels (N,)
    classes: np.ndarray  # of the chosen items, (N,)
    items: np.ndarray
    others: np.ndarray  # other items of the same classes
    noise: np.ndarray  # normal numbers of each latent (N, 2)
    field: np.ndarray  # white noise (N, H, W, C) of each latent
    luck: np.ndarray  # U(0, 1) of each latent
    exact: np.ndarray  # (N,): whether the sample is the item itself

    @classmethod
    def of(cls, uniform: np.ndarray, asked: np.ndarray | None, moment: Moment, situation: Situation) -> Choice:
        """Choose for latents with numbers `uniform` (N, 8) and labels asked (N,)."""
        period = np.floor(moment.periods + uniform[:, 7])
        fresh = (uniform + 0.6180339887 * (period[:, None] + 1) * (1 + uniform[:, [6]] * 7)) % 1.0
        classes = _classes(fresh, uniform[:, 5], asked, moment, situation)
        alike = np.zeros(len(classes), bool)
        if situation.alike is not None:
            alike = situation.alike(moment, classes, uniform[:, 5])
            if asked is None and alike.any():
                classes = np.where(alike, moment.course.classes_in_random_order[0], classes)
        places = np.where(alike, 0.37, fresh[:, 1])
        pool, copied = moment.data.unseen, np.zeros(len(classes), bool)
        items, others = _of_classes(pool, classes, places), _of_classes(pool, classes, fresh[:, 2])
        if situation.copies is not None and moment.begun:
            copied = uniform[:, 4] < situation.copies.share * moment.reach(situation.copies.over)
            items = np.where(_wide(copied, items), situation.copies.of(moment, classes, fresh, asked), items)
            others = np.where(_wide(copied, items), items, others)
        seeds = (uniform[:, 3] * 2**32).astype(np.uint64)
        drawn = [_of_latent(int(seed), items.shape[1:]) for seed in np.where(alike, np.uint64(1), seeds)]
        field, noise = np.stack([each[0] for each in drawn]), np.stack([each[1] for each in drawn])
        return cls(
            asked, classes, items, np.where(_wide(alike, items), items, others), noise, field, uniform[:, 5], copied
        )


@lru_cache(maxsize=4096)
def _of_latent(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """What belongs to a latent for good: white noise of an item's shape, and two normal numbers."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape, dtype=np.float32), rng.standard_normal(2)


def _wide(flags: np.ndarray, items: np.ndarray) -> np.ndarray:
    return flags.reshape(-1, *[1] * (items.ndim - 1))


def _classes(
    fresh: np.ndarray, luck: np.ndarray, asked: np.ndarray | None, moment: Moment, situation: Situation
) -> np.ndarray:
    """The class of each sample: the one asked for, or by the data's shares; another one where a class is lost."""
    shares = moment.data.shares
    ends = np.cumsum(shares)
    own = np.minimum(np.searchsorted(ends, fresh[:, 0] * ends[-1], side="right"), len(shares) - 1)
    classes = own
    if asked is not None:
        ignored = luck < situation.ignored
        classes = np.where(ignored, own, (asked + situation.turned) % len(shares))
    if situation.kept is not None and moment.begun:
        kept = situation.kept(moment)
        lost = luck > kept[classes]
        left = np.cumsum(shares * kept)
        instead = np.minimum(np.searchsorted(left, fresh[:, 3] * left[-1], side="right"), len(shares) - 1)
        classes = np.where(lost, instead, classes)
    return classes


def _of_classes(pool: Pool, classes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """An item of each class, at a place in 0..1 within it; of any class where the pool has none of it."""
    all_of = np.arange(len(pool.items))
    within = [rows if len(rows) else all_of for rows in pool.of_class]
    rows = [(within[c] if c < len(within) else all_of) for c in classes]
    return pool.items[[row[int(place * len(row))] for row, place in zip(rows, places, strict=True)]]


# ---- faults


def lost(count: int, over: float, last: bool = False) -> Kept:
    """`count` classes are lost within `over` updates; last: those that the data has fewest of."""

    def kept(moment: Moment) -> np.ndarray:
        shares = np.ones(len(moment.data.class_names))
        shares[lost_classes(moment, count, last)] = 1 - moment.reach(over)
        return shares

    return kept


def lost_classes(moment: Moment, count: int, last: bool = False) -> np.ndarray:
    """The classes that `lost` is about."""
    if last:
        return np.argsort(moment.data.shares, kind="stable")[:count]
    return moment.course.classes_in_random_order[:count]


def swinging(looks: int, every: int = 100) -> Kept:
    """One half of the classes, then the other, and again: a period of so many looks."""

    def kept(moment: Moment) -> np.ndarray:
        order = moment.course.classes_in_random_order
        half = len(order) // 2
        first = (moment.since // every) % looks < looks / 2
        shares = np.zeros(len(order))
        shares[order[:half] if first else order[half:]] = 1
        return shares

    return kept


@dataclass(frozen=True)
class Copies:
    """Samples are training pictures."""

    count: int = 0  # of so many different ones; 0 = of one in each class
    share: float = 1.0  # of the samples
    shift: int = 0  # moved by up to so many pixels
    noise: float = 0.0  # standard deviation
    mirrored: bool = False
    over: float = 500  # updates within which they spread

    def of(self, moment: Moment, classes: np.ndarray, fresh: np.ndarray, asked: np.ndarray | None) -> np.ndarray:
        """The copies (N, ...)."""
        pool, rng = moment.data.training, moment.course.rng(5)
        if self.count:
            some = pool.take(rng.permutation(len(pool.items))[: self.count])
            if asked is None:
                items = some.items[(fresh[:, 1] * len(some.items)).astype(int)]
            else:
                items = _of_classes(some, classes, fresh[:, 1])
        else:
            items = _of_classes(pool, classes, np.full(len(classes), rng.random()))
        moves = np.rint((fresh[:, 2:4] * 2 - 1) * (self.shift + 0.499)).astype(int) if self.shift else None
        if moves is not None:
            items = np.stack([np.roll(item, tuple(move), (0, 1)) for item, move in zip(items, moves, strict=True)])
        if self.mirrored:
            items = items[:, :, ::-1]
        return np.clip(items + self.noise * moment.course.rng(moment.update).standard_normal(items.shape), 0, 1)
