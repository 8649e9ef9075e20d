"""Real items: training items, unseen items, and the variants of a data set."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np

from gansmith.data.store import open_store
from gansmith.diagnosis.reference import Reference, reference
from gansmith.ground.recipes.settings import DataSettings

SOURCES = {"digits": "digits", "mnist": "mnist", "fashion": "fashion-mnist", "ring": "ring", "grid": "grid"}
PICTURES = ("digits", "mnist", "fashion")
TRAINING, UNSEEN = 2000, 1500  # items of a data set at most
UNSEEN_SHARE = 0.35  # of a data set with fewer


@dataclass(frozen=True)
class Pool:
    """Items with their classes: pictures float32 (N, H, W, C) in 0..1, or vectors float32 (N, D)."""

    items: np.ndarray
    labels: np.ndarray

    def take(self, where: np.ndarray) -> Pool:
        """The items at indices `where`."""
        return Pool(self.items[where], self.labels[where])

    @cached_property
    def of_class(self) -> list[np.ndarray]:
        """The indices of each class's items."""
        return [np.flatnonzero(self.labels == label) for label in range(int(self.labels.max()) + 1)]

    @cached_property
    def stored(self) -> np.ndarray:
        """The items as a store has them: bytes (N, H, W, C), or vectors."""
        return np.rint(self.items * 255).astype(np.uint8) if self.items.ndim == 4 else self.items


Variant = Callable[[Pool, np.random.Generator, Pool], Pool]
"""Another data set made of a pool; called with the same random numbers for training and unseen items, and with the
training items as they were."""


@dataclass(frozen=True)
class Real:
    """A data set as players and doctor get it."""

    training: Pool
    unseen: Pool
    class_names: tuple[str, ...]

    @property
    def shares(self) -> np.ndarray:
        """The classes' shares of the training items, (K,)."""
        counts = np.bincount(self.training.labels, minlength=len(self.class_names))
        return counts / counts.sum()

    @cached_property
    def kinds(self) -> dict[int, str]:
        """Checksum of each item's bytes -> "training" or "unseen"; what is in both is a training item."""
        named = (("unseen", self.unseen), ("training", self.training))
        return {crc32(item.tobytes()): name for name, pool in named for item in pool.stored}

    @cached_property
    def mean(self) -> np.ndarray:
        """The mean training item."""
        return self.training.items.mean(0)


@lru_cache(maxsize=2)
def _whole(data_set: str, split: str) -> tuple[Pool, tuple[str, ...]]:
    name = SOURCES[data_set]
    folder = Path(os.environ.get("GANSMITH_DATA", "../shared/data")) / name
    store = open_store(DataSettings(source=str(folder) if folder.exists() else name, split=split))  # type: ignore[arg-type]
    some = slice(None) if len(store.items) < 2 * TRAINING else slice(4 * TRAINING)
    items, labels = np.asarray(store.items[some]), np.asarray(store.labels)[some]
    items = items.astype(np.float32) / np.float32(255) if items.ndim == 4 else items
    return Pool(items, labels.astype(np.int64)), store.class_names


@lru_cache(maxsize=4)
def real(data_set: str, variant: Variant | None, first: int, seed: int) -> Real:
    """A data set and a variant of it: other items for each seed. first: so many training items; 0 = all."""
    pool, names = _whole(data_set, "train")
    order = np.random.default_rng([seed, 1]).permutation(len(pool.items))
    unseen = min(UNSEEN, int(UNSEEN_SHARE * len(order)))
    pools = [pool.take(order[unseen : unseen + TRAINING]), pool.take(order[:unseen])]
    if variant is not None:
        pools = [variant(each, np.random.default_rng([seed, 2]), pools[0]) for each in pools]
    if first:
        pools[0] = pools[0].take(np.arange(first))
    return Real(pools[0], pools[1], names[: int(pools[1].labels.max()) + 1])


@lru_cache(maxsize=4)
def known(data_set: str, variant: Variant | None, first: int, seed: int, pixels: str, labelled: bool) -> Reference:
    """What the doctor knows of it. labelled: whether the data has classes at all."""
    it = real(data_set, variant, first, seed)
    return reference(
        it.training.stored,
        it.training.labels if labelled else None,
        heldout=it.unseen.stored,
        heldout_labels=it.unseen.labels if labelled else None,
        settings=DataSettings(pixels=pixels),  # type: ignore[arg-type]
        class_names=it.class_names if labelled else (),
        seed=seed,
    )


# ---- variants


