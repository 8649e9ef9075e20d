"""A discriminator that looks through a fixed network: what moves, what is kept, and that it goes on exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gansmith.ground.networks.correspond import take
from gansmith.ground.networks.cost import operations
from gansmith.ground.networks.plan import Seen, leaves
from gansmith.nets import plan_discriminator, trunk
from gansmith.nets.eyes import Trunk, eyes
from gansmith.nets.initial import initial_weights
from gansmith.nets.network import Network
from miniatures import World, assert_same_arrays, play, world
from variants import start

PROJECTED = {
    "discriminator__net": "projected", "discriminator__widths": [6, 5], "discriminator__spectral_norm": True,
    "generator__widths": [8, 8, 4], "loss__name": "hinge", "augment__name": "diffaugment",
}  # fmt: skip
needs_weights = pytest.mark.skipif(not trunk.installed(), reason="the extra `features` is not installed")


def colour_world(kind: str = "pictures", **settings: object) -> World:
    """Pictures of 32x32 in three channels."""
    made = world(kind, **PROJECTED, **settings)
    items = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)
    return replace(made, item_shape=(3, 32, 32), items=items)


def test_its_plan_has_heads_at_four_scales_and_nothing_of_the_trunk() -> None:
    made = colour_world()
    plan = plan_discriminator(made.recipe, (3, 64, 48), 0)
    seen = [layer for _, layer in leaves(plan.layers) if isinstance(layer, Seen)]
    assert sorted(layer.scale for layer in seen) == [0, 1, 2, 3, 3]
    assert plan.output_shape == (1, 1, 4 * 3 + 4 * 3 + 4 * 3 + 2 * 2)
    arrays = initial_weights(plan, made.recipe.discriminator, 0)
    assert sum(array.size for array in arrays.values()) < 10_000
    assert operations(plan) > 15_000 * 64 * 48
    taken = take(plan, plan, arrays, {name: array + 1 for name, array in arrays.items()}, ())
    assert taken.whole == {name: name for name in arrays}


@needs_weights
@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures"])
def test_it_goes_on_bit_for_bit_and_keeps_no_trunk(kind: str) -> None:
    more = {"discriminator__conditioning": "projection"} if kind == "labelled-pictures" else {}
    made = colour_world(kind, **more)
    straight, half, resumed = start(made), start(made), start(made)
    before = half.state()
    play(straight, 1, 4)
    play(half, 1, 2)
    resumed.restore(half.state())
    play(resumed, 3, 4)
    state = straight.state()
    assert_same_arrays(resumed.state().arrays, state.arrays)
    assert sum(array.nbytes for array in state.arrays.values()) < 200_000, "the trunk alone has 13 MB"
    moved = [name for name in state.arrays if name.startswith("discriminator/") and name.endswith("weight")]
    assert all(not np.array_equal(state.arrays[name], before.arrays[name]) for name in moved)
    assert all(np.isfinite(array).all() for array in state.arrays.values())


@needs_weights
def test_the_mixed_maps_are_those_of_the_trunk_and_lead_back_to_the_picture() -> None:
    x = torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(0)).mul(2).sub(1).requires_grad_()
    made = eyes(32, 64, 6, torch.device("cpu"), torch.float32)
    maps = made(x)
    assert [tuple(each.shape) for each in maps] == [(2, 6, 8, 16), (2, 6, 4, 8), (2, 6, 2, 4), (2, 6, 1, 2)]
    lowest = made.trunk.maps(x)[3]
    own = torch.nn.functional.conv2d(lowest, made.over_channels[3])
    torch.testing.assert_close(maps[3], torch.nn.functional.conv2d(own, made.over_scales[3], padding=1))
    (slope,) = torch.autograd.grad(sum(each.square().sum() for each in maps), x)
    assert float(slope.abs().min(dim=1).values.max()) > 0
    again = eyes.__wrapped__(32, 64, 6, torch.device("cpu"), torch.float32)(x)
    assert all(torch.equal(one, other) for one, other in zip(maps, again, strict=True)), "mixing is the same for all"


@needs_weights
def test_a_pass_looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_discriminator(colour_world().recipe, (3, 32, 32), 0)
    network = Network(plan, initial_weights(plan, colour_world().recipe.discriminator, 0))
    looks: list[int] = []
    real = Trunk.maps
    monkeypatch.setattr(Trunk, "maps", lambda *args: (looks.append(1), real(*args))[1])
    out = network.discriminate(torch.zeros(3, 3, 32, 32))
    assert len(looks) == 1
    assert out.logits.shape == (3,)
    assert out.per_pixel is not None
    assert out.per_pixel.shape == (3, 1, plan.output_shape[2])
