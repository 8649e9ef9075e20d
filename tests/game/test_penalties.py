"""R1 and R2 (Mescheder et al. 2018): closed forms on a linear discriminator, and laziness."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from gansmith.game import limits
from gansmith.game.penalties import REGULARIZERS, finite_difference, squared_gradient_norm
from gansmith.game.step import Gan
from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws
from gansmith.ground.errors import RecipeError
from gansmith.ground.penalties import WHERE, due
from gansmith.ground.recipes.settings import RegularizerSettings
from gansmith.nets.own import OwnNetwork
from miniatures import BATCH, COUNT, indices, now, play, world
from variants import start

LINEAR = {
    "discriminator__net": "dense",
    "discriminator__widths": [],
    "optimizer__discriminator__name": "sgd",
    "precision__name": "float64",
}
PENALISED = {"r1": 1, "r2": 1, "r1+r2": 2}  # at how many kinds of items


def new_game(kind: str, **settings) -> TorchGame:
    return start(world(kind, **LINEAR, **settings))


def weight(game: TorchGame) -> np.ndarray:
    """D(x) = w . x + b: w, in float64."""
    return next(a for name, a in game.state().arrays.items() if name.startswith("discriminator/") and a.ndim == 2)


@pytest.mark.parametrize("kind", ["vectors", "pictures"])
@pytest.mark.parametrize(("name", "times"), PENALISED.items())
def test_a_linear_discriminator_pays_gamma_half_times_its_weight_squared(kind: str, name: str, times: int):
    game = new_game(kind, regularizer__name=name, regularizer__gamma=3.0)
    expected = times * 3.0 / 2 * float((weight(game) ** 2).sum())
    play(game, 1, 1)
    assert game.report().numbers["loss.penalty"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("interval", [1, 4])
@pytest.mark.parametrize("kind", ["vectors", "pictures"])
@pytest.mark.parametrize(("name", "times"), PENALISED.items())
def test_its_step_shrinks_the_weight_by_the_interval_times_gamma(kind: str, name: str, times: int, interval: int):
    """Gradient descent with and without the penalty differ by rate x interval x gamma x w: to float64's precision."""
    plain = new_game(kind)
    penalised = new_game(kind, regularizer__name=name, regularizer__gamma=0.7, regularizer__interval=interval)
    w = weight(plain)
    for game in (plain, penalised):
        play(game, 1, 1, rate=0.01)
    np.testing.assert_allclose(
        weight(plain) - weight(penalised), 0.01 * interval * times * 0.7 * w, rtol=1e-9, atol=1e-15
    )


@pytest.mark.parametrize(("interval", "turns"), [(1, 1), (4, 1), (3, 2)])
def test_laziness_counts_discriminator_turns(interval: int, turns: int):
    game = new_game(
        "vectors", regularizer__name="r1", regularizer__interval=interval, feedback__discriminator_turns=turns
    )
    taken, expected = [], []
    for update in range(1, 10):
        game.step(indices(update, turns), now(update))
        taken.append("loss.penalty" in game.report().numbers)
        expected.append(any(turn % interval == 0 for turn in range((update - 1) * turns, update * turns)))
    assert taken == expected
    assert any(taken)


def test_laziness_survives_a_checkpoint():
    game, resumed = (new_game("vectors", regularizer__name="r1", regularizer__interval=4) for _ in range(2))
    play(game, 1, 3)
    resumed.restore(game.state())
    taken = []
    for update in range(4, 7):
        play(resumed, update, update)
        taken.append("loss.penalty" in resumed.report().numbers)
    assert taken == [False, True, False]


@pytest.mark.parametrize("name", REGULARIZERS)
def test_the_table_says_where_a_penalty_is_taken(name: str):
    places = {
        "real": "r1" in name or name == "own",
        "fake": "r2" in name or name == "own",
        "between": name == "gradient-penalty",
    }
    assert set(WHERE[name]) == {place for place, taken in places.items() if taken}  # pyright: ignore[reportArgumentType]


