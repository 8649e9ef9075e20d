"""The game in PyTorch, on the processor, on CUDA and on MPS: the parts of this room, put together."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gansmith import kinds
from gansmith.game import faults
from gansmith.game.augment import Augmenter
from gansmith.game.feedbacks import FEEDBACKS, Feedback
from gansmith.game.graphs import CudaGraphs, CudaRecorder, can_be_captured
from gansmith.game.inputs.items import Items
from gansmith.game.inputs.update import Drawing, UpdateInputs, to_device
from gansmith.game.limits import out_of_memory_as_error, refuse
from gansmith.game.penalties import Penalty
from gansmith.game.player import Player, Players, Turn
from gansmith.game.probe import probe
from gansmith.game.recipe_limits import refuse_recipe
from gansmith.game.statistics import TORCH, gather
from gansmith.game.step import Gan, dropouts
from gansmith.game.weights.average import AveragedGenerator
from gansmith.game.weights.optimizer import to_numpy
from gansmith.ground.game import DiscriminatorArrays, Report, State, StepContext
from gansmith.ground.networks.frozen import frozen_arrays
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe
from gansmith.ground.running_stats import RunningStats
from gansmith.kinds import ToItems
from gansmith.losses import loss_of
from gansmith.nets.build import build_players
from gansmith.nets.inference import chunks, load_arrays, on_host, run_in_chunks
from gansmith.nets.network import Network
from gansmith.nets.ranks import Ranks
from gansmith.parts import NO_PARTS, Parts


class TorchGame:
    """Two players, their optimisers and the averaged generator; implements `ground.game.Game`.

    item_shape is (channels, height, width) or (features,); classes 0 = unlabelled. The recipe's device and precision
    are resolved: no "auto". parts: the user's own; they are tried once. ranks: the processes that share each batch; None =
    this one has all of it. say: where remarks go. Raises EngineError or RecipeError for what it cannot do.
    """

    def __init__(
        self,
        recipe: Recipe,
        item_shape: Shape,
        classes: int = 0,
        parts: Parts = NO_PARTS,
        ranks: Ranks | None = None,
        say: Callable[[str], None] = lambda _: None,
        to_items: ToItems | None = None,
    ) -> None:
        """to_items: what turns raw output into items as they are stored; None: as the items' shape says."""
        self.to_items = to_items or kinds.ToItems(kinds.of_shape(item_shape), recipe.data, {})
        refuse_recipe(recipe, self.to_items.kind, parts)
        self.recipe, self.item_shape, self.classes, self.ranks = recipe, item_shape, classes, ranks
        self.device = torch.device(recipe.device)
        self.dtype = torch.float64 if recipe.precision.name == "float64" else torch.float32
        generator, discriminator, averaged = (
            network.to(self.device) for network in build_players(recipe, item_shape, classes, parts.nets, self.dtype)
        )
        freeze(recipe, discriminator)
        self.augmenter = Augmenter(recipe, self.device, self.dtype, parts.augmentation)
        loss, penalty = parts.loss or loss_of(recipe), Penalty(recipe.regularizer, parts.regularizer)
        self.gan = Gan(recipe, generator, discriminator, loss, penalty, self.augmenter, ranks)
        self.players = make_players(self.gan)
        self.average = AveragedGenerator(recipe, averaged, self.players.generator.optimizer, classes)
        self.mixing = refuse(recipe, self.networks(), ranks)
        for remark in probe(self.gan, parts, item_shape, classes, self.to_items.kind):
            say(remark)
        self.graphs: CudaGraphs | None = None
        if can_be_captured(self.gan):
            self.graphs = CudaGraphs(self.play, self.players, self.device, CudaRecorder(self.device), say)
        self.discriminator_turns, self.stats = 0, RunningStats(loss.threshold, TORCH)
        self.drawing: Drawing | None = None

    # ---- training

    def load(self, items: np.ndarray, labels: np.ndarray | None) -> None:
        """Take the training items, uint8 (N, H, W, C) or float32 (N, D), and int64 labels."""
        rank, size = (0, 1) if self.ranks is None else (self.ranks.rank, self.ranks.size)
        known = labels if self.classes else None
        self.gan.items = self._items(items, known)
        kept = dropouts(self.gan.generator), dropouts(self.gan.discriminator)
        numpy_dtype = np.dtype(np.float64 if self.dtype == torch.float64 else np.float32)
        self.drawing = Drawing(self.recipe, self.gan.loss, self.gan.items, self.classes, kept, rank, size, numpy_dtype)

    def step(self, indices: np.ndarray, context: StepContext) -> None:
        """One update: draw its inputs, then run it. indices int64 (discriminator turns, B). Raises OutOfMemory."""
        if self.drawing is None:
            raise ValueError("load() the items before the first step")
        with out_of_memory_as_error(self.recipe):
            inputs = self.drawing.draw(indices, context, self.discriminator_turns)
            if self.graphs:
                self.graphs.run(inputs, self.stats)
            else:
                self.play(to_device(inputs, self.device), self.stats)
        self.discriminator_turns += len(indices)
        self.average.up_to_date = False

    def play(self, inputs: UpdateInputs, stats: RunningStats[Tensor]) -> None:
        """Compute one update from its inputs: every turn of the feedback, then the average."""
        for turn in feedback_of(self.recipe)(self.players, inputs):
            self._note(turn, stats)
        self.average.update(inputs.ema_decay, inputs.ema_weight)

    def _note(self, turn: Turn, stats: RunningStats[Tensor]) -> None:
        """Add a turn's statistics; adaptive augmentation hears of it."""
        for numbers in turn.numbers:
            for name, value in numbers.items():
                stats.add(name, value)
        for real, fake in turn.logits:
            stats.add_logits("real", real)
            stats.add_logits("fake", fake)
        if turn.logits and self.augmenter.what.operates:
            for sign in self.augmenter.after_turn(turn.logits, self.gan.loss.threshold):
                stats.add("augment.sign", sign)
                stats.add("augment.probability", self.augmenter.probability.clone())
        if turn.adapts and turn.logits:  # once: a joint turn of both players is noted twice
            self.augmenter.adapt(self.ranks)
        for layer, lengths in turn.lengths.items():
            if layer:
                stats.set_layer(turn.player, layer, **lengths)
                continue
            for name, value in lengths.items():
                stats.set(f"{name}.{turn.player}", value)

    def report(self) -> Report:
        """Means since the last report. Raises OutOfMemory: whatever the device was given to do is done by then."""
        with out_of_memory_as_error(self.recipe):
            if self.ranks is not None:
                gather(self.stats, self.ranks)
            return self.stats.read()

    def release(self) -> tuple[str, ...]:
        """Let go of everything on the device; the game is over. Returns the players whose networks mix a batch."""
        del self.gan, self.players, self.average, self.augmenter, self.graphs, self.stats, self.drawing
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return self.mixing

    # ---- looking

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Raw output float32 of the averaged generator: (N, H, W, C) or (N, D)."""
        with out_of_memory_as_error(self.recipe):
            return run_in_chunks(self._averaged(), latents, labels, self.device, self.dtype)

    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Items as they are stored."""
        with out_of_memory_as_error(self.recipe):
            return run_in_chunks(self._averaged(), latents, labels, self.device, self.dtype, self.to_items)

    def _averaged(self) -> Network:
        """The averaged generator, brought up to date."""
        self.average.bring_up_to_date(None if self.gan.items is None else self.gan.items.labels)
        return self.average.network

    def _items(self, items: np.ndarray, labels: np.ndarray | None) -> Items:
        return Items(items, labels, self.recipe.data.pixels, self.item_shape, self.device, self.dtype)

    @torch.no_grad()
    def discriminate(self, items: np.ndarray, labels: np.ndarray | None) -> DiscriminatorArrays:
        """The discriminator's raw output on items, in inference mode and float32."""
        holder = self._items(items, labels if self.classes else None)
        every = [self.gan.discriminator.discriminate(*holder.batch(rows)) for rows in chunks(len(items), self.device)]
        logits = on_host([output.logits for output in every])
        assert logits is not None
        per_pixel, classes = on_host([o.per_pixel for o in every]), on_host([o.classes for o in every])
        return DiscriminatorArrays(logits, per_pixel, classes)

    # ---- checkpoints

    def state(self) -> State:
        """Weights, averages and the optimisers' memory."""
        self._averaged()
        arrays: dict[str, np.ndarray] = {}
        for name, network in self.networks().items():
            arrays |= {f"{name}/{key}": to_numpy(value) for key, value in network.arrays().items()}
        counters: dict[str, int | float | str] = {"discriminator-turns": self.discriminator_turns}
        for player in self.players:
            arrays |= player.optimizer.state()
            counters[f"{player.optimizer.name}-optimizer.steps"] = player.optimizer.steps
        return State(arrays | self.average.state() | self.augmenter.state(), counters)

    def restore(self, state: State) -> None:
        """Go back to a state."""
        for name, network in self.networks().items():
            load_arrays(network, state.arrays, name)
        for player in self.players:
            optimizer = player.optimizer
            arrays = state.arrays if optimizer.lazy else state.up_to_date(self.recipe)
            optimizer.restore(arrays, int(state.counters[f"{optimizer.name}-optimizer.steps"]))
        self.average.restore(state.arrays)
        self.augmenter.restore(state.arrays)
        self.discriminator_turns = int(state.counters["discriminator-turns"])
        self.stats.clear()
        if self.graphs:
            self.graphs.forget()

    def networks(self) -> dict[str, Network]:
        """The networks by their names in a checkpoint."""
        return {
            "generator": self.gan.generator,
            "discriminator": self.gan.discriminator,
            "ema": self.average.network,
        }


def freeze(recipe: Recipe, discriminator: Network) -> None:
    """Keep the lowest layers of the discriminator as they are, as many as the recipe says. Raises RecipeError."""
    weights = discriminator.weights()
    shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
    for name in frozen_arrays(recipe, shapes, planned=discriminator.plan is not None):
        weights[name].requires_grad_(False)


def feedback_of(recipe: Recipe) -> Feedback:
    """The feedback that a recipe asks for, with its faults."""
    if recipe.feedback.name == "labels":
        return faults.LABELS[recipe.feedback.labels]
    made = [fault for fault in recipe.faults if fault in faults.STACKED]
    return faults.STACKED[made[0]] if made else FEEDBACKS[recipe.feedback.name]


def make_players(gan: Gan) -> Players:
    """The players of a GAN, each with its optimiser."""
    settings = gan.recipe.optimizer
    combined = None
    if "never-frozen" in gan.recipe.faults:
        combined = Player(gan, "generator", gan.discriminator, settings.generator, alias="accomplice")
    return Players(
        gan,
        Player(gan, "generator", gan.generator, settings.generator),
        Player(gan, "discriminator", gan.discriminator, settings.discriminator),
        combined,
    )
