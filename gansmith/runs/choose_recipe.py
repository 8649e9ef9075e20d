"""From a recipe's name and the user's changes to a recipe. If it leaves its networks open (`widths = []`), they are chosen
by the sizes and the number of its items.

Every automatic choice is printed with its reason; what the user has set stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from typing import Any

from gansmith import losses
from gansmith import recipes as cookbook
from gansmith.data import sources
from gansmith.data import survey as surveys
from gansmith.data.contents.mirrors import SAME
from gansmith.data.preparation.resize import parse_size
from gansmith.data.survey import Survey
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import RecipeError, counted, typed
from gansmith.ground.recipes import recipe as recipe_files
from gansmith.ground.recipes.settings import BudgetSettings, DataSettings, Recipe
from gansmith.kinds import Kind
from gansmith.parts import NO_PARTS, Parts
from gansmith.recipes.pairing import for_others
from gansmith.trained import origin
from gansmith.training.tracking.table import need

LOWEST = 4  # pixels of the shorter side at which a generator begins
MOST_FEATURES = 512  # of a layer
FIRST_FEATURES = {"dcgan": 32, "resnet": 64}
"""Features of the layer next to the picture; they double whenever the size is halved."""

FEW, MANY = 500, 50_000
"""Numbers of pictures. Below the first, every picture that the discriminator sees is augmented; from the second on, none
is. In between, the augmentation adapts. After four minutes that was better than augmenting all on 1,683 and 2,062 pictures
(distances 23 for 29, and 2.4 for 3.9); on 3,781 pictures the difference was within the noise (14.3 for 12.9)."""


@dataclass(frozen=True)
class Budget:
    """The user's choice for the length of a run, at most one of them. None: as in the recipe.

    It counts from the run's beginning. more: from where the run has come to, when it is resumed.
    """

    updates: int | None = None
    images: int | None = None
    epochs: float | None = None
    minutes: float | None = None
    more: bool = False

    def given(self) -> dict[str, float]:
        """What is given, by name. Raises RecipeError for more than one, and for what is not above 0."""
        given = {name: getattr(self, name) for name in ("updates", "images", "epochs", "minutes")}
        given = {name: value for name, value in given.items() if value is not None}
        if len(given) > 1:
            raise RecipeError(f"give one of --{' and --'.join(given)}, not both")
        for name, value in given.items():
            if not value > 0:
                raise RecipeError(f"--{name} {value}: it must be above 0")
        return given

    def apply(self, recipe: Recipe) -> Recipe:
        """The recipe with this budget instead of its own."""
        given = self.given()
        if not given:
            return recipe
        name, value = next(iter(given.items()))
        stops = {key: getattr(recipe.budget, key) for key in ("patience", "target", "until")}
        budget = BudgetSettings(**given, **stops)  # pyright: ignore[reportArgumentType]
        if name == "minutes" and recipe.budget.minutes == value:
            budget = recipe.budget  # the same length: keep its estimates
        return replace(recipe, budget=budget)


def choose_recipe(
    name: str | Path | Recipe,
    *,
    data: str | None = None,
    budget: Budget = Budget(),
    engine: str | None = None,
    device: str | None = None,
    seed: int | None = None,
    start: str | None = None,
    settings: Mapping[str, Any] | list[str] | None = None,
    parts: Parts = NO_PARTS,
) -> Recipe:
    """A recipe by name or path, with the user's changes. It may still hold "auto" values. Raises RecipeError.

    parts: of the user's own. The recipe uses them where `settings` choose nothing else.
    """
    recipe = name if isinstance(name, Recipe) else cookbook.load(str(name))
    if start is not None and recipe.thread_changes:  # a run's recipe, and not to be repeated: threads are chosen anew
        recipe = replace(recipe, threads=0, thread_changes=())
    named = {"data.source": data, "engine": engine, "device": device, "seed": seed, "start.source": start}
    given = {key: value for key, value in named.items() if value is not None} | recipe_files.assigned(settings or {})
    # all at once: they may fit together, and not each alone
    whole = recipe_files.override(recipe, {**parts.settings(), **given})
    recipe = replace(whole, given=tuple(sorted({*recipe.given, *given})))
    with losses.joined(parts.loss):
        losses.check(recipe)
    need(recipe.watch.track)
    if not recipe.data.source.strip():
        way = typed("train", recipe.name, "--data", "my-pictures")
        named = "no data is named" if data is None else "the data source is empty (is a variable not set?)"
        raise RecipeError(f"{named}: give --data with a folder, a zip or a store of pictures, as in `{way}`")
    recipe = budget.apply(recipe)
    if recipe.start.source:
        recipe = replace(recipe, start=replace(recipe.start, source=str(origin.find(recipe.start.source))))
    # an absolute path, because the run may be resumed from elsewhere
    recipe = replace(recipe, data=replace(recipe.data, source=sources.absolute(recipe.data.source)))
    if not any((recipe.budget.updates, recipe.budget.images, recipe.budget.epochs, recipe.budget.minutes)):
        raise RecipeError(f"recipe {recipe.name!r} has no budget: give --updates, --images, --epochs or --minutes")
    return recipe


@dataclass(frozen=True)
class Choice:
    """An automatic choice of a setting, and its reason."""

    key: str
    value: Any
    reason: str


OF_NETWORKS = ("generator.net", "discriminator.net", "generator.output")
WIDTHS = ("generator.widths", "discriminator.widths")
OTHERS = ("data.size", "data.batch", "data.channels", "augment.name", "regularizer.gamma")
"""What is chosen with the widths."""


def choose_networks(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """Chooses what a recipe with open networks leaves open: what was given (`Recipe.given`) stays, and so does what a
    recipe of the user's has otherwise than the built-in one. Returns the recipe, and a line for each choice."""
    name = recipe.name if recipe.name in cookbook.names() else "folder"
    book = cookbook.load(name)
    if recipe.generator.widths and recipe.discriminator.widths:
        return recipe, []
    if (recipe.generator.widths or recipe.discriminator.widths) and (
        name != recipe.name or book.generator.widths or book.discriminator.widths
    ):
        return recipe, []  # one player without hidden layers, as its recipe says
    original, changed = recipe_files.flat(book), recipe_files.flat(recipe)
    found = surveys.survey(replace(recipe.data, window="", labels="none"))
    stay = {key for key in recipe.given if key not in WIDTHS or changed[key]}  # given as [], widths are to be chosen
    chosen = [one for one in choices(recipe, found) if one.key not in stay and changed[one.key] == original[one.key]]
    given = set(recipe.given)
    if not _widths(recipe, (LOWEST, LOWEST)):  # no widths will tell that this was chosen, where the run goes on
        given |= {one.key for one in chosen}
    recipe = recipe_files.override(recipe, {one.key: one.value for one in chosen})
    recipe = replace(recipe, given=tuple(sorted(given)))
    return recipe, [f"{one.key} = {one.value}: {one.reason}" for one in chosen]


