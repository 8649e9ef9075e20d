"""From a recipe to everything that its training needs: the resolved recipe, the data, the clock, the game."""

from __future__ import annotations

import dataclasses
import platform
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gansmith import kinds, losses
from gansmith.data import store as stores
from gansmith.data.contents import blank
from gansmith.data.order import Order
from gansmith.data.store import Store
from gansmith.ground.errors import DataError, EngineError, RecipeError, RunError, counted
from gansmith.ground.files.damaged import DAMAGED
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import Game
from gansmith.ground.labelling import UNLABELLED, Labelling, evenly_drawn
from gansmith.ground.networks.cost import operations, update_operations
from gansmith.ground.networks.plan import Shape
from gansmith.ground.process import blas, memory
from gansmith.ground.progress import Progress, Say
from gansmith.ground.recipes.settings import Recipe
from gansmith.ground.version import __version__
from gansmith.kinds import ToItems
from gansmith.metrics.feature_networks import likeness
from gansmith.nets import plan_discriminator, plan_generator, trunk
from gansmith.parts import NO_PARTS, Parts
from gansmith.recipes import pairing
from gansmith.runs.choose_recipe import check_kind, choose_networks, not_chosen
from gansmith.trained.moved_data import said_where_data_moved
from gansmith.training import threads
from gansmith.training.process_group import SINGLE_PROCESS, ProcessGroup
from gansmith.training.schedules import Clock, budget_images

TYPICAL_SPEED = {"cpu": 2.5e11, "cuda": 5e12}
"""Operations a second, roughly: recipe `mnist` on two processor cores, and on one large GPU."""


@dataclass(frozen=True)
class Setup:
    """Everything a training needs before its game is built. The recipe is resolved: no "auto" is left."""

    recipe: Recipe
    store: Store
    remarks: tuple[str, ...] = ()  # lines about automatic choices, for the user
    clusters: np.ndarray | None = None  # int64 (N,): the cluster of each item, with data.labels = "clusters"
    seconds: float = 0.0  # that finding the clusters took; they count as time of the run
    rank: int = 0
    ranks: int = 1  # how many share each batch

    @property
    def classes(self) -> int:
        """How many different labels the players see; 0 = unlabelled."""
        return self.labelling.classes

    @cached_property
    def labelling(self) -> Labelling:
        """The labels that the players see, and how often each is drawn."""
        if self.recipe.data.labels == "none":
            return UNLABELLED
        if self.clusters is None:
            natural = self.store.kind.natural
            return Labelling(self.store.classes, frequencies=class_counts(self.store), natural=natural)
        counts = np.bincount(self.clusters)
        return Labelling(len(counts), tuple(int(count) for count in counts))

    @property
    def labels(self) -> np.ndarray | None:
        """The label of each item that the players see, int64 (N,); None if unlabelled."""
        if self.recipe.data.labels == "none":
            return None
        return self.store.labels if self.clusters is None else self.clusters

    @property
    def item_shape(self) -> Shape:
        """(channels, height, width) or (features,)."""
        return self.store.item_shape

    @property
    def to_items(self) -> ToItems:
        """What turns raw output into items as the store holds them."""
        return kinds.ToItems(self.store.kind, self.recipe.data, self.store.units)

    def order(self) -> Order:
        """The order in which this rank sees its items."""
        return Order(self.store.count, self.recipe.data.batch, self.recipe.seed, self.rank, self.ranks)

    def clock(self) -> Clock:
        """The clock of the whole run."""
        images_per_epoch = self.order().batches_per_epoch * self.recipe.data.batch
        return Clock(self.recipe, images_per_epoch, budget_images(self.recipe, images_per_epoch))

    def epochs(self) -> float:
        """How often the run will see each item; with a budget in minutes this is a rough guess.

        The guess depends on the kind of device and on no timing: the same recipe and data give the same number.
        """
        recipe, images = self.recipe, self.clock().total_images
        if images is None:
            if "own" in (
                recipe.generator.net,
                recipe.discriminator.net,
            ):  # nobody knows what they cost: as the usual ones
                recipe = dataclasses.replace(recipe, generator=Recipe().generator, discriminator=Recipe().discriminator)
            plans = plan_generator(recipe, self.item_shape, 0), plan_discriminator(recipe, self.item_shape, 0)
            per_update = update_operations(recipe, *(operations(plan) for plan in plans))
            per_second = TYPICAL_SPEED.get(recipe.device.partition(":")[0], TYPICAL_SPEED["cpu"])
            updates = recipe.budget.minutes * 60 * per_second / per_update
            images = updates * recipe.feedback.discriminator_turns * recipe.data.batch
        return images / self.store.count


