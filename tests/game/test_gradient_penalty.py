"""The gradient penalty of Gulrajani et al. 2017, and RMSprop: closed forms, referees, laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.game.step import Gan, discriminator_step
from gansmith.ground import draws
from gansmith.ground.recipes.settings import Recipe
from miniatures import BATCH, play
from variants import inputs, new_game

PENALTY: dict[str, Any] = {"regularizer__name": "gradient-penalty", "regularizer__gamma": 10.0}
LINEAR: dict[str, Any] = {"discriminator__net": "dense", "discriminator__widths": [], "precision__name": "float64"}


@pytest.mark.parametrize("kind", ["vectors", "pictures"])
@pytest.mark.parametrize("interval", [1, 3])
def test_a_linear_discriminator_pays_for_every_gradient_but_one(kind: str, interval: int):
    """D(x) = w x + b has a gradient of length |w| everywhere: the penalty is 10 (|w| - 1)^2, its gradient 20 (|w| - 1) w / |w|."""
    descent = {"optimizer__discriminator__name": "sgd", "loss__name": "wasserstein"}
    game = new_game(kind, **LINEAR, **PENALTY, **descent, regularizer__interval=interval)
    plain = new_game(kind, **LINEAR, **descent, regularizer__name="r1", regularizer__gamma=0.0)
    w = game.players.discriminator.parameters[0].detach().clone()
    norm = float(w.norm())
    for each in (game, plain):
        play(each, 1, 1, rate=1e-3)
    assert game.report().numbers["loss.penalty"] == pytest.approx(10 * (norm - 1) ** 2)
    pushed = plain.players.discriminator.parameters[0] - game.players.discriminator.parameters[0]
    torch.testing.assert_close(pushed.detach(), 1e-3 * interval * 20 * (norm - 1) * w / norm)


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-pictures"])
def test_it_is_taken_between_each_real_item_and_the_fake_of_its_row(kind: str):
    """Against a referee that draws the same points and differentiates twice by itself."""
    game = new_game(kind, **PENALTY, precision__name="float64")
    (x,) = inputs(game, 3).discriminator_turns
    real, fake = game.gan.real(x), game.gan.generate(x).detach()
    share = torch.as_tensor(draws.shares(game.recipe, 3, 0, BATCH)).double().view(-1, *(1,) * (real.ndim - 1))
    points = (real * (1 - share) + fake * share).requires_grad_()
    norms = []
    for row in range(BATCH):
        labels = None if x.real_labels is None else x.real_labels[row : row + 1]
        logit = game.gan.discriminator(points[row : row + 1], labels)
        (gradient,) = torch.autograd.grad(logit.sum(), points)
        norms.append(float(gradient.norm()))
    losses = discriminator_step(game.gan, replace(x, fake=fake))
    expected = 10 * np.mean([(norm - 1) ** 2 for norm in norms])
    assert float(losses.numbers["loss.penalty"].detach()) == pytest.approx(expected, rel=1e-6)


def test_its_points_are_drawn_anew_and_the_same_again():
    recipe = Recipe(seed=3)
    first = draws.shares(recipe, 1, 0, 1000)
    np.testing.assert_array_equal(first, draws.shares(recipe, 1, 0, 1000))
    np.testing.assert_array_equal(first[:10], draws.shares(recipe, 1, 0, 10))
    assert not np.array_equal(first, draws.shares(recipe, 2, 0, 1000))
    assert not np.array_equal(first, draws.shares(recipe, 1, 1, 1000))
    assert 0 <= first.min() < 0.01 < 0.99 < first.max() < 1
    assert first.mean() == pytest.approx(0.5, abs=0.03)


def test_it_leaves_batch_statistics_and_power_iterations_alone(monkeypatch: pytest.MonkeyPatch):
    """With and without a penalty of weight ~0, everything that the discriminator keeps is the same."""
    monkeypatch.setattr(Gan, "items_are_independent", False)  # real and generated items in a pass each
    kept = []
    for gamma in (0.0, 1e-30):
        game = new_game("pictures", **{**PENALTY, "regularizer__gamma": gamma}, discriminator__spectral_norm=True)
        play(game, 1, 2)
        kept.append({name: array for name, array in game.state().arrays.items() if name.endswith("left")})
    assert kept[0]
    for name in kept[0]:
        np.testing.assert_array_equal(kept[0][name], kept[1][name])


def test_a_flat_discriminator_has_a_finite_gradient():
    game = new_game("vectors", **PENALTY, discriminator__initial="normal", discriminator__initial_scale=1e-38)
    play(game, 1, 3)
    assert all(np.isfinite(array).all() for array in game.state().arrays.values())
    assert np.isfinite(game.report().numbers["loss.penalty"])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=6),
    st.floats(0.5, 0.999),
    st.sampled_from([0.0, 0.9]),
)
def test_rmsprop_by_hand(gradients: list[float], beta2: float, momentum: float):
    """v = b v + (1 - b) g^2;  m = mu m + g / (sqrt(v) + e);  w -= rate m."""
    game = new_game(
        "vectors",
        optimizer__generator__name="rmsprop",
        optimizer__generator__beta2=beta2,
        optimizer__generator__momentum=momentum,
        precision__name="float64",
    )
    parameter = game.players.generator.parameters[0]
    w, v, m = float(parameter.detach().ravel()[0]), 0.0, 0.0
    for gradient in gradients:
        for each in game.players.generator.parameters:
            each.grad = torch.full_like(each, gradient)
        game.players.generator.optimizer.step(0.01)
        v = beta2 * v + (1 - beta2) * gradient**2
        m = momentum * m + gradient / (v**0.5 + 1e-8)
        w -= 0.01 * m
        assert float(parameter.detach().ravel()[0]) == pytest.approx(w, abs=1e-9)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rmsprop_resumes_bit_for_bit(momentum: float):
    changes = {f"optimizer__{player}__name": "rmsprop" for player in ("generator", "discriminator")}
    changes |= {f"optimizer__{player}__momentum": momentum for player in ("generator", "discriminator")}
    whole, first, second = (new_game("pictures", **changes) for _ in range(3))
    play(whole, 1, 5)
    play(first, 1, 2)
    second.restore(first.state())
    play(second, 3, 5)
    ours, theirs = whole.state().arrays, second.state().arrays
    assert ours.keys() == theirs.keys()
    assert any("second" in name for name in ours)
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)


@pytest.mark.parametrize("fault", ["constant-bias-correction", "squared-last-gradient"])
def test_mistakes_made_by_hand_are_refused_by_name(fault: str):
    from gansmith.ground.errors import EngineError

    with pytest.raises(EngineError, match=f"{fault}.*engine=numpy"):
        new_game("vectors", faults=[fault])
