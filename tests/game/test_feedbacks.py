"""Each feedback's three statements: what it passes through, whose statistics it uses, what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import torch

from gansmith.game.faults import LABELS, STACKED
from gansmith.game.feedbacks import FEEDBACKS, Feedback
from gansmith.game.inputs.update import TurnInputs
from gansmith.game.player import Player, Step, Turn
from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.settings import FeedbackName
from gansmith.losses import check
from gansmith.nets.network import Network
from miniatures import assert_same_arrays, fixed_latents, indices, now, play, world
from variants import changed, inputs, new_game, part

# design of the comparisons: weights in float32, no batch norm, the same latents, 1:1, Adam at 1e-4 with betas .5, .999
FAIR: dict[str, Any] = {
    "feedback__latents": "same",
    "generator__norm": "none",
    "optimizer__generator__beta1": 0.5,
    "optimizer__discriminator__beta1": 0.5,
}
BATCH_NORM_IN_D = {"discriminator__norm": "batch", "discriminator__norm_first": True}


def arrays(game: TorchGame, player: str) -> dict[str, np.ndarray]:
    """The arrays of one player's network."""
    return part(game, f"{player}/")


# ---- joint


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-pictures"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_joint_takes_both_gradients_at_the_old_weights(kind: str, dropout: float):
    """Against a referee that differentiates each loss by itself: the same bits (plain descent shows the gradient)."""
    descent = {"optimizer__generator__name": "sgd", "optimizer__discriminator__name": "sgd"}
    game = new_game(kind, feedback__name="joint", discriminator__dropout=dropout, **FAIR, **descent)
    before = {player: arrays(game, player) for player in ("generator", "discriminator")}

    referee = new_game(kind, feedback__name="joint", discriminator__dropout=dropout, **FAIR, **descent)
    gan, (x,) = referee.gan, inputs(referee, 1).discriminator_turns
    real, fake = gan.real(x), gan.generate(x)
    d_loss = gan.loss.discriminator(
        gan.discriminator(real, x.labels("real"), gan.mode(x, "real")).flatten(),
        gan.discriminator(fake.detach(), x.labels("fake"), gan.mode(x, "fake")).flatten(),
        x.targets,
    )
    on_fake = gan.discriminator(fake, x.labels("fake"), gan.mode(x, "fake")).flatten()
    g_loss = gan.loss.generator(on_fake, None, x.targets)
    gradients = {
        "discriminator": torch.autograd.grad(d_loss, referee.players.discriminator.parameters),
        "generator": torch.autograd.grad(g_loss, referee.players.generator.parameters),
    }

    game.step(indices(1), now(1))
    for player in game.players:
        for (name, weight), gradient in zip(player.optimizer.named.items(), gradients[player.name], strict=True):
            expected = torch.as_tensor(before[player.name][f"{player.name}/{name}"]).add(gradient, alpha=-1e-2)
            assert torch.equal(weight.detach(), expected), name


def test_joint_is_not_alternating():
    """There the generator meets the discriminator after its step; the discriminators are equal after one update."""
    joint, alternating = new_game(feedback__name="joint", **FAIR), new_game(**FAIR)
    for game in (joint, alternating):
        play(game, 1, 1, rate=1e-2)
    assert changed(arrays(joint, "generator"), arrays(alternating, "generator"))
    for name, array in arrays(joint, "discriminator").items():
        np.testing.assert_allclose(array, arrays(alternating, "discriminator")[name], atol=1e-5)


def test_joint_moves_d_s_statistics_twice_and_stacked_once():
    counts = {}
    for name in ("joint", "stacked", "alternating"):
        game = new_game(feedback__name=name, discriminator__norm_momentum=0.5, **FAIR, **BATCH_NORM_IN_D)
        start = arrays(game, "discriminator")["discriminator/1.mean"]
        play(game, 1, 1, rate=1e-12)
        counts[name] = arrays(game, "discriminator")["discriminator/1.mean"] - start
    np.testing.assert_allclose(counts["joint"], counts["alternating"], atol=1e-6)
    assert np.abs(counts["stacked"] - counts["joint"]).max() > 1e-3


