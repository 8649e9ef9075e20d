"""`gansmith train --dry-run`: the resolved recipe and its cost, before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gansmith import losses
from gansmith.ground.errors import counted
from gansmith.ground.recipes.settings import Recipe

if TYPE_CHECKING:
    from gansmith.parts import Parts
    from gansmith.runs.setup import Setup


def show(recipe: Recipe, parts: Parts, *, as_json: bool) -> int:
    """Print the resolved recipe, the sizes of both networks, and the cost of an update."""
    from gansmith.ground.recipes.recipe import to_table, to_toml
    from gansmith.runs.origins.starting import planned
    from gansmith.runs.setup import set_up

    with losses.joined(parts.loss):
        setup = set_up(recipe)
        parts = parts.used_by(setup.recipe)
        facts = cost(setup, parts)
        begun = planned(setup, parts) if setup.recipe.start.source else None
    if begun is not None:
        facts["start"] = begun.record()
    if as_json:
        print(json.dumps({"recipe": to_table(setup.recipe), **facts}, indent=2))
        return 0
    for remark in (*setup.remarks, *([begun.line()] if begun else [])):
        print(f"# {remark}")
    print(to_toml(setup.recipe))
    for player in ("generator", "discriminator"):
        count = facts[player]
        operations = count["operations_per_item"]
        print(
            f"# {player}: {count['parameters']:,} parameters ({count['trained']:,} trained + "
            f"{count['batch_statistics']:,} batch statistics), "
            + (
                "operations unknown: it is yours"
                if operations is None
                else f"{counted(operations, 'operation')} an item"
            )
        )
    for line in listed(facts["start"]) if begun else ():
        print(f"# {line}")
    data = facts["data"]
    print(f"# data: {counted(data['count'], 'item')} of shape {data['item_shape']}, {data['description']}")
    if facts["operations_per_update"] is not None:
        print(f"# an update: {facts['operations_per_update']:,} operations; {facts['memory_megabytes']:,} MB expected")
    images, seconds = facts["total_images"] or "unknown", facts["seconds_expected"] or "unknown"
    alone = ""
    if facts["seconds_expected"] and not setup.recipe.budget.minutes:
        alone = " for the updates alone; starting, drawing samples and the report come on top, some seconds at least"
    print(f"# in all: {images} items, {seconds} seconds expected{alone}")
    return 0


def listed(record: dict[str, Any]) -> Iterator[str]:
    """A line for each array that a start from another run is about."""
    for name, source in record["taken"].items():
        yield f"taken: {name}" + (f" from {source}" if not name.endswith(f"/{source}") else "")
    yield from (f"taken in part: {name}: {what}" for name, what in record["taken_in_part"].items())
    yield from (f"drawn afresh: {name}" for name in record["drawn_afresh"])


def cost(setup: Setup, parts: Parts) -> dict[str, Any]:
    """The sizes of both networks, and the expected operations, memory and time; JSON-able. None where networks of the user's
    own keep them to themselves."""
    from gansmith.ground.networks.cost import activations, count, operations, update_operations
    from gansmith.nets import plan_discriminator, plan_generator

    recipe, store, clock = setup.recipe, setup.store, setup.clock()
    facts: dict[str, Any] = {}
    own = parts.nets is not None
    if own:
        facts = own_sizes(setup, parts)
    plans = [] if own else [f(recipe, setup.item_shape, setup.classes) for f in (plan_generator, plan_discriminator)]
    for plan in plans:
        sizes = count(plan)
        facts[plan.player] = {
            "parameters": sizes.total,
            "trained": sizes.trained,
            "batch_statistics": sizes.batch_statistics,
            "operations_per_item": operations(plan),
            "layers": [type(layer).__name__ for layer in plan.layers],
        }
    facts["data"] = {
        "count": store.count,
        "item_shape": list(setup.item_shape),
        "labels": recipe.data.labels,
        "classes": setup.classes,
        "description": store.description,
        "fingerprint": store.fingerprint,
        "batches_per_epoch": setup.order().batches_per_epoch,
    }
    kept = sum(activations(plan) for plan in plans) * recipe.data.batch * 4 * 2
    weights = sum(count(plan).trained for plan in plans) * 4 * 4  # weights, gradients, two moments
    updates = clock.total_updates()
    per_update = None if own else update_operations(recipe, *(operations(plan) for plan in plans))
    seconds = recipe.budget.minutes * 60 or None
    if seconds is None and updates and per_update is not None:
        seconds = round(updates * per_update / operations_per_second(recipe), 1)
    return facts | {
        "operations_per_update": per_update,
        "memory_megabytes": None if own else round((kept + weights) / 1e6, 1),
        "total_images": clock.total_images,
        "total_updates": updates,
        "seconds_expected": seconds,
    }


def own_sizes(setup: Setup, parts: Parts) -> dict[str, Any]:
    """What can be counted of networks of the user's own, which are built for it and tried once. Raises RecipeError."""
    from gansmith.runs.setup import build_game

    game: Any = build_game(setup, parts)
    facts: dict[str, Any] = {}
    for player, network in (("generator", game.gan.generator), ("discriminator", game.gan.discriminator)):
        trained = sum(weight.numel() for weight in network.weights().values())
        total = sum(array.numel() for array in network.arrays().values())
        facts[player] = {
            "parameters": total,
            "trained": trained,
            "batch_statistics": total - trained,
            "operations_per_item": None,
            "layers": [type(layer).__name__ for layer in network.module.modules() if not [*layer.children()]],
        }
    return facts


def operations_per_second(recipe: Recipe) -> float:
    """The expected speed of the recipe's engine on this machine."""
    if recipe.engine == "numpy":
        from gansmith.ground.process import blas

        return blas.operations_per_second()
    from gansmith.training import machine

    return machine.operations_per_second(recipe.device)
