"""Same seed, same bits; and every precision, optimiser and layer goes on exactly where it was."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from gansmith.game.feedback import Rows

from gansmith.game.torch_game import TorchGame
from miniatures import World, assert_same_arrays, fixed_latents, indices, now, play, world
from variants import VARIANTS, meaningful


def game(made: World) -> TorchGame:
    table = TorchGame(made.recipe, made.item_shape, made.classes)
    table.load(made.items, made.labels)
    return table


@pytest.mark.parametrize("kind", ["vectors", "labelled-pictures"])
def test_fifty_updates_of_one_seed_are_bit_equal(kind: str):
    first, second, other = game(world(kind)), game(world(kind)), game(world(kind, seed=3))
    play(first, 1, 50)
    torch.manual_seed(1234)  # no global generator matters
    np.random.seed(99)
    play(second, 1, 50)
    play(other, 1, 50)
    assert_same_arrays(first.state().arrays, second.state().arrays)
    ours, theirs = first.state().arrays, other.state().arrays
    assert all(not np.array_equal(ours[name], theirs[name]) for name in ours if name.endswith("weight"))


@pytest.mark.parametrize(("name", "kind"), meaningful(VARIANTS, ["labelled-vectors", "pictures"]))
def test_a_restored_game_goes_on_bit_for_bit(name: str, kind: str):
    made = world(kind, **VARIANTS[name])
    straight, half, resumed = game(made), game(made), game(made)
    play(straight, 1, 9)
    play(half, 1, 5)
    resumed.restore(half.state())
    play(resumed, 6, 9)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)
    assert resumed.state().counters == straight.state().counters


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_learns_something_finite(name: str):
    table = game(world("pictures", **VARIANTS[name]))
    play(table, 1, 5, measure=True)
    report = table.report()
    assert all(np.isfinite(value) for value in report.numbers.values())
    assert all(np.isfinite(array).all() for array in table.state().arrays.values())
    assert report.numbers["gradient.generator"] > 0
    assert report.numbers["step.discriminator"] > 0


def test_measuring_changes_nothing():
    measured, not_measured = game(world("pictures")), game(world("pictures"))
    play(measured, 1, 5, measure=True)
    play(not_measured, 1, 5)
    assert_same_arrays(measured.state().arrays, not_measured.state().arrays)


def test_gradients_and_steps_are_measured_as_they_are():
    """Gradient descent: the step is rate x gradient."""
    settings = {"optimizer__generator__name": "sgd", "optimizer__discriminator__name": "sgd"}
    table = game(world("vectors", **settings))
    before = {name: value.detach().clone() for name, value in table.generator.named.items()}
    play(table, 1, 1, rate=0.05, measure=True)
    report = table.report()
    change = torch.stack([(table.generator.named[name].detach() - old).norm() for name, old in before.items()]).norm()
    weights = torch.stack([old.norm() for old in before.values()]).norm()
    assert report.numbers["gradient.generator"] * 0.05 == pytest.approx(float(change), rel=1e-3)
    assert report.numbers["step.generator"] == pytest.approx(float(change / weights), rel=1e-4)
    layer = report.layers["generator"]["0"]
    here = (table.generator.named["0.weight"].detach() - before["0.weight"]).norm()
    assert layer["gradient"] * 0.05 == pytest.approx(float(here), rel=1e-3)
    assert layer["step"] == pytest.approx(float(here / before["0.weight"].norm()), rel=1e-4)
    assert set(report.layers) == {"generator", "discriminator"}


@pytest.mark.parametrize(
    ("precision", "dtype"), [("float32", "float32"), ("bfloat16", "float32"), ("float64", "float64")]
)
def test_weights_and_memories_are_stored_wide(precision: str, dtype: str):
    table = game(world("pictures", precision__name=precision))
    play(table, 1, 2)
    assert {str(array.dtype) for array in table.state().arrays.values()} == {dtype}
    assert table.make(fixed_latents(), None).dtype == np.float32


def test_bfloat16_is_near_float32():
    rough, fine = game(world("pictures", precision__name="bfloat16")), game(world("pictures"))
    for table in (rough, fine):
        play(table, 1, 1, rate=1e-3)
    assert not np.array_equal(rough.state().arrays["generator/0.weight"], fine.state().arrays["generator/0.weight"])
    assert rough.report().numbers["loss.discriminator"] == pytest.approx(
        fine.report().numbers["loss.discriminator"], abs=0.05
    )


def test_the_generator_is_judged_by_the_discriminator_as_it_is_now():
    """Stale bfloat16 copies of D's weights would hide its update from G."""
    made = world("vectors", precision__name="bfloat16")
    table = game(made)
    fakes = table.generate(now(1), 1, 8, graph=True)
    table.judge(table.reals(indices(1)[0], now(1), 0), fakes, now(1, rate=0.5), 0)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        expected = table.loss.generator(
            table.discriminator.network(fakes.pixels).flatten(), None, table._targets(now(1), 1, Rows(0, 8, 8))
        )
    table.advise(fakes, now(1), 1)
    assert table.report().numbers["loss.generator"] == pytest.approx(float(expected), rel=1e-6)


def test_chunks_do_not_show():
    """More latents than fit into one pass: the same pictures."""
    table = game(world("labelled-pictures"))
    play(table, 1, 2)
    z, asked = fixed_latents(600), np.arange(600) % 3
    whole = table.make(z, asked)
    parts = [table.make(z[start : start + 37], asked[start : start + 37]) for start in range(0, 600, 37)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    items = np.resize(np.asarray(table.data.host), (600, 8, 8, 1))
    labels = np.arange(600) % 3
    both = np.concatenate(
        [table.verdicts(items[:300], labels[:300]).logits, table.verdicts(items[300:], labels[300:]).logits]
    )
    np.testing.assert_allclose(table.verdicts(items, labels).logits, both, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU")
def test_a_gpu_plays_the_same_game_to_rounding():
    here, there = game(world("pictures")), game(world("pictures", device="cuda"))
    for table in (here, there):
        play(table, 1, 3, rate=1e-4)
    ours, theirs = here.state().arrays, there.state().arrays
    for name, array in ours.items():
        if name.split("/")[0] in ("generator", "discriminator", "ema"):
            np.testing.assert_allclose(theirs[name], array, rtol=1e-2, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("widths", [[256, 512], [64, 32]])
@pytest.mark.parametrize("kind", ["vectors", "pictures"])
def test_the_first_five_are_the_five_in_networks_of_real_size(kind: str, widths: list[int]):
    """A matrix product rounds by its shape; a picture must not depend on how many were asked for with it."""
    table = game(world(kind, generator__widths=widths, latent__dim=100))
    z = fixed_latents(70, dim=100)
    many = table.make(z, None)
    for count in (1, 2, 5, 17, 64):
        np.testing.assert_array_equal(table.make(z[:count], None), many[:count])
