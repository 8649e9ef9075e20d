"""What parts of one's own do in an update: the same as built-in ones that compute the same, dealt out or not, resumed or not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gansmith.game.torch_game import TorchGame
from gansmith.ground.recipes.recipe import override
from gansmith.losses import LOSSES, Loss
from gansmith.nets import NetPair
from gansmith.parts import NO_PARTS, Augmentation, Parts, Regularizer
from miniatures import BATCH, assert_same_arrays, indices, now, play, world
from thread_ranks import ThreadRanks, together
from variants import assert_near


def build(dim: int, shape: tuple[int, ...], classes: int) -> tuple[nn.Module, nn.Module]:
    """Weights of their own dice: here ranks are threads, and torch's global ones belong to all of them."""
    pair = (
        nn.Sequential(nn.Linear(dim, 8), nn.ReLU(), nn.Linear(8, 2)),
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)),
    )
    dice = torch.Generator().manual_seed(3)
    for weight in [*pair[0].parameters(), *pair[1].parameters()]:
        weight.data = 0.4 * torch.randn(weight.shape, generator=dice)
    return pair


def r1(judge: Any, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """The built-in penalty, written by hand."""
    (slope,) = torch.autograd.grad(judge(real).sum(), real, create_graph=True)
    return slope.square().sum(1).mean() / 2


def towards(judge: Any, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """Something that draws."""
    share = torch.rand(len(real), 1, generator=generator, dtype=real.dtype)
    return judge(share * real.detach() + (1 - share) * fake.detach()).square().mean()


def noise(items: Tensor, generator: torch.Generator) -> Tensor:
    return items + 0.1 * torch.randn(items.shape, generator=generator, dtype=items.dtype)


HINGE = Loss(
    lambda real, fake, targets: (1 - real).relu() + (1 + fake).relu(), lambda fake, real, targets: -fake, name="mine"
)
DEAL_OUT = Parts(nets=NetPair("mine", build), loss=HINGE, regularizer=Regularizer("r1", r1))
ALL = Parts(DEAL_OUT.nets, HINGE, Regularizer("towards", towards), Augmentation("noise", noise))


def new_game(parts: Parts, ranks: ThreadRanks | None = None, **settings: Any) -> TorchGame:
    made = world("vectors", **{"precision__name": "float64", **settings})
    game = TorchGame(override(made.recipe, parts.settings()), made.item_shape, 0, parts, ranks)
    game.load(made.items, None)
    return game


def test_they_are_the_built_in_ones_that_compute_the_same():
    own = new_game(
        Parts(loss=HINGE, regularizer=Regularizer("r1", r1)), regularizer__gamma=2.0, regularizer__interval=2
    )
    built = new_game(
        NO_PARTS, loss__name="hinge", regularizer__name="r1", regularizer__gamma=2.0, regularizer__interval=2
    )
    for game in (own, built):
        play(game, 1, 5)
    assert_near(own.state().arrays, built.state().arrays, 1e-12)
    numbers, known = own.report().numbers, built.report().numbers
    assert numbers == pytest.approx(known, rel=1e-9)


@pytest.mark.parametrize("micro", [0, 2])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_slices_are_the_whole(size: int, micro: int):
    """Over processes and in micro-batches: loss and penalty are means over items."""
    alone = new_game(DEAL_OUT)
    play(alone, 1, 6, rate=1e-3)

    def one(ranks: ThreadRanks) -> TorchGame:
        game, share = new_game(DEAL_OUT, ranks if size > 1 else None, data__micro_batch=micro), BATCH // size
        for update in range(1, 7):
            game.step(indices(update, 1)[:, ranks.rank * share : (ranks.rank + 1) * share], now(update, rate=1e-3))
        return game

    for game in together(size, one):
        assert_near(alone.state().arrays, game.state().arrays, 1e-10)


@pytest.mark.parametrize("feedback", ["alternating", "joint", "stacked"])
def test_what_they_draw_is_drawn_again_after_a_resume(feedback: str):
    settings = {"feedback__name": feedback, "feedback__latents": "same"}
    straight, half, resumed = (new_game(ALL, **settings) for _ in range(3))
    play(straight, 1, 6)
    play(half, 1, 3)
    torch.rand(7)  # the global dice are anywhere
    resumed.restore(half.state())
    play(resumed, 4, 6)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)


def test_views_and_penalties_differ_from_update_to_update():
    seen: list[Tensor] = []

    def look(items: Tensor, generator: torch.Generator) -> Tensor:
        seen.append(torch.rand(3, generator=generator))
        seen.append(torch.rand(3))  # torch's own dice are seeded too
        return items

    game = new_game(Parts(augmentation=Augmentation("look", look)))
    seen.clear()
    play(game, 1, 2)
    drawn = {tuple(each.tolist()) for each in seen}
    assert len(seen) == 2 * 2 * 3
    assert len(drawn) == len(seen) // 2, "the generator and the global dice begin alike, and each pass elsewhere"


def test_a_paired_loss_gets_the_real_logits():
    built = LOSSES["relativistic"]
    paired = Loss(built.discriminator, built.generator, name="paired", paired=True, threshold=None)
    own, known = new_game(Parts(loss=paired)), new_game(NO_PARTS, loss__name="relativistic")
    for game in (own, known):
        play(game, 1, 4)
    assert_same_arrays(own.state().arrays, known.state().arrays)
