"""Whether a training would be refused, and which choice of each setting would be: checks and plans alone, nothing is built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from gansmith import recipes as cookbook
from gansmith.data import sources
from gansmith.data import survey as surveys
from gansmith.data.preparation.resize import parse_size
from gansmith.data.survey import Survey
from gansmith.ground.errors import GansmithError, RecipeError, printable
from gansmith.ground.networks.cost import count, operations, update_operations
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes import meanings
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.kinds import Kind
from gansmith.runs.choose_recipe import Budget, check_kind, choose_networks, choose_recipe
from gansmith.studio.errors import StudioError
from gansmith.studio.starting.form import NOT_ASKED
from gansmith.training.planning import plans_of

ANY_DATA = "folder"  # the recipe for data of one's own, of any kind
FEW_CLUSTERS = 100  # stands for a number of clusters that is chosen later


@dataclass(frozen=True)
class Wanted:
    """A training as a page describes it."""

    recipe: str  # a built-in name
    source: str  # as a training takes it; "" = the recipe's own
    settings: dict[str, str]  # texts by key, as on the command line
    budget: Budget

    def assignments(self) -> list[str]:
        """The settings as --set takes them. Raises StudioError for what a page may not set."""
        for key in self.settings:
            if "=" in key or key != key.strip():  # else " data.source" or "data.source=X #" would be one of those below
                raise StudioError(400, f"{key[:40]!r} is no setting: reload the page")
            if key in NOT_ASKED:
                raise StudioError(400, f"{key} is not set here: it is chosen elsewhere on this page, or in a terminal")
        return [f"{key}={value}" for key, value in self.settings.items()]

    def chosen(self) -> Recipe:
        """The recipe with the page's choices; networks may still be open. Raises GansmithError."""
        found = choose_recipe(self.recipe, data=self.source or None, budget=self.budget, settings=self.assignments())
        need_built_in(found)
        return found


@dataclass(frozen=True)
class Planned:
    """A training that could begin."""

    recipe: Recipe
    remarks: tuple[str, ...]  # a line for each choice that the data made
    kind: Kind  # of the data
    item_shape: Shape
    classes: int
    summary: dict[str, Any]


def planned(wanted: Wanted) -> Planned:
    """What would be trained. Raises GansmithError for what would be refused."""
    recipe, remarks = resolved(wanted.chosen())
    kind = kind_of(recipe.data)
    check_kind(recipe, kind)
    shape, classes, items = shape_of(recipe.data)
    return Planned(recipe, remarks, kind, shape, classes, cost(recipe, kind, shape, classes, items))


def checked(wanted: Wanted) -> dict[str, Any]:
    """The answer of /api/check."""
    try:
        found = planned(wanted)
    except GansmithError as error:
        refusal = one_line(error)
        return {"refusal": refusal, "remarks": [], "summary": {}, "refused": refused_before(wanted, refusal)}
    told = refused(found.recipe, found.kind, found.item_shape, found.classes)
    return {"refusal": None, "remarks": list(found.remarks), "summary": found.summary, "refused": told}


def need_built_in(recipe: Recipe) -> None:
    """Raise RecipeError where a recipe needs parts of the user's own."""
    tables = {
        "generator.net": recipe.generator.net,
        "discriminator.net": recipe.discriminator.net,
        "loss.name": recipe.loss.name,
        "regularizer.name": recipe.regularizer.name,
        "augment.name": recipe.augment.name,
    }
    own = [name for name, value in tables.items() if value == "own"]
    if own:
        raise RecipeError(f"{own[0]} = 'own' stands for one of yours: name its file in a terminal, with --with FILE")


def one_line(error: Exception) -> str:
    """An error's words."""
    return printable(str(error))


def resolved(recipe: Recipe) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with its networks, and a line for each choice; one that was made for the same recipe and data is kept."""
    found, remarks = _resolved(recipe, recipe.given, identity(recipe.data))
    return replace(found, budget=recipe.budget, given=recipe.given), remarks


@lru_cache(64)
def _resolved(recipe: Recipe, given: tuple[str, ...], _: tuple[str, ...]) -> tuple[Recipe, tuple[str, ...]]:
    """given: is no part of a recipe's equality, and decides what is chosen."""
    found, remarks = choose_networks(recipe)
    return found, tuple(remarks)


def identity(data: DataSettings) -> tuple[str, ...]:
    """Lines that change when the data does."""
    return sources.find(data).identity


