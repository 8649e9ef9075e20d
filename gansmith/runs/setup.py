"""From a recipe's name and what a user changed to a resolved recipe, a store, an order and a game."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith import losses
from gansmith.data import store as stores
from gansmith.data.order import Order
from gansmith.data.store import Store
from gansmith.ground.errors import EngineError, RecipeError, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import Game
from gansmith.ground.labelling import UNLABELLED, Labelling
from gansmith.ground.networks.cost import operations, update_operations
from gansmith.ground.networks.plan import Shape
from gansmith.ground.process import blas, memory
from gansmith.ground.recipes.settings import Recipe
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.runs.choose_recipe import choose_networks
from gansmith.training.process_group import SINGLE_PROCESS, ProcessGroup
from gansmith.training.schedules import Clock, budget_images

if TYPE_CHECKING:
    from gansmith.nets import NetPair

PACE = {"cpu": 2.5e11, "cuda": 5e12}
"""Operations a second, to an order of magnitude: recipe `mnist` on two processor cores, and on one large GPU."""


@dataclass(frozen=True)
class Setup:
    """Everything a training needs before its game is built. The recipe is resolved: no "auto" is left."""

    recipe: Recipe
    store: Store
    remarks: tuple[str, ...] = ()  # automatic choices, said aloud
    groups: np.ndarray | None = None  # int64 (N,): of like items, where the players see those
    seconds: float = 0.0  # that it took to find them: of the run's time
    rank: int = 0
    ranks: int = 1  # that share each batch

    @property
    def classes(self) -> int:
        """Classes or groups that the players are told of; 0 = unlabelled."""
        return self.labelling.classes

    @cached_property
    def labelling(self) -> Labelling:
        """What the players are told of the items."""
        if self.recipe.data.labels == "none":
            return UNLABELLED
        return Labelling(self.store.classes) if self.groups is None else labelling_of(self.groups)

    @property
    def labels(self) -> np.ndarray | None:
        """What the players are told of each item, int64 (N,); None where they are told nothing."""
        if self.recipe.data.labels == "none":
            return None
        return self.store.labels if self.groups is None else self.groups

    @property
    def item_shape(self) -> Shape:
        """(channels, height, width) or (features,)."""
        return self.store.item_shape

    def order(self) -> Order:
        """The seeded order of this rank's items."""
        return Order(self.store.count, self.recipe.data.batch, self.recipe.seed, self.rank, self.ranks)

    def clock(self) -> Clock:
        """The clock of the whole run."""
        images_per_epoch = self.order().batches_per_epoch * self.recipe.data.batch
        return Clock(self.recipe, images_per_epoch, budget_images(self.recipe, images_per_epoch))

    def epochs(self) -> float:
        """How often the run will see each item; with a budget in minutes, to an order of magnitude.

        That depends on the kind of device and on no timing: the same recipe and data give the same number.
        """
        recipe, images = self.recipe, self.clock().total_images
        if images is None:
            plans = plan_generator(recipe, self.item_shape, 0), plan_discriminator(recipe, self.item_shape, 0)
            per_update = update_operations(recipe, *(operations(plan) for plan in plans))
            per_second = PACE.get(recipe.device.partition(":")[0], PACE["cpu"])
            updates = recipe.budget.minutes * 60 * per_second / per_update
            images = updates * recipe.feedback.discriminator_turns * recipe.data.batch
        return images / self.store.count


def set_up(
    recipe: Recipe, progress: Callable[[int, int], None] | None = None, groups: np.ndarray | None = None
) -> Setup:
    """Open (or prepare) the store and settle what the recipe leaves open. groups: those that a run has found before."""
    losses.check(recipe)
    recipe, remarks = choose_networks(recipe)
    store = stores.open_store(recipe.data, recipe.seed, progress)
    if recipe.data.labels == "classes" and not store.classes:
        raise RecipeError(f"data.labels = 'classes', and {recipe.data.source} has no labels: set data.labels=none")
    if 0 < store.classes < recipe.latent.classes_drawn:
        raise RecipeError(f"latent.classes_drawn = {recipe.latent.classes_drawn}: the data has {store.classes} classes")
    if store.skipped:
        remarks.append(
            f"{len(store.skipped)} of the source's files are skipped; the first: {': '.join(store.skipped[0])}"
        )
    if recipe.engine == "numpy" and recipe.threads and not blas.can_be_told():
        remarks.append(f"threads = {recipe.threads}: this NumPy's products cannot be told, and take what they like")
    setup = Setup(resolve_machine(recipe), store, tuple(remarks), groups)
    return find_groups(setup) if recipe.data.labels == "clusters" and groups is None else setup


