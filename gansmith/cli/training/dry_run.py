"""`gansmith train --dry-run`: the resolved truth, before anything is trained."""

from __future__ import annotations

import json
from typing import Any

from gansmith.ground.recipes.settings import Recipe


def show(recipe: Recipe, *, as_json: bool) -> int:
    """Print the resolved recipe, the players' sizes, and what an update costs."""
    from gansmith.ground.recipes.recipe import to_table, to_toml
    from gansmith.runs.setup import set_up

    setup = set_up(recipe)
    facts = cost(setup)
    if as_json:
        print(json.dumps({"recipe": to_table(setup.recipe), **facts}, indent=2))
        return 0
    for remark in setup.remarks:
        print(f"# {remark}")
    print(to_toml(setup.recipe))
    for player in ("generator", "discriminator"):
        count = facts[player]
        print(
            f"# {player}: {count['parameters']:,} parameters ({count['trained']:,} trained + "
            f"{count['batch_statistics']:,} batch statistics), {count['operations_per_item']:,} operations an item"
        )
    data = facts["data"]
    print(f"# data: {data['count']:,} items of shape {data['item_shape']}, {data['description']}")
    print(f"# an update: {facts['operations_per_update']:,} operations; {facts['memory_megabytes']:,} MB expected")
    images, seconds = facts["total_images"] or "unknown", facts["seconds_expected"] or "unknown"
    print(f"# in all: {images} images, {seconds} seconds expected")
    return 0


def cost(setup: Any) -> dict[str, Any]:
    """Counts of both players, operations, memory and time expected."""
    from gansmith.ground.networks.cost import activations, count, operations, update_operations
    from gansmith.nets import plan_discriminator, plan_generator

    recipe = setup.recipe
    plans = {
        "generator": plan_generator(recipe, setup.item_shape, setup.classes),
        "discriminator": plan_discriminator(recipe, setup.item_shape, setup.classes),
    }
    facts: dict[str, Any] = {}
    for player, plan in plans.items():
        sizes = count(plan)
        facts[player] = {
            "parameters": sizes.total,
            "trained": sizes.trained,
            "batch_statistics": sizes.batch_statistics,
            "operations_per_item": operations(plan),
            "layers": [type(layer).__name__ for layer in plan.layers],
        }
    per_update = update_operations(recipe, operations(plans["generator"]), operations(plans["discriminator"]))
    kept = sum(activations(plan) for plan in plans.values()) * recipe.data.batch * 4 * 2
    weights = sum(count(plan).trained for plan in plans.values()) * 4 * 4  # weights, gradients, two moments
    clock = setup.clock()
    updates = clock.total_updates()
    seconds = recipe.budget.minutes * 60 or (updates and round(updates * per_update / pace(recipe), 1))
    return facts | {
        "data": {
            "count": setup.store.count,
            "item_shape": list(setup.item_shape),
            "labels": setup.recipe.data.labels,
            "classes": setup.classes,
            "description": setup.store.description,
            "fingerprint": setup.store.fingerprint,
            "batches_per_epoch": setup.order().batches_per_epoch,
        },
        "operations_per_update": per_update,
        "memory_megabytes": round((kept + weights) / 1e6, 1),
        "total_images": clock.total_images,
        "total_updates": updates,
        "seconds_expected": seconds,
    }


def pace(recipe: Recipe) -> float:
    """Operations a second to expect of the recipe's engine on this machine."""
    if recipe.engine == "numpy":
        from gansmith.ground.process import blas

        return blas.operations_per_second()
    from gansmith.training import machine

    return machine.operations_per_second(recipe.device)
