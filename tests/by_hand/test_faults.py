"""Article 003's mistakes: each can be made on purpose, does what it is known for, and is absent otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gansmith.by_hand import HandGame
from gansmith.by_hand.faults import ConstantCorrectionAdam
from gansmith.by_hand.layers import Dense
from gansmith.by_hand.optimizers import Adam
from gansmith.ground.errors import EngineError
from gansmith.ground.recipes.settings import DataSettings, OptimizerSettings, OptimizersSettings, Recipe

from .games import ARTICLE_003, CONVOLUTIONAL, GREY, in_precision, moment, play, training_items

LITERAL = replace(
    ARTICLE_003,
    data=DataSettings(batch=1, pixels="unit"),
    generator=replace(
        ARTICLE_003.generator,
        widths=(128, 256, 346, 480, 560, 686),
        activations=("arctan", "relu", "arctan", "relu", "tanh", "relu"),
        initial_scale=0.002,
    ),
    discriminator=replace(ARTICLE_003.discriminator, widths=(128,), initial_scale=0.002),
)


def game_of(recipe: Recipe, shape: tuple[int, ...] = GREY) -> HandGame:
    game = HandGame(recipe, shape)
    game.load(*training_items(shape, 0))
    return game


def last_weight(game: HandGame) -> np.ndarray:
    dense = [layer.index for layer in game.generator.network.layers if isinstance(layer, Dense)]
    return game.generator.weights.of[dense[-1]]["weight"]


def test_a_fault_is_made_only_where_it_is_asked_for() -> None:
    right, wrong = game_of(ARTICLE_003), game_of(replace(ARTICLE_003, faults=("constant-bias-correction",)))
    for player in (right.generator, right.discriminator):
        assert type(player.optimizer) is Adam
    for player in (wrong.generator, wrong.discriminator):
        assert type(player.optimizer) is ConstantCorrectionAdam


def test_a_constant_correction_begins_right_and_then_lags() -> None:
    right, wrong = game_of(ARTICLE_003), game_of(replace(ARTICLE_003, faults=("constant-bias-correction",)))
    for game in (right, wrong):
        play(game, ARTICLE_003, 1, 1)
    assert np.array_equal(last_weight(right), last_weight(wrong))
    for game in (right, wrong):
        play(game, ARTICLE_003, 2, 2)
    assert not np.allclose(last_weight(right), last_weight(wrong), atol=1e-7)


@pytest.mark.parametrize("shape", [(1, 6, 6), (3, 4, 5)])
def test_squared_last_gradient(shape: tuple[int, ...]) -> None:
    """Under plain descent the output's weights can only fall; with the right gradient some rise."""
    plain = OptimizerSettings("sgd", 0.1)
    recipe = replace(ARTICLE_003, optimizer=OptimizersSettings(plain, plain))
    recipe = replace(recipe, generator=replace(recipe.generator, activations=("arctan", "relu", "relu")))
    right, wrong = game_of(recipe, shape), game_of(replace(recipe, faults=("squared-last-gradient",)), shape)
    start = last_weight(right).copy()
    for game in (right, wrong):
        play(game, recipe, 1, 3)
    assert (last_weight(wrong) <= start).all()
    assert (last_weight(wrong) < start).any()
    assert (last_weight(right) > start).any()


def test_squared_last_gradient_by_its_definition() -> None:
    """(u u)^T x, with u = dL/dG(z) from central differences of the loss in one pixel."""
    recipe = in_precision(replace(ARTICLE_003, faults=("squared-last-gradient",)), "float64")
    game = game_of(recipe)
    _, now = moment(recipe, 1)
    fakes = game.generate(now, 1, 2).copy()
    last = [layer for layer in game.generator.network.layers if isinstance(layer, Dense)][-1]
    features = last.x.copy()
    discriminator = game.discriminator

    def loss() -> float:
        return game.loss.generator(discriminator.network.forward(fakes, discriminator.weights)[:, 0], 1.0)[0]

    pixel = 8
    flat, u = fakes.reshape(2, -1), np.zeros(2)
    for item in range(2):
        here = flat[item, pixel]
        flat[item, pixel] = here + 1e-6
        above = loss()
        flat[item, pixel] = here - 1e-6
        u[item] = (above - loss()) / 2e-6
        flat[item, pixel] = here
    game.generator_step(fakes, now, 1)
    assert game.generator.gradient.of[last.index]["weight"][pixel] == pytest.approx(u**2 @ features, rel=1e-5)


def test_the_literal_net_loses_its_latents() -> None:
    """Seven layers of weights scaled by .002 let no trace of z through: all samples are one picture."""
    game = game_of(in_precision(LITERAL, "float64"), (1, 28, 28))
    latents = np.random.default_rng(0).uniform(-1, 1, (16, LITERAL.latent.dim)).astype(np.float32)
    assert game.make(latents, None).std(axis=0).max() < 1e-15
    usual = replace(LITERAL, generator=replace(LITERAL.generator, initial_scale=1.0))
    assert game_of(in_precision(usual, "float64"), (1, 28, 28)).make(latents, None).std(axis=0).max() > 1e-3


def test_faults_of_another_kind_are_refused() -> None:
    with pytest.raises(EngineError, match="not dense"):
        HandGame(replace(CONVOLUTIONAL, faults=("squared-last-gradient",)), (3, 8, 10))
