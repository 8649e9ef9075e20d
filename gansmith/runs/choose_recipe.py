"""From a recipe's name and what a user changed to a recipe; and, where it leaves its networks open (`widths = []`), what
suits the sizes and the count of its data.

Every automatic choice has its reason, which is printed; what the user set stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from typing import Any

from gansmith import losses
from gansmith import recipes as cookbook
from gansmith.data import sources
from gansmith.data import survey as surveys
from gansmith.data.preparation.resize import parse_size
from gansmith.data.survey import Survey
from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes import recipe as recipe_files
from gansmith.ground.recipes.settings import BudgetSettings, DataSettings, Recipe

LOWEST = 4  # pixels of the short side where a generator begins
MOST = {"dcgan": 512, "resnet": 512}
"""Features of a layer at most."""

FIRST = {"dcgan": 32, "resnet": 64}
"""Features next to the picture; every halving of its size doubles them."""

FEW, MANY = 500, 50_000
"""Pictures: below the first, all that the discriminator sees is augmented; from the second on, nothing is. In between,
as much as it takes: after four minutes that was better than all on 1,683 and 2,062 pictures (23 for 29, 2.4 for 3.9), and
on 3,781 behind by less than the distance swung from minute to minute (14.3 for 12.9)."""


@dataclass(frozen=True)
class Budget:
    """What a user said about the length of a run; one at most. None: as the recipe says."""

    updates: int | None = None
    images: int | None = None
    epochs: float | None = None
    minutes: float | None = None

    def apply(self, recipe: Recipe) -> Recipe:
        """The recipe with this budget instead of its own."""
        given = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        if not given:
            return recipe
        if len(given) > 1:
            raise RecipeError(f"give one of --{' and --'.join(given)}, not both")
        name, value = next(iter(given.items()))
        if not value > 0:
            raise RecipeError(f"--{name} {value}: it must be above 0")
        budget = BudgetSettings(**given)
        if name == "minutes" and recipe.budget.minutes == value:
            budget = recipe.budget  # the same length again: its estimate stands
        return dataclasses.replace(recipe, budget=budget)


def choose_recipe(
    name: str | Path | Recipe,
    *,
    data: str | None = None,
    budget: Budget = Budget(),
    engine: str | None = None,
    device: str | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | list[str] | None = None,
) -> Recipe:
    """A recipe by name or path with what the user changed. "auto" values are still in it."""
    recipe = name if isinstance(name, Recipe) else cookbook.load(str(name))
    asked = {"data.source": data, "engine": engine, "device": device, "seed": seed}
    recipe = recipe_files.override(recipe, {key: value for key, value in asked.items() if value is not None})
    if settings:
        recipe = recipe_files.override(recipe, settings if isinstance(settings, list) else dict(settings))
    losses.check(recipe)
    recipe = budget.apply(recipe)
    recipe = dataclasses.replace(
        recipe, data=dataclasses.replace(recipe.data, source=choose_source(recipe.data.source))
    )
    if not any((recipe.budget.updates, recipe.budget.images, recipe.budget.epochs, recipe.budget.minutes)):
        raise RecipeError(f"recipe {recipe.name!r} has no budget: give --updates, --images, --epochs or --minutes")
    return recipe


def choose_source(name: str) -> str:
    """A built-in source's name as it is, anything else as an absolute path: a run may be resumed from elsewhere."""
    return sources.absolute(name)


@dataclass(frozen=True)
class Choice:
    """One setting and its reason."""

    key: str
    value: Any
    reason: str


