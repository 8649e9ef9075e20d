"""The numbers of a step: what a player minimises is the sum that the recipe says, each part with its own weight."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.game.step import (
    classification,
    discriminator_loss,
    discriminator_step,
    dropouts,
    frozen,
    generator_loss,
    generator_step,
    mean,
)
from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws
from gansmith.ground.recipes.recipe import override
from gansmith.losses import LOSSES, Loss, Targets
from gansmith.nets.network import DiscriminatorOutput
from gansmith.nets.own import OwnNetwork
from gansmith.parts import Augmentation, Parts, Regularizer
from miniatures import BATCH, play, world
from variants import inputs, new_game

EVERY_TERM: dict[str, Any] = {
    "discriminator__conditioning": "classifier",
    "loss__classifier": 0.7,
    "loss__discriminator_scale": 0.5,
    "regularizer__name": "r1",
    "regularizer__gamma": 3.0,
    "regularizer__interval": 2,
    "precision__name": "float64",
}


def test_the_discriminator_minimises_the_weighted_sum_of_its_terms():
    game = new_game("labelled-pictures", **EVERY_TERM)
    (x,) = inputs(game, 1).discriminator_turns
    found = discriminator_step(game.gan, x)
    assert found.on_real is not None
    assert found.on_fake is not None
    right = F.cross_entropy(found.on_real.classes, x.real_labels)
    made = F.cross_entropy(found.on_fake.classes, x.latents.labels)
    numbers = found.numbers
    assert set(numbers) == {"loss.discriminator", "loss.classifier", "loss.penalty"}
    expected = 0.5 * numbers["loss.discriminator"] + 0.7 * (right + made) + 2 * numbers["loss.penalty"]
    torch.testing.assert_close(found.total, expected)
    torch.testing.assert_close(numbers["loss.classifier"], right)
    by_hand = game.gan.loss.discriminator(found.on_real.logits, found.on_fake.logits, x.targets)
    torch.testing.assert_close(numbers["loss.discriminator"], by_hand)


def test_the_generator_minimises_its_loss_and_the_classifier_s():
    game = new_game("labelled-pictures", **EVERY_TERM)
    (x,) = inputs(game, 1).generator_turns
    found = generator_step(game.gan, x)
    out = game.gan.discriminate(game.gan.generate(x), x, "fake", track=False)
    loss = game.gan.loss.generator(out.logits, None, x.targets)
    torch.testing.assert_close(found.numbers, {"loss.generator": loss})
    torch.testing.assert_close(found.total, loss + 0.7 * F.cross_entropy(out.classes, x.latents.labels))
    assert (found.on_real, found.on_fake, found.is_number) == (None, None, False)


def test_with_logits_of_each_pixel_a_loss_is_the_mean_of_both():
    """A loss that adds up what it gets, and a user's that leaves its numbers apart."""
    whole, apart = (
        Loss(lambda real, fake, targets: real.sum() - fake.sum(), lambda fake, real, targets: -fake.sum(), name="sum"),
        Loss(lambda real, fake, targets: real - fake, lambda fake, real, targets: -fake, name="apart"),
    )
    real = DiscriminatorOutput(torch.tensor([1.0, 3.0]), torch.tensor([[[5.0, 7.0]], [[1.0, 3.0]]]))
    fake = DiscriminatorOutput(torch.tensor([2.0, 6.0]), torch.tensor([[[1.0, 1.0]], [[0.0, 2.0]]]))
    targets = Targets()
    assert float(discriminator_loss(whole, real, fake, targets)) == ((4 - 8) + (16 - 4)) / 2
    assert float(discriminator_loss(apart, real, fake, targets)) == (-2.0 + 3.0) / 2
    assert float(generator_loss(whole, fake, None, targets)) == (-8 - 4) / 2
    assert float(generator_loss(apart, fake, real, targets)) == (-4.0 - 1.0) / 2
    flat_real, flat_fake = DiscriminatorOutput(real.logits), DiscriminatorOutput(fake.logits)
    assert float(discriminator_loss(whole, flat_real, flat_fake, targets)) == -4
    assert float(generator_loss(whole, flat_fake, None, targets)) == -8
    relativistic = LOSSES["relativistic"]
    expected = (relativistic.generator(fake.logits, real.logits, targets)
                + relativistic.generator(fake.per_pixel, real.per_pixel, targets)) / 2  # fmt: skip
    torch.testing.assert_close(generator_loss(relativistic, fake, real, targets), expected)


