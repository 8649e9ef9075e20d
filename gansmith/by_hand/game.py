"""The GAN in NumPy: two players, their optimisers and the averaged generator.

Pictures are (B, height, width, channels) throughout. `discriminator_step` and `generator_step` are one update;
`docs/by-hand.md` walks through both.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from gansmith import kinds
from gansmith.by_hand.arrays import Array, Arrays
from gansmith.by_hand.faults import square_last_gradient
from gansmith.by_hand.layers import Pass
from gansmith.by_hand.limits import refuse
from gansmith.by_hand.network import Network
from gansmith.by_hand.penalty import gradient_penalty
from gansmith.by_hand.player import Player, load_arrays
from gansmith.ground import draws, penalties, pixels
from gansmith.ground.game import DiscriminatorArrays, Report, State, StepContext
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe
from gansmith.ground.running_stats import RunningStats
from gansmith.kinds import ToItems
from gansmith.losses import loss_of
from gansmith.nets import plan_discriminator, plan_generator

ROWS = 64  # items in a pass outside training; always the same number: how a product is rounded depends on its shape


class HandGame:
    """Implements `ground.game.Game`. item_shape is (channels, height, width) or (features,); classes 0 = unlabelled.

    Raises EngineError for what it cannot do.
    """

    def __init__(self, recipe: Recipe, item_shape: Shape, classes: int = 0, to_items: ToItems | None = None) -> None:
        """to_items: what turns raw output into items as they are stored; None: as the items' shape says."""
        self.to_items = to_items or kinds.ToItems(kinds.of_shape(item_shape), recipe.data, {})
        self.recipe, self.item_shape, self.classes = recipe, item_shape, classes
        self.dtype = np.dtype(np.float64 if recipe.precision.name == "float64" else np.float32)
        plan_g, plan_d = plan_generator(recipe, item_shape, classes), plan_discriminator(recipe, item_shape, classes)
        refuse(recipe, (plan_g, plan_d))
        self.generator, self.discriminator = Player(plan_g, recipe, self.dtype), Player(plan_d, recipe, self.dtype)
        self.averaged = Arrays(plan_g, self.dtype, statistics=True)
        self.average(decay=0.0)
        self.fake_gradient, self.penalty_gradient = Arrays(plan_d, self.dtype), Arrays(plan_d, self.dtype)
        loss = loss_of(recipe)
        assert loss.numpy is not None, "`refuse` has let no other loss pass"
        self.loss, self.discriminator_turns = loss.numpy, 0
        self.stats: RunningStats[Array | float] = RunningStats(loss.threshold)
        self.items, self.labels = np.empty((0, *item_shape)), None

    # ---- one update

    @np.errstate(all="ignore")  # NaN and infinity go into the report; the training loop decides what to do
    def step(self, indices: Array, context: StepContext) -> None:
        """The discriminator's steps, then the generator's, then the average."""
        same, fakes = self.recipe.feedback.latents == "same", None
        for turn, rows in enumerate(indices):
            fakes = self.generate(context, turn, len(rows))
            self.discriminator_step(rows, fakes, context, turn)
        for index in range(self.recipe.feedback.generator_turns):
            turn = draws.generator_turn(self.recipe, index)
            if fakes is None or not same or index > 0:
                fakes = self.generate(context, turn, indices.shape[1])
            self.generator_step(fakes, context, turn)
        self.average(context.ema_decay)

    def generate(self, context: StepContext, turn: int, count: int) -> Array:
        """The generator's items (B, ...) of a turn, in training mode."""
        z = self._to_float(draws.latents(self.recipe, context.update, turn, count))
        mode = self._training(self._drawn_labels(context, turn, count), context, turn, "generator", track=True)
        return self.generator.network.forward(z, self.generator.weights, mode)

    def discriminator_step(self, rows: Array, fakes: Array, context: StepContext, turn: int) -> None:
        """One step of the discriminator, on the real items at `rows` (B,) and the generated ones, `fakes`.

        L_D = real(D(x)) + fake(D(G(z))) + penalties, and the gradient of a sum is the sum of the gradients.
        """
        player, labels = self.discriminator, None if self.labels is None else self.labels[rows]
        drawn = self._drawn_labels(context, turn, len(rows))
        real, penalty = self._one_class(
            "real", self._reals(rows, context, turn), labels, context, turn, player.gradient
        )
        fake, another = self._one_class("fake", fakes, drawn, context, turn, self.fake_gradient)
        player.gradient.trained += self.fake_gradient.trained

        self.stats.add("loss.discriminator", real + fake)
        if penalties.due(self.recipe.regularizer, self.discriminator_turns):
            self.stats.add("loss.penalty", penalty + another)
        player.step(context.discriminator_rate, self.stats if context.measure else None)
        self.discriminator_turns += 1

    def _one_class(
        self, kind: draws.Pass, items: Array, labels: Array | None, context: StepContext, turn: int, into: Arrays
    ) -> tuple[float, float]:
        """D forward on real or on generated items, and backward from their part of the loss to D's weights.

        Returns the loss and the penalty, and leaves the gradient of both in `into`.
        """
        network, weights, settings = self.discriminator.network, self.discriminator.weights, self.recipe.regularizer
        logits = network.forward(items, weights, self._training(labels, context, turn, kind, track=True))
        part = self.loss.real if kind == "real" else self.loss.fake
        loss, d_logits = part(logits[:, 0], draws.targets(self.recipe, kind, context.update, turn, len(items)))
        self.stats.add_logits(kind, logits[:, 0])

        d_logits *= self.recipe.loss.discriminator_scale
        network.backward(d_logits[:, None], weights, into, need_dx=False)
        if not (penalties.due(settings, self.discriminator_turns) and kind in penalties.WHERE[settings.name]):
            return loss, 0.0
        penalty = gradient_penalty(network, logits, weights, settings.gamma, self.penalty_gradient)
        into.trained += settings.interval * self.penalty_gradient.trained
        return loss, penalty

    def generator_step(self, fakes: Array, context: StepContext, turn: int) -> None:
        """One step of the generator: the gradient of its loss passes through the whole discriminator, which is frozen.

        dL/dw = dL/dD(G(z))  x  dD/dG(z)  x  dG(z)/dw, from left to right.
        """
        discriminator, player = self.discriminator, self.generator
        mode = self._training(self._drawn_labels(context, turn, len(fakes)), context, turn, "fake", track=False)
        logits = discriminator.network.forward(fakes, discriminator.weights, mode)
        target = draws.targets(self.recipe, "generator", context.update, turn, len(fakes))
        loss, d_logits = self.loss.generator(logits[:, 0], target)

        d_items = discriminator.network.backward(d_logits[:, None], discriminator.weights, into=None)
        upstream = d_items.copy() if "squared-last-gradient" in self.recipe.faults else None
        player.network.backward(d_items, player.weights, player.gradient, need_dx=False)
        if upstream is not None:
            square_last_gradient(player.network, upstream, player.gradient)

        self.stats.add("loss.generator", loss)
        player.step(context.generator_rate, self.stats if context.measure else None)

    def average(self, decay: float) -> None:
        """average = decay x average + (1 - decay) x weights; the statistics of batch norm are copied."""
        weights = self.generator.weights
        self.averaged.trained *= decay
        self.averaged.trained += (1 - decay) * weights.trained
        self.averaged.statistics[...] = weights.statistics

    # ---- what goes in

    def load(self, items: Array, labels: Array | None) -> None:
        """Take the training items, uint8 (N, H, W, C) or float32 (N, D), and int64 labels; nothing is copied."""
        self.items, self.labels = items, labels if self.classes else None

    def _reals(self, rows: Array, context: StepContext, turn: int) -> Array:
        """The training items at `rows`, as the discriminator sees them."""
        items = self._to_float(self.items[rows])
        if self.recipe.augment.name == "mirror":
            mirrored = draws.mirrored(self.recipe, context.update, turn, len(rows))
            items[mirrored] = items[mirrored, :, ::-1]
        return items

    def _to_float(self, items: Array) -> Array:
        """Bytes to the recipe's range of pixels; numbers as they are."""
        if items.dtype != np.uint8:
            return items.astype(self.dtype, copy=False)
        factor, offset = pixels.SCALE[self.recipe.data.pixels]
        return items.astype(self.dtype) * self.dtype.type(factor) + self.dtype.type(offset)

    def _drawn_labels(self, context: StepContext, turn: int, count: int) -> Array | None:
        """The labels (B,) of generated items; None where there are no labels."""
        return draws.labels(self.recipe, context.update, turn, count, self.classes, self.labels)

    def _training(self, labels: Array | None, context: StepContext, turn: int, which: draws.Pass, track: bool) -> Pass:
        """A pass in training mode, with its keys for dropout."""
        key = partial(draws.dropout_key, self.recipe, context.update, turn, which)
        return Pass(labels, training=True, track=track, dropout_key=key)

    # ---- what comes out

    def report(self) -> Report:
        return self.stats.read()

    def make(self, latents: Array, labels: Array | None) -> Array:
        return self._infer(self.generator.network, self.averaged, latents, labels)

    @np.errstate(all="ignore")
    def sample(self, latents: Array, labels: Array | None) -> Array:
        return self.to_items(self.make(latents, labels))

    def discriminate(self, items: Array, labels: Array | None) -> DiscriminatorArrays:
        return DiscriminatorArrays(
            self._infer(self.discriminator.network, self.discriminator.weights, items, labels)[:, 0]
        )

    @np.errstate(all="ignore")
    def _infer(self, network: Network, w: Arrays, x: Array, labels: Array | None) -> Array:
        """The network's output float32 in inference mode, ROWS items at a time; the last pass repeats items to fill up."""
        channels, *size = network.plan.output_shape
        outputs = np.empty((len(x), *size, channels), np.float32)
        for start in range(0, len(x), ROWS):
            rows = np.resize(np.arange(start, min(start + ROWS, len(x))), ROWS)
            given = labels[rows] if labels is not None and self.classes else None
            y = network.forward(self._to_float(x[rows]), w, Pass(given))
            outputs[start : start + ROWS] = y[: len(x) - start]
        return outputs

    # ---- checkpoints

    def state(self) -> State:
        """Both networks, the averaged generator and the optimisers' memory, in PyTorch's layouts."""
        players = (self.generator, self.discriminator)
        arrays = {name: np.array(array, order="C") for player in players for name, array in player.state()}
        arrays |= {f"ema/{name}": np.array(array, order="C") for name, array in self.averaged.named()}
        counters = {f"{player.name}-optimizer.steps": player.optimizer.steps for player in players}
        return State(arrays, {**counters, "discriminator-turns": self.discriminator_turns})

    def restore(self, state: State) -> None:
        for player in (self.generator, self.discriminator):
            player.restore(state.up_to_date(self.recipe), int(state.counters[f"{player.name}-optimizer.steps"]))
        load_arrays(self.averaged, state.arrays, "ema/")
        self.discriminator_turns = int(state.counters["discriminator-turns"])
        self.stats.clear()
