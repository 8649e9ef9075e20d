"""Each feedback's three statements: what it passes through, whose statistics it uses, what it leaves alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from gansmith.game.feedback import FEEDBACKS

from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RecipeError
from gansmith.losses import Targets, check
from gansmith.nets.network import Network
from miniatures import assert_same_arrays, fixed_latents, indices, now, play, world

# design of the comparisons: weights in float32, no batch norm, the same latents, 1:1, Adam at 1e-4 with betas .5, .999
FAIR: dict[str, Any] = {
    "feedback__latents": "same",
    "generator__norm": "none",
    "optimizer__generator__beta1": 0.5,
    "optimizer__discriminator__beta1": 0.5,
}
BATCH_NORM_IN_D = {"discriminator__norm": "batch", "discriminator__norm_first": True}


def game(kind: str = "pictures", **settings: Any) -> TorchGame:
    made = world(kind, **settings)
    table = TorchGame(made.recipe, made.item_shape, made.classes)
    table.load(made.items, made.labels)
    return table


def arrays(table: TorchGame, player: str) -> dict[str, np.ndarray]:
    return {name: array for name, array in table.state().arrays.items() if name.startswith(f"{player}/")}


def differ(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> list[str]:
    return [name for name in one if one[name].tobytes() != other[name].tobytes()]


# ---- joint


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-pictures"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_joint_takes_both_gradients_at_the_old_weights(kind: str, dropout: float):
    """Against a referee that differentiates each loss by itself: the same bits (plain descent shows the gradient)."""
    descent = {"optimizer__generator__name": "sgd", "optimizer__discriminator__name": "sgd"}
    table = game(kind, feedback__name="joint", discriminator__dropout=dropout, **FAIR, **descent)
    before = {player: arrays(table, player) for player in ("generator", "discriminator")}

    referee = game(kind, feedback__name="joint", discriminator__dropout=dropout, **FAIR, **descent)
    clock, rows = now(1), indices(1)[0]
    fakes = referee.generate(clock, 0, len(rows), graph=True)
    reals = referee.reals(rows, clock, 0)
    critic = referee.discriminator.network
    on = {who: referee._mode(referee.discriminator, clock, 0, who) for who in ("real", "fake")}
    d_loss = referee.loss.discriminator(
        critic(reals.pixels, reals.labels, on["real"]).flatten(),
        critic(fakes.pixels.detach(), fakes.labels, on["fake"]).flatten(),
        Targets(),
    )
    g_loss = referee.loss.generator(critic(fakes.pixels, fakes.labels, on["fake"]).flatten(), None, Targets())
    gradients = {
        "discriminator": torch.autograd.grad(d_loss, referee.discriminator.parameters),
        "generator": torch.autograd.grad(g_loss, referee.generator.parameters),
    }

    table.step(indices(1), clock)
    for player in (table.generator, table.discriminator):
        for (name, weight), gradient in zip(player.named.items(), gradients[player.name], strict=True):
            expected = torch.as_tensor(before[player.name][f"{player.name}/{name}"]).add(gradient, alpha=-1e-2)
            assert torch.equal(weight.detach(), expected), name


def test_joint_is_not_alternating():
    """There the generator meets the discriminator after its step; the discriminators are equal after one update."""
    joint, alternating = game(feedback__name="joint", **FAIR), game(**FAIR)
    for table in (joint, alternating):
        play(table, 1, 1, rate=1e-2)
    assert differ(arrays(joint, "generator"), arrays(alternating, "generator"))
    for name, array in arrays(joint, "discriminator").items():
        np.testing.assert_allclose(array, arrays(alternating, "discriminator")[name], atol=1e-5)


def test_joint_moves_d_s_statistics_twice_and_stacked_once():
    counts = {}
    for name in ("joint", "stacked", "alternating"):
        table = game(feedback__name=name, discriminator__norm_momentum=0.5, **FAIR, **BATCH_NORM_IN_D)
        start = arrays(table, "discriminator")["discriminator/1.mean"]
        play(table, 1, 1, rate=1e-12)
        counts[name] = arrays(table, "discriminator")["discriminator/1.mean"] - start
    np.testing.assert_allclose(counts["joint"], counts["alternating"], atol=1e-6)
    assert np.abs(counts["stacked"] - counts["joint"]).max() > 1e-3


# ---- stacked


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-vectors"])
def test_stacked_is_alternating_where_nothing_sees_the_batch(kind: str):
    stacked, alternating = game(kind, feedback__name="stacked", **FAIR), game(kind, **FAIR)
    for table in (stacked, alternating):
        play(table, 1, 20, rate=1e-4)
    for player in ("generator", "discriminator"):
        for name, array in arrays(stacked, player).items():
            np.testing.assert_allclose(array, arrays(alternating, player)[name], atol=1e-5, err_msg=name)


def test_stacked_is_not_alternating_with_batch_norm_in_d():
    """One batch of real and fake items has other statistics than two batches."""
    stacked = game(feedback__name="stacked", **FAIR, **BATCH_NORM_IN_D)
    alternating = game(**FAIR, **BATCH_NORM_IN_D)
    for table in (stacked, alternating):
        play(table, 1, 5, rate=1e-4)
    distance = max(
        np.abs(array - arrays(alternating, "discriminator")[name]).max()
        for name, array in arrays(stacked, "discriminator").items()
    )
    assert distance > 1e-3


@pytest.mark.parametrize("feedback", ["alternating", "stacked"])
@pytest.mark.parametrize("more", [{}, {"discriminator__spectral_norm": True}, BATCH_NORM_IN_D], ids=["", "sn", "bn"])
@pytest.mark.parametrize("loss", ["non-saturating", "relativistic"])
def test_a_turn_moves_its_own_player_only_bit_for_bit(feedback: str, more: dict[str, Any], loss: str):
    """Weights, batch statistics and power iterations."""
    if (feedback, loss) == ("stacked", "relativistic"):
        return
    table = game(feedback__name=feedback, loss__name=loss, **more)
    frozen = {}

    def watched(method: Any, other: str) -> Any:
        def turn(*arguments: Any, **options: Any) -> None:
            before = arrays(table, other)
            method(*arguments, **options)
            frozen[other] = differ(before, arrays(table, other))

        return turn

    table.judge = watched(table.judge, "generator")
    table.advise = watched(table.advise, "discriminator")
    before = {player: arrays(table, player) for player in ("generator", "discriminator")}
    play(table, 1, 3)
    assert frozen == {"generator": [], "discriminator": []}
    for player, array in before.items():
        moved = differ(array, arrays(table, player))
        assert {name for name in array if name.endswith(("weight", "mean", "variance"))} <= set(moved)


def test_a_frozen_d_uses_its_running_statistics_in_the_combined_model():
    """The generator's gradient is that through D in inference mode, and not that through D's batch."""
    table = game(feedback__name="stacked", **FAIR, **BATCH_NORM_IN_D)
    play(table, 1, 3)
    seen: list[Any] = []
    whole = Network.discriminate

    def watch(self: Network, x: torch.Tensor, labels: Any = None, mode: Any = None) -> Any:
        seen.append((len(x), mode.training, mode.running, mode.track))
        return whole(self, x, labels, mode)

    Network.discriminate = watch
    try:
        play(table, 4, 4)
    finally:
        Network.discriminate = whole
    assert seen == [(16, True, False, True), (8, True, True, False)]


PASSES = {  # items in each of D's passes, in one update of batch 8
    "alternating": [16, 8],
    "joint": [8, 8],
    "stacked": [16, 8],
    "labels": [16, 8],
    "labels-regression": [16],
    "relativistic": [16, 8, 8],
    "two-turns": [16, 8, 8],
    "dropout": [8, 8, 8],
}


@pytest.mark.parametrize("name", PASSES)
def test_passes_of_d(name: str, monkeypatch: pytest.MonkeyPatch):
    settings: dict[str, dict[str, Any]] = {
        "labels-regression": {"feedback__name": "labels", "feedback__labels": "regression"},
        "relativistic": {"loss__name": "relativistic"},
        "two-turns": {"feedback__generator_turns": 2},
        "dropout": {"discriminator__dropout": 0.5},
    }
    table = game(**FAIR, **settings.get(name, {"feedback__name": name}))
    seen: list[int] = []
    whole = Network.discriminate

    def watch(self: Network, x: torch.Tensor, *rest: Any) -> Any:
        seen.append(len(x))
        return whole(self, x, *rest)

    monkeypatch.setattr(Network, "discriminate", watch)
    play(table, 1, 1)
    assert seen == PASSES[name]


# ---- the faults of a combined model


@pytest.mark.parametrize("kind", ["vectors", "pictures"])
def test_a_discriminator_that_is_never_frozen_learns_to_call_fakes_real(kind: str):
    """Its own turn is taken at rate 0, so what moves it is the combined model's step."""
    for faults in ([], ["never-frozen"]):
        table = game(kind, feedback__name="stacked", faults=faults, **FAIR)
        fakes, before = table.sample(fixed_latents(), None), arrays(table, "discriminator")
        verdict = table.verdicts(fakes, None).logits.mean()
        for update in range(1, 6):
            table.step(indices(update), dataclasses.replace(now(update, 1e-2), discriminator_rate=0.0))
        if faults:
            assert table.verdicts(fakes, None).logits.mean() > verdict + 0.05
        else:
            assert_same_arrays(before, arrays(table, "discriminator"))