def not_chosen(recipe: Recipe, kind: Kind) -> list[str]:
    """A line where widths that were given stop the choice of everything else that pictures decide."""
    name = recipe.name if recipe.name in cookbook.names() else "folder"
    values, originals = recipe_files.flat(recipe), recipe_files.flat(cookbook.load(name))
    opened = [key for key in WIDTHS if not originals[key]]
    left = [
        f"{key} = {values[key]}"
        for key in OTHERS
        if key not in recipe.given and not (key == "data.size" and values[key] == "auto")  # which is chosen in any case
    ]
    if not kind.pixels or not (opened and left and set(opened) <= set(recipe.given)):
        return []
    return [
        f"{' and '.join(opened)} are given, so nothing else is chosen by the pictures: {', '.join(left)} stay as in the recipe; "
        "to have them chosen, leave one of the widths out"
    ]


def choices_for_source(name: str, found: Survey, data: DataSettings) -> list[Choice]:
    """What the built-in recipe `name` would choose for a source with these settings; nothing for data with its own recipe."""
    if not found.kind.pixels and found.kind.suits is None:
        return []
    return choices(replace(cookbook.load(name), data=data), found)


def choices(recipe: Recipe, found: Survey) -> list[Choice]:
    """The settings that suit the items of a source, with the recipe's kind of networks."""
    if not found.kind.pixels:
        return _of_kind(recipe, found)
    size = parse_size(recipe.data.window or recipe.data.size)
    chosen: list[Choice] = []
    if size is None:
        width, height, reason = surveys.training_size(found, recipe.data.crop, recipe.data.fit)
        size = (height, width)
        text = str(width) if width == height else f"{width}x{height}"
        chosen.append(Choice("data.size", text, reason))
    batch = 16 if found.count < 1000 else 32 if found.count < 20_000 else 64
    pace = (
        f"make {counted(found.count // batch, 'update')} an epoch"
        if found.count >= batch
        else "are fewer than one batch"
    )
    chosen.append(Choice("data.batch", batch, f"{counted(found.count, 'picture')} {pace}"))
    if not found.colour and found.channels != RGBA:
        chosen.append(Choice("data.channels", 1, "no picture has colour"))
    chosen.append(_augmentation(found, recipe))
    chosen += _widths(recipe, size)
    return [*chosen, *_penalty(recipe, size, batch)]