def shares_of(shares: Callable[[int], np.ndarray], smallest: int = 12) -> Variant:
    """Classes in random order with these shares, `shares(K)`; each has at least `smallest` items.

    A class with too few items for its share is filled up with items moved by a pixel.
    """

    def variant(pool: Pool, rng: np.random.Generator, _: Pool) -> Pool:
        order = rng.permutation(len(pool.of_class))
        wanted = shares(len(order))
        count = len(pool.items) * 0.5
        parts = []
        for label, share in zip(order, wanted / wanted.sum(), strict=True):
            parts.append(_filled(pool.take(pool.of_class[label]), max(smallest, round(share * count)), rng))
        return Pool(np.concatenate([p.items for p in parts]), np.concatenate([p.labels for p in parts]))

    return variant


def _filled(pool: Pool, count: int, rng: np.random.Generator) -> Pool:
    rows = rng.permutation(np.arange(count) % len(pool.items))
    copies = pool.take(rows)
    again = np.arange(count) != np.unique(rows, return_index=True)[1][rows]
    items = copies.items.copy()
    for row in np.flatnonzero(again):
        items[row] = np.roll(items[row], rng.choice([-1, 1]), axis=rng.integers(2))
    return Pool(items, copies.labels)


def uneven(largest: float) -> Variant:
    """One class with this share, the others alike."""
    return shares_of(lambda k: np.r_[largest, np.full(k - 1, (1 - largest) / (k - 1))])


UNEVEN_60, UNEVEN_90 = uneven(0.6), uneven(0.9)
LONG_TAIL = shares_of(lambda k: 1 / np.arange(1, k + 1))
ONE_RARE = shares_of(lambda k: np.r_[np.full(k - 1, 0.97 / (k - 1)), 0.03])


def two_classes(pool: Pool, rng: np.random.Generator, _: Pool) -> Pool:
    """Two classes only, named anew."""
    some = rng.permutation(len(pool.of_class))[:2]
    where = np.concatenate([pool.of_class[label] for label in some])
    where = where[np.argsort(where)]
    return Pool(pool.items[where], (pool.labels[where] == some[1]).astype(np.int64))


def one_class_times(factor: float) -> Variant:
    """One class's pictures are `factor` times as bright."""

    def variant(pool: Pool, rng: np.random.Generator, _: Pool) -> Pool:
        faint = pool.labels == rng.integers(len(pool.of_class))
        return Pool(np.where(faint[:, None, None, None], pool.items * np.float32(factor), pool.items), pool.labels)

    return variant


BLANK_CLASS, FAINT_CLASS = one_class_times(0.0), one_class_times(0.12)


def each_twice(pool: Pool, rng: np.random.Generator, _: Pool) -> Pool:
    """Half of the items, each twice."""
    half = pool.take(rng.permutation(len(pool.items))[: len(pool.items) // 2])
    return half.take(np.arange(2 * len(half.items)) % len(half.items))


def nearly_all_the_same(pool: Pool, rng: np.random.Generator, training: Pool) -> Pool:
    """19 of 20 items are one of three training pictures."""
    often, which = rng.random(len(pool.items)) < 0.95, rng.integers(3, size=len(pool.items))
    items = np.where(often[:, None, None, None], training.items[which], pool.items)
    return Pool(items, np.where(often, training.labels[which], pool.labels))


def all_blank(pool: Pool, rng: np.random.Generator, _: Pool) -> Pool:
    """Every picture is black but for a grain of a level or two."""
    return Pool(rng.integers(0, 2, pool.items.shape).astype(np.float32) / np.float32(255), pool.labels)


def all_the_same(pool: Pool, rng: np.random.Generator, training: Pool) -> Pool:
    """Every picture is the first one but for a grain of a level or two."""
    grain = rng.integers(0, 2, pool.items.shape).astype(np.float32) / np.float32(255)
    return Pool(np.minimum(training.items[:1] + grain, 1), pool.labels)


def with_pattern(pattern: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Variant:
    """Pictures that are already grainy, striped or checkered: `pattern(pictures, rng)`."""
    return lambda pool, rng, _: Pool(np.clip(pattern(pool.items, rng), 0, 1).astype(np.float32), pool.labels)


def coloured(pool: Pool, rng: np.random.Generator, _: Pool) -> Pool:
    """Grey pictures in three channels, each tinted at random."""
    tints = rng.uniform(0.15, 1.0, (len(pool.items), 1, 1, 3))
    return Pool((pool.items[..., :1] * tints).astype(np.float32), pool.labels)
