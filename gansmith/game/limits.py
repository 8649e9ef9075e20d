"""What cannot be dealt out over ranks or portions, refused by name before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

from gansmith.ground.errors import OutOfMemory, RecipeError, counted
from gansmith.ground.recipes.settings import Recipe
from gansmith.nets.network import Network
from gansmith.nets.own import batch_norms
from gansmith.nets.ranks import Ranks

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "could not create a memory")
"""What PyTorch says of a device, of a processor on Linux and on Windows, and of the libraries that it calls."""


def refuse(recipe: Recipe, networks: Mapping[str, Network], ranks: Ranks | None) -> tuple[str, ...]:
    """Raise RecipeError where this game would not be the one of the whole batch. Returns the players whose networks mix
    the items of a batch: those that cannot be dealt out in portions."""
    mixing = [name for name in ("generator", "discriminator") if uses_batch_norm(networks[name])]
    if ranks is not None:
        _refuse_ranks(recipe, networks, mixing)
    micro, share = recipe.data.micro_batch, recipe.data.batch // (ranks.size if ranks else 1)
    if share % recipe.discriminator.pack:
        raise RecipeError(
            f"discriminator.pack = {recipe.discriminator.pack} judges so many items together, and each rank has {share}: set "
            "discriminator.pack=1, or another data.batch"
        )
    if micro and mixing:
        raise RecipeError(
            f"data.micro_batch = {micro} deals a batch out in portions, and the batch norm of the {mixing[0]} looks at "
            f"all of it: set {mixing[0]}.norm=none, or a smaller data.batch and data.micro_batch=0"
        )
    if micro and share % micro:
        whose = f" / {counted(ranks.size, 'rank')} = {share}" if ranks else ""
        raise RecipeError(
            f"data.micro_batch = {micro} does not divide data.batch = {recipe.data.batch}{whose}: choose one of "
            f"{', '.join(str(size) for size in range(1, share + 1) if share % size == 0)}"
        )
    if recipe.regularizer.sigma and recipe.regularizer.name != "none" and "discriminator" in mixing:
        raise RecipeError(
            f"regularizer.sigma = {recipe.regularizer.sigma} compares each item with itself, moved, and the "
            "discriminator's batch norm mixes the items: set regularizer.sigma=0, or use another norm"
        )
    if recipe.regularizer.sigma and recipe.feedback.name == "stacked" and networks["discriminator"].plan is None:
        raise RecipeError(
            f"regularizer.sigma = {recipe.regularizer.sigma} needs the same dropout for an item and its moved copy, and your "
            "own discriminator sees real and generated items as one batch: set regularizer.sigma=0, or "
            "feedback.name=alternating"
        )
    scripted = isinstance(getattr(networks["generator"], "module", None), torch.jit.ScriptModule)
    if recipe.ema.recalibrate and scripted and "generator" in mixing:
        raise RecipeError(
            "ema.recalibrate measures batch norm by a momentum that a scripted network does not let go of: set "
            "ema.recalibrate=0, or give the generator unscripted"
        )
    return tuple(mixing)


def _refuse_ranks(recipe: Recipe, networks: Mapping[str, Network], mixing: list[str]) -> None:
    for name in mixing:
        if networks[name].plan is None:
            raise RecipeError(
                f"your own {name} has torch's batch norm, which would look at each rank's rows alone: use another norm "
                "in it, or train in one process"
            )
    if recipe.regularizer.name != "none" and "discriminator" in mixing:
        raise RecipeError(
            f"regularizer.name = {recipe.regularizer.name!r} needs the slope at each item, and over several ranks the "
            "discriminator's batch norm mixes the items of all: set discriminator.norm=none, or regularizer.name=none"
        )


def uses_batch_norm(network: Network) -> bool:
    """Whether an item's output depends on the rest of its batch while training."""
    if network.plan is not None:
        return network.plan.has_batch_norm
    return any(True for _ in batch_norms(network))


@contextmanager
def out_of_memory_as_error(recipe: Recipe) -> Iterator[None]:
    """What a device without room says, as one line. Raises OutOfMemory."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not known and not any(words in str(error) for words in NO_MEMORY):
            raise
        at_once = recipe.data.micro_batch or recipe.data.batch
        raise OutOfMemory(
            f"{recipe.device} has no room for {counted(at_once, 'item')} at a time: set data.micro_batch={max(1, at_once // 2)}, or "
            "a smaller data.batch"
        ) from None
