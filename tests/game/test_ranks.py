"""N processes with a batch of B/N train as one process with a batch of B."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RecipeError
from gansmith.nets import NetPair
from gansmith.nets.modes import Mode
from gansmith.nets.own import OwnNetwork
from gansmith.nets.ranks import batch_norm
from gansmith.parts import Parts
from miniatures import BATCH, World, assert_same_arrays, indices, now, play, world
from thread_ranks import ThreadRanks, together
from variants import EVERY, assert_near, meaningful, start


def on_ranks(made: World, size: int, updates: int, **numbers: Any) -> list[TorchGame]:
    """The games of `size` ranks after some updates, each on its rows."""

    def one(ranks: ThreadRanks) -> TorchGame:
        game, share = start(made, ranks), BATCH // size
        for update in range(1, updates + 1):
            rows = indices(update, made.recipe.feedback.discriminator_turns)
            game.step(rows[:, ranks.rank * share : (ranks.rank + 1) * share], now(update, **numbers))
        return game

    return together(size, one)


@pytest.mark.parametrize(("name", "kind"), meaningful(EVERY, ["vectors", "labelled-pictures"]))
def test_two_ranks_are_one(name: str, kind: str):
    """In float64, whatever the setting: batch norm, dropout, targets, penalties, every feedback."""
    made = world(kind, **{**EVERY[name], "precision__name": "float64"})
    alone = start(made)
    play(alone, 1, 6, rate=1e-3, measure=True)
    first, second = on_ranks(made, 2, 6, rate=1e-3, measure=True)
    assert_near(alone.state().arrays, first.state().arrays, 1e-10)
    assert_same_arrays(first.state().arrays, second.state().arrays)
    assert first.state().counters == alone.state().counters


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("kind", ["vectors", "pictures"])
def test_any_number_of_ranks_are_one_in_float32(kind: str, size: int):
    """Adam at 1e-4 with betas .5 and .999, 20 updates; the pictures' generator has batch norm."""
    made = world(kind, discriminator__norm="batch" if kind == "pictures" else "none")
    alone = start(made)
    play(alone, 1, 20, rate=1e-4)
    ranks = on_ranks(made, size, 20, rate=1e-4)
    for game in ranks:
        assert_near(alone.state().arrays, game.state().arrays, 1e-5)


def test_every_rank_reports_the_numbers_of_all():
    made = world("labelled-pictures", precision__name="float64", regularizer__name="r1")
    alone = start(made)
    play(alone, 1, 5, rate=1e-3, measure=True)
    expected = alone.report()
    games = on_ranks(made, 2, 5, rate=1e-3, measure=True)
    for report in together(2, lambda ranks: games[ranks.rank].report()):
        assert report.numbers.keys() == expected.numbers.keys()
        for name, value in expected.numbers.items():
            assert report.numbers[name] == pytest.approx(value, rel=1e-6, abs=1e-7), name
        assert report.histograms["verdict.real"].counts == expected.histograms["verdict.real"].counts
        assert report.layers.keys() == expected.layers.keys()


def test_a_group_of_one_process_changes_no_bit():
    made = world("labelled-pictures", regularizer__name="r1", generator__norm="none")
    alone = start(made)
    play(alone, 1, 5)
    (one,) = on_ranks(made, 1, 5)
    assert_same_arrays(one.state().arrays, alone.state().arrays)


def test_one_exchange_a_player_and_a_turn():
    """Gradients travel in one flat buffer."""
    made = world("pictures", generator__norm="none")

    def one(ranks: ThreadRanks) -> int:
        game = start(made, ranks)
        game.step(indices(1)[:, :4], now(1))
        return ranks.exchanges

    assert together(2, one) == [2, 2]


