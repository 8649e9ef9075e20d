"""Gradients added up over micro-batches are those of the whole batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.game.inputs.update import TurnInputs
from gansmith.game.player import Step
from gansmith.game.step import Gan, Losses, discriminator_step, generator_step
from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import EngineError, RecipeError
from gansmith.nets import NetPair
from gansmith.parts import Parts
from miniatures import assert_same_arrays, indices, now, play, world
from thread_ranks import ThreadRanks, together
from variants import EVERY, assert_near, inputs, meaningful, new_game, part, start

BATCH_NORM = ("batch-norm", "stacked", "styled")  # variants that have it


WORLDS = meaningful([name for name in EVERY if name not in BATCH_NORM], ["vectors", "labelled-pictures"])
SIZES = dict.fromkeys(("plain", "spectral", "dropout"), (1, 2, 4, 8))  # one size serves the rest


@pytest.mark.parametrize(
    ("name", "kind", "micro"), [(name, kind, micro) for name, kind in WORLDS for micro in SIZES.get(name, (4,))]
)
def test_micro_batches_are_the_whole(name: str, kind: str, micro: int):
    """Weights, optimisers, singular vectors and the numbers that are reported."""
    settings = {"generator__norm": "none", **EVERY[name], "precision__name": "float64"}
    whole, dealt = (start(world(kind, **settings, data__micro_batch=size)) for size in (0, micro))
    for game in (whole, dealt):
        play(game, 1, 5, rate=1e-3, measure=True)
    assert_near(whole.state().arrays, dealt.state().arrays, 1e-10)
    assert dealt.state().counters == whole.state().counters
    expected, found = whole.report(), dealt.report()
    assert found.numbers.keys() == expected.numbers.keys()
    for number, value in expected.numbers.items():
        if "relativistic" in name and number.startswith("accuracy"):
            continue
        assert found.numbers[number] == pytest.approx(value, rel=1e-6, abs=1e-8), number
    assert found.histograms["verdict.fake"].counts == expected.histograms["verdict.fake"].counts


def test_a_micro_batch_is_all_that_is_computed_at_a_time(monkeypatch: pytest.MonkeyPatch):
    """The largest batch that either network sees."""
    game, seen = new_game(generator__norm="none", data__micro_batch=2, feedback__latents="same"), []
    for network in (game.gan.generator, game.gan.discriminator):
        inner = network._through
        monkeypatch.setattr(network, "_through", lambda x, *rest, inner=inner: seen.append(len(x)) or inner(x, *rest))
    play(game, 1, 1)
    assert max(seen) == 4  # two real items and two generated ones in one pass
    assert len(seen) == 4 * 4


@pytest.mark.parametrize("step", [discriminator_step, generator_step])
def test_statistics_are_put_back_between_micro_batches_and_move_once(step: Step, monkeypatch: pytest.MonkeyPatch):
    """Singular vectors: every micro-batch meets the same networks, and the whole turn moves them as the batch would."""
    spectral = {"discriminator__spectral_norm": True, "generator__spectral_norm": True}
    made = world("pictures", generator__norm="none", precision__name="float64", **spectral)
    whole, dealt = start(made), start(made.having({"data.micro_batch": 2}))
    met: list[bytes] = []

    def watched(gan: Gan, x: TurnInputs) -> Losses:
        networks = (gan.generator, gan.discriminator)
        kept = [array for network in networks for name, array in network.arrays().items() if name.endswith("left")]
        met.append(b"".join(array.detach().numpy().tobytes() for array in kept))
        return step(gan, x)

    for game in (whole, dealt):
        (x,) = inputs(game, 1).discriminator_turns
        game.players.discriminator.minimise(watched, x, move=False)
    assert len(met) == 5
    assert len(set(met)) == 1
    assert_near(whole.state().arrays, dealt.state().arrays, 1e-12)


def test_items_that_are_used_again_are_made_again_by_the_same_generator():
    """They are kept where the batch is computed at once; in micro-batches they are made once more."""
    settings = {"generator__norm": "none", "generator__spectral_norm": True, "feedback__latents": "same"}
    game = new_game(**settings)
    (x,) = inputs(game, 1).discriminator_turns
    assert x.reused_by_generator
    kept = game.players.fakes_for_both(x)
    assert kept is not None
    assert kept.requires_grad
    dealt = new_game(**settings, data__micro_batch=2)
    assert dealt.players.fakes_for_both(x) is None
    before = part(dealt, "generator/")
    dealt.players.discriminator.minimise(discriminator_step, x)
    assert_same_arrays(part(dealt, "generator/"), before)


def test_micro_batches_over_ranks_are_the_whole():
    made = world("labelled-pictures", generator__norm="none", precision__name="float64", discriminator__dropout=0.3)
    whole, dealt = start(made), made.having({"data.micro_batch": 2})
    play(whole, 1, 4, rate=1e-3)

    def one(ranks: ThreadRanks) -> dict[str, np.ndarray]:
        game = start(dealt, ranks)
        for update in range(1, 5):
            game.step(indices(update)[:, ranks.rank * 4 : ranks.rank * 4 + 4], now(update, rate=1e-3))
        return game.state().arrays

    for arrays in together(2, one):
        assert_near(whole.state().arrays, arrays, 1e-10)


def test_a_game_in_micro_batches_goes_on_bit_for_bit():
    made = world("pictures", generator__norm="none", generator__spectral_norm=True, data__micro_batch=4)
    straight, half, resumed = start(made), start(made), start(made)
    play(straight, 1, 6)
    play(half, 1, 3)
    resumed.restore(half.state())
    play(resumed, 4, 6)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_batch_norm_is_refused_by_name(player: str):
    made = world("pictures", **{"generator__norm": "none", f"{player}__norm": "batch", "data__micro_batch": 4})
    with pytest.raises(RecipeError, match=rf"micro_batch = 4 .* batch norm of the {player}.*{player}\.norm=none"):
        start(made)


def test_batch_norm_in_one_s_own_network_is_refused():
    def build(dim: int, shape: tuple[int, ...], classes: int) -> tuple[torch.nn.Module, torch.nn.Module]:
        norm = torch.nn.Sequential(torch.nn.Linear(dim, 2), torch.nn.BatchNorm1d(2))
        return norm, torch.nn.Linear(2, 1)

    made = world("vectors", data__micro_batch=4)
    with pytest.raises(RecipeError, match="batch norm of the generator"):
        TorchGame(made.recipe, (2,), parts=Parts(nets=NetPair("own", build)))


def test_micro_batches_are_of_one_size():
    with pytest.raises(RecipeError, match=r"does not divide data\.batch = 8: choose one of 1, 2, 4, 8"):
        start(world("vectors", data__micro_batch=3))
    made = world("vectors", data__micro_batch=8)
    with pytest.raises(RecipeError, match=r"/ 2 ranks = 4: choose one of 1, 2, 4$"):
        together(2, lambda ranks: start(made, ranks))


def test_less_than_none_is_refused():
    with pytest.raises(RecipeError, match="micro_batch is -1"):
        world("vectors", data__micro_batch=-1)


def test_the_numpy_engine_refuses_micro_batches():
    from gansmith.by_hand import HandGame

    made = world("vectors", engine="numpy", data__micro_batch=4)
    with pytest.raises(EngineError, match=r"data\.micro_batch"):
        HandGame(made.recipe, made.item_shape, 0)