def recipe_for(name: str, source: str) -> str:
    """The recipe of this name; for data that the recipe for any data leaves to another, that one. Raises DataError."""
    if not source or name != ANY_DATA:
        return name
    kind = kind_of(replace(cookbook.load(name).data, source=source))
    return name if kind.pixels or kind.suits is not None else kind.recipe


def kind_of(data: DataSettings) -> Kind:
    """The kind of data. Raises DataError."""
    return _looked(_plain(data), identity(data))[0].kind


def _plain(data: DataSettings) -> DataSettings:
    """Without what changes nothing of what is looked at."""
    return replace(data, window="", labels="none", batch=64, micro_batch=0, clusters=0)


def shape_of(data: DataSettings) -> tuple[Shape, int, int]:
    """The shape of an item, the number of classes that the players see, and the number of items. Raises DataError."""
    found, shape = _looked(_plain(data), identity(data))
    classes = {"none": 0, "clusters": data.clusters or min(FEW_CLUSTERS, found.count)}.get(
        data.labels, len(found.labels)
    )
    if shape is not None:
        return shape, classes, found.count
    asked = next((size for text in (data.window, data.size) if text and (size := parse_size(text))), None)
    height, width = asked or (found.size or (0, 0))[::-1]
    return (found.channels, height, width), classes, found.count


@lru_cache(64)
def _looked(data: DataSettings, _: tuple[str, ...]) -> tuple[Survey, Shape | None]:
    """A survey by headers alone, and the shape of an item that is no picture."""
    found = surveys.survey(data, complete=False)
    return found, None if found.kind.pixels else surveys.shape_of(data)


def cost(recipe: Recipe, kind: Kind, shape: Shape, classes: int, items: int) -> dict[str, Any]:
    """What the training is, in numbers. Raises GansmithError where it could not begin."""
    plans = plans_of(recipe, kind, shape, classes)
    assert plans is not None  # networks of one's own are refused before
    batches = max(1, items // recipe.data.batch)
    per_update = recipe.feedback.discriminator_turns
    budget = recipe.budget
    images = budget.images or round(budget.epochs * batches * recipe.data.batch)
    return {
        "items": items,
        "item_shape": list(shape),
        "classes": classes,
        "updates_per_epoch": max(1, batches // per_update),
        "updates": budget.updates or (images // (per_update * recipe.data.batch) if images else None),
        "minutes": budget.minutes or None,
        "operations_per_update": update_operations(recipe, *(operations(plan) for plan in plans)),
        **{
            plan.player: {"parameters": count(plan).total, "layers": [type(one).__name__ for one in plan.layers]}
            for plan in plans
        },
    }


def refused(recipe: Recipe, kind: Kind, shape: Shape, classes: int) -> dict[str, dict[str, str]]:
    """For each setting with choices: those that would be refused if nothing else changed, and why."""

    def why_not(key: str, choice: str) -> str | None:
        try:
            other = with_choice(recipe, key, choice)
            need_built_in(other)
            labels = classes or 10 if other.data.labels != "none" else 0
            plans_of(other, kind, shape, labels)
        except GansmithError as error:
            return one_line(error)
        return None

    return _each(recipe, why_not)


def with_choice(settings: Any, key: str, choice: str) -> Any:
    """Settings with another choice of one key; nothing is checked, as in `recipes.override`, which takes longer."""
    name, _, rest = key.partition(".")
    return replace(settings, **{name: with_choice(getattr(settings, name), rest, choice) if rest else choice})


def refused_before(wanted: Wanted, refusal: str) -> dict[str, dict[str, str]]:
    """The same for a training that is refused as it is, by settings alone: what would be refused for another reason."""

    def why_not(key: str, choice: str) -> str | None:
        try:
            replace(wanted, settings={**wanted.settings, key: choice}).chosen()
        except GansmithError as error:
            return None if (why := one_line(error)) == refusal else why
        return None

    try:
        start = choose_recipe(wanted.recipe, data=wanted.source or None, budget=wanted.budget)
    except GansmithError:
        return {}
    return _each(start, why_not)


def _each(recipe: Recipe, why_not: Any) -> dict[str, dict[str, str]]:
    values, found = recipes.flat(recipe), {}
    for part in meanings.tables():
        for key in part.keys:
            if key.kind == "one of" and key.name not in NOT_ASKED:
                told = {one: why for one in key.choices if one != values[key.name] and (why := why_not(key.name, one))}
                if told:
                    found[key.name] = told
    return found