@pytest.mark.parametrize("shape", [(8, 3), (8, 3, 4, 4)])
def test_batch_norm_over_ranks_is_torch_s_over_the_batch(shape: tuple[int, ...]):
    """Values, running statistics and gradients with respect to input, scale and shift."""
    rng = np.random.default_rng(0)
    x = torch.as_tensor(rng.normal(3, 2, shape))
    weights = torch.as_tensor(rng.normal(size=shape))
    scale, shift = torch.tensor([1.0, 2.0, 0.5]).double(), torch.tensor([0.0, 1.0, -1.0]).double()
    running = torch.zeros(3).double(), torch.ones(3).double()
    inputs = [tensor.clone().requires_grad_() for tensor in (x, scale, shift)]
    kept = [tensor.clone() for tensor in running]
    expected = F.batch_norm(inputs[0], kept[0], kept[1], inputs[1], inputs[2], True, 0.1, 1e-5)
    wanted = torch.autograd.grad((expected * weights).sum(), inputs)

    def one(ranks: ThreadRanks) -> tuple[Any, ...]:
        rows = slice(ranks.rank * 4, ranks.rank * 4 + 4)
        own = [x[rows].clone().requires_grad_(), scale.clone().requires_grad_(), shift.clone().requires_grad_()]
        mine = [tensor.clone() for tensor in running]
        out = batch_norm(own[0], (mine[0], mine[1]), own[1], own[2], 0.1, 1e-5, ranks)
        return out.detach(), mine, torch.autograd.grad((out * weights[rows]).sum(), own)

    first, second = together(2, one)
    torch.testing.assert_close(torch.cat([first[0], second[0]]), expected.detach(), rtol=1e-12, atol=1e-12)
    for ours, theirs in zip(first[1], kept, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(torch.cat([first[2][0], second[2][0]]), wanted[0], rtol=1e-10, atol=1e-12)
    for index in (1, 2):
        torch.testing.assert_close(first[2][index] + second[2][index], wanted[index], rtol=1e-10, atol=1e-12)


def test_batch_norm_over_ranks_loses_no_digits_to_a_large_mean():
    x = torch.randn(64, 2, generator=torch.Generator().manual_seed(0)) + 1000

    def one(ranks: ThreadRanks) -> torch.Tensor:
        rows = slice(ranks.rank * 32, ranks.rank * 32 + 32)
        return batch_norm(x[rows], None, None, None, 0.1, 1e-5, ranks)

    made = torch.cat(together(2, one))
    exact = (x.double() - x.double().mean(0)) / (x.double().var(0, correction=0) + 1e-5).sqrt()
    assert float((made - exact).abs().max()) < 1e-3


def test_batch_norm_in_bfloat16_keeps_its_type():
    def one(ranks: ThreadRanks) -> torch.Tensor:
        return batch_norm(torch.randn(4, 2).bfloat16(), None, torch.ones(2), torch.zeros(2), 0.1, 1e-5, ranks)

    assert [out.dtype for out in together(2, one)] == [torch.bfloat16] * 2


@pytest.mark.parametrize("regularizer", ["r1", "r2", "r1+r2"])
def test_penalties_with_batch_norm_in_the_discriminator_are_refused_over_ranks(regularizer: str):
    made = world("pictures", discriminator__norm="batch", regularizer__name=regularizer)
    start(made)  # one process may
    with pytest.raises(RecipeError, match=r"discriminator\.norm=none"):
        together(2, lambda ranks: start(made, ranks))


def test_own_networks_with_torch_s_batch_norm_are_refused_over_ranks():
    made = world("vectors")

    def build(dim: int, shape: tuple[int, ...], classes: int) -> tuple[torch.nn.Module, torch.nn.Module]:
        norm = torch.nn.Sequential(torch.nn.Linear(dim, 2), torch.nn.BatchNorm1d(2))
        return norm, torch.nn.Linear(2, 1)

    with pytest.raises(RecipeError, match="torch's batch norm"):
        together(2, lambda ranks: TorchGame(made.recipe, (2,), parts=Parts(nets=NetPair("own", build)), ranks=ranks))


def test_other_rows_of_one_s_own_network_have_other_masks():
    class Dropping(torch.nn.Module):
        def forward(self, x: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
            return F.dropout(x, 0.5, self.training)

    network, x = OwnNetwork(Dropping()), torch.ones(4, 16)

    def kept(first: int) -> torch.Tensor:
        return network(x, None, Mode(training=True, dropout_keys={0: 7}, first_row=first)) > 0

    assert torch.equal(kept(4), kept(4))
    assert not torch.equal(kept(0), kept(4))
