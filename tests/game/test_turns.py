"""Who moves when: turns, frozen players, latents, the averaged generator."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pytest
import torch
from gansmith.game.feedback import FEEDBACKS, Items

from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws
from gansmith.ground.errors import RecipeError
from gansmith.ground.game import Now
from gansmith.ground.recipes.settings import EmaSettings, Recipe
from gansmith.training.schedules import ema_decay
from miniatures import BATCH, World, assert_same_arrays, fixed_latents, indices, now, play, world

BOTH_NORMS = {"discriminator__norm": "batch", "discriminator__spectral_norm": True, "generator__spectral_norm": True}


def game(made: World) -> TorchGame:
    table = TorchGame(made.recipe, made.item_shape, made.classes)
    table.load(made.items, made.labels)
    return table


def part(table: TorchGame, *prefixes: str) -> dict[str, np.ndarray]:
    return {name: array for name, array in table.state().arrays.items() if name.startswith(prefixes)}


def changed(table: TorchGame, before: dict[str, np.ndarray]) -> set[str]:
    now_ = table.state().arrays
    return {name for name in now_ if name not in before or not np.array_equal(now_[name], before[name])}


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures", "vectors"])
@pytest.mark.parametrize("regularizer", ["none", "r1+r2"])
def test_the_discriminator_s_turn_changes_the_discriminator_alone(kind: str, regularizer: str):
    """Weights, batch statistics, singular vectors and optimiser, bit for bit."""
    table = game(world(kind, **BOTH_NORMS, regularizer__name=regularizer))
    play(table, 1, 1)
    fakes = table.generate(now(2), 0, BATCH, graph=False)
    before = table.state().arrays
    table.judge(table.reals(indices(2)[0], now(2), 0), fakes, now(2), 0)
    moved = changed(table, before)
    assert all(name.startswith("discriminator") for name in moved)
    kept = {name.rsplit(".", 1)[1] for name in moved if name.startswith("discriminator/")}
    assert {"weight", "mean", "variance", "left"} <= kept
    for parameter in table.generator.parameters:
        assert parameter.grad is None


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures", "vectors"])
def test_the_generator_s_turn_changes_the_generator_alone(kind: str):
    table = game(world(kind, **BOTH_NORMS))
    play(table, 1, 1)
    fakes = table.generate(now(2), 1, BATCH, graph=True)
    before = table.state().arrays
    table.advise(fakes, now(2), 1)
    moved = changed(table, before)
    assert moved
    assert all(name.startswith("generator") for name in moved)
    for parameter in table.discriminator.parameters:
        assert parameter.grad is None
        assert parameter.requires_grad


def test_making_items_moves_the_generator_s_statistics_and_nothing_else():
    table = game(world("pictures", **BOTH_NORMS))
    before = table.state().arrays
    table.generate(now(1), 0, BATCH, graph=False)
    assert {name.rsplit(".", 1)[1] for name in changed(table, before)} == {"mean", "variance", "left"}
    assert all(name.startswith("generator/") for name in changed(table, before))


def test_an_error_leaves_nobody_frozen():
    table = game(world("vectors"))
    broken = Items(torch.zeros(3, 99), None)  # of a width that the discriminator does not take
    with pytest.raises(RuntimeError):
        table.advise(broken, now(1), 1)
    assert all(parameter.requires_grad for parameter in table.discriminator.parameters)


@dataclass
class Recorder:
    """A table that writes down who was asked for what."""

    recipe: Recipe
    calls: list[tuple[str, int]] = field(default_factory=list)
    grown: list[bool] = field(default_factory=list)

    def reals(self, rows: np.ndarray, now: Now, turn: int) -> Items:
        self.calls.append((f"reals {rows.tolist()}", turn))
        return Items(torch.zeros(0), None)

    def generate(self, now: Now, turn: int, count: int, *, graph: bool) -> Items:
        self.calls.append((f"generate {count}", turn))
        self.grown.append(graph)
        return Items(torch.full((1,), turn), None)

    def judge(self, reals: Items, fakes: Items, now: Now, turn: int) -> None:
        self.calls.append((f"judge fakes of {int(fakes.pixels)}", turn))

    def advise(self, fakes: Items, now: Now, turn: int, reals: Items | None = None) -> None:
        self.calls.append((f"advise on fakes of {int(fakes.pixels)}", turn))


@pytest.mark.parametrize("latents", ["fresh", "same"])
@pytest.mark.parametrize(("k", "g"), list(product((1, 2, 5), (1, 2, 3))))
def test_the_ratio_is_played_exactly(k: int, g: int, latents: str):
    settings = {"discriminator_turns": k, "generator_turns": g, "latents": latents}
    made = world("vectors", **{f"feedback__{name}": value for name, value in settings.items()})
    table = Recorder(made.recipe)
    FEEDBACKS["alternating"](table, indices(1, k), now(1))

    expected: list[tuple[str, int]] = []
    for turn, rows in enumerate(indices(1, k)):
        expected += [(f"generate {BATCH}", turn), (f"reals {rows.tolist()}", turn), (f"judge fakes of {turn}", turn)]
    for turn in range(k, k + g):
        reused = latents == "same" and turn == k
        expected += [] if reused else [(f"generate {BATCH}", turn)]
        expected += [(f"advise on fakes of {k - 1 if reused else turn}", turn)]
    assert table.calls == expected
    grown = sum(table.grown)
    assert grown == g  # no generator graph is kept that no generator's turn uses


@pytest.mark.parametrize(("latents", "distinct"), [("fresh", 5), ("same", 2)])
def test_what_the_generator_is_fed(latents: str, distinct: int):
    """Two discriminator turns and three generator turns: five draws, or the discriminator's two."""
    made = world(
        "labelled-vectors", feedback__latents=latents, feedback__discriminator_turns=2, feedback__generator_turns=3
    )
    table, fed = game(made), []
    table.generator.network.register_forward_pre_hook(
        lambda _, inputs: fed.append((inputs[0].clone(), inputs[1].clone()))
    )
    table.step(indices(1, 2), now(1))
    assert len(fed) == (5 if latents == "fresh" else 4)
    for number, (z, labels) in enumerate(fed):
        turn = number if latents == "fresh" else min(number, 1)
        np.testing.assert_array_equal(z.numpy(), draws.latents(made.recipe, 1, turn, BATCH))
        np.testing.assert_array_equal(labels.numpy(), draws.labels(made.recipe, 1, turn, BATCH, 3))
    assert len({z.numpy().tobytes() for z, _ in fed}) == distinct