def test_the_accomplice_is_saved_and_resumed():
    settings = {"feedback__name": "stacked", "faults": ["never-frozen"]}
    whole, first = game(**settings), game(**settings)
    play(whole, 1, 6)
    play(first, 1, 3)
    second = game(**settings)
    second.restore(first.state())
    play(second, 4, 6)
    assert_same_arrays(whole.state().arrays, second.state().arrays)


def test_a_discriminator_that_is_never_trained_stays_as_it_was_and_looks_like_success():
    table = game("vectors", feedback__name="stacked", faults=["never-trained"], **BATCH_NORM_IN_D)
    before = arrays(table, "discriminator")
    play(table, 1, 200)
    assert_same_arrays(before, arrays(table, "discriminator"))
    table.report()
    play(table, 201, 201)
    numbers = table.report().numbers
    assert numbers["loss.generator"] < 0.3
    assert numbers["loss.discriminator"] > 1


# ---- labels


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-pictures"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_verdict_as_a_number_has_no_slope(kind: str, optimizer: str):
    table = game(kind, feedback__name="labels", optimizer__generator__name=optimizer)
    weights = {name: value.detach().clone() for name, value in table.generator.named.items()}
    play(table, 1, 5, measure=True)
    numbers = table.report().numbers
    assert numbers["gradient.generator"] == numbers["step.generator"] == 0.0
    assert numbers["loss.generator"] > 0
    assert numbers["gradient.discriminator"] > 0
    assert all(torch.equal(weights[name], value) for name, value in table.generator.named.items())


