"""Same seed, same bits; and every precision, optimiser and layer goes on exactly where it was."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from gansmith.game.step import discriminator_step, generator_step
from miniatures import assert_same_arrays, fixed_latents, play, world
from variants import VARIANTS, inputs, meaningful, start


@pytest.mark.parametrize("kind", ["vectors", "labelled-pictures"])
def test_fifty_updates_of_one_seed_are_bit_equal(kind: str):
    first, second, other = start(world(kind)), start(world(kind)), start(world(kind, seed=3))
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
    straight, half, resumed = start(made), start(made), start(made)
    play(straight, 1, 9)
    play(half, 1, 5)
    resumed.restore(half.state())
    play(resumed, 6, 9)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)
    assert resumed.state().counters == straight.state().counters


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_learns_something_finite(name: str):
    game = start(world("pictures", **VARIANTS[name]))
    play(game, 1, 5, measure=True)
    report = game.report()
    assert all(np.isfinite(value) for value in report.numbers.values())
    assert all(np.isfinite(array).all() for array in game.state().arrays.values())
    assert report.numbers["gradient.generator"] > 0
    assert report.numbers["step.discriminator"] > 0


def test_measuring_changes_nothing():
    measured, not_measured = start(world("pictures")), start(world("pictures"))
    play(measured, 1, 5, measure=True)
    play(not_measured, 1, 5)
    assert_same_arrays(measured.state().arrays, not_measured.state().arrays)


def test_gradients_and_steps_are_measured_as_they_are():
    """Gradient descent: the step is rate x gradient."""
    settings = {"optimizer__generator__name": "sgd", "optimizer__discriminator__name": "sgd"}
    game = start(world("vectors", **settings))
    before = {name: value.detach().clone() for name, value in game.players.generator.optimizer.named.items()}
    play(game, 1, 1, rate=0.05, measure=True)
    report = game.report()
    change = torch.stack(
        [(game.players.generator.optimizer.named[name].detach() - old).norm() for name, old in before.items()]
    ).norm()
    weights = torch.stack([old.norm() for old in before.values()]).norm()
    assert report.numbers["gradient.generator"] * 0.05 == pytest.approx(float(change), rel=1e-3)
    assert report.numbers["step.generator"] == pytest.approx(float(change / weights), rel=1e-4)
    layer = report.layers["generator"]["0"]
    here = (game.players.generator.optimizer.named["0.weight"].detach() - before["0.weight"]).norm()
    assert layer["gradient"] * 0.05 == pytest.approx(float(here), rel=1e-3)
    assert layer["step"] == pytest.approx(float(here / before["0.weight"].norm()), rel=1e-4)
    assert set(report.layers) == {"generator", "discriminator"}


@pytest.mark.parametrize(
    ("precision", "dtype"), [("float32", "float32"), ("bfloat16", "float32"), ("float64", "float64")]
)
def test_weights_and_memories_are_stored_wide(precision: str, dtype: str):
    game = start(world("pictures", precision__name=precision))
    play(game, 1, 2)
    assert {str(array.dtype) for array in game.state().arrays.values()} == {dtype}
    assert game.make(fixed_latents(), None).dtype == np.float32


def test_bfloat16_is_near_float32():
    rough, fine = start(world("pictures", precision__name="bfloat16")), start(world("pictures"))
    for game in (rough, fine):
        play(game, 1, 1, rate=1e-3)
    assert not np.array_equal(rough.state().arrays["generator/0.weight"], fine.state().arrays["generator/0.weight"])
    assert rough.report().numbers["loss.discriminator"] == pytest.approx(
        fine.report().numbers["loss.discriminator"], abs=0.05
    )


def test_the_generator_meets_the_discriminator_as_it_is_now():
    """bfloat16 copies of D's weights from before its step would hide that step from G."""
    game = start(world("vectors", precision__name="bfloat16"))
    update = inputs(game, 1, rate=0.5)
    (x_discriminator,), (x_generator,) = update.discriminator_turns, update.generator_turns
    fake = game.gan.generate(x_generator)
    game.players.discriminator.minimise(discriminator_step, replace(x_discriminator, fake=fake))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        logits = game.gan.discriminator(fake).flatten()
        expected = game.gan.loss.generator(logits, None, x_generator.targets)
    turn = game.players.generator.minimise(generator_step, replace(x_generator, fake=fake))
    assert float(turn.numbers[0]["loss.generator"]) == pytest.approx(float(expected), rel=1e-6)


def test_chunks_do_not_show():
    """More latents than fit into one pass: the same pictures."""
    game = start(world("labelled-pictures"))
    play(game, 1, 2)
    z, asked = fixed_latents(600), np.arange(600) % 3
    whole = game.make(z, asked)
    parts = [game.make(z[start : start + 37], asked[start : start + 37]) for start in range(0, 600, 37)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    items = np.resize(world("labelled-pictures").items, (600, 8, 8, 1))
    labels = np.arange(600) % 3
    both = np.concatenate(
        [game.verdicts(items[:300], labels[:300]).logits, game.verdicts(items[300:], labels[300:]).logits]
    )
    np.testing.assert_allclose(game.verdicts(items, labels).logits, both, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU")
def test_a_gpu_plays_the_same_game_to_rounding():
    here, there = start(world("pictures")), start(world("pictures", device="cuda"))
    for game in (here, there):
        play(game, 1, 3, rate=1e-4)
    ours, theirs = here.state().arrays, there.state().arrays
    for name, array in ours.items():
        if name.split("/")[0] in ("generator", "discriminator", "ema"):
            np.testing.assert_allclose(theirs[name], array, rtol=1e-2, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("widths", [[256, 512], [64, 32]])
@pytest.mark.parametrize("kind", ["vectors", "pictures"])
def test_the_first_five_are_the_five_in_networks_of_real_size(kind: str, widths: list[int]):
    """A matrix product rounds by its shape; a picture must not depend on how many were asked for with it."""
    game = start(world(kind, generator__widths=widths, latent__dim=100))
    z = fixed_latents(70, dim=100)
    many = game.make(z, None)
    for count in (1, 2, 5, 17, 64):
        np.testing.assert_array_equal(game.make(z[:count], None), many[:count])