def check_kind(recipe: Recipe, kind: Kind) -> None:
    """Raises RecipeError where a built-in recipe, with its own networks, is given data of a kind that has a recipe of its own, and where
    an augmentation of pictures is asked for other data."""
    _check_recipe(recipe, kind)
    if kind.pixels:
        return
    wrong = _unsuited(recipe, kind)
    ways = " ".join(f"--set {key}={value}" for key, value in wrong.items())
    if "augment.name" in wrong:
        raise RecipeError(
            f"augment.name = {recipe.augment.name!r} changes pictures, and these items are {kind.many}: {ways}"
        )
    if "generator.net" in wrong or "discriminator.net" in wrong:
        raise RecipeError(f"these items are {kind.many}, and only net = 'dense', or your own, takes them: {ways}")


def _unsuited(recipe: Recipe, kind: Kind) -> dict[str, Any]:
    """The settings of pictures that a recipe has, and what they are to be for data of a kind that is none."""
    values = recipe_files.flat(recipe)
    suits = {key: value for key, value, _ in kind.suits or ()}
    wanted = {"augment.name": "none"} | {key: suits[key] for key in OF_NETWORKS if key in suits}
    wrong = {key: value for key, value in wanted.items() if values[key] not in (value, "own")}
    return wrong if recipe.generator.net != "own" else {key: wrong[key] for key in wrong if key != "generator.output"}


def _check_recipe(recipe: Recipe, kind: Kind) -> None:
    players = any(key.startswith(("generator.", "discriminator.")) for key in recipe.given)
    if kind.suits is not None or kind.pixels or players or recipe.name not in cookbook.names():
        return
    if cookbook.load(recipe.name).data.kind != kind.name:
        raise RecipeError(for_others(recipe, kind))


def _of_kind(recipe: Recipe, found: Survey) -> list[Choice]:
    """What a kind of data that is no picture asks of a recipe. Raises RecipeError where it has a recipe of its own."""
    if found.kind.suits is None:
        raise RecipeError(for_others(recipe, found.kind))
    return [Choice(key, value, reason) for key, value, reason in found.kind.suits]


def _augmentation(found: Survey, recipe: Recipe) -> Choice:
    """The augmentation for so many pictures: the fewer, the sooner a discriminator remembers them."""
    count = found.count
    name = "diffaugment" if count < FEW else "ada" if count < MANY else "none"
    why = f"{counted(count, 'picture')} are {'few' if count < FEW else 'not many' if count < MANY else 'enough by themselves'}"
    # pictures without colour often show writing, which must not be mirrored
    if not found.colour or "mirror" not in recipe.augment.name:
        return Choice("augment.name", name, why)
    both = "mirror" if name == "none" else f"mirror+{name}"
    ratio = found.mirror_ratio
    if ratio is not None and ratio > SAME:
        return Choice("augment.name", name, f"{why}; left and right differ in them, so none is mirrored ({both} would)")
    said = f"every picture is also shown mirrored: --set augment.name={name} if left and right matter"
    return Choice("augment.name", both, f"{why}; {said}")


def _widths(recipe: Recipe, size: tuple[int, int]) -> list[Choice]:
    """The features of each stage, from about 4 pixels up to the size of the picture."""
    if "own" in (recipe.generator.net, recipe.discriminator.net):
        return []
    stages = max(1, round(log2(min(size) / LOWEST)))

    def widths(net: str) -> list[int]:
        return [min(MOST_FEATURES, FIRST_FEATURES.get(net, 32) * 2**stage) for stage in range(stages)]

    reason = f"{stages} doubling{'s' * (stages > 1)} from {min(size) >> stages} pixels to {min(size)}"
    return [
        Choice("generator.widths", widths(recipe.generator.net)[::-1], reason),
        Choice("discriminator.widths", widths(recipe.discriminator.net), "the generator's in reverse order"),
    ]


def _penalty(recipe: Recipe, size: tuple[int, int], batch: int) -> list[Choice]:
    """gamma grows with the area of the picture: the squared gradient is a sum over its pixels."""
    if recipe.regularizer.name in ("none", "own"):
        return []
    gamma = round(recipe.regularizer.gamma * size[0] * size[1] / 64**2, 3)
    return [Choice("regularizer.gamma", gamma, f"{recipe.regularizer.gamma:g} at 64x64, by the picture's area")]