def set_up(recipe: Recipe, progress: Progress | None = None, clusters: np.ndarray | None = None) -> Setup:
    """Open (or prepare) the data and choose what the recipe leaves open. Raises GansmithError.

    clusters: those that a run has found earlier.
    """
    losses.check(recipe)
    try:
        recipe, remarks = choose_networks(recipe)
        store = stores.open_store(recipe.data, recipe.seed, progress)
    except DataError as error:
        raise pairing.refused(recipe, error) from None
    if 0 < store.classes < recipe.latent.classes_drawn:
        raise RecipeError(
            f"latent.classes_drawn = {recipe.latent.classes_drawn}: the data has "
            f"{counted(store.classes, 'class', 'classes')}; set it to 0 for "
            "all, or to fewer"
        )
    check_kind(recipe, store.kind)
    remarks = not_chosen(recipe, store.kind) + remarks + store.said()
    if recipe.data.labels == "classes" and store.kind.pixels:
        remarks += filter(None, [evenly_drawn(class_counts(store), store.class_names)])
    remarks += filter(None, [blank.warning(store), blank.unscaled(store)])
    if recipe.engine == "numpy" and recipe.threads and not blas.takes_threads():
        remarks.append(f"threads = {recipe.threads} has no effect: this NumPy chooses its number of threads itself")
    recipe = store.kind.suited(recipe, store.units)
    resolved = resolve_machine(recipe)
    remarks += filter(None, [threads.remark(resolved, recipe)])
    setup = Setup(resolved, store, tuple(remarks), clusters)
    return find_clusters(setup) if recipe.data.labels == "clusters" and clusters is None else setup


def find_clusters(setup: Setup) -> Setup:
    """The setup with the cluster of every item, and their number in the recipe. Raises RecipeError for more clusters than
    items."""
    from gansmith.data.clusters import choose_count, cluster

    began, recipe, store = time.perf_counter(), setup.recipe, setup.store
    count = recipe.data.clusters or choose_count(store.count, setup.epochs())
    if count > store.count:
        raise RecipeError(
            f"data.clusters = {count}: the data has {counted(store.count, 'item')}; set it to 0, or to fewer"
        )
    by = likeness.chosen(recipe.data, store)
    recipe = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, clusters=count, clusters_by=by))
    found = cluster(likeness.points(store.items, by), count, recipe.seed)
    _, clusters = np.unique(found, return_inverse=True)  # without the empty clusters that equal items may leave
    seconds = time.perf_counter() - began
    remarks = setup.remarks
    if clusters.any():
        found_line = (
            f"{counted(store.count, 'item')} were put into {clusters.max() + 1:,} clusters of similar ones, in {seconds:.1f} s, "
            f"{likeness.in_words(by, store)}"
        )
        remarks = (*remarks, found_line)
    if store.classes > 1:
        remarks = (
            *remarks,
            f"the data's {store.classes} classes are not used, as labels are clusters: for them, "
            "--set data.labels=classes",
        )
    return dataclasses.replace(setup, recipe=recipe, clusters=clusters, seconds=seconds, remarks=remarks)


def set_up_again(folder: RunFolder) -> Setup:
    """The setup of an existing run. Raises RunError if its files or its data have changed."""
    recipe = folder.load_recipe()
    with said_where_data_moved(folder.root, recipe.data.source):
        setup = set_up(recipe, clusters=read_clusters(folder))
    if setup.clusters is not None and len(setup.clusters) != setup.store.count:
        raise RunError(
            f"{folder.root} has the clusters of {counted(len(setup.clusters), 'item')}, and its data now has {setup.store.count:,}: "
            "put the old data back"
        )
    return setup


