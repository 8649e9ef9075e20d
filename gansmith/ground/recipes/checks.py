"""Which values of a recipe, and which combinations of them, make no sense with any engine or data."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from typing import Any

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.settings import Recipe

ABOVE_ZERO = (
    "data.batch", "latent.dim", "*.norm_epsilon", "*.initial_scale", "loss.discriminator_scale", "regularizer.interval",
    "augment.ramp_images", "feedback.*_turns", "optimizer.*.rate", "optimizer.*.epsilon", "watch.stats_every",
    "watch.samples", "watch.keep", "*.pack",
)  # fmt: skip
NOT_NEGATIVE = (
    "threads", "data.micro_batch", "data.channels", "data.crop", "data.first", "data.clusters", "latent.classes_drawn",
    "*.phase_shuffle", "*.mapping", "data.rate", "data.length",
    "*.slope", "regularizer.gamma", "regularizer.sigma", "optimizer.*.momentum", "schedule.start", "schedule.until", "schedule.factor",
    "schedule.every", "start.frozen", "ema.half_life", "ema.ramp_up", "ema.recalibrate", "budget.patience", "watch.samples_every",
    "watch.checkpoint_*",
)  # fmt: skip
SHARES = ("*.dropout", "optimizer.*.beta1", "optimizer.*.beta2")


@cache
def is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a dotted name is that of one of the patterns above."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def check(recipe: Recipe, values: Mapping[str, Any]) -> None:
    """Raises RecipeError for values and combinations that make no sense with any engine or data.

    values: the recipe's, by dotted name.
    """
    for name, value in values.items():
        if is_one_of(name, ABOVE_ZERO) and not value > 0:
            raise RecipeError(f"{name} is {value}: it must be above 0")
        if is_one_of(name, NOT_NEGATIVE) and value < 0:
            raise RecipeError(f"{name} is {value}: it must be at least 0")
        if is_one_of(name, SHARES) and not 0 <= value < 1:
            raise RecipeError(f"{name} is {value}: it must be at least 0 and below 1")
    if not 0 <= recipe.augment.probability <= 1:
        raise RecipeError(f"augment.probability is {recipe.augment.probability}: it must be from 0 to 1")
    if not -1 < recipe.augment.target < 1:
        raise RecipeError(f"augment.target is {recipe.augment.target}: a mean sign lies between -1 and 1")
    for player in ("generator", "discriminator"):
        for name in ("widths", "kernels", "strides"):
            if min(values[f"{player}.{name}"], default=1) < 1:
                raise RecipeError(f"{player}.{name} is {values[f'{player}.{name}']}: each must be at least 1")
    for name in ("loss.real", "loss.fake", "loss.generator"):
        target = values[name]
        if len(target) != 2 or not 0 <= target[0] <= target[1] <= 1:
            raise RecipeError(f"{name} is {target}: a target is [low, high] between 0 and 1, as in [0.9, 1.0]")
    budgets = [n for n in ("updates", "images", "epochs", "minutes") if getattr(recipe.budget, n) != 0]
    if len(budgets) > 1 or any(getattr(recipe.budget, name) < 0 for name in budgets):
        raise RecipeError(
            f"budget has {', '.join(budgets)}: set exactly one of updates, images, epochs, minutes above 0"
        )
    if recipe.start.frozen and not recipe.start.source:
        raise RecipeError(
            f"start.frozen = {recipe.start.frozen} freezes layers that were trained: name the run that they are from, "
            "with --from RUN"
        )
    _check_ranges(recipe)
    _check_stopping(recipe)
    _check_labels(recipe)
    _check_packs(recipe)
    _check_game(recipe)
    _check_threads(recipe)


def _check_threads(recipe: Recipe) -> None:
    """The record of a run's threads: pairs, by rising updates, from update 0 and the setting `threads` on."""
    updates, counts = recipe.thread_changes[::2], recipe.thread_changes[1::2]
    if not recipe.thread_changes:
        return
    begins = updates[0] == 0 and counts[:1] == (recipe.threads,)
    if len(updates) != len(counts) or not begins or min(counts) < 1 or any(b <= a for a, b in pairwise(updates)):
        raise RecipeError(
            f"thread_changes is {list(recipe.thread_changes)}: it begins with 0 and `threads` ({recipe.threads}), and goes on "
            "with a later update and a number of threads for each change; set it to [] to choose anew"
        )


def _check_ranges(recipe: Recipe) -> None:
    """The last activations have to fit the range of the pixels and the loss."""
    generator, pixels = recipe.generator.output, recipe.data.pixels
    if generator == "sigmoid" and pixels == "symmetric":
        raise RecipeError(
            "generator.output = 'sigmoid' gives pixels in [0, 1] but data.pixels = 'symmetric' are in [-1, 1]: "
            "set generator.output=tanh or data.pixels=unit"
        )
    if generator == "tanh" and pixels == "unit" and "wrong-pixel-range" not in recipe.faults:
        raise RecipeError(
            "generator.output = 'tanh' gives pixels in [-1, 1] but data.pixels = 'unit' are in [0, 1]: "
            "set generator.output=sigmoid or data.pixels=symmetric"
        )
    if recipe.discriminator.output != "linear" and "sigmoid-as-logits" not in recipe.faults:
        raise RecipeError(
            f"discriminator.output = {recipe.discriminator.output!r} would feed probabilities to the loss "
            f"{recipe.loss.name!r}, which takes logits: set discriminator.output=linear"
        )


