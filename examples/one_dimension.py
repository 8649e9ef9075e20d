"""A GAN that can be seen whole: one number in, one number out, in NumPy.

    python examples/one_dimension.py [--updates 4000] [--out one-dimension]

The data are numbers from N(-1, 1). Two pictures come out:

`theory.png`    The generator is frozen at a Gaussian that is off the mark, and only the discriminator learns. In theory
                the best it can do is D*(x) = p(x) / (p(x) + q(x)), with p the data's density and q the generator's
                (Goodfellow et al. 2014). Both are known here, so D can be laid over D*.
`game.png`      Both learn, from uniform latents. Drawn are p, a histogram of the generator's numbers, and D, at the
                start, on the way and at the end, where q has become p and D one half.

The game follows E. Jang's "Generative Adversarial Nets in TensorFlow (Part I)", with what has been learnt since: Adam
for momentum, logits for clamped probabilities, and R1 so that D rests once q = p, instead of circling around it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gansmith.by_hand import HandGame
from gansmith.ground import streams
from gansmith.ground.game import StepContext
from gansmith.ground.recipes.settings import (
    DataSettings,
    FeedbackSettings,
    LatentSettings,
    NetSettings,
    OptimizerSettings,
    OptimizersSettings,
    Recipe,
    RegularizerSettings,
)
from gansmith.losses.logits import sigmoid

MEAN, SPREAD = -1.0, 1.0  # of the data
FROZEN_MEAN, FROZEN_SPREAD = 1.0, 1.5  # of the generator that stands still
LINE = np.linspace(-5, 5, 201, dtype=np.float32)[:, None]  # where densities and verdicts are drawn

ADAM = OptimizerSettings("adam", 1e-3, 0.5, 0.99)
RECIPE = Recipe(
    data=DataSettings(batch=256),
    latent=LatentSettings(dim=1, law="uniform"),
    generator=NetSettings(net="dense", widths=(32, 32), activation="tanh", output="linear", initial="keras"),
    discriminator=NetSettings(net="dense", widths=(32, 32), activation="tanh", initial="keras"),
    feedback=FeedbackSettings("alternating", discriminator_turns=2),  # and a faster D: G's advice is as good as D is
    optimizer=OptimizersSettings(generator=ADAM, discriminator=replace(ADAM, rate=5e-3)),
    regularizer=RegularizerSettings("r1", gamma=1.0),
)
LINEAR = replace(  # G(z) = w z + b with z from N(0, 1): its density is N(b, w^2)
    RECIPE,
    latent=LatentSettings(dim=1, law="normal"),
    generator=NetSettings(net="dense", widths=(), output="linear"),
    regularizer=RegularizerSettings("none"),
)


@dataclass(frozen=True)
class Moment:
    """What is drawn: D on LINE, and numbers that the generator made."""

    update: int
    verdicts: np.ndarray  # probabilities (201,)
    made: np.ndarray  # (5000,)


def density(x: np.ndarray, mean: float, spread: float) -> np.ndarray:
    """N(mean, spread^2)."""
    return np.exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))


def new_game(recipe: Recipe, count: int = 100_000) -> HandGame:
    """A game over numbers from N(-1, 1)."""
    numbers = np.random.default_rng(recipe.seed).normal(MEAN, SPREAD, (count, 1))
    game = HandGame(recipe, item_shape=(1,))
    game.load(numbers.astype(np.float32), None)
    return game


def train(game: HandGame, first: int, last: int, total: int, *, frozen: bool = False) -> None:
    """Updates first .. last of `total`; rates fall to nothing on the way, the generator's is 0 while it is frozen."""
    recipe, optimizers = game.recipe, game.recipe.optimizer
    shape = recipe.feedback.discriminator_turns, recipe.data.batch
    for update in range(first, last + 1):
        fade = 0.5 * (1 + np.cos(np.pi * update / total))
        rates = 0.0 if frozen else fade * optimizers.generator.rate, fade * optimizers.discriminator.rate
        chosen = streams.generator(recipe.seed, "order", update).integers(0, len(game.items), shape)
        game.step(chosen, StepContext(update, (update - 1) * chosen.size, *rates, ema_decay=0.99))