def read_clusters(folder: RunFolder) -> np.ndarray | None:
    """The clusters that a run has found, int64 (N,); None if its labels are no clusters. Raises RunError."""
    if folder.load_recipe().data.labels != "clusters":
        return None
    try:
        return np.load(folder.groups, allow_pickle=False)
    except DAMAGED:
        raise RunError(
            f"{folder.groups} is missing or damaged, and holds the labels of this run: put it back, or train again"
        ) from None


def resolve_machine(recipe: Recipe) -> Recipe:
    """The recipe with the device, precision and threads of this machine. It also sets how memory is kept."""
    memory.keep_freed()
    if recipe.engine == "numpy":
        if recipe.device not in ("auto", "cpu"):
            raise EngineError(
                f"engine = 'numpy' computes on the processor: device = {recipe.device!r} needs --engine torch"
            )
        name = "float32" if recipe.precision.name == "auto" else recipe.precision.name
        device = "cpu"
    else:
        from gansmith.training import machine

        device = machine.choose_device(recipe.device)
        name = machine.choose_precision(recipe.precision.name, device)
    count, changes = threads.resolve(recipe, device)
    precision = dataclasses.replace(recipe.precision, name=name)
    return dataclasses.replace(recipe, device=device, threads=count, thread_changes=changes, precision=precision)


def build_game(
    setup: Setup,
    parts: Parts = NO_PARTS,
    processes: ProcessGroup = SINGLE_PROCESS,
    say: Say = lambda _: None,
) -> Game:
    """The game on the recipe's engine, with its items loaded."""
    if setup.recipe.engine == "numpy":
        from gansmith.by_hand import HandGame

        if parts.nets is not None:
            raise EngineError("engine = 'numpy' cannot run torch networks: use --engine torch for your own nets")
        game: Game = HandGame(setup.recipe, setup.item_shape, setup.classes, setup.to_items)
    else:
        from gansmith.game.torch_game import TorchGame

        recipe = dataclasses.replace(setup.recipe, device=processes.device(setup.recipe.device))
        game = TorchGame(recipe, setup.item_shape, setup.classes, parts, processes.ranks, say, setup.to_items)
    store = setup.store
    game.load(store.items if store.around is None else store.around, setup.labels)
    return game


def in_units(store: Store, items: np.ndarray) -> Any:
    """Items as the store holds them -> what people have."""
    return store.kind.in_units(items, store.units)


def class_counts(store: Store) -> tuple[int, ...]:
    """How many items each class of a store has; () without labels."""
    if store.labels is None or not store.classes:
        return ()
    return tuple(np.bincount(store.labels, minlength=store.classes).tolist())


def describe_data(store: Store, labelling: Labelling = UNLABELLED) -> dict[str, Any]:
    """What data.json says about a run's data. "groups": the sizes of its clusters; "class_counts": items of each class."""
    groups = {"groups": list(labelling.counts)} if labelling.counts else {}
    return groups | {
        "description": store.description,
        "fingerprint": store.fingerprint,
        "count": store.count,
        "kind": store.kind.name,
        "units": store.units,
        "item_shape": list(store.item_shape),
        "class_names": list(store.class_names),
        "class_counts": list(class_counts(store)),
        "skipped": [list(entry) for entry in store.skipped],
        "left_out": list(store.left_out),
        "remarks": list(store.remarks),
    }


def environment(recipe: Recipe) -> dict[str, Any]:
    """What results may depend on."""
    found: dict[str, Any] = {
        "gansmith": __version__,
        "python": platform.python_version(),
        "platform": sys.platform,
        "numpy": np.__version__,
        "engine": recipe.engine,
        "device": recipe.device,
        "precision": recipe.precision.name,
        "threads": recipe.threads,
    }
    if recipe.discriminator.net == "projected":
        found["trunk"] = f"{trunk.NAME}, SHA-256 {trunk.SHA256}"
    if recipe.engine == "numpy":
        return found | blas.environment()
    from gansmith.training import machine

    return found | machine.environment()