REGRESSION = {"feedback__name": "labels", "feedback__labels": "regression", "generator__norm": "none"}


def test_regression_ends_at_the_mean_picture():
    table = game(data__batch=40, **REGRESSION)
    regress(table, 150)
    made = table.make(fixed_latents(64), None)
    items = world("pictures").items / 127.5 - 1
    assert np.corrcoef(made.mean(0).ravel(), items.mean(0).ravel())[0, 1] > 0.99
    assert made.std(0).mean() < 0.2 * items.std(0).mean(), "whatever the latents, one picture"


def test_labelled_regression_ends_at_the_means_of_the_classes():
    table = game("labelled-pictures", data__batch=40, **REGRESSION)
    regress(table, 150)
    made = world("labelled-pictures")
    assert made.labels is not None
    for label in range(3):
        mean = made.items[made.labels == label].mean(0) / 127.5 - 1
        drawn = table.make(fixed_latents(20), np.full(20, label)).mean(0)
        assert np.corrcoef(drawn.ravel(), mean.ravel())[0, 1] > 0.98


def regress(table: TorchGame, updates: int) -> None:
    for update in range(1, updates + 1):
        table.step(np.arange(40)[None], now(update, 1e-2, decay=0.0))


# ---- every feedback


@pytest.mark.parametrize("feedback", FEEDBACKS)
@pytest.mark.parametrize("kind", ["vectors", "labelled-pictures"])
def test_resuming_is_bit_equal(feedback: str, kind: str):
    settings = {"feedback__name": feedback, "feedback__latents": "same", "discriminator__dropout": 0.2}
    settings |= {"regularizer__name": "r1", "regularizer__interval": 2}
    whole, first, second = (game(kind, **settings) for _ in range(3))
    play(whole, 1, 7)
    play(first, 1, 3)
    second.restore(first.state())
    play(second, 4, 7)
    assert_same_arrays(whole.state().arrays, second.state().arrays)


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_its_docstring_makes_three_statements(feedback: str):
    words = FEEDBACKS[feedback].__doc__ or ""
    assert all(statement in words for statement in ("Passes of D:", "Batch statistics:", "rozen"))


@pytest.mark.parametrize(
    ("settings", "way_out"),
    [
        ({"feedback__name": "joint"}, "feedback.latents=same"),
        ({"feedback__name": "joint", "feedback__latents": "same", "feedback__generator_turns": 2}, "alternating"),
        ({"feedback__name": "joint", "feedback__latents": "same", "feedback__discriminator_turns": 2}, "alternating"),
        ({"feedback__name": "stacked", "loss__name": "relativistic"}, "feedback.name=alternating"),
        ({"feedback__name": "labels", "loss__name": "relativistic"}, "feedback.name=alternating"),
        ({"faults": ["never-frozen"]}, "feedback.name=stacked"),
        ({"faults": ["never-trained"], "feedback__name": "labels"}, "feedback.name=stacked"),
        ({"loss__name": "wasserstein"}, "regularizer.name=gradient-penalty"),
        ({"loss__name": "hinge", "loss__real": [0.9, 1.0]}, "loss.real"),
        ({"regularizer__name": "gradient-penalty", "discriminator__norm": "batch"}, "discriminator.norm=none"),
    ],
)
def test_combinations_without_meaning_are_refused_with_the_way_out(settings: dict[str, Any], way_out: str):
    with pytest.raises(RecipeError) as refused:
        check(world("pictures", **settings).recipe)
    assert way_out in str(refused.value)
    assert "\n" not in str(refused.value)