def find_groups(setup: Setup) -> Setup:
    """With the number of groups in the recipe, the group of every item, and a word about them. Raises RecipeError for
    more groups than items."""
    from gansmith.data.groups import grouped, suitable

    began, recipe, store = time.perf_counter(), setup.recipe, setup.store
    count = recipe.data.clusters or suitable(store.count, setup.epochs())
    if count > store.count:
        raise RecipeError(f"data.clusters = {count}: the data has {store.count} items; set it to 0, or to fewer")
    recipe = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, clusters=count))
    found = grouped(store.items, count, recipe.seed)
    _, groups = np.unique(found, return_inverse=True)  # equal items may leave a group empty
    seconds = time.perf_counter() - began
    told = f"{store.count:,} items were put into {groups.max() + 1:,} groups of like ones, in {seconds:.1f} s"
    remarks = (*setup.remarks, told) if groups.any() else setup.remarks
    return dataclasses.replace(setup, recipe=recipe, groups=groups, seconds=seconds, remarks=remarks)


def set_up_again(folder: RunFolder) -> Setup:
    """What a run was trained with. Raises RunError where it is gone, or is other data by now."""
    setup = set_up(folder.load_recipe(), groups=read_groups(folder))
    if setup.groups is not None and len(setup.groups) != setup.store.count:
        raise RunError(
            f"{folder.root} has groups of {len(setup.groups):,} items, and its data {setup.store.count:,} by now: put the "
            "old data back"
        )
    return setup


def read_groups(folder: RunFolder) -> np.ndarray | None:
    """The groups that a run has found among its items; None where it did not look for any. Raises RunError."""
    if folder.load_recipe().data.labels != "clusters":
        return None
    try:
        return np.load(folder.groups, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise RunError(f"{folder.groups} is missing or damaged: what this run's labels mean is unknown") from None


def labelling_of(groups: np.ndarray) -> Labelling:
    """The labelling by groups of items int64 (N,)."""
    counts = np.bincount(groups)
    return Labelling(len(counts), tuple(int(count) for count in counts))


def resolve_machine(recipe: Recipe) -> Recipe:
    """Device, precision and threads as this machine has them; and the C library is told to keep memory."""
    memory.keep_freed()
    if recipe.engine == "numpy":
        if recipe.device not in ("auto", "cpu"):
            raise EngineError(
                f"engine = 'numpy' computes on the processor: device = {recipe.device!r} needs --engine torch"
            )
        name = "float32" if recipe.precision.name == "auto" else recipe.precision.name
        threads = blas.use_threads(recipe.threads)
        device = "cpu"
    else:
        from gansmith.training import machine

        device = machine.choose_device(recipe.device)
        name = machine.choose_precision(recipe.precision.name, device)
        threads = machine.use_threads(recipe.threads)
    precision = dataclasses.replace(recipe.precision, name=name)
    return dataclasses.replace(recipe, device=device, threads=threads, precision=precision)


def build_game(
    setup: Setup,
    nets: NetPair | None = None,
    processes: ProcessGroup = SINGLE_PROCESS,
    say: Callable[[str], None] = lambda _: None,
) -> Game:
    """The game on the engine that the recipe names, with its items loaded."""
    if setup.recipe.engine == "numpy":
        from gansmith.by_hand import HandGame

        if nets is not None:
            raise EngineError("engine = 'numpy' cannot run torch networks: use --engine torch for your own nets")
        game: Game = HandGame(setup.recipe, setup.item_shape, setup.classes)
    else:
        from gansmith.game.torch_game import TorchGame

        recipe = dataclasses.replace(setup.recipe, device=processes.device(setup.recipe.device))
        game = TorchGame(recipe, setup.item_shape, setup.classes, nets, processes.ranks, say)
    store = setup.store
    game.load(store.items if store.around is None else store.around, setup.labels)
    return game


def describe_data(store: Store, labelling: Labelling = UNLABELLED) -> dict[str, Any]:
    """What a run remembers of its data, and of the groups that were found in it."""
    groups = {"groups": list(labelling.counts)} if labelling.counts else {}
    return groups | {
        "description": store.description,
        "fingerprint": store.fingerprint,
        "count": store.count,
        "kind": store.kind,
        "item_shape": list(store.item_shape),
        "class_names": list(store.class_names),
        "skipped": [list(entry) for entry in store.skipped],
    }


def environment(recipe: Recipe) -> dict[str, Any]:
    """What results may depend on."""
    found: dict[str, Any] = {
        "gansmith": importlib.metadata.version("gansmith") if _installed() else "from source",
        "python": platform.python_version(),
        "platform": sys.platform,
        "numpy": np.__version__,
        "engine": recipe.engine,
        "device": recipe.device,
        "precision": recipe.precision.name,
        "threads": recipe.threads,
    }
    if recipe.engine == "numpy":
        return found | blas.environment()
    from gansmith.training import machine

    return found | machine.environment()


def _installed() -> bool:
    try:
        importlib.metadata.version("gansmith")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