@pytest.mark.parametrize("kind", ["vectors", "labelled-pictures"])
def test_reusing_the_forward_pass_changes_nothing(kind: str):
    """With the same latents the generator's turn may take the discriminator turn's items."""
    made = world(kind, feedback__latents="same", generator__norm="none")
    reusing, again = game(made), game(made)
    for update in range(1, 6):
        reusing.step(indices(update), now(update))
        again.judge(
            again.reals(indices(update)[0], now(update), 0),
            again.generate(now(update), 0, BATCH, graph=False),
            now(update),
            0,
        )
        again.advise(again.generate(now(update), 1, BATCH, graph=True), now(update), 1)
        again.average(now(update).ema_decay)
    assert_same_arrays(reusing.state().arrays, again.state().arrays)


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-pictures"])
def test_one_pass_over_both_equals_two(kind: str):
    """A discriminator without batch norm may see real and generated items in one batch: equal to rounding."""
    made = world(kind, precision__name="float64")
    joined, apart = game(made), game(made)
    assert joined.one_pass
    apart.one_pass = False
    for table in (joined, apart):
        play(table, 1, 5, rate=1e-3)
    others = apart.state().arrays
    for name, array in joined.state().arrays.items():
        np.testing.assert_allclose(array, others[name], rtol=1e-7, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("settings", [{"discriminator__norm": "batch"}, {"discriminator__dropout": 0.3}])
def test_batches_that_must_not_mix_do_not(settings: dict):
    assert not game(world("pictures", **settings)).one_pass


def test_mirrored_pictures_are_turned_left_to_right():
    made = world("pictures", augment__name="mirror")
    table, plain = game(made), game(world("pictures"))
    rows = indices(1)[0]
    seen, original = (t.reals(rows, now(1), 0).pixels for t in (table, plain))
    turned = draws.mirrored(made.recipe, 1, 0, BATCH)
    assert 0 < turned.sum() < BATCH
    for index in range(BATCH):
        expected = original[index].flip(2) if turned[index] else original[index]
        assert torch.equal(seen[index], expected)


def test_vectors_have_no_mirror():
    with pytest.raises(RecipeError, match="these items are vectors"):
        game(world("vectors", augment__name="mirror"))


@pytest.mark.parametrize(("half_life", "batch"), [(1000, 100), (64, 64)])
def test_the_average_forgets_by_half_lives(half_life: int, batch: int):
    table = game(world("pictures"))
    with torch.no_grad():
        for value in table.averaged.arrays().values():
            value.fill_(1)
        for value in table.generator.network.arrays().values():
            value.fill_(0)
    for turn in range(half_life // batch):
        table.average(ema_decay(EmaSettings(half_life, ramp_up=0), batch, turn * batch))
    for name, value in table.averaged.arrays().items():
        expected = 0.0 if name.endswith(("mean", "variance")) else 0.5  # batch statistics are copied
        assert float(value.mean()) == pytest.approx(expected, abs=1e-5), name


def test_samples_come_from_the_average():
    table = game(world("pictures"))
    play(table, 1, 3, decay=1.0)
    frozen = table.make(fixed_latents(), None)
    with torch.no_grad():
        for parameter in table.generator.parameters:
            parameter.zero_()
    np.testing.assert_array_equal(table.make(fixed_latents(), None), frozen)
