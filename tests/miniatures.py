"""Small recipes and small items: networks of a few hundred numbers, so that a hundred updates take a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gansmith.ground.game import StepContext
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import (
    BudgetSettings,
    DataSettings,
    EmaSettings,
    LatentSettings,
    NetSettings,
    OptimizerSettings,
    OptimizersSettings,
    PrecisionSettings,
    Recipe,
)

BATCH = 8
CLASSES = 3
COUNT = 40  # items

PICTURES = Recipe(
    name="miniature-pictures",
    seed=1,
    device="cpu",
    threads=1,
    data=DataSettings(batch=BATCH),
    latent=LatentSettings(dim=4),
    generator=NetSettings(net="dcgan", widths=(8, 4), norm="batch", output="tanh"),
    discriminator=NetSettings(net="dcgan", widths=(4, 8)),
    optimizer=OptimizersSettings(OptimizerSettings(rate=1e-2), OptimizerSettings(rate=1e-2)),
    ema=EmaSettings(half_life=100, ramp_up=0),
    budget=BudgetSettings(updates=20),
    precision=PrecisionSettings("float32"),
)
"""8x8 grey pictures: G 4 -> 2x2x8 -> 4x4x4 -> 8x8, with batch norm; D 8x8 -> 4x4x4 -> 2x2x8 -> 1."""

VECTORS = override(
    PICTURES,
    {
        "name": "miniature-vectors",
        "generator.net": "dense",
        "generator.widths": [8, 8],
        "generator.norm": "none",
        "generator.output": "linear",
        "discriminator.net": "dense",
        "discriminator.widths": [8, 8],
    },
)
"""Points of the plane: 4 -> 8 -> 8 -> 2 -> 8 -> 8 -> 1."""


PAIRS: dict[str, dict[str, Any]] = {
    "dense": {"generator__net": "dense", "discriminator__net": "dense"},
    "dcgan": {"generator__dense": [6], "discriminator__dense": [6]},
    "encdec": {
        "generator__net": "encdec",
        "discriminator__net": "encdec",
        "generator__bottleneck": 5,
        "discriminator__bottleneck": 5,
    },
    "hourglass": {
        "generator__net": "hourglass",
        "discriminator__net": "hourglass",
        "generator__bottleneck": 5,
        "discriminator__bottleneck": 5,
        "latent__dim": 64,
    },
    "resnet": {
        "generator__net": "resnet",
        "discriminator__net": "resnet",
        # oneDNN's AVX2 code writes beyond its memory in the gradient of strided 1x1 convolutions of 3 to 7 channels
        "discriminator__widths": [8, 12],
    },
    "subpixel": {
        "generator__net": "subpixel",
        "discriminator__net": "subpixel",
        "generator__strides": [1, 2],
        "discriminator__strides": [1, 2],
    },
}
"""Every pair of networks, for pictures of 8x8: settings of `world`."""


@dataclass(frozen=True)
class World:
    """A recipe with items that fit it."""

    recipe: Recipe
    item_shape: Shape
    classes: int
    items: np.ndarray
    labels: np.ndarray | None

    def having(self, settings: Mapping[str, Any]) -> World:
        """The same items under other settings."""
        return World(override(self.recipe, dict(settings)), self.item_shape, self.classes, self.items, self.labels)


def pictures(count: int = COUNT) -> np.ndarray:
    """uint8 (count, 8, 8, 1): a bright column on noise, at a place that the class decides."""
    rng = np.random.default_rng(0)
    made = rng.integers(0, 60, (count, 8, 8, 1), dtype=np.uint8)
    for index in range(count):
        made[index, :, 2 * (index % CLASSES)] = 230
    return made


def vectors(count: int = COUNT) -> np.ndarray:
    """float32 (count, 2): one cluster a class."""
    noise = np.random.default_rng(0).standard_normal((count, 2)).astype(np.float32) * np.float32(0.1)
    return noise + np.array([[1, 0], [-1, 0], [0, 1]], np.float32)[np.arange(count) % CLASSES]


def labels(count: int = COUNT) -> np.ndarray:
    """int64 (count,)."""
    return np.arange(count, dtype=np.int64) % CLASSES


def world(kind: str, **settings: Any) -> World:
    """ "pictures" or "vectors", with "labelled-" before it where the players see the classes. settings: dotted names
    with "__" for the dot."""
    labelled = kind.startswith("labelled-")
    plain = kind.removeprefix("labelled-")
    made = (
        World(PICTURES, (1, 8, 8), 0, pictures(), None)
        if plain == "pictures"
        else World(VECTORS, (2,), 0, vectors(), None)
    )
    changes = {name.replace("__", "."): value for name, value in settings.items()}
    if labelled:
        changes = {"data.labels": "classes", **changes}
        made = World(made.recipe, made.item_shape, CLASSES, made.items, labels())
    return made.having(changes)


def indices(update: int, turns: int = 1, batch: int = BATCH, count: int = COUNT) -> np.ndarray:
    """int64 (turns, batch): which items an update sees; any fixed function will do."""
    first = (update - 1) * turns * batch
    return (np.arange(first, first + turns * batch) % count).reshape(turns, batch)


def now(update: int, rate: float = 1e-2, *, decay: float = 0.9, measure: bool = False) -> StepContext:
    """The clock at an update, with both rates alike."""
    return StepContext(update, (update - 1) * BATCH, rate, rate, decay, measure)


def play(game: Any, first: int, last: int, **numbers: Any) -> None:
    """Updates first .. last, both included."""
    turns = game.recipe.feedback.discriminator_turns if hasattr(game, "recipe") else 1
    for update in range(first, last + 1):
        game.step(indices(update, turns), now(update, **numbers))


def fixed_latents(count: int = 10, dim: int = 4) -> np.ndarray:
    """float32 (count, dim)."""
    return np.random.default_rng(7).standard_normal((count, dim)).astype(np.float32)


def assert_same_arrays(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> None:
    """Same names, same bits."""
    assert one.keys() == other.keys()
    different = [name for name in one if one[name].tobytes() != other[name].tobytes()]
    assert not different
