"""Even kernels: an even area stays even, in both engines, at every moment of a training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gansmith.by_hand import HandGame
from gansmith.ground.networks.even import evened, evened_layers, matrix
from gansmith.ground.networks.plan import Conv, ConvTranspose, Size
from gansmith.nets.build import plan_generator
from gansmith.nets.initial import initial_weights
from gansmith.nets.layers.torch_layer import ForwardContext
from gansmith.nets.modes import INFERENCE
from gansmith.nets.network import Network
from miniatures import World, play, world
from variants import start

EVEN = {"generator__even": True}
SIDES = ((0, 0), (0, 0))


def transposed(kernel: Size, stride: Size, even: int = 1) -> ConvTranspose:
    return ConvTranspose(2, 3 * even**2, kernel, stride, SIDES, bias=False, even=even)


def random(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


LAYERS = [
    *(transposed(*sizes) for sizes in [(4, 2), (5, 2), (3, 2), (6, 3), (4, 1), ((1, 8), (1, 4)), ((4, 6), (2, 3))]),
    transposed(4, 2, even=2),
    Conv(2, 12, 3, 1, SIDES, bias=False, even=2),
    Conv(2, 27, 2, 1, SIDES, bias=False, even=3),
]


def inside(weight: np.ndarray, layer: Conv | ConvTranspose) -> np.ndarray:
    """The picture that a layer and its `ToPixels` make of an even area, without the edges, where the area ends."""
    area, kernel = torch.ones(1, 2, 9, 9, dtype=torch.float64), torch.as_tensor(weight)
    if isinstance(layer, Conv):  # it leaves no edges
        return F.pixel_shuffle(F.conv2d(area, kernel), layer.even)[0].numpy()
    made = F.pixel_shuffle(F.conv_transpose2d(area, kernel, stride=layer.stride), layer.even)[0].numpy()
    (top, left), (height, width) = ([layer.even * (side - 1) for side in kernel.shape[2:]], made.shape[1:])
    return made[:, top : height - top, left : width - left]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_an_even_area_stays_even(layer: Conv | ConvTranspose):
    weight = random(layer.weight_shape())
    even = evened(layer, "weight", weight, matrix(layer))
    made = inside(even, layer)
    np.testing.assert_allclose(made, np.broadcast_to(made[:, :1, :1], made.shape), atol=1e-12)
    if (layer.even, layer.stride) != (1, 1):
        uneven = inside(weight, layer)
        assert np.ptp(uneven, axis=(1, 2)).min() > 0.1


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_it_is_an_orthogonal_projection(layer: Conv | ConvTranspose):
    found = matrix(layer)
    np.testing.assert_allclose(found, found.T, atol=1e-12)
    np.testing.assert_allclose(found @ found, found, atol=1e-12)


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (6, 3), (3, 2)])
def test_such_kernels_are_smaller_ones_after_nearest_neighbours(kernel: int, stride: int):
    """What is left are exactly the kernels of kernel - stride + 1 after enlarging by `stride`: as many of them."""
    layer = transposed(kernel, stride)
    small = kernel - stride + 1
    assert round(np.trace(matrix(layer))) == small**2
    nearest = F.interpolate(torch.as_tensor(random((1, 1, 5, 5))), scale_factor=float(stride))
    learned = torch.as_tensor(random((1, 1, small, small)))
    wanted = F.conv2d(nearest, learned.flip(2, 3), padding=small - 1)
    smeared = F.conv_transpose2d(learned, torch.ones(1, 1, stride, stride, dtype=torch.float64))
    made = F.conv_transpose2d(torch.as_tensor(random((1, 1, 5, 5))), smeared, stride=stride)
    torch.testing.assert_close(made, wanted)
    flat = smeared.numpy().reshape(1, -1)
    np.testing.assert_allclose(flat @ matrix(layer), flat, atol=1e-12)


def test_numpy_and_torch_agree():
    layer = transposed(4, 2, even=2)
    weight, bias = random(layer.weight_shape()).astype(np.float32), random((12,)).astype(np.float32)
    projection = matrix(layer).astype(np.float32)
    for name, array in {"weight": weight, "bias": bias}.items():
        ours = evened(layer, name, array, projection)
        theirs = evened(layer, name, torch.as_tensor(array), torch.as_tensor(projection)).numpy()
        assert ours.shape == array.shape
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    biases = evened(layer, "bias", bias, projection)
    assert len(set(biases[:4])) == 1, "the four pixels of a colour have one bias"


def unevenness(made: World, arrays: dict[str, np.ndarray], prefix: str) -> float:
    """How far the kernels are from even ones, over their size."""
    found = evened_layers(plan_generator(made.recipe, made.item_shape, made.classes))
    assert found
    far: list[float] = []
    for number, layer in found.items():
        for name in layer.parameters():
            array = arrays[f"{prefix}{number}.{name}"].astype(np.float64)
            far.append(float(np.abs(array - evened(layer, name, array, matrix(layer))).max() / np.abs(array).max()))
    return max(far)


@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_kernels_are_even_at_first_after_steps_and_on_average(engine: str):
    made = world("pictures", **EVEN, engine=engine)
    weights = initial_weights(
        plan_generator(made.recipe, made.item_shape, made.classes), made.recipe.generator, made.recipe.seed
    )
    assert unevenness(made, weights, "") < 1e-6
    game = start(made) if engine == "torch" else HandGame(made.recipe, made.item_shape, made.classes)
    if engine == "numpy":
        game.load(made.items, made.labels)
    play(game, 1, 6)
    arrays = game.state().arrays
    assert unevenness(made, arrays, "generator/") < 1e-6
    assert unevenness(made, arrays, "ema/") < 1e-5
    plain = start(world("pictures"))
    play(plain, 1, 6)
    assert unevenness(made, plain.state().arrays, "generator/") > 0.01


def test_the_subpixel_generator_makes_even_pictures_of_even_features():
    made = world("pictures", generator__net="subpixel", generator__strides=[1, 2], **EVEN)
    plan = plan_generator(made.recipe, (1, 32, 32), 0)
    last = max(evened_layers(plan), key=int)
    assert evened_layers(plan)[last].even == 2
    network = Network(plan, initial_weights(plan, made.recipe.generator, 0))
    layers = list(network.layers)[int(last) :]
    x = torch.ones(1, evened_layers(plan)[last].inputs, 8, 8)
    for layer in layers:
        x = layer(x, ForwardContext(None, INFERENCE))
    inner = x[0, :, 8:-8, 8:-8].detach()
    assert float(inner.max() - inner.min()) < 1e-6
