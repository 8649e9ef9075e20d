"""Losses: values by hand, finite differences, finite everywhere, and what they do to players."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log1p

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.game.step import discriminator_step
from gansmith.game.torch_game import TorchGame
from gansmith.losses import LOSSES, Loss, Targets
from gansmith.losses.non_saturating import cross_entropy
from miniatures import indices, now, play, world
from variants import inputs, new_game, start


def softplus(x: float) -> float:
    return max(x, 0) + log1p(exp(-abs(x)))


def bce(logit: float, target: float) -> float:
    """-t log p - (1 - t) log(1 - p) with p = sigmoid(logit)."""
    return target * softplus(-logit) + (1 - target) * softplus(logit)


BOUND = {"regularizer__name": "r1", "regularizer__gamma": 1e-3}  # the Wasserstein loss asks for one
REAL, FAKE = [2.0, -0.5], [-3.0, 0.25]
BY_HAND = {
    "non-saturating": (
        np.mean([bce(x, 1) for x in REAL]) + np.mean([bce(x, 0) for x in FAKE]),
        np.mean([bce(x, 1) for x in FAKE]),
    ),
    "minimax": (
        np.mean([bce(x, 1) for x in REAL]) + np.mean([bce(x, 0) for x in FAKE]),
        -np.mean([bce(x, 0) for x in FAKE]),
    ),
    "hinge": ((0 + 1.5) / 2 + (0 + 1.25) / 2, 2.75 / 2),
    "least-squares": ((1 + 2.25) / 4 + (9 + 0.0625) / 4, (16 + 0.5625) / 4),
    "wasserstein": (-2.75 / 2 - 1.5 / 2, 2.75 / 2),
    "relativistic": ((softplus(-5) + softplus(0.75)) / 2, (softplus(5) + softplus(-0.75)) / 2),
}


def tensor(values: list[float], **options: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, **options)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("name", "loss"), LOSSES.items())
def test_values_by_hand(name: str, loss: Loss):
    assert name in BY_HAND, "compute its values by hand, and give it a row in BY_HAND"
    discriminator, generator = BY_HAND[name]
    assert float(loss.discriminator(tensor(REAL), tensor(FAKE), Targets())) == pytest.approx(discriminator)
    assert float(loss.generator(tensor(FAKE), tensor(REAL), Targets())) == pytest.approx(generator)


@pytest.mark.parametrize(("real", "fake", "generator"), [(0.9, 0.0, 1.0), (0.95, 0.05, 0.9)])
def test_smoothed_values_by_hand(real: float, fake: float, generator: float):
    loss, targets = LOSSES["non-saturating"], Targets(real, fake, generator)
    expected = np.mean([bce(x, real) for x in REAL]) + np.mean([bce(x, fake) for x in FAKE])
    assert float(loss.discriminator(tensor(REAL), tensor(FAKE), targets)) == pytest.approx(expected)
    expected = np.mean([bce(x, generator) for x in FAKE])
    assert float(loss.generator(tensor(FAKE), None, targets)) == pytest.approx(expected)


def test_each_item_may_have_a_target_of_its_own():
    targets = Targets(real=tensor([0.9, 1.0]), fake=tensor([0.1, 0.0]), generator=tensor([0.9, 0.95]))
    loss = LOSSES["non-saturating"]
    expected = (bce(2.0, 0.9) + bce(-0.5, 1.0) + bce(-3.0, 0.1) + bce(0.25, 0.0)) / 2
    assert float(loss.discriminator(tensor(REAL), tensor(FAKE), targets)) == pytest.approx(expected)
    assert float(loss.generator(tensor(FAKE), None, targets)) == pytest.approx((bce(-3.0, 0.9) + bce(0.25, 0.95)) / 2)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradients_by_finite_differences(loss: Loss):
    targets = Targets(0.9, 0.05, 0.95)
    real, fake = tensor([2.0, -0.5, 0.3], requires_grad=True), tensor([-3.0, 0.25, 4.0], requires_grad=True)
    assert torch.autograd.gradcheck(lambda r, f: loss.discriminator(r, f, targets), (real, fake))
    assert torch.autograd.gradcheck(lambda f: loss.generator(f, real.detach(), targets), fake)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("logit", [-1e4, -100.0, 100.0, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_finite_for_any_logit(loss: Loss, logit: float, dtype: torch.dtype):
    real = torch.full((3,), logit, dtype=dtype, requires_grad=True)
    fake = torch.full((3,), -logit, dtype=dtype, requires_grad=True)
    for value in (loss.discriminator(real, fake, Targets()), loss.generator(fake, real, Targets())):
        assert value.ndim == 0
        assert torch.isfinite(value)
        gradients = torch.autograd.grad(value, (real, fake), allow_unused=True, retain_graph=True)
        assert all(torch.isfinite(gradient).all() for gradient in gradients if gradient is not None)


@pytest.mark.parametrize(("name", "gradient"), [("non-saturating", -0.9975), ("minimax", -0.0025), ("hinge", -1.0)])
def test_the_gradient_that_a_sure_discriminator_leaves_the_generator(name: str, gradient: float):
    """At a logit of -6 the minimax generator learns nothing: Goodfellow's reason for the other loss."""
    logit = tensor([-6.0], requires_grad=True)
    LOSSES[name].generator(logit, None, Targets()).backward()
    assert logit.grad is not None
    assert float(logit.grad) == pytest.approx(gradient, abs=5e-5)


