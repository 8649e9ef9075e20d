"""Spectral normalisation: the weight's largest singular value becomes one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.ground.networks.plan import Conv, ConvTranspose, Layer, Linear, Plan
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets.initial import initial_weights
from gansmith.nets.layers.weighted import spectral
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import Network

TRACKED = Mode(training=True, track=True)
LAYERS = [
    Linear(9, 7, spectral=True),
    Conv(3, 6, 4, 2, ((1, 1), (1, 1)), spectral=True),
    ConvTranspose(3, 5, 4, 2, ((1, 1), (1, 1)), spectral=True),
]


def built(layer: Layer) -> tuple[Network, torch.Tensor]:
    shape = (9,) if isinstance(layer, Linear) else (3, 8, 8)
    plan = Plan("discriminator", shape, (layer,))
    arrays = initial_weights(plan, NetSettings(initial="normal", initial_scale=3.0), 1)
    return Network(plan, arrays), torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))


def effective(net: Network) -> torch.Tensor:
    return spectral(net.array(0, "weight"), net.array(0, "left"), INFERENCE).flatten(1)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize("bf16", [False, True], ids=["float32", "bfloat16"])
def test_the_largest_singular_value_goes_to_one(layer: Layer, bf16: bool):
    net, x = built(layer)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for _ in range(100):
            net(x, None, TRACKED)
        weight = effective(net)
    assert float(torch.linalg.matrix_norm(weight.detach(), 2)) == pytest.approx(1, abs=3e-4)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_only_tracked_passes_move_the_singular_vector(layer: Layer):
    net, x = built(layer)
    before = net.array(0, "left").clone()
    net(x, None, INFERENCE)
    net(x, None, Mode(training=True, track=False))
    assert torch.equal(net.array(0, "left"), before)
    net(x, None, TRACKED)
    assert not torch.equal(net.array(0, "left"), before)
    assert float(net.array(0, "left").norm()) == pytest.approx(1, abs=1e-5)


def test_the_gradient_knows_that_the_norm_depends_on_the_weight():
    """Scaling the weight changes nothing, so the gradient is orthogonal to it."""
    net, x = built(LAYERS[0])
    for _ in range(100):
        net(x, None, TRACKED)
    weight = net.array(0, "weight")
    net(x, None, INFERENCE).square().sum().backward()
    assert weight.grad is not None
    cosine = torch.nn.functional.cosine_similarity(weight.grad.flatten(), weight.detach().flatten(), dim=0)
    assert abs(float(cosine)) < 1e-4


def test_every_weight_of_a_discriminator_is_divided():
    from gansmith.nets import NETS

    settings = NetSettings(widths=(4, 8), spectral_norm=True)
    plan = NETS["dcgan"].discriminator(settings, (1, 8, 8), 0)
    assert all(layer.spectral for layer in plan.layers if isinstance(layer, Linear | Conv))
    arrays = initial_weights(plan, settings, 0)
    assert sum(name.endswith(".left") for name in arrays) == 3
    larger = {name: array * 5 if name.endswith("weight") else array for name, array in arrays.items()}
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    zero_bias = {name: np.zeros_like(a) for name, a in arrays.items() if name.endswith("bias")}
    torch.testing.assert_close(Network(plan, larger | zero_bias)(x), Network(plan, arrays | zero_bias)(x))