# ---- stacked


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-vectors"])
def test_stacked_is_alternating_where_nothing_sees_the_batch(kind: str):
    stacked, alternating = new_game(kind, feedback__name="stacked", **FAIR), new_game(kind, **FAIR)
    for game in (stacked, alternating):
        play(game, 1, 20, rate=1e-4)
    for player in ("generator", "discriminator"):
        for name, array in arrays(stacked, player).items():
            np.testing.assert_allclose(array, arrays(alternating, player)[name], atol=1e-5, err_msg=name)


def test_stacked_is_not_alternating_with_batch_norm_in_d():
    """One batch of real and fake items has other statistics than two batches."""
    stacked = new_game(feedback__name="stacked", **FAIR, **BATCH_NORM_IN_D)
    alternating = new_game(**FAIR, **BATCH_NORM_IN_D)
    for game in (stacked, alternating):
        play(game, 1, 5, rate=1e-4)
    distance = max(
        np.abs(array - arrays(alternating, "discriminator")[name]).max()
        for name, array in arrays(stacked, "discriminator").items()
    )
    assert distance > 1e-3


@pytest.mark.parametrize("feedback", ["alternating", "stacked"])
@pytest.mark.parametrize("more", [{}, {"discriminator__spectral_norm": True}, BATCH_NORM_IN_D], ids=["", "sn", "bn"])
@pytest.mark.parametrize("loss", ["non-saturating", "relativistic"])
def test_a_turn_moves_its_own_player_only_bit_for_bit(
    feedback: str, more: dict[str, Any], loss: str, monkeypatch: pytest.MonkeyPatch
):
    """Weights, batch statistics and power iterations."""
    if (feedback, loss) == ("stacked", "relativistic"):
        return
    game = new_game(feedback__name=feedback, loss__name=loss, **more)
    moved: dict[str, set[str]] = {"generator": set(), "discriminator": set()}

    def watch(player: Player, other: str) -> None:
        minimise = player.minimise

        def watched(step: Step, x: TurnInputs, *, move: bool = True) -> Turn:
            if player.name == "discriminator":  # making items moves the generator's statistics
                x = replace(x, fake=game.gan.generate(x))
            before = arrays(game, other)
            turn = minimise(step, x, move=move)
            moved[other] |= changed(before, arrays(game, other))
            return turn

        monkeypatch.setattr(player, "minimise", watched)

    watch(game.players.discriminator, "generator")
    watch(game.players.generator, "discriminator")
    before = {player: arrays(game, player) for player in ("generator", "discriminator")}
    play(game, 1, 3)
    assert moved == {"generator": set(), "discriminator": set()}
    for player, array in before.items():
        of_all = changed(array, arrays(game, player))
        assert {name for name in array if name.endswith(("weight", "mean", "variance"))} <= of_all


def test_a_frozen_d_uses_its_running_statistics_in_the_combined_model(monkeypatch: pytest.MonkeyPatch):
    """The generator's gradient is that through D in inference mode, and not that through D's batch."""
    game = new_game(feedback__name="stacked", **FAIR, **BATCH_NORM_IN_D)
    play(game, 1, 3)
    seen: list[Any] = []
    whole = Network.discriminate

    def watch(self: Network, x: torch.Tensor, labels: Any = None, mode: Any = None) -> Any:
        seen.append((len(x), mode.training, mode.running, mode.track))
        return whole(self, x, labels, mode)

    monkeypatch.setattr(Network, "discriminate", watch)
    play(game, 4, 4)
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
    game = new_game(**FAIR, **settings.get(name, {"feedback__name": name}))
    seen: list[int] = []
    whole = Network.discriminate

    def watch(self: Network, x: torch.Tensor, *rest: Any) -> Any:
        seen.append(len(x))
        return whole(self, x, *rest)

    monkeypatch.setattr(Network, "discriminate", watch)
    play(game, 1, 1)
    assert seen == PASSES[name]


# ---- the faults of a combined model


@pytest.mark.parametrize("kind", ["vectors", "pictures"])
def test_a_discriminator_that_is_never_frozen_learns_to_call_fakes_real(kind: str):
    """Its own turn is taken at rate 0, so what moves it is the combined model's step."""
    for faults in ([], ["never-frozen"]):
        game = new_game(kind, feedback__name="stacked", faults=faults, **FAIR)
        fakes, before = game.sample(fixed_latents(), None), arrays(game, "discriminator")
        logit = game.verdicts(fakes, None).logits.mean()
        for update in range(1, 6):
            game.step(indices(update), replace(now(update, 1e-2), discriminator_rate=0.0))
        if faults:
            assert game.verdicts(fakes, None).logits.mean() > logit + 0.05
        else:
            assert_same_arrays(before, arrays(game, "discriminator"))