def test_minimax_losses_of_generated_items_sum_to_zero():
    fake = tensor(FAKE)
    zero_real = tensor([1e3, 1e3])  # costs the discriminator nothing
    loss = LOSSES["minimax"]
    total = loss.discriminator(zero_real, fake, Targets()) + loss.generator(fake, None, Targets())
    assert float(total) == pytest.approx(0, abs=1e-12)


def test_cross_entropy_is_torch_s():
    logits, target = torch.randn(20, dtype=torch.float64), torch.rand(20, dtype=torch.float64)
    reference = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(cross_entropy(logits, target), reference)


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-vectors"])
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_moves_both_players(name: str, kind: str):
    game = new_game(kind, loss__name=name, **BOUND)
    before = game.state().arrays
    play(game, 1, 3)
    after, numbers = game.state().arrays, game.report().numbers
    for player in ("generator", "discriminator"):
        assert np.isfinite(numbers[f"loss.{player}"])
        weights = [key for key in before if key.startswith(f"{player}/") and key.endswith("weight")]
        assert all(not np.array_equal(before[key], after[key]) for key in weights)


def train_discriminator(game: TorchGame, first: int, last: int) -> None:
    """Updates first .. last, in which the generator stays as it is."""
    for update in range(first, last + 1):
        game.step(indices(update), replace(now(update), generator_rate=0.0))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_makes_a_discriminator_that_tells_real_from_fake(name: str):
    made = world("vectors", loss__name=name, **BOUND)
    game = TorchGame(made.recipe, made.item_shape)
    game.load(made.items + 4, None)
    train_discriminator(game, 1, 60)
    game.report()
    train_discriminator(game, 61, 61)
    numbers = game.report().numbers
    assert numbers["accuracy.real"] == numbers["accuracy.fake"] == 1
    assert numbers["verdict.real"] > numbers["verdict.fake"] + 0.5
    threshold = LOSSES[name].threshold
    assert threshold is None or numbers["verdict.real"] > threshold > numbers["verdict.fake"]


def test_a_smoothed_discriminator_becomes_as_sure_as_it_is_asked_to_be():
    """Real items far from the fakes, target .9: D(x) goes to .9, not to 1."""
    made = world("vectors", loss__real=[0.9, 0.9])
    game = TorchGame(made.recipe, made.item_shape)
    game.load(np.full((40, 2), 6, np.float32), None)
    train_discriminator(game, 1, 250)
    game.report()
    train_discriminator(game, 251, 255)
    numbers = game.report().numbers
    assert numbers["probability.real"] == pytest.approx(0.9, abs=0.01)
    assert numbers["probability.fake"] < 0.02


def test_drawn_targets_stay_in_their_range():
    """What reaches the loss, through the whole game."""
    discriminator: list[Targets] = []
    generator: list[Targets] = []
    game = new_game("vectors", loss__real=[0.9, 1.0], loss__fake=[0.0, 0.1], loss__generator=[0.8, 0.9])
    whole = game.gan.loss

    def watch(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        discriminator.append(targets)
        return whole.discriminator(real, fake, targets)

    def watch_generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
        generator.append(targets)
        return whole.generator(fake, real, targets)

    game.gan.loss = replace(whole, discriminator=watch, generator=watch_generator)
    play(game, 1, 30)
    for seen, name, low, high in (
        (discriminator, "real", 0.9, 1.0),
        (discriminator, "fake", 0.0, 0.1),
        (generator, "generator", 0.8, 0.9),
    ):
        drawn = torch.cat([getattr(targets, name) for targets in seen])
        assert len(drawn) == len(drawn.unique()) == 30 * 8
        assert low <= float(drawn.min()) < low + 0.01
        assert high - 0.01 < float(drawn.max()) <= high


def test_the_scale_of_the_discriminator_s_loss_scales_its_step():
    steps = []
    for scale in (1.0, 0.5):
        game = new_game("vectors", loss__discriminator_scale=scale, optimizer__discriminator__name="sgd")
        before = game.state().arrays["discriminator/0.weight"]
        play(game, 1, 1)
        steps.append((game.state().arrays["discriminator/0.weight"] - before, game.report().numbers))
    np.testing.assert_allclose(steps[0][0], 2 * steps[1][0], rtol=1e-3, atol=1e-7)
    assert steps[0][1]["loss.discriminator"] == steps[1][1]["loss.discriminator"]


def test_an_auxiliary_classifier_learns_from_real_and_from_generated_items():
    made = world("labelled-pictures", discriminator__conditioning="classifier", loss__classifier=0.7)
    game = start(made)
    (x,) = inputs(game, 1).discriminator_turns
    found = discriminator_step(game.gan, x)
    terms = [
        F.cross_entropy(output.classes, labels)
        for output, labels in ((found.on_real, x.real_labels), (found.on_fake, x.latents.labels))
    ]
    torch.testing.assert_close(found.total, found.numbers["loss.discriminator"] + 0.7 * (terms[0] + terms[1]))
    torch.testing.assert_close(found.numbers["loss.classifier"], terms[0])
    assert terms[1] > 0