def theory(updates: int) -> tuple[np.ndarray, np.ndarray]:
    """(D, D*) on LINE as probabilities (201,), after D has learnt against a frozen generator."""
    game = new_game(LINEAR)
    state = game.state()
    state.arrays["generator/0.weight"][...] = FROZEN_SPREAD
    state.arrays["generator/0.bias"][...] = FROZEN_MEAN
    game.restore(state)
    train(game, 1, updates, updates, frozen=True)
    p, q = density(LINE[:, 0], MEAN, SPREAD), density(LINE[:, 0], FROZEN_MEAN, FROZEN_SPREAD)
    return sigmoid(game.discriminate(LINE, None).logits), p / (p + q)


def look(game: HandGame, update: int) -> Moment:
    """D and the averaged generator as they are."""
    latents = streams.latents(streams.generator(0, "samples"), game.recipe.latent.law, (5000, 1))
    return Moment(update, sigmoid(game.discriminate(LINE, None).logits), game.make(latents, None)[:, 0])


def play(updates: int) -> list[Moment]:
    """The game of two, looked at at the start, after a tenth, and at the end."""
    game = new_game(RECIPE)
    moments, stops = [look(game, 0)], (max(1, updates // 10), updates)
    for begin, end in zip((0, *stops), stops, strict=False):
        train(game, begin + 1, end, updates)
        moments.append(look(game, end))
    return moments


def draw(moments: list[Moment], found: tuple[np.ndarray, np.ndarray], out: Path) -> None:
    """Both pictures as PNG files in a folder."""
    from matplotlib.figure import Figure

    out.mkdir(parents=True, exist_ok=True)
    line = LINE[:, 0]
    figure = Figure((6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(line, density(line, MEAN, SPREAD), color="tab:green", label="p, data")
    axes.plot(line, density(line, FROZEN_MEAN, FROZEN_SPREAD), color="tab:red", label="q, frozen generator")
    axes.plot(line, found[1], color="black", linestyle="--", label="D* = p / (p + q)")
    axes.plot(line, found[0], color="tab:blue", label="D, learnt")
    axes.legend()
    figure.savefig(out / "theory.png")

    figure = Figure((12, 4), layout="constrained")
    for axes, moment in zip(figure.subplots(1, len(moments), sharey=True), moments, strict=True):
        axes.plot(line, density(line, MEAN, SPREAD), color="tab:green", label="p, data")
        axes.hist(moment.made, bins=80, range=(-5, 5), density=True, color="tab:red", alpha=0.5, label="q, generator")
        axes.plot(line, moment.verdicts, color="tab:blue", label="D")
        axes.set_ylim(0, 1)
        axes.set_title(f"after {moment.update} updates: mean {moment.made.mean():.2f}, std {moment.made.std():.2f}")
    axes.legend()
    figure.savefig(out / "game.png")


def main(arguments: list[str] | None = None) -> None:
    """Train, say what was found, draw."""
    parser = argparse.ArgumentParser(description="A GAN in one dimension, in NumPy.")
    parser.add_argument("--updates", type=int, default=4000)
    parser.add_argument("--out", type=Path, default=Path("one-dimension"))
    options = parser.parse_args(arguments)
    found, moments = theory(options.updates), play(options.updates)
    p, q = density(LINE[:, 0], MEAN, SPREAD), density(LINE[:, 0], FROZEN_MEAN, FROZEN_SPREAD)
    distance = np.abs(found[0] - found[1])[p + q > 0.02].max()
    last = moments[-1]
    on_support = last.verdicts[p > 0.05]
    print(f"frozen generator: |D - p/(p+q)| is at most {distance:.3f} where there is data")
    print(f"both learn: mean {last.made.mean():.2f} (wanted -1), std {last.made.std():.2f} (wanted 1)")
    print(f"D on the data's support: {on_support.min():.2f} to {on_support.max():.2f} (wanted 0.5)")
    draw(moments, found, options.out)
    print(f"pictures in {options.out}")


if __name__ == "__main__":
    main()