def test_a_user_s_loss_of_one_number_stays_it():
    assert float(mean(torch.tensor(3.0))) == 3
    assert float(mean(torch.tensor([1.0, 3.0]))) == 2


def test_a_classifier_without_labels_is_an_error():
    scores, labels = torch.zeros(2, 3), torch.tensor([0, 1])
    assert float(classification(scores, labels)) == pytest.approx(1.0986, abs=1e-4)
    for one, other in ((None, labels), (scores, None)):
        with pytest.raises(ValueError, match="needs labels"):
            classification(one, other)


def test_who_was_not_trained_is_not_trained_after_a_freeze():
    network = OwnNetwork(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)))
    first, *rest = network.parameters()
    first.requires_grad_(False)
    with frozen(network):
        assert not any(weight.requires_grad for weight in network.parameters())
    assert [first.requires_grad, *(weight.requires_grad for weight in rest)] == [False, True, True, True]
    assert dropouts(network) == [0]


def test_products_are_in_bfloat16_where_the_recipe_says_so():
    for precision in ("bfloat16", "float32"):
        with new_game("vectors", precision__name=precision).gan.autocast():
            assert torch.is_autocast_enabled("cpu") is (precision == "bfloat16")


# ---- parts of one's own


def own_game(parts: Parts, **settings: Any) -> TorchGame:
    made = world("vectors", **settings)
    game = TorchGame(override(made.recipe, parts.settings()), made.item_shape, 0, parts)
    game.load(made.items, None)
    return game


@pytest.mark.parametrize("micro", [0, 4])
def test_what_is_one_s_own_draws_by_the_seed_and_by_its_first_row(micro: int):
    penalties: list[int] = []
    views: list[int] = []

    def penalty(judge: Any, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
        penalties.append(generator.initial_seed())
        return judge(real).mean()

    def see(items: Tensor, generator: torch.Generator) -> Tensor:
        views.append(generator.initial_seed())
        return items

    game = own_game(Parts(regularizer=Regularizer("mine", penalty), augmentation=Augmentation("mine", see)),
                    data__micro_batch=micro)  # fmt: skip
    penalties.clear()
    views.clear()
    play(game, 5, 5)
    firsts = range(0, BATCH, micro or BATCH)
    assert penalties == [draws.penalty_seed(game.recipe, 5, 0) + first for first in firsts]
    seeds = [draws.view_seed(game.recipe, 5, turn, which) for turn, which in ((0, "real"), (0, "fake"), (1, "fake"))]
    of_discriminator = [seed + first for first in firsts for seed in seeds[:2]]
    assert views == [*of_discriminator, *(seeds[2] + first for first in firsts)]


def test_an_own_penalty_is_weighed_and_its_look_moves_nothing():
    """Where it looks beside the items, singular vectors stay; of the items themselves it gets the logits that are known."""
    seen: list[Tensor] = []

    def penalty(judge: Any, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
        seen[:] = [judge(real), judge(fake), judge(real.detach() + 1)]
        return torch.stack([part.square().mean() for part in seen]).sum()

    def near(judge: Any, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
        return judge(real).mean()

    weights = {"regularizer__gamma": 0.25, "regularizer__interval": 3, "discriminator__spectral_norm": True}
    game, other = (own_game(Parts(regularizer=Regularizer("mine", each)), **weights) for each in (penalty, near))
    (x,), (same,) = inputs(game, 1).discriminator_turns, inputs(other, 1).discriminator_turns
    found, _ = discriminator_step(game.gan, x), discriminator_step(other.gan, same)
    assert found.on_real is not None
    assert found.on_fake is not None
    assert seen[0] is found.on_real.logits
    assert seen[1] is found.on_fake.logits
    assert not torch.allclose(seen[2], seen[0])
    expected = 0.25 * torch.stack([part.square().mean() for part in seen]).sum()
    torch.testing.assert_close(found.numbers["loss.penalty"], expected)
    torch.testing.assert_close(found.total, found.numbers["loss.discriminator"] + 3 * expected)
    for name, array in other.gan.discriminator.arrays().items():
        assert torch.equal(game.gan.discriminator.arrays()[name], array), name