def test_the_combined_optimiser_is_saved_and_resumed():
    settings = {"feedback__name": "stacked", "faults": ["never-frozen"]}
    whole, first = new_game(**settings), new_game(**settings)
    play(whole, 1, 6)
    play(first, 1, 3)
    second = new_game(**settings)
    second.restore(first.state())
    play(second, 4, 6)
    assert_same_arrays(whole.state().arrays, second.state().arrays)


def test_a_discriminator_that_is_never_trained_stays_as_it_was_and_looks_like_success():
    game = new_game("vectors", feedback__name="stacked", faults=["never-trained"], **BATCH_NORM_IN_D)
    before = arrays(game, "discriminator")
    play(game, 1, 200)
    assert_same_arrays(before, arrays(game, "discriminator"))
    game.report()
    play(game, 201, 201)
    numbers = game.report().numbers
    assert numbers["loss.generator"] < 0.3
    assert numbers["loss.discriminator"] > 1


# ---- labels


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-pictures"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_an_output_as_a_number_has_no_gradient(kind: str, optimizer: str):
    game = new_game(kind, feedback__name="labels", optimizer__generator__name=optimizer)
    weights = {name: value.detach().clone() for name, value in game.players.generator.optimizer.named.items()}
    play(game, 1, 5, measure=True)
    numbers = game.report().numbers
    assert numbers["gradient.generator"] == numbers["step.generator"] == 0.0
    assert numbers["loss.generator"] > 0
    assert numbers["gradient.discriminator"] > 0
    assert all(torch.equal(weights[name], value) for name, value in game.players.generator.optimizer.named.items())


REGRESSION = {"feedback__name": "labels", "feedback__labels": "regression", "generator__norm": "none"}


def test_regression_ends_at_the_mean_picture():
    game = new_game(data__batch=40, **REGRESSION)
    regress(game, 150)
    made = game.make(fixed_latents(64), None)
    items = world("pictures").items / 127.5 - 1
    assert np.corrcoef(made.mean(0).ravel(), items.mean(0).ravel())[0, 1] > 0.99
    assert made.std(0).mean() < 0.2 * items.std(0).mean(), "whatever the latents, one picture"


def test_labelled_regression_ends_at_the_means_of_the_classes():
    game = new_game("labelled-pictures", data__batch=40, **REGRESSION)
    regress(game, 150)
    made = world("labelled-pictures")
    assert made.labels is not None
    for label in range(3):
        mean = made.items[made.labels == label].mean(0) / 127.5 - 1
        drawn = game.make(fixed_latents(20), np.full(20, label)).mean(0)
        assert np.corrcoef(drawn.ravel(), mean.ravel())[0, 1] > 0.98


def regress(game: TorchGame, updates: int) -> None:
    for update in range(1, updates + 1):
        game.step(np.arange(40)[None], now(update, 1e-2, decay=0.0))


# ---- every feedback


@pytest.mark.parametrize("feedback", get_args(FeedbackName))
@pytest.mark.parametrize("kind", ["vectors", "labelled-pictures"])
def test_resuming_is_bit_equal(feedback: str, kind: str):
    settings = {"feedback__name": feedback, "feedback__latents": "same", "discriminator__dropout": 0.2}
    settings |= {"regularizer__name": "r1", "regularizer__interval": 2}
    whole, first, second = (new_game(kind, **settings) for _ in range(3))
    play(whole, 1, 7)
    play(first, 1, 3)
    second.restore(first.state())
    play(second, 4, 7)
    assert_same_arrays(whole.state().arrays, second.state().arrays)


@pytest.mark.parametrize("feedback", FEEDBACKS.values(), ids=FEEDBACKS)
def test_its_docstring_makes_three_statements(feedback: Feedback):
    words = feedback.__doc__ or ""
    assert all(statement in words for statement in ("Passes of D:", "Batch statistics:", "rozen"))


@pytest.mark.parametrize("feedback", [*STACKED.values(), *LABELS.values()])
def test_a_fault_s_docstring_says_how_it_differs(feedback: Feedback):
    """From "stacked", or by the statements of a feedback."""
    words = feedback.__doc__ or ""
    assert 'As "stacked"' in words or "Passes of D:" in words


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