def _check_stopping(recipe: Recipe) -> None:
    """What stops a run early has to be measured."""
    budget, watch = recipe.budget, recipe.watch
    for name in ("patience", "target"):
        if getattr(budget, name) and not watch.judge:
            raise RecipeError(
                f"budget.{name} = {getattr(budget, name)} waits for measurements of quality, and watch.judge = 0 takes none: "
                "set watch.judge=0.03"
            )
    if budget.until == "converged" and not watch.diagnose:
        raise RecipeError(
            "budget.until = 'converged' waits for the doctor, and watch.diagnose = 0 calls none: set watch.diagnose=0.03"
        )


def _check_labels(recipe: Recipe) -> None:
    """Settings of clusters and classes have to fit `data.labels`."""
    labels = recipe.data.labels
    if recipe.data.clusters and labels != "clusters":
        raise RecipeError(
            f"data.clusters = {recipe.data.clusters} is for data.labels = 'clusters', and it is {labels!r}"
        )
    if recipe.latent.classes_drawn and labels == "clusters":
        raise RecipeError(
            f"latent.classes_drawn = {recipe.latent.classes_drawn} leaves classes out, and clusters are drawn by their "
            "sizes: set it to 0, or data.labels=classes"
        )


def _check_packs(recipe: Recipe) -> None:
    """Items that are judged together have to be computed together."""
    pack, batch, micro = recipe.discriminator.pack, recipe.data.batch, recipe.data.micro_batch
    if recipe.generator.pack != 1:
        raise RecipeError(
            f"generator.pack = {recipe.generator.pack}: a discriminator judges items together, and a generator makes each "
            "alone: set it to 1, and discriminator.pack"
        )
    if pack == 1:
        return
    if recipe.discriminator.net != "dense":
        raise RecipeError(
            f"discriminator.pack = {pack} is for dense networks, and discriminator.net is {recipe.discriminator.net!r}: set "
            "discriminator.pack=1, or discriminator.net=dense"
        )
    if batch % pack or micro % pack:
        name, wrong = ("data.batch", batch) if batch % pack else ("data.micro_batch", micro)
        raise RecipeError(
            f"discriminator.pack = {pack} judges so many items together, and {name} = {wrong} is no multiple of it: "
            f"set {name}={max(wrong // pack, 1) * pack}"
        )
    if recipe.regularizer.sigma or recipe.regularizer.name == "gradient-penalty":
        raise RecipeError(
            f"discriminator.pack = {pack} mixes items, and this penalty looks at each alone: set regularizer.name=r1 and "
            "regularizer.sigma=0, or discriminator.pack=1"
        )


def _check_game(recipe: Recipe) -> None:
    """Regularizers, feedbacks and faults have to fit together; `losses.check` does the same for the loss."""
    feedback, regularizer = recipe.feedback, recipe.regularizer.name
    if regularizer == "gradient-penalty" and recipe.discriminator.norm == "batch":
        raise RecipeError(
            "regularizer.name = 'gradient-penalty' needs the gradient at each item alone, and batch norm mixes the "
            "items: set discriminator.norm=none"
        )
    if recipe.regularizer.sigma and regularizer not in ("none", "r1", "r2", "r1+r2"):
        raise RecipeError(
            f"regularizer.sigma is for r1 and r2, and regularizer.name is {regularizer!r}: set regularizer.sigma=0"
        )
    if recipe.regularizer.sigma and regularizer != "none" and recipe.discriminator.norm == "batch":
        raise RecipeError(
            f"regularizer.sigma = {recipe.regularizer.sigma} compares each item with itself, moved, and batch norm mixes "
            "the items: set regularizer.sigma=0 for the exact gradient, or discriminator.norm=none"
        )
    if feedback.name == "joint" and (feedback.discriminator_turns, feedback.generator_turns) != (1, 1):
        raise RecipeError(
            "feedback.name = 'joint' has one step for both players together: set both turns to 1, or "
            "feedback.name=alternating"
        )
    if feedback.name == "joint" and feedback.latents != "same":
        raise RecipeError("feedback.name = 'joint' has one batch of latents for both: set feedback.latents=same")
    if (recipe.generator.net == "own") != (recipe.discriminator.net == "own"):
        own, other = ("generator", "discriminator")[:: 1 if recipe.generator.net == "own" else -1]
        net = getattr(recipe, other).net
        raise RecipeError(
            f"{own}.net = 'own' and {other}.net = {net!r}: networks of yours are a pair; set both to 'own', or both to built-in "
            "ones"
        )
    for fault in ("never-frozen", "never-trained"):
        if fault in recipe.faults and feedback.name != "stacked":
            raise RecipeError(f"the fault {fault!r} is one of a combined model: set feedback.name=stacked")
