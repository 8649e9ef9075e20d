"""Small recipes that together use everything the engine can do, and a driver for them."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from gansmith.ground.game import Game, StepContext
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import (
    AugmentSettings,
    DataSettings,
    FeedbackSettings,
    LatentSettings,
    LossSettings,
    NetSettings,
    OptimizerSettings,
    OptimizersSettings,
    PrecisionSettings,
    Recipe,
    RegularizerSettings,
)

BATCH = 8
ADAM = OptimizersSettings(
    OptimizerSettings("adam", 1e-4, 0.5, 0.999), OptimizerSettings("adam", 1e-4, 0.5, 0.999, epsilon=1e-7)
)
SGD = OptimizersSettings(OptimizerSettings("sgd", 1e-2, momentum=0.9), OptimizerSettings("sgd", 1e-2))
DENSE = Recipe(
    data=DataSettings(batch=BATCH),
    latent=LatentSettings(dim=5),
    generator=NetSettings(net="dense", widths=(12, 9), activation="relu", output="tanh", initial="keras"),
    discriminator=NetSettings(net="dense", widths=(10, 7), activation="leaky", slope=0.2),
    optimizer=ADAM,
)
CONVOLUTIONAL = replace(
    DENSE,
    generator=NetSettings(widths=(6, 4), kernels=(5,), norm="batch", output="tanh", activation="relu"),
    discriminator=NetSettings(widths=(4, 6), kernels=(5,), norm="batch", slope=0.3),
)
TUTORIAL = replace(
    DENSE,
    generator=NetSettings(
        widths=(6, 5, 4), kernels=(5, 5, 3), strides=(1, 2, 2), norm="batch", norm_flat=True, norm_momentum=0.01,
        norm_epsilon=1e-3, bias=False, output="tanh", initial="keras",
    ),
    discriminator=NetSettings(widths=(4, 6), kernels=(5,), slope=0.3, dropout=0.3, initial="keras"),
)  # fmt: skip
COURSE = replace(
    DENSE,
    data=DataSettings(batch=BATCH, pixels="unit"),
    generator=NetSettings(net="dense", widths=(12, 9), activation="relu", norm="batch", output="sigmoid"),
    loss=LossSettings(discriminator_scale=0.5),
)
SMOOTH = LossSettings("minimax", real=(0.9, 1.0), fake=(0.0, 0.1), generator=(0.9, 1.0))
ARTICLE_003 = replace(
    DENSE,
    generator=NetSettings(
        net="dense", widths=(9, 8, 7), activations=("arctan", "relu", "tanh"), output="sigmoid", initial="he"
    ),
    discriminator=NetSettings(net="dense", widths=(6,), activation="relu", initial="he"),
    data=DataSettings(batch=BATCH, pixels="unit"),
)

GREY: Shape = (1, 6, 6)
COLOUR: Shape = (3, 8, 10)
VECTOR: Shape = (2,)

# name -> (recipe, shape of an item, classes)
GAMES: dict[str, tuple[Recipe, Shape, int]] = {
    "dense": (DENSE, GREY, 0),
    "dense-sgd": (replace(DENSE, optimizer=SGD), GREY, 0),
    "dense-vectors": (replace(DENSE, generator=replace(DENSE.generator, output="linear")), VECTOR, 0),
    "dense-labelled": (
        replace(
            DENSE,
            discriminator=replace(DENSE.discriminator, label_after=1),
            loss=replace(SMOOTH, name="non-saturating"),
        ),
        COLOUR,
        3,
    ),
    "dense-minimax": (replace(DENSE, loss=SMOOTH), GREY, 0),
    "dense-hinge": (replace(DENSE, loss=LossSettings("hinge")), GREY, 0),
    "dense-squares": (replace(DENSE, loss=replace(SMOOTH, name="least-squares")), GREY, 0),
    "dense-wasserstein": (replace(DENSE, loss=LossSettings("wasserstein")), GREY, 0),
    "dense-r1-lazy": (replace(DENSE, regularizer=RegularizerSettings("r1", 5.0, interval=3)), GREY, 0),
    "dense-r1-r2-tanh": (
        replace(
            DENSE,
            discriminator=replace(DENSE.discriminator, activation="tanh", dropout=0.2),
            regularizer=RegularizerSettings("r1+r2", 2.0),
        ),
        COLOUR,
        0,
    ),
    "turns-fresh": (replace(DENSE, feedback=FeedbackSettings("alternating", 2, 3, "fresh")), GREY, 0),
    "turns-same": (replace(CONVOLUTIONAL, feedback=FeedbackSettings("alternating", 2, 2, "same")), GREY, 0),
    "course": (COURSE, GREY, 0),
    "article-003": (ARTICLE_003, GREY, 0),
    "dcgan": (CONVOLUTIONAL, COLOUR, 0),
    "dcgan-sgd": (replace(CONVOLUTIONAL, optimizer=SGD), COLOUR, 0),
    "dcgan-labelled": (CONVOLUTIONAL, COLOUR, 4),
    "dcgan-r1-r2-tanh": (
        replace(
            CONVOLUTIONAL,
            discriminator=replace(CONVOLUTIONAL.discriminator, norm="none", activation="tanh"),
            regularizer=RegularizerSettings("r1+r2", 2.0),
        ),
        COLOUR,
        0,
    ),
    "dcgan-mirror": (replace(CONVOLUTIONAL, augment=AugmentSettings("mirror")), COLOUR, 0),
    "tutorial": (TUTORIAL, (1, 12, 12), 0),
}  # fmt: skip


def in_precision(recipe: Recipe, name: str) -> Recipe:
    """The recipe in "float32" or "float64"."""
    return replace(recipe, device="cpu", precision=PrecisionSettings(name))  # pyright: ignore[reportArgumentType]


def training_items(shape: Shape, classes: int, count: int = 40) -> tuple[np.ndarray, np.ndarray | None]:
    """Random items as a game takes them, and labels."""
    rng = np.random.default_rng(zlib.crc32(repr(shape).encode()))
    labels = rng.integers(0, classes, count) if classes else None
    if len(shape) == 1:
        return rng.normal(size=(count, *shape)).astype(np.float32), labels
    return rng.integers(0, 256, (count, *shape[1:], shape[0]), dtype=np.uint8), labels


def moment(recipe: Recipe, update: int, measure: bool = False) -> tuple[np.ndarray, StepContext]:
    """The indices and the clock of an update; the rates change from update to update."""
    turns = recipe.feedback.discriminator_turns
    indices = np.random.default_rng(update).integers(0, 40, (turns, BATCH))
    fade = 0.95**update
    rates = recipe.optimizer.generator.rate * fade, recipe.optimizer.discriminator.rate * fade
    return indices, StepContext(update, (update - 1) * BATCH, *rates, ema_decay=0.7, measure=measure)


def play(game: Game, recipe: Recipe, first: int, last: int) -> None:
    """Updates first .. last."""
    for update in range(first, last + 1):
        game.step(*moment(recipe, update))
