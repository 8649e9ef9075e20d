"""Stacked pictures: three grey pictures of a labelled set as the channels of one. Ten classes make 1,000 modes.

Metz et al. 2017 (unrolled GANs) stack digits of MNIST and count the modes that a generator drops. Any labelled set of
grey pictures can be stacked.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from gansmith.data.formats.listing import Listing
from gansmith.ground import streams
from gansmith.ground.errors import DataError

PREFIX = "stacked:"  # before the source of the single pictures
STACK = 3
COUNT, TEST_COUNT = 60_000, 10_000  # stacks for training and test, unless data.first is set


def stack(
    items: np.ndarray, labels: np.ndarray, count: int, seed: int = 0, classes: int = 10, part: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Stacked pictures uint8 (count, H, W, 3) and labels int64 (count,) of grey ones uint8 (N, H, W, 1) with labels.

    Channels are independent: each is a picture drawn with replacement. `part`: 0 training, 1 test. More stacks begin
    with the same ones.
    """
    chosen = streams.generator(seed, "source", part, 2).integers(0, len(items), (count, STACK))
    pictures = np.empty((count, *items.shape[1:3], STACK), np.uint8)
    for channel in range(STACK):
        pictures[..., channel] = items[chosen[:, channel], :, :, 0]
    return pictures, joint_label(labels[chosen], classes)


def joint_label(labels: np.ndarray, classes: int = 10) -> np.ndarray:
    """int64 (N, 3) to (N,): red is the hundreds, green the tens, blue the ones."""
    return (labels * classes ** np.arange(STACK - 1, -1, -1)).sum(axis=1)


def listing(single: Listing, count: int, seed: int, part: int) -> Listing:
    """`count` stacks of the pictures of a listing. Raises DataError where those are not grey, labelled and decoded."""
    items, labels = single.items, single.labels
    if items is None or items.ndim != 4 or items.shape[3] != 1:
        raise DataError(
            f"{PREFIX}{single.title}: only grey pictures of one size can be stacked, from IDX files, .npz or a "
            "built-in set: give one of those"
        )
    if labels is None or len(single.class_names) < 2:
        raise DataError(f"{PREFIX}{single.title}: modes are stacks of classes: give a set with labels")
    pictures, numbers = stack(items, labels, count, seed, len(single.class_names), part)
    between = "" if all(len(name) == 1 for name in single.class_names) else ", "
    names = tuple(between.join(three) for three in product(single.class_names, repeat=STACK))
    return Listing(
        f"stacked-{single.title}",
        items=pictures,
        labels=numbers,
        class_names=names,
        splits=single.splits,
        computed=True,
        auto_size=single.auto_size,
    )
