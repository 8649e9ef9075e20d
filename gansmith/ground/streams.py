"""Stateless random streams. All random numbers come from here.

Every draw is a function of (seed, stream, update, turn), and no generator's state is kept: a run draws the same numbers
whether or not it is resumed, watched or sampled in between. A stream is a Philox counter generator (Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", 2011). Its key is the seed and the stream's name, and its counter starts at
(0, 0, turn, update): two draws can only overlap after 2**128 numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal

import numpy as np

Stream = Literal[
    "order",  # the permutation of each epoch
    "initial",  # initial weights; turn = player
    "latents",  # the generator's input in training
    "labels",  # the labels of generated items in training
    "targets",  # smoothed targets of the losses
    "dropout",  # dropout masks
    "penalty",  # the points of gradient penalties
    "augment",  # which real pictures are mirrored
    "windows",  # which part of a real picture is used
    "views",  # augmentation of the pictures that the discriminator sees
    "samples",  # latents of `gansmith sample`
    "sample-labels",  # labels of `gansmith sample`
    "watch",  # latents of the sheets of samples during training
    "source",  # items of synthetic sources
    "groups",  # clusters of similar items
    "features",  # training of feature networks
    "explore",  # walks, restarts and measurements in latent space
    "diagnosis",  # probes of the doctor
]

PLAYERS = ("generator", "discriminator")  # the turn numbers 0 and 1 of the stream "initial"


def key(seed: int, stream: Stream) -> int:
    """The 128-bit key of a stream under a seed (any integer)."""
    digest = hashlib.sha256(f"{seed}/{stream}".encode()).digest()
    return int.from_bytes(digest[:16], "little")


def generator(seed: int, stream: Stream, update: int = 0, turn: int = 0) -> np.random.Generator:
    """The random numbers of one stream at one update and turn, as a NumPy generator at its start."""
    return np.random.Generator(np.random.Philox(key=key(seed, stream), counter=[0, 0, turn, update]))


def word(seed: int, stream: Stream, update: int = 0, turn: int = 0) -> int:
    """One 31-bit number of a stream: the key of a hash such as `keep_mask`."""
    return int(generator(seed, stream, update, turn).integers(0, 2**31 - 1))


MASK_BLOCK = 65_536  # numbers hashed at a time


def keep_mask(shape: tuple[int, ...], rate: float, mask_key: int, first_row: int = 0) -> np.ndarray:
    """Dropout's mask: bool of `shape` (B, ...), True with probability 1 - rate.

    Element i of the global batch is kept if a hash of (i, mask_key) is large enough, so every rank, engine and device gets
    its rows of the same mask. `first_row` is the rank's first row in the global batch. The hash is "lowbias32" by
    C. Wellons (2018).
    """
    keep, limit = np.empty(int(np.prod(shape, dtype=np.int64)), bool), np.uint32(rate * 2**31)
    for first, h in _hashes(shape, mask_key, first_row):
        np.greater_equal(h, limit, out=keep[first : first + len(h)])
    return keep.reshape(shape)


def gumbel(shape: tuple[int, ...], noise_key: int, first_row: int = 0) -> np.ndarray:
    """Gumbel noise float64 of `shape` (B, ...): -log(-log u), where u in (0, 1) is a hash of 23 bits of the element's number
    in the global batch, as in `keep_mask`. Every rank, engine and device gets its rows of the same u."""
    u = np.empty(int(np.prod(shape, dtype=np.int64)))
    for first, h in _hashes(shape, noise_key, first_row):
        u[first : first + len(h)] = h >> np.uint32(8)
    u += 0.5
    u *= 2.0**-23
    return -np.log(-np.log(u)).reshape(shape)


def _hashes(shape: tuple[int, ...], hash_key: int, first_row: int) -> Iterator[tuple[int, np.ndarray]]:
    """Numbers in 0 .. 2**31 - 1 for the elements of `shape`, in blocks: (index of a block's first element, its numbers), which
    the next block overwrites. One block stays in the processor's cache: four times as fast."""
    start = first_row * int(np.prod(shape[1:], dtype=np.int64))
    count = int(np.prod(shape, dtype=np.int64))
    ramp = np.arange(min(MASK_BLOCK, count), dtype=np.uint32)
    x, shifted = np.empty_like(ramp), np.empty_like(ramp)
    for first in range(0, count, MASK_BLOCK):
        part = slice(0, min(MASK_BLOCK, count - first))
        h, s = x[part], shifted[part]
        np.add(ramp[part], np.uint32((start + first) % 2**32), out=h)
        h ^= np.uint32(hash_key)
        h ^= np.right_shift(h, np.uint32(16), out=s)
        h *= np.uint32(0x7FEB352D)
        h ^= np.right_shift(h, np.uint32(15), out=s)
        h *= np.uint32(0x846CA68B)
        h ^= np.right_shift(h, np.uint32(16), out=s)
        yield first, np.right_shift(h, np.uint32(1), out=s)


def shifts(count: int, most: int, key: int, first_row: int = 0) -> np.ndarray:
    """Whole numbers from -most to most, int64 (count,): row i of the global batch gets a hash of (i, key)."""
    h = (np.arange(first_row, first_row + count) % 2**32).astype(np.uint32) ^ np.uint32(key)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(1)).astype(np.int64) % (2 * most + 1) - most


def latents(rng: np.random.Generator, distribution: str, shape: tuple[int, ...]) -> np.ndarray:
    """Latents float32 of `shape` from a distribution: "normal" N(0, 1), "uniform" U(-1, 1), "unit" U(0, 1).

    They are drawn row by row, so the first rows do not depend on the number of rows.
    """
    if distribution == "normal":
        return rng.standard_normal(shape, dtype=np.float32)
    values = rng.random(shape, dtype=np.float32)
    return values * 2 - 1 if distribution == "uniform" else values