def test_nothing_is_due_without_a_penalty():
    assert not due(RegularizerSettings("none"), 0)
    assert not due(RegularizerSettings("r1", gamma=0), 0)
    assert [due(RegularizerSettings("r1", interval=3), turn) for turn in range(4)] == [True, False, False, True]


def test_no_penalty_is_reported_as_none():
    game = new_game("vectors", regularizer__name="r1", regularizer__gamma=0.0)
    play(game, 1, 2)
    assert "loss.penalty" not in game.report().numbers


def test_the_norm_is_per_item():
    """D(x) = sum of squares: the gradient of item i is 2 x_i, whatever the others are."""
    items = torch.tensor([[1.0, 2.0], [3.0, 0.0]], dtype=torch.float64, requires_grad=True)
    value = squared_gradient_norm(items.square().sum(1), items)
    assert float(value.detach()) == pytest.approx((4 * 5 + 4 * 9) / 2)
    (gradient,) = torch.autograd.grad(value, items)
    torch.testing.assert_close(gradient, 4 * items.detach())  # d/dx of mean |2x|^2


@pytest.mark.parametrize("name", PENALISED)
def test_the_gradient_of_the_penalty_by_finite_differences(name: str):
    """Through a curved discriminator: the step of gradient descent is the derivative of the whole loss."""
    made = world(
        "vectors",
        regularizer__name=name,
        regularizer__gamma=2.0,
        discriminator__activation="tanh",
        optimizer__discriminator__name="sgd",
        precision__name="float64",
    )

    def whole_loss(shift: float) -> tuple[float, float]:
        game = start(made)
        watched = game.gan.discriminator.arrays()["2.weight"]
        with torch.no_grad():
            watched[1, 2] += shift
        before = float(watched.detach()[1, 2])
        play(game, 1, 1, rate=1e-3)
        numbers = game.report().numbers
        return numbers["loss.discriminator"] + numbers["loss.penalty"], (before - float(watched.detach()[1, 2])) / 1e-3

    step = 1e-3
    derivative = (whole_loss(step)[0] - whole_loss(-step)[0]) / (2 * step)
    assert whole_loss(0.0)[1] == pytest.approx(derivative, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float64"])
def test_penalties_are_summed_in_float32_at_least(precision: str):
    games = [
        start(world("pictures", regularizer__name="r1+r2", precision__name=name)) for name in (precision, "float64")
    ]
    for game in games:
        play(game, 1, 2)
    found, expected = (game.report().numbers["loss.penalty"] for game in games)
    assert found == pytest.approx(expected, rel={"bfloat16": 0.1}.get(precision, 1e-3))


# ---- by finite differences


def steps_of(game: TorchGame, where: str, count: int) -> np.ndarray:
    """The directions that update 1 takes, (count, numbers of an item)."""
    shape = (count, *game.item_shape)
    return draws.directions(game.recipe, 1, 0, where, shape).reshape(count, -1).astype(np.float64)


@pytest.mark.parametrize("feedback", ["alternating", "joint", "stacked"])
@pytest.mark.parametrize("kind", ["vectors", "pictures"])
@pytest.mark.parametrize(("name", "places"), [("r1", ["real"]), ("r2", ["real"]), ("r1+r2", ["real", "fake"])])
def test_a_linear_discriminator_pays_for_its_change_along_the_steps(
    kind: str, name: str, places: list[str], feedback: str
):
    """D(x + e) - D(x) = w . e, whatever sigma is."""
    places = ["fake"] if name == "r2" else places
    latents = "same" if feedback == "joint" else "fresh"
    more = {"feedback__name": feedback, "feedback__latents": latents}
    game = new_game(kind, regularizer__name=name, regularizer__gamma=3.0, regularizer__sigma=0.2, **more)
    w = weight(game).ravel()
    expected = sum(3.0 / 2 * float(((steps_of(game, where, BATCH) @ w) ** 2).mean()) for where in places)
    play(game, 1, 1)
    assert game.report().numbers["loss.penalty"] == pytest.approx(expected, rel=1e-6)


def test_over_many_steps_it_is_the_squared_gradient():
    """The mean over steps of (D(x + e) - D(x))^2 / sigma^2, for a small sigma, against the exact R1."""
    made = world("vectors", precision__name="float64", discriminator__activation="tanh", regularizer__name="r1")
    exact = TorchGame(made.recipe, made.item_shape)
    network, items = exact.gan.discriminator, torch.as_tensor(made.items[:5], dtype=torch.float64)
    wanted = squared_gradient_norm(network(items.requires_grad_()).flatten(), items) / 2
    rng, sigma = np.random.default_rng(0), 1e-4
    parts = []
    with torch.no_grad():
        for _ in range(4000):
            step = torch.as_tensor(rng.standard_normal(items.shape))
            parts.append(finite_difference(network(items).flatten(), network(items + sigma * step).flatten(), sigma))
    assert float(torch.stack(parts).mean()) == pytest.approx(float(wanted.detach()), rel=0.05)


@pytest.mark.parametrize("feedback", ["alternating", "joint", "stacked"])
@pytest.mark.parametrize("name", ["r1", "r2", "r1+r2"])
def test_under_dropout_a_moved_item_is_compared_with_itself_under_its_own_mask(name: str, feedback: str):
    """Against the exact penalty, over many updates that move no weight: the steps' mean is the same, however small."""
    latents = "same" if feedback == "joint" else "fresh"
    settings = {"feedback__name": feedback, "feedback__latents": latents, "discriminator__dropout": 0.3}
    settings |= {
        "precision__name": "float64",
        "regularizer__name": name,
        "regularizer__interval": 1,
        "data__batch": COUNT,
    }

    def penalty(sigma: float) -> float:
        game = start(world("vectors", regularizer__sigma=sigma, **settings))
        for update in range(1, 31):
            game.step(indices(update, batch=COUNT), now(update, rate=0.0))
        return game.report().numbers["loss.penalty"]

    exact, steps = penalty(0.0), [penalty(sigma) for sigma in (1e-6, 1e-4)]
    assert steps[0] == pytest.approx(steps[1], rel=0.02)
    assert steps[0] == pytest.approx(exact, rel=0.25)


def test_steps_and_batch_norm_are_refused():
    with pytest.raises(RecipeError, match=r"regularizer\.sigma = 0\.1 compares each item.*sigma=0"):
        world("pictures", regularizer__name="r1", regularizer__sigma=0.1, discriminator__norm="batch")
    plain, normed = (
        OwnNetwork(nn.Sequential(nn.Linear(2, 4), layer, nn.Linear(4, 1))) for layer in (nn.ReLU(), nn.BatchNorm1d(4))
    )
    recipe = world("vectors", regularizer__name="r2", regularizer__sigma=0.1).recipe
    limits.refuse(recipe, {"generator": plain, "discriminator": plain}, None)
    with pytest.raises(RecipeError, match="use another norm"):
        limits.refuse(recipe, {"generator": plain, "discriminator": normed}, None)
    recipe = world("vectors", regularizer__name="r2", regularizer__sigma=0.1, feedback__name="stacked").recipe
    with pytest.raises(RecipeError, match=r"feedback\.name=alternating"):
        limits.refuse(recipe, {"generator": plain, "discriminator": plain}, None)


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures"])
def test_steps_are_the_same_in_one_pass_and_in_several(kind: str, monkeypatch: pytest.MonkeyPatch):
    """One pass over real items, generated ones and a penalty's points computes what several compute."""
    made = world(kind, precision__name="float64", regularizer__name="r1+r2", regularizer__sigma=0.3)
    together, apart = start(made), start(made)
    assert together.gan.items_are_independent
    play(together, 1, 3)
    monkeypatch.setattr(Gan, "items_are_independent", False)
    play(apart, 1, 3)
    for name, array in together.state().arrays.items():
        np.testing.assert_allclose(array, apart.state().arrays[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_steps_are_for_r1_and_r2():
    with pytest.raises(RecipeError, match=r"regularizer\.sigma is for r1 and r2"):
        new_game("vectors", loss__name="wasserstein", regularizer__name="gradient-penalty", regularizer__sigma=0.1)
