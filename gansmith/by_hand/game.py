"""The game in NumPy: two players, their optimisers and the averaged generator.

Pictures are (B, height, width, channels) throughout. `judge` and `advise` are the two turns; `docs/by-hand.md` walks
through both.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.faults import square_last_gradient
from gansmith.by_hand.layers import Pass
from gansmith.by_hand.limits import refuse
from gansmith.by_hand.losses import LOSSES
from gansmith.by_hand.network import Network
from gansmith.by_hand.penalty import gradient_penalty
from gansmith.by_hand.player import Player, load_arrays
from gansmith.ground import draws, pixels
from gansmith.ground.game import Now, Report, State, Verdicts
from gansmith.ground.networks.plan import Shape
from gansmith.ground.settings import Recipe
from gansmith.ground.tally import Tally
from gansmith.nets import plan_discriminator, plan_generator

PENALISED: dict[str, tuple[draws.Pass, ...]] = {"none": (), "r1": ("real",), "r2": ("fake",), "r1+r2": ("real", "fake")}
ROWS = 64  # items a pass outside training; always so many, as a matrix product rounds by its shape


class HandGame:
    """Implements `ground.game.Game`. item_shape is (channels, height, width) or (features,); classes 0 = unlabelled.

    Raises EngineError for what it cannot do.
    """

    def __init__(self, recipe: Recipe, item_shape: Shape, classes: int = 0) -> None:
        self.recipe, self.item_shape, self.classes = recipe, item_shape, classes
        self.dtype = np.dtype(np.float64 if recipe.precision.name == "float64" else np.float32)
        plan_g, plan_d = plan_generator(recipe, item_shape, classes), plan_discriminator(recipe, item_shape, classes)
        refuse(recipe, (plan_g, plan_d))
        self.generator, self.discriminator = Player(plan_g, recipe, self.dtype), Player(plan_d, recipe, self.dtype)
        self.averaged = Arrays(plan_g, self.dtype, kept=True)
        self.average(decay=0.0)
        self.fake_gradient, self.penalty_gradient = Arrays(plan_d, self.dtype), Arrays(plan_d, self.dtype)
        self.loss, self.discriminator_turns, self.tally = LOSSES[recipe.loss.name], 0, Tally()
        self.items, self.labels = np.empty((0, *item_shape)), None

    # ---- one update

    @np.errstate(all="ignore")  # whoever reads the report sees NaN and infinity there, and decides
    def step(self, indices: np.ndarray, now: Now) -> None:
        """The discriminator's turns, then the generator's, then the average."""
        same, fakes = self.recipe.feedback.latents == "same", None
        for turn, rows in enumerate(indices):
            fakes = self.generate(now, turn, len(rows))
            self.judge(rows, fakes, now, turn)
        for index in range(self.recipe.feedback.generator_turns):
            turn = draws.generator_turn(self.recipe, index)
            if fakes is None or not same or index > 0:
                fakes = self.generate(now, turn, indices.shape[1])
            self.advise(fakes, now, turn)
        self.average(now.ema_decay)

    def generate(self, now: Now, turn: int, count: int) -> np.ndarray:
        """The generator's items (B, ...) at a turn, in training mode."""
        z = self._to_float(draws.latents(self.recipe, now.update, turn, count))
        how = self._how(self._asked(now, turn, count), now, turn, "generator", track=True)
        return self.generator.network.forward(z, self.generator.weights, how)

    def judge(self, rows: np.ndarray, fakes: np.ndarray, now: Now, turn: int) -> None:
        """The discriminator's turn: one step towards telling the items at `rows` from fakes.

        L_D = real(D(x)) + fake(D(G(z))) + penalties, and the gradient of a sum is the sum of the gradients.
        """
        player, labels = self.discriminator, None if self.labels is None else self.labels[rows]
        asked = self._asked(now, turn, len(rows))
        real, penalty = self._assess("real", self._reals(rows, now, turn), labels, now, turn, player.gradient)
        fake, another = self._assess("fake", fakes, asked, now, turn, self.fake_gradient)
        player.gradient.trained += self.fake_gradient.trained

        self.tally.loss("discriminator", real + fake)
        if self._penalty_is_due():
            self.tally.loss("penalty", penalty + another)
        player.descend(now.discriminator_rate, self.tally if now.measure else None)
        self.discriminator_turns += 1

    def _assess(
        self, who: draws.Pass, items: np.ndarray, labels: np.ndarray | None, now: Now, turn: int, into: Arrays
    ) -> tuple[float, float]:
        """D forward on real or fake items, and backward from their part of the loss to D's weights.

        Returns the loss and the penalty, and leaves the gradient of both in `into`.
        """
        network, weights, settings = self.discriminator.network, self.discriminator.weights, self.recipe.regularizer
        verdicts = network.forward(items, weights, self._how(labels, now, turn, who, track=True))
        part = self.loss.real if who == "real" else self.loss.fake
        loss, d_verdicts = part(verdicts[:, 0], draws.targets(self.recipe, who, now.update, turn, len(items)))
        self.tally.judged(who, verdicts[:, 0])

        d_verdicts *= self.recipe.loss.discriminator_scale
        network.backward(d_verdicts[:, None], weights, into, onward=False)
        if not (self._penalty_is_due() and who in PENALISED[settings.name]):
            return loss, 0.0
        penalty = gradient_penalty(network, verdicts, weights, settings.gamma, self.penalty_gradient)
        into.trained += settings.interval * self.penalty_gradient.trained
        return loss, penalty

    def advise(self, fakes: np.ndarray, now: Now, turn: int) -> None:
        """The generator's turn: the gradient of its loss passes through the whole discriminator, which is frozen.

        dL/dw = dL/dD(G(z))  x  dD/dG(z)  x  dG(z)/dw, from left to right.
        """
        critic, player = self.discriminator, self.generator
        how = self._how(self._asked(now, turn, len(fakes)), now, turn, "fake", track=False)
        verdicts = critic.network.forward(fakes, critic.weights, how)
        target = draws.targets(self.recipe, "generator", now.update, turn, len(fakes))
        loss, d_verdicts = self.loss.generator(verdicts[:, 0], target)

        d_items = critic.network.backward(d_verdicts[:, None], critic.weights, into=None)
        upstream = d_items.copy() if "squared-last-gradient" in self.recipe.faults else None
        player.network.backward(d_items, player.weights, player.gradient, onward=False)
        if upstream is not None:
            square_last_gradient(player.network, upstream, player.gradient)

        self.tally.loss("generator", loss)
        player.descend(now.generator_rate, self.tally if now.measure else None)

    def average(self, decay: float) -> None:
        """average = decay x average + (1 - decay) x weights; batch statistics are copied."""
        weights, spare = self.generator.weights, self.generator.gradient.trained  # the gradient has served
        self.averaged.trained *= decay
        self.averaged.trained += np.multiply(weights.trained, 1 - decay, out=spare)
        self.averaged.kept[...] = weights.kept

    # ---- what goes in

    def load(self, items: np.ndarray, labels: np.ndarray | None) -> None:
        """Take the training items, uint8 (N, H, W, C) or float32 (N, D), and int64 labels; nothing is copied."""
        self.items, self.labels = items, labels if self.classes else None

    def _reals(self, rows: np.ndarray, now: Now, turn: int) -> np.ndarray:
        """The training items at `rows`, as the discriminator sees them."""
        items = self._to_float(self.items[rows])
        if self.recipe.augment.name == "mirror":
            turned = draws.mirrored(self.recipe, now.update, turn, len(rows))
            items[turned] = items[turned, :, ::-1]
        return items

    def _to_float(self, items: np.ndarray) -> np.ndarray:
        """Bytes to the recipe's range of pixels; vectors and latents as they are."""
        if items.ndim == 2:
            return items.astype(self.dtype, copy=False)
        factor, offset = pixels.SCALE[self.recipe.data.pixels]
        return items.astype(self.dtype) * self.dtype.type(factor) + self.dtype.type(offset)

    def _asked(self, now: Now, turn: int, count: int) -> np.ndarray | None:
        return draws.labels(self.recipe, now.update, turn, count, self.classes, self.labels)

    def _how(self, labels: np.ndarray | None, now: Now, turn: int, which: draws.Pass, track: bool) -> Pass:
        key = partial(draws.dropout_key, self.recipe, now.update, turn, which)
        return Pass(labels, training=True, track=track, dropout_key=key)

    def _penalty_is_due(self) -> bool:
        """Lazily: every `interval` discriminator turns, the first included."""
        settings = self.recipe.regularizer
        return settings.name != "none" and settings.gamma > 0 and self.discriminator_turns % settings.interval == 0

    # ---- what comes out

    def report(self) -> Report:
        """Means since the last report."""
        tally, self.tally = self.tally, Tally()
        return tally.read()

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Raw output float32 of the averaged generator: (N, H, W, C) or (N, D)."""
        return self._infer(self.generator.network, self.averaged, latents, labels)

    @np.errstate(all="ignore")
    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Pictures uint8 (N, H, W, C) or vectors float32 (N, D)."""
        made = self.make(latents, labels)
        return pixels.to_bytes(made, self.recipe.data.pixels) if made.ndim == 4 else made

    def verdicts(self, items: np.ndarray, labels: np.ndarray | None) -> Verdicts:
        """The discriminator's raw output on items, in inference mode."""
        return Verdicts(self._infer(self.discriminator.network, self.discriminator.weights, items, labels)[:, 0])

    @np.errstate(all="ignore")
    def _infer(self, network: Network, w: Arrays, x: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """The network's output float32 in inference mode, ROWS at a time, the last ones filled up with repeats."""
        channels, *size = network.plan.output_shape
        outputs = np.empty((len(x), *size, channels), np.float32)
        for start in range(0, len(x), ROWS):
            rows = np.resize(np.arange(start, min(start + ROWS, len(x))), ROWS)
            asked = labels[rows] if labels is not None and self.classes else None
            made = network.forward(self._to_float(x[rows]), w, Pass(asked))
            outputs[start : start + ROWS] = made[: len(x) - start]
        return outputs

    # ---- what is kept

    def state(self) -> State:
        """Both networks, the averaged generator and the optimisers' memories, in PyTorch's layouts."""
        players = (self.generator, self.discriminator)
        arrays = {name: np.array(array, order="C") for player in players for name, array in player.state()}
        arrays |= {f"ema/{name}": np.array(array, order="C") for name, array in self.averaged.named()}
        counters = {f"{player.name}-optimizer.steps": player.optimizer.steps for player in players}
        return State(arrays, {**counters, "discriminator-turns": self.discriminator_turns})

    def restore(self, state: State) -> None:
        """Go back to a state, of this engine or of another. Raises RunError when it is of another network."""
        for player in (self.generator, self.discriminator):
            player.restore(state.up_to_date(self.recipe), int(state.counters[f"{player.name}-optimizer.steps"]))
        load_arrays(self.averaged, state.arrays, "ema/")
        self.discriminator_turns = int(state.counters["discriminator-turns"])
        self.tally = Tally()
