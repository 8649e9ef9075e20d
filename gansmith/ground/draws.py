"""All random draws of an update, for both engines.

The turns of an update are numbered: first the discriminator's, then the generator's. With `latents = "same"` every
generator turn uses the latents and labels of the last discriminator turn again.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from gansmith.ground import streams
from gansmith.ground.recipes.settings import AugmentOperation, Recipe

Pass = Literal["real", "fake", "generator"]
PASSES: tuple[Pass, ...] = ("real", "fake", "generator")
OPERATION_NUMBERS: dict[AugmentOperation, int] = {"zoom": 2, "translation": 2, "colour": 3, "cutout": 2}
"""How many random numbers each operation of an augmentation needs for a picture."""


def generator_turn(recipe: Recipe, index: int) -> int:
    """The number of the generator's turn `index`, counted from 0."""
    return recipe.feedback.discriminator_turns + index


def latent_turn(recipe: Recipe, turn: int) -> int:
    """The turn whose latents and labels turn `turn` uses."""
    last_discriminator_turn = recipe.feedback.discriminator_turns - 1
    return min(turn, last_discriminator_turn) if recipe.feedback.latents == "same" else turn


def latents(recipe: Recipe, update: int, turn: int, count: int) -> np.ndarray:
    """The generator's input float32 (count, latent.dim) at a turn."""
    rng = streams.generator(recipe.seed, "latents", update, latent_turn(recipe, turn))
    return streams.latents(rng, recipe.latent.law, (count, recipe.latent.dim))


def labels(
    recipe: Recipe, update: int, turn: int, count: int, classes: int, known: np.ndarray | None = None
) -> np.ndarray | None:
    """The labels int64 (count,) of the generated items of a turn; None when unlabelled.

    Classes come in equal shares and random order; with latent.classes_drawn = n, only classes 0 .. n-1. Clusters are drawn
    by their sizes: `known` (N,) is the cluster of every real item, and items are drawn from all of them.
    """
    if not classes:
        return None
    drawn = recipe.latent.classes_drawn or classes
    rng = streams.generator(recipe.seed, "labels", update, latent_turn(recipe, turn))
    if recipe.data.labels == "clusters" and known is not None:
        return known[rng.integers(len(known), size=count)]
    return rng.permutation((np.arange(count) + rng.integers(drawn)) % drawn)


def targets(recipe: Recipe, who: Pass, update: int, turn: int, count: int) -> np.ndarray | float:
    """The loss's targets at a turn: a number if they are constant, else float32 (count,) from U(low, high)."""
    low, high = getattr(recipe.loss, who)
    if low == high:
        return low
    rng = streams.generator(recipe.seed, "targets", update, len(PASSES) * turn + PASSES.index(who))
    return rng.uniform(low, high, count).astype(np.float32)


def dropout_key(recipe: Recipe, update: int, turn: int, which: Pass, layer: int) -> int:
    """The key of `streams.keep_mask` for the dropout layer at index `layer`. "real" and "fake" are passes of the
    discriminator, "generator" is one of the generator."""
    number = (len(PASSES) * turn + PASSES.index(which)) * 1000 + layer
    return streams.word(recipe.seed, "dropout", update, number)


def mirrored(recipe: Recipe, update: int, turn: int, count: int) -> np.ndarray:
    """Which real items of a turn are flipped left to right: bool (count,), half of them on average."""
    return streams.generator(recipe.seed, "augment", update, turn).random(count) < 0.5


def corners(recipe: Recipe, update: int, turn: int, count: int, spare: tuple[int, int]) -> np.ndarray:
    """The top left corners (down, right) of the windows of a turn's real pictures: int64 (count, 2) in 0 .. `spare`."""
    rng = streams.generator(recipe.seed, "windows", update, turn)
    return np.floor(rng.random((count, 2)) * (np.array(spare) + 1)).astype(np.int64)


def chances(recipe: Recipe, update: int, turn: int, which: Pass, count: int) -> np.ndarray:
    """The random numbers of the augmentation of each picture in a pass: float32 (count, numbers) in [0, 1).

    First comes a number for each operation, which decides whether it happens, then the operations' own numbers, in the
    order of `OPERATION_NUMBERS`. All of them are drawn, whichever operations a recipe has.
    """
    rng = streams.generator(recipe.seed, "views", update, len(PASSES) * turn + PASSES.index(which))
    return rng.random((count, len(OPERATION_NUMBERS) + sum(OPERATION_NUMBERS.values())), dtype=np.float32)


def shares(recipe: Recipe, update: int, turn: int, count: int) -> np.ndarray:
    """The points of a gradient penalty between real and generated items: float32 (count,) in [0, 1)."""
    return streams.generator(recipe.seed, "penalty", update, turn).random(count, dtype=np.float32)


def directions(recipe: Recipe, update: int, turn: int, where: str, shape: tuple[int, ...]) -> np.ndarray:
    """The random steps of a penalty from its items, "real" or "fake": float32 of `shape` (B, ...), N(0, 1)."""
    number = len(PASSES) * turn + PASSES.index("real" if where == "real" else "fake")
    return streams.generator(recipe.seed, "penalty", update, number).standard_normal(shape, dtype=np.float32)


def view_seed(recipe: Recipe, update: int, turn: int, which: Pass) -> int:
    """The seed of an augmentation of the user's own in a pass."""
    return streams.word(recipe.seed, "views", update, len(PASSES) * turn + PASSES.index(which))


def penalty_seed(recipe: Recipe, update: int, turn: int) -> int:
    """The seed of a regularizer of the user's own at a turn of the discriminator."""
    return streams.word(recipe.seed, "penalty", update, turn)
