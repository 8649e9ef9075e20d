"""The game in JavaScript is the NumPy engine's: same draws, same weights, for each loss, with and without a penalty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learn_page import load

from gansmith.by_hand.game import HandGame
from gansmith.ground import streams
from gansmith.ground.game import StepContext
from gansmith.ground.recipes.settings import (
    DataSettings,
    FeedbackSettings,
    LatentSettings,
    LossName,
    LossSettings,
    NetSettings,
    OptimizerSettings,
    OptimizersSettings,
    PrecisionSettings,
    Recipe,
    RegularizerSettings,
)

BATCH, UPDATES, RATE = 64, 100, 2e-3

PLAY = """([name, settings, seed, updates]) => {
    const { mixture } = DISTRIBUTIONS[name];
    const game = new Game(mixture, settings, seed);
    const real = [];
    for (let update = 1; update <= updates; update++) {
        for (const part of game.update()) if (part === "real") real.push(...game.seen.real);
    }
    const [g, d] = [game.g, game.d].map((player) => Array.from(player.weights.flat));
    return { g, d, real, report: game.report };
}"""


def recipe(seed: int, dim: int, settings: dict[str, Any]) -> Recipe:
    """The page's settings as a recipe of the NumPy engine, in double precision."""
    widths = (32, 32) if dim == 2 else (16, 16)
    adam = OptimizerSettings("adam", RATE, 0.0, 0.99)
    return Recipe(
        seed=seed,
        data=DataSettings(batch=BATCH),
        latent=LatentSettings(dim=settings["latent"], law="normal"),
        generator=NetSettings(net="dense", widths=widths, activation="relu", output="linear"),
        discriminator=NetSettings(net="dense", widths=widths, activation="leaky"),
        loss=LossSettings(settings["loss"]),
        regularizer=RegularizerSettings("r1", settings["gamma"]) if settings["gamma"] else RegularizerSettings("none"),
        feedback=FeedbackSettings("alternating", settings["turnsD"], settings["turnsG"], "fresh"),
        optimizer=OptimizersSettings(adam, adam),
        precision=PrecisionSettings("float64"),
    )


def trained_by_hand(seed: int, settings: dict[str, Any], real: np.ndarray) -> HandGame:
    """The NumPy engine after as many updates, on the real points (N, dim) that the page drew."""
    game = HandGame(recipe(seed, real.shape[1], settings), real.shape[1:])
    game.load(real, None)
    turns = settings["turnsD"]
    for update in range(1, UPDATES + 1):
        first = (update - 1) * turns * BATCH
        indices = np.arange(first, first + turns * BATCH).reshape(turns, BATCH)
        game.step(indices, StepContext(update, first, settings["rateG"], settings["rateD"], ema_decay=0.9))
    return game


@pytest.fixture(scope="module")
def engine(browser: Any) -> Any:
    """A page that knows the game."""
    page = browser.new_context(offline=True).new_page()
    load(page, "engine/game.js")
    return page


LOSSES: tuple[LossName, ...] = ("non-saturating", "minimax", "least-squares", "hinge", "wasserstein")
CASES = [
    *(("ring", loss, 0.3, (1, 1)) for loss in LOSSES),
    *(
        ("ring", loss, 0.0, (1, 1)) for loss in LOSSES if loss != "wasserstein"
    ),  # which a recipe refuses without a penalty
    ("ring", "non-saturating", 0.1, (2, 1)),
    ("ring", "non-saturating", 0.1, (1, 2)),
    ("hills", "non-saturating", 0.1, (1, 1)),
]


@pytest.mark.parametrize(("name", "loss", "gamma", "turns"), CASES)
def test_a_hundred_updates_give_the_same_weights(
    name: str, loss: str, gamma: float, turns: tuple[int, int], engine: Any
):
    settings = {
        "latent": 2 if name == "ring" else 1, "loss": loss, "gamma": gamma, "turnsD": turns[0], "turnsG": turns[1],
        "rateD": RATE, "rateG": RATE, "fault": "none",
    }  # fmt: skip
    made = engine.evaluate(PLAY, [name, settings, 7, UPDATES])
    real = np.array(made["real"], np.float32).reshape(UPDATES * turns[0] * BATCH, -1)
    game = trained_by_hand(7, settings, real)
    for player, weights in (("g", game.generator.weights), ("d", game.discriminator.weights)):
        assert np.abs(np.array(made[player]) - weights.trained).max() < 1e-5


def test_latents_and_first_weights_have_the_same_bits(engine: Any):
    """At places far into a training too: both halves of the counter are numbers of their own."""
    for seed, update, turn in ((0, 0, 0), (5, 1, 2), (-3, 123_456, 1000), (2**70, 2**31, 3)):
        made = engine.evaluate(
            "([seed, update, turn]) => Array.from(latents(seed, update, turn, 600))", [str(seed), update, turn]
        )
        wanted = streams.latents(streams.generator(seed, "latents", update, turn), "normal", (600,))
        assert made == wanted.tolist()
        fine = engine.evaluate(
            "(seed) => { const s = new PlacedStream(seed, 'initial', 0, 1);"
            " return Array.from({length: 9}, () => s.fine()); }",
            str(seed),
        )
        assert fine == streams.generator(seed, "initial", turn=1).random(9).tolist()


def test_the_engine_needs_no_page():
    """Nothing in the engine draws or asks the browser for anything: it is the game alone."""
    folder = Path(__file__).parent.parent.parent / "gansmith" / "learn" / "engine"
    for path in folder.glob("*.js"):
        assert "document" not in path.read_text("utf-8").replace("documentation", ""), path
