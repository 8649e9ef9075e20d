"""The mapping network and the norms that follow a style: by hand, against finite differences, and in every pair."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gansmith.by_hand import HandGame
from gansmith.ground.errors import EngineError, RecipeError
from gansmith.ground.networks.correspond import take
from gansmith.ground.networks.cost import count, operations
from gansmith.ground.networks.plan import BatchNorm, Linear, Plan, Style, StyledNorm, leaves
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets import NETS
from gansmith.nets.initial import SLOWER, initial_weights, mapping_weights
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import Network
from miniatures import CLASSES, PAIRS, fixed_latents, play, world
from variants import start

STYLED = {"dcgan": 2, "subpixel": 2, "resnet": 2}  # and how many stages the miniature has
TRAINING = Mode(training=True, track=True)


def network(*layers: Any, shape: tuple[int, ...]) -> Network:
    plan = Plan("generator", shape, layers)
    return Network(plan, initial_weights(plan, NetSettings(initial="normal", initial_scale=0.5), 1), torch.float64)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.as_tensor(np.random.default_rng(seed).standard_normal(shape))


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("mode", [INFERENCE, TRAINING])
def test_a_styled_norm_by_hand(classes: int, mode: Mode):
    net = network(Style(4, 2), Linear(4, 5), StyledNorm(5, 4, 1, classes, 0.25, 1e-3), shape=(4,))
    w, labels = normal(7, 4), torch.tensor([2, 0, 1, 1, 0, 2, 2])
    x = w @ net.array(1, "weight").T + net.array(1, "bias")
    net.array(2, "mean").copy_(normal(5, seed=1))
    net.array(2, "variance").copy_(normal(5, seed=2).square())
    used = (x.mean(0), x.var(0, correction=0)) if mode.training else (net.array(2, "mean"), net.array(2, "variance"))
    plain = (x - used[0]) / (used[1] + 1e-3).sqrt()
    scale, shift = (net.array(2, name)[labels] if classes else net.array(2, name) for name in ("scale", "shift"))
    a, b = net.array(2, "weight").chunk(2)
    expected = (scale + w @ a.T) * plain + shift + w @ b.T
    torch.testing.assert_close(net(w, labels if classes else None, mode), expected)


def test_each_stage_takes_its_own_style():
    norms = StyledNorm(3, 3, 0, 0, 0.1, 1e-5), StyledNorm(3, 3, 1, 0, 0.1, 1e-5)
    one, apart = (network(Style(3, 2, each), *norms, shape=(6 if each else 3,)) for each in (False, True))
    rows, others = normal(5, 3), normal(5, 3, seed=1)
    torch.testing.assert_close(apart(torch.cat([rows, rows], 1)), one(rows))
    half = network(Style(3, 2), norms[0], shape=(3,))(rows)
    scale, shift = (others @ apart.array(2, "weight").T).chunk(2, 1)
    expected = half / (1 + 1e-5) ** 0.5 * (apart.array(2, "scale") + scale) + apart.array(2, "shift") + shift
    torch.testing.assert_close(apart(torch.cat([rows, others], 1)), expected)


@pytest.mark.parametrize("net", STYLED)
@pytest.mark.parametrize("way", ["concat", "maps", "norm", "concat+norm"])
def test_every_pair_is_styled_and_its_gradients_are_right(net: str, way: str):
    game = start(
        world(
            "labelled-pictures",
            **PAIRS[net] | {"generator__dense": []},
            generator__mapping=2,
            generator__conditioning=way,
            precision__name="float64",
        )
    )
    plan, module = game.gan.generator.plan, game.gan.generator
    named = dict(leaves(plan.layers))
    assert sum(isinstance(layer, Style) for layer in named.values()) == 1
    norms = [layer for layer in named.values() if isinstance(layer, StyledNorm)]
    assert {layer.stage for layer in norms} == set(range(STYLED[net]))
    assert all(layer.classes == (CLASSES if "norm" in way else 0) for layer in norms)
    assert sum(isinstance(layer, BatchNorm) for layer in named.values()) == 2  # those of the mapping network
    latents = torch.as_tensor(fixed_latents(6), dtype=torch.float64)
    labels = torch.arange(6) % CLASSES
    mode = Mode(training=True)
    weighing = normal(6, *plan.output_shape)
    for name in [f"{number}.weight" for number, layer in named.items() if isinstance(layer, StyledNorm)] + ["0.weight"]:
        weight = module.weights()[name]
        (gradient,) = torch.autograd.grad((module(latents, labels, mode) * weighing).sum(), weight)
        step = 1e-6 * normal(*weight.shape, seed=3)
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                weight += sign * step
                values.append(float((module(latents, labels, mode) * weighing).sum()))
                weight -= sign * step
        assert float((gradient * step).sum()) == pytest.approx((values[0] - values[1]) / 2, rel=1e-4, abs=1e-12), name


def test_the_style_knows_nothing_of_the_label():
    game = start(world("labelled-pictures", generator__mapping=2, generator__conditioning="maps"))
    plan = game.gan.generator.plan
    cut = next(index for index, layer in enumerate(plan.layers) if isinstance(layer, Style))
    assert Plan("generator", plan.input_shape, plan.layers[:cut]).classes == 0


@pytest.mark.parametrize("net", STYLED)
def test_without_a_mapping_network_all_is_as_it_was(net: str):
    recipe = world("pictures", **PAIRS[net]).recipe
    plan = NETS[net].generator(recipe.generator, 4, (1, 8, 8), 0)
    assert not any(isinstance(layer, Style | StyledNorm) for _, layer in leaves(plan.layers))
    assert NETS[net].generator(replace(recipe.generator, mapping=0), 4, (1, 8, 8), 0) == plan


def test_it_trains_and_goes_on_bit_for_bit():
    made = world("labelled-pictures", generator__mapping=2, generator__conditioning="norm", ema__recalibrate=2)
    through, first = start(made), start(made)
    play(through, 1, 8)
    play(first, 1, 4)
    state, second = first.state(), start(made)
    second.restore(state)
    play(second, 5, 8)
    whole, resumed = through.state().arrays, second.state().arrays
    assert whole.keys() == resumed.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(array, resumed[name], err_msg=name)


def test_the_mapping_network_begins_large_which_its_norms_undo():
    """So it learns more slowly, and makes the same styles."""
    recipe = world("pictures", generator__mapping=2).recipe
    plan = NETS["dcgan"].generator(recipe.generator, 4, (1, 8, 8), 0)
    arrays = initial_weights(plan, recipe.generator, 1)
    plain = arrays | {name: arrays[name] / SLOWER for name in ("0.weight", "3.weight")}
    plain |= {name: arrays[name] / SLOWER**2 for name in ("1.variance", "4.variance")}
    assert mapping_weights(plan) == ["0.weight", "3.weight"]
    assert 0.2 < np.abs(plain["0.weight"]).max() <= 0.5  # 1 / sqrt(4)
    for mode in (Mode(training=True), INFERENCE):
        made = [Network(plan, some, torch.float64)(normal(64, 4), None, mode) for some in (arrays, plain)]
        torch.testing.assert_close(made[0], made[1], rtol=0, atol=1e-2)


def test_what_it_costs():
    plan = Plan("generator", (4,), (Style(4, 1), StyledNorm(4, 4, 0, 3, 0.1, 1e-5)))
    assert count(plan).trained == 2 * 4 * 4 + 2 * 3 * 4
    assert count(plan).batch_statistics == 8
    assert operations(plan) == 2 * 2 * 4 * 4
    assert plan.classes == 3


def test_a_start_from_a_plain_run_takes_its_norms():
    """Scale and shift come along, and the style's part is drawn."""
    new = Plan("generator", (4,), (Style(4, 1), StyledNorm(4, 4, 0, 2, 0.1, 1e-5)))
    old = Plan("generator", (4,), (BatchNorm(4, 0.1, 1e-5),))
    drawn = initial_weights(new, NetSettings(), 0)
    given = {
        f"0.{name}": np.full(4, value)
        for name, value in (("scale", 3.0), ("shift", 4.0), ("mean", 5.0), ("variance", 6.0))
    }
    taken = take(new, old, drawn, given, [None, None]).arrays
    assert (taken["1.scale"] == 3).all()
    assert (taken["1.mean"] == 5).all()
    assert np.array_equal(taken["1.weight"], drawn["1.weight"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"generator__norm": "none"}, r"generator\.norm=batch"),
        ({**PAIRS["dense"]}, "only generators of the nets dcgan"),
        ({"discriminator__mapping": 1, "generator__mapping": 0}, r"set discriminator\.mapping=0"),
        ({"generator__mapping": -1}, "at least 0"),
    ],
)
def test_refusals(settings: dict[str, Any], told: str):
    with pytest.raises(RecipeError, match=told):
        start(world("pictures", **{"generator__mapping": 2} | settings))


def test_the_numpy_engine_refuses_it_in_one_line():
    made = world("pictures", generator__mapping=2, engine="numpy")
    with pytest.raises(EngineError, match="the layer Style of the generator: use engine=torch"):
        HandGame(made.recipe, made.item_shape, 0)