def choose_networks(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """A recipe with its networks left open gets what the survey of its data advises; and what was chosen, in lines."""
    if recipe.generator.widths or recipe.discriminator.widths:
        return recipe, []
    name = recipe.name if recipe.name in cookbook.names() else "folder"
    written, now = recipe_files.flat(cookbook.load(name)), recipe_files.flat(recipe)
    found = surveys.survey(replace(recipe.data, window="", labels="none"))
    chosen = [one for one in choices(recipe, found) if now[one.key] == written[one.key]]
    recipe = recipe_files.override(recipe, {one.key: one.value for one in chosen})
    return recipe, [f"{one.key} = {one.value}: {one.reason}" for one in chosen]


def choices_for_source(name: str, found: Survey, data: DataSettings) -> list[Choice]:
    """What the built-in recipe `name` would set for a source that was looked at under data settings."""
    return choices(replace(cookbook.load(name), data=data), found)


def choices(recipe: Recipe, found: Survey) -> list[Choice]:
    """What suits items, under a recipe's choice of networks."""
    if found.kind != "pictures":
        return _vectors()
    size = parse_size(recipe.data.window or recipe.data.size)
    chosen: list[Choice] = []
    if size is None:
        width, height, reason = surveys.own_size(found)
        size = (height, width)
        text = str(width) if width == height else f"{width}x{height}"
        chosen.append(Choice("data.size", text, reason))
    batch = _batch(found.count)
    chosen.append(
        Choice("data.batch", batch, f"{found.count:,} pictures make {found.count // batch:,} updates an epoch")
    )
    if not found.colour:
        chosen.append(Choice("data.channels", 1, "no picture has colour"))
    chosen.append(_augmentation(found, recipe))
    chosen += _widths(recipe, size)
    return [*chosen, *_penalty(recipe, size, batch)]


def _vectors() -> list[Choice]:
    players = ("generator", "discriminator")
    return [
        Choice("data.batch", 256, "vectors are cheap, and a large batch shows every mode"),
        Choice("augment.name", "none", "vectors are not pictures"),
        *(Choice(f"{player}.net", "dense", "vectors") for player in players),
        *(Choice(f"{player}.widths", [128, 128, 128], "vectors") for player in players),
        Choice("generator.output", "linear", "vectors know no range"),
    ]


def _batch(count: int) -> int:
    return 16 if count < 1000 else 32 if count < 20_000 else 64


def _augmentation(found: Survey, recipe: Recipe) -> Choice:
    """By the count of pictures: the fewer, the sooner a discriminator knows them by heart."""
    count = found.count
    name = "diffaugment" if count < FEW else "ada" if count < MANY else "none"
    # pictures without any colour are often writing, which has a left and a right
    mirror = found.colour and "mirror" in recipe.augment.name
    if name == "none":
        return Choice("augment.name", "mirror" if mirror else name, f"{count:,} pictures are enough by themselves")
    why = f"{count:,} pictures are {'few' if name == 'diffaugment' else 'not many'}"
    if mirror:
        return Choice("augment.name", f"mirror+{name}", f"{why}; without mirror for what has a left and a right")
    return Choice("augment.name", name, why)


def _widths(recipe: Recipe, size: tuple[int, int]) -> list[Choice]:
    """Features of every stage, from 4 pixels or a little more up to the picture."""
    stages = max(1, round(log2(min(size) / LOWEST)))
    chosen: list[Choice] = []
    turn: dict[str, Callable[[list[int]], list[int]]] = {"generator": lambda w: w[::-1], "discriminator": lambda w: w}
    for player, turned in turn.items():
        net = getattr(recipe, player).net
        widths = [min(MOST.get(net, 512), FIRST.get(net, 32) * 2**stage) for stage in range(stages)]
        reason = f"{stages} doublings from {min(size) >> stages} pixels to {min(size)}"
        reason = reason if player == "generator" else "the generator's, turned round"
        chosen.append(Choice(f"{player}.widths", turned(widths), reason))
    return chosen


def _penalty(recipe: Recipe, size: tuple[int, int], batch: int) -> list[Choice]:
    """gamma grows with the picture's area: the squared slope is a sum over its pixels."""
    if recipe.regularizer.name == "none":
        return []
    gamma = round(recipe.regularizer.gamma * size[0] * size[1] / 64**2, 3)
    return [Choice("regularizer.gamma", gamma, f"{recipe.regularizer.gamma:g} at 64x64, by the picture's area")]
